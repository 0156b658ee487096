package checkpoint

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/pickle"
)

// maxDirectory is how many bytes the directory of an archive may have: some 100,000
// entries.
const maxDirectory = 16 << 20

// openZip reads the format of PyTorch since 1.6, an archive with the entries
//
//	NAME/data.pkl   the pickle
//	NAME/data/KEY   the bytes of a storage
//	NAME/byteorder  little or big, since PyTorch 2.1
//
// that are not compressed, so that tensors can be read in place.
func openZip(data io.ReaderAt, size int64) (*File, error) {
	limited := &limitedReaderAt{data, maxDirectory}
	archive, err := zip.NewReader(limited, size)
	if errors.Is(err, zip.ErrFormat) {
		return nil, errors.New("an archive without its end: the download or copy was cut off")
	}
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
		return nil, notPyTorch(archive.File, len(pickles))
	}
	folder := pickles[0]
	if files[folder+"constants.pkl"] != nil {
		return nil, errors.New("the file is a TorchScript program: save its state dict, torch.save(torch.jit.load(FILE).state_dict(), OTHER)")
	}
	if order, err := readEntry(files[folder+"byteorder"], size); err != nil || len(order) > 0 && string(order) != "little" {
		return nil, errors.Errorf("byte order %.20q: %v, want little", order, err)
	}
	raw, err := readEntry(files[folder+"data.pkl"], size)
	if err != nil {
		return nil, errors.Wrap(err, "data.pkl")
	}
	decoder := pickle.NewDecoder(bytes.NewReader(raw), int64(len(raw)), pickle.Options{Memory: maxCost, Keep: maxName})
	object, err := decoder.Decode()
	if err != nil {
		return nil, errors.Wrap(err, "data.pkl")
	}
	dicts, err := findDicts(object)
	if err != nil {
		return nil, err
	}
	a := zipFile{files, folder + "data/", size}
	for _, d := range dicts {
		d.data, d.locate, d.verify = data, a.locate, a.verify
	}
	return &File{Dicts: dicts}, nil
}

// notPyTorch returns the error of an archive that has no pickle of a checkpoint, or
// several.
func notPyTorch(files []*zip.File, pickles int) error {
	for _, f := range files {
		switch filepath.Ext(f.Name) {
		case ".npy":
			return errors.New("the file is an archive of NumPy's: want PyTorch's state dict or safetensors")
		case ".h5":
			return errors.New("the file is Keras's: want PyTorch's state dict or safetensors")
		case ".pt", ".pth", ".bin", ".ckpt", ".safetensors":
			return errors.Errorf("the file is an archive of %.60q: unpack it first", f.Name)
		}
	}
	return errors.Errorf("an archive with %d entries NAME/data.pkl, want one: not a PyTorch checkpoint", pickles)
}

// zipFile is an archive of the format.
type zipFile struct {
	files  map[string]*zip.File
	folder string // of the storages, with a slash at the end
	size   int64  // bytes of the archive
}

// locate returns the tensor that a value of the pickle stands for.
func (a zipFile) locate(value any) (tensor, error) {
	p, err := newPickled(value)
	if err != nil {
		return tensor{}, err
	}
	f := a.files[a.folder+p.key]
	if f == nil {
		return tensor{}, errors.Errorf("the archive has no storage %.40q", p.key)
	}
	offset, err := entryOffset(f, a.size)
	if err != nil {
		return tensor{}, errors.Wrapf(err, "storage %.40q", p.key)
	}
	if n := f.UncompressedSize64; n%uint64(p.size) != 0 || n/uint64(p.size) != uint64(p.count) {
		return tensor{}, errors.Errorf("storage %.40q has %d bytes for %d values of type %s", p.key, n, p.count, p.name)
	}
	t, err := p.locate(offset)
	t.entry = f.Name
	return t, err
}

// verify reads the entries of tensors and compares their checksums.
func (a zipFile) verify(tensors []tensor) error {
	read := map[string]bool{}
	total := int64(0)
	for _, t := range tensors {
		if read[t.entry] {
			continue
		}
		read[t.entry] = true
		f := a.files[t.entry]
		// If entries overlapped, a small file could take forever to read.
		if total += int64(f.UncompressedSize64); total > a.size {
			return errors.New("the entries of the archive overlap")
		}
		if err := verifyEntry(f); err != nil {
			return errors.Wrapf(err, "entry %.60q", t.entry)
		}
	}
	return nil
}

// entryOffset returns at which byte of a file of size bytes the contents of an entry
// begin. It is an error if they are compressed or lie outside of the file.
func entryOffset(f *zip.File, size int64) (int64, error) {
	if f.Method != zip.Store {
		return 0, errors.New("the archive is compressed, which torch.save does not do: load it with PyTorch and save it anew")
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

// readEntry returns the contents of an entry, nothing if it is nil.
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

// limitedReaderAt is a file of which only so many bytes can be read.
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
