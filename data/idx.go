package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pkg/errors"
)

// The MNIST family: grey images of 28×28 in IDX files, which are a header of
// big-endian numbers of 32 bits and one byte a value.
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
const (
	idxSide   = 28
	idxImages = 0x803 // bytes, three axes: images, rows, columns
	idxLabels = 0x801 // bytes, one axis

	// maxIDX bounds what a gzip file unpacks to, bytes. The largest of the
	// family, of 60,000 images, has 47 million.
	maxIDX = 64 << 20
	// deflation is what a byte of a gzip file unpacks to at most, bytes.
	deflation = 1032
)

// idxFamily is a data set of the MNIST family.
type idxFamily struct {
	folder  string
	classes []string
}

var (
	mnist        = idxFamily{"mnist", digits()}
	fashionMNIST = idxFamily{"fashion-mnist", []string{
		"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
	}}
	kmnist = idxFamily{"kmnist", []string{"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}}
)

func digits() []string {
	var names []string
	for d := range 10 {
		names = append(names, strconv.Itoa(d))
	}
	return names
}

// idxNames are the files of each data set of the family: images and labels to
// train on, and to test with. Each may end in .gz and is unpacked then.
var idxNames = [2][2]string{
	{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
	{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
}

// open reads the four files from the data set's folder in dir, or from dir
// itself if there is none. They are kept in memory. Errors name the file and,
// where its contents are at fault, what is wrong with them.
func (f idxFamily) open(dir string) (train, test Dataset, err error) {
	if folder := filepath.Join(dir, f.folder); exists(folder) {
		dir = folder
	}
	var parts [2]Dataset
	for i, names := range idxNames {
		images, err := readIDX(filepath.Join(dir, names[0]), idxImages)
		if err != nil {
			return nil, nil, err
		}
		path := filepath.Join(dir, names[1])
		labels, err := readIDX(path, idxLabels)
		if err != nil {
			return nil, nil, err
		}
		if n := len(images) / (idxSide * idxSide); n != len(labels) {
			return nil, nil, errors.Errorf("%s: %d labels of %d images", path, len(labels), n)
		}
		for k, label := range labels {
			if int(label) >= len(f.classes) {
				return nil, nil, errors.Errorf("%s: label %d of image %d, want 0 to %d", path, label, k, len(f.classes)-1)
			}
		}
		parts[i] = &greys{classes: f.classes, images: images, labels: labels}
	}
	return parts[0], parts[1], nil
}

// readIDX returns the values of an IDX file of this kind, plain or, if there is
// none, with .gz at the end of its name. It takes as much memory as the file has
// bytes and, with .gz, as it unpacks to, which is no more than the file's header
// says, than maxIDX, and than deflation allows.
func readIDX(path string, kind uint32) ([]byte, error) {
	contents, err := os.ReadFile(path)
	if packed := path + ".gz"; errors.Is(err, fs.ErrNotExist) && exists(packed) {
		path = packed
		if contents, err = os.ReadFile(path); err == nil {
			contents, err = gunzip(contents, kind)
			err = errors.Wrap(err, path)
		}
	}
	if err != nil {
		return nil, err
	}
	values, err := parseIDX(contents, kind)
	return values, errors.Wrap(err, path)
}

// gunzip unpacks a gzip file of an IDX file of this kind, and no more than a byte
// beyond the end that its header says.
func gunzip(contents []byte, kind uint32) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(contents))
	if err != nil {
		return nil, err
	}
	header, err := io.ReadAll(io.LimitReader(r, int64(idxHeader(kind))))
	if err != nil {
		return nil, err
	}
	n, length, err := parseIDXHeader(header, kind)
	if err != nil {
		return nil, err
	}
	size := uint64(len(header)) + n*uint64(length)
	if size > maxIDX {
		return nil, errors.Errorf("unpacks to %d bytes, want at most %d", size, maxIDX)
	}
	plain := bytes.NewBuffer(make([]byte, 0, min(int(size), deflation*len(contents))+2*bytes.MinRead))
	plain.Write(header)
	_, err = plain.ReadFrom(io.LimitReader(r, int64(size)+1-int64(len(header))))
	return plain.Bytes(), err
}

// parseIDX returns the values of an IDX file of this kind, which are its
// contents without the header, or an error that says what is wrong with it.
func parseIDX(contents []byte, kind uint32) ([]byte, error) {
	n, length, err := parseIDXHeader(contents, kind)
	if err != nil {
		return nil, err
	}
	values := contents[idxHeader(kind):]
	if want := n * uint64(length); n == 0 || uint64(len(values)) != want {
		return nil, errors.Errorf("%d bytes after the header, want %d for %d items of %d", len(values), want, n, length)
	}
	return values, nil
}

// idxHeader is the length of the header of a kind, bytes.
func idxHeader(kind uint32) int { return 4 + 4*int(kind&0xff) }

// parseIDXHeader returns how many items of how many bytes a header of this kind
// says that there are.
func parseIDXHeader(contents []byte, kind uint32) (n uint64, length int, err error) {
	if header := idxHeader(kind); len(contents) < header {
		return 0, 0, errors.Errorf("%d bytes, want a header of %d", len(contents), header)
	}
	if magic := binary.BigEndian.Uint32(contents); magic != kind {
		return 0, 0, errors.Errorf("begins with %#x, want %#x", magic, kind)
	}
	length = 1
	for i, axis := range []string{"rows", "columns"}[:kind&0xff-1] {
		n := binary.BigEndian.Uint32(contents[8+4*i:])
		if n != idxSide {
			return 0, 0, errors.Errorf("%d %s, want %d", n, axis, idxSide)
		}
		length *= idxSide
	}
	return uint64(binary.BigEndian.Uint32(contents[4:])), length, nil
}

// greys is a Dataset of grey images held in memory.
type greys struct {
	classes        []string
	images, labels []byte
}

func (g *greys) Len() int { return len(g.labels) }

func (g *greys) Classes() []string { return g.classes }

func (g *greys) Size() (channels, height, width int) { return 1, idxSide, idxSide }

func (g *greys) Image(i int, image *Image) (label int, err error) {
	if err := checkIndex(g, i); err != nil {
		return 0, err
	}
	if image != nil {
		image.resize(g.Size())
		copy(image.Pixels, g.images[i*len(image.Pixels):])
	}
	return int(g.labels[i]), nil
}
