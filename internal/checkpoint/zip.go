package checkpoint

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"strings"

	"github.com/pkg/errors"
)

// maxDirectory is how much of the directory of an archive is read: of some
// 100,000 entries.
const maxDirectory = 16 << 20

// openZip reads the format of PyTorch since 1.6, an archive with the entries
//
//	NAME/data.pkl   the pickle
//	NAME/data/KEY   the bytes of a storage
//	NAME/byteorder  little or big, since PyTorch 2.1
//
// that are stored and not compressed, so that tensors can be read in place.
func openZip(data io.ReaderAt, size int64) (*File, error) {
	limited := &limitedReaderAt{data, maxDirectory}
	archive, err := zip.NewReader(limited, size)
	if err != nil {
		return nil, err
	}
	limited.left = math.MaxInt64
	files := map[string]*zip.File{}
	var pickles []string
	for _, f := range archive.File {
		if files[f.Name] != nil {
			return nil, errors.Errorf("two entries of the archive are called %q", f.Name)
		}
		files[f.Name] = f
		if folder, ok := strings.CutSuffix(f.Name, "/data.pkl"); ok {
			pickles = append(pickles, folder+"/")
		}
	}
	if len(pickles) != 1 {
		return nil, errors.Errorf("an archive with %d entries NAME/data.pkl, want one: not a PyTorch checkpoint", len(pickles))
	}
	folder := pickles[0]
	if files[folder+"constants.pkl"] != nil {
		return nil, errors.New("a TorchScript program, want a state dict")
	}
	if order, err := readEntry(files[folder+"byteorder"], size); err != nil || len(order) > 0 && string(order) != "little" {
		return nil, errors.Errorf("byte order %.20q: %v, want little", order, err)
	}
	tensors, storages, err := zipTensors(files, folder, size)
	if err != nil {
		return nil, err
	}
	return newFile(data, tensors, func() error {
		for _, f := range storages {
			if err := verifyEntry(f); err != nil {
				return errors.Wrapf(err, "entry %q", f.Name)
			}
		}
		return nil
	})
}

// zipTensors returns the tensors and the entries that hold their storages.
func zipTensors(files map[string]*zip.File, folder string, size int64) ([]tensor, []*zip.File, error) {
	raw, err := readEntry(files[folder+"data.pkl"], size)
	if err != nil {
		return nil, nil, errors.Wrap(err, "data.pkl")
	}
	object, err := newUnpickler(bytes.NewReader(raw)).next()
	if err != nil {
		return nil, nil, errors.Wrap(err, "data.pkl")
	}
	dict, err := stateDict(object)
	if err != nil {
		return nil, nil, err
	}
	var tensors []tensor
	var storages []*zip.File
	offsets := map[string]int64{}
	total := int64(0)
	for _, p := range dict {
		f := files[folder+"data/"+p.storage.key]
		if f == nil {
			return nil, nil, errors.Errorf("tensor %q: the archive has no storage %q", p.name, p.storage.key)
		}
		if _, ok := offsets[f.Name]; !ok {
			if offsets[f.Name], err = entryOffset(f, size); err != nil {
				return nil, nil, errors.Wrapf(err, "tensor %q: storage %q", p.name, p.storage.key)
			}
			storages = append(storages, f)
			// Entries that overlap could make a small file endless.
			if total += int64(f.UncompressedSize64); total > size {
				return nil, nil, errors.New("the entries of the archive overlap")
			}
		}
		if n, kind := f.UncompressedSize64, p.storage.kind.Size(); n%kind != 0 || n/kind != uint64(p.storage.count) {
			return nil, nil, errors.Errorf("tensor %q: storage %q has %d bytes for %d values of type %v",
				p.name, p.storage.key, f.UncompressedSize64, p.storage.count, p.storage.kind)
		}
		t, err := p.locate(p.name, offsets[f.Name])
		if err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, t)
	}
	return tensors, storages, nil
}

// entryOffset returns at which byte of the file of size bytes an entry begins.
func entryOffset(f *zip.File, size int64) (int64, error) {
	if f.Method != zip.Store {
		return 0, errors.New("the archive is compressed, which torch.save does not do")
	}
	offset, err := f.DataOffset()
	if err != nil {
		return 0, err
	}
	if n := f.UncompressedSize64; n != f.CompressedSize64 || n > uint64(size) || offset > size-int64(n) {
		return 0, errors.Errorf("%d bytes from byte %d of a file of %d", n, offset, size)
	}
	return offset, nil
}

// readEntry returns the contents of an entry, none if it is nil.
func readEntry(f *zip.File, size int64) ([]byte, error) {
	if f == nil {
		return nil, nil
	}
	if _, err := entryOffset(f, size); err != nil {
		return nil, err
	}
	if f.UncompressedSize64 > maxCost { // no pickle of that size is read
		return nil, errors.Errorf("%d bytes, want at most %d", f.UncompressedSize64, maxCost)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// verifyEntry reads an entry and compares its checksum.
func verifyEntry(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

// limitedReaderAt is a file of which no more than so many bytes are read.
type limitedReaderAt struct {
	io.ReaderAt
	left int64
}

func (r *limitedReaderAt) ReadAt(p []byte, offset int64) (int, error) {
	if r.left -= int64(len(p)); r.left < 0 {
		return 0, errors.Errorf("the directory of the archive is larger than %d bytes", maxDirectory)
	}
	return r.ReaderAt.ReadAt(p, offset)
}
