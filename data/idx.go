package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

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
	folder  string // that Download makes
	classes []string
}

var (
	mnist        = idxFamily{"mnist", digits()}
	fashionMNIST = idxFamily{"fashion-mnist", []string{
		"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
	}}
	kmnist = idxFamily{"kmnist", []string{"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}}
)

// relatives are what folders and archives of data sets are called whose files are
// called as MNIST's and cannot be told from them. The last name is in the others.
var relatives = []struct {
	name   *regexp.Regexp
	folder string
}{
	{regexp.MustCompile(`(?i)fashion|fmnist`), "fashion-mnist"},
	{regexp.MustCompile(`(?i)kmnist|kuzushiji`), "kmnist"},
	{regexp.MustCompile(`(?i)emnist|qmnist|(not|med|moving).?mnist`), "another data set"},
	{regexp.MustCompile(`(?i)mnist`), "mnist"},
}

// relative returns which of the relatives a name is of, "" if of none.
func relative(name string) string {
	for _, r := range relatives {
		if r.name.MatchString(name) {
			return r.folder
		}
	}
	return ""
}

// named returns which of the relatives the last name of a path is of that is of
// one, "" if none is.
func named(path string) string {
	for ; path != "" && path != "." && filepath.Dir(path) != path; path = filepath.Dir(path) {
		if r := relative(filepath.Base(path)); r != "" {
			return r
		}
	}
	return ""
}

func digits() []string {
	var names []string
	for d := range 10 {
		names = append(names, strconv.Itoa(d))
	}
	return names
}

// idxNames are the files of each data set of the family: images and labels to
// train on, and to test with.
var idxNames = [2][2]string{
	{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
	{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
}

// idxName are the names under which they are passed on: with dots, the kind left
// out, packed or not.
var idxName = regexp.MustCompile(`(?i)^(train|t10k|test)[-_. ]?(images|labels)([-_. ]?idx[13]?)?([-_. ]?ubyte)?(\.gz)?$`)

// idxPart returns which of idxNames a name is of, and whether of any.
func idxPart(name string) (part, kind int, ok bool) {
	m := idxName.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	if !strings.EqualFold(m[1], "train") {
		part = 1
	}
	if strings.EqualFold(m[2], "labels") {
		kind = 1
	}
	return part, kind, true
}

// open reads the four files from the data set's folder, which is found from dir.
// They are kept in memory. Errors name the file and, where its contents are at
// fault, what is wrong with them.
func (f idxFamily) open(dir string) (train, test Dataset, err error) {
	l, notes, err := f.finder().find(dir)
	if err != nil {
		return nil, nil, err
	}
	// A folder that was named itself may be another's by its name, or by that of
	// the one that holds it, as with torchvision's raw.
	path, err := filepath.Abs(l.path)
	if err != nil {
		return nil, nil, err
	}
	r := named(filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path)))
	if r != "" && r != f.folder {
		notes = append(notes, fmt.Sprintf("%s is read as %s, though it is called as %s: their files look alike", l.path, f.folder, r))
	}
	var parts [2]*greys
	for i, names := range idxPaths(l) {
		images, err := readIDX(names[0], idxImages)
		if err != nil {
			return nil, nil, err
		}
		path := names[1]
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
	parts[0].noted = notes
	return parts[0], parts[1], nil
}

func (f idxFamily) finder() finder {
	return finder{
		want:    fmt.Sprintf("folder of IDX files (%s … %s)", idxNames[0][0], idxNames[1][1]),
		match:   f.match,
		instead: otherKind,
		archive: func(name string) bool {
			_, _, part := idxPart(strings.TrimSuffix(name, filepath.Ext(name)))
			return part || relative(name) == f.folder
		},
		download: f.folder,
	}
}

// match finds a folder of files of the family whose name is not that of another
// data set.
func (f idxFamily) match(l listing) *match {
	m := match{in: l}
	switch named(l.below) {
	case f.folder:
		m.usual = true
	case "":
		m.rank = 1
	default:
		return nil
	}
	for i, names := range idxPaths(l) {
		for k, path := range names {
			if path == "" {
				m.missing = append(m.missing, idxNames[i][k])
			}
		}
	}
	if len(m.missing) == 4 {
		return nil
	}
	return &m
}

// idxPaths returns the paths of the files in a folder that are idxNames, "" of
// those that are not there. Of several under different names it is the one that
// is not packed. Some programs unpack each into a folder of its name.
func idxPaths(l listing) (paths [2][2]string) {
	for _, packed := range []bool{false, true} {
		for _, name := range l.files {
			part, kind, ok := idxPart(name)
			if ok && paths[part][kind] == "" && packed == strings.EqualFold(filepath.Ext(name), ".gz") {
				paths[part][kind] = filepath.Join(l.path, name)
			}
		}
	}
	for _, name := range l.folders {
		part, kind, ok := idxPart(name)
		if !ok || paths[part][kind] != "" {
			continue
		}
		if inner, err := list(filepath.Join(l.path, name), ""); err == nil {
			inner.folders = nil
			paths[part][kind] = idxPaths(inner)[part][kind]
		}
	}
	return paths
}

// readIDX returns the values of an IDX file of this kind, plain or, whatever its
// name, packed by gzip. It takes as much memory as the file has bytes and, if it
// is packed, as it unpacks to, which is no more than the file's header says, than
// maxIDX, and than deflation allows.
func readIDX(path string, kind uint32) ([]byte, error) {
	contents, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(contents, []byte("\x1f\x8b")) {
		if contents, err = gunzip(contents, kind); err != nil {
			return nil, errors.Wrap(err, path)
		}
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
		return 0, 0, errors.Errorf("begins with %#x, want %#x%s", magic, kind, sentInstead(contents))
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
	noted
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
