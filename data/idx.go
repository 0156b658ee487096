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

// The MNIST family: grey images of 28×28 pixels in IDX files. These are a header of
// big-endian numbers of 32 bits, and the values, a byte each.
// Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".
const (
	idxSide   = 28
	idxImages = 0x803 // bytes, three axes: images, rows, columns
	idxLabels = 0x801 // bytes, one axis

	// maxIDX is how many bytes a gzip file may unpack to. The largest one of the family,
	// of 60,000 images, has 47 million.
	maxIDX = 64 << 20

	// deflation is how many bytes a byte of a gzip file unpacks to at most.
	deflation = mostInflated
)

// idxFamily is a data set of the MNIST family.
type idxFamily struct {
	folder  string // the one that Download makes
	classes []string
}

var (
	mnist        = idxFamily{"mnist", digits()}
	fashionMNIST = idxFamily{"fashion-mnist", []string{
		"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
	}}
	kmnist = idxFamily{"kmnist", []string{"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}}
)

// relatives are the data sets whose files have the names of MNIST's and look like them,
// by the names of their folders and archives. All these names match the last one too.
var relatives = []struct {
	name   *regexp.Regexp
	folder string
}{
	{regexp.MustCompile(`(?i)fashion|fmnist`), "fashion-mnist"},
	{regexp.MustCompile(`(?i)kmnist|kuzushiji`), "kmnist"},
	{regexp.MustCompile(`(?i)emnist|qmnist|(not|med|moving).?mnist`), "another data set"},
	{regexp.MustCompile(`(?i)mnist`), "mnist"},
}

// relative returns the folder of the first relative that a name matches, or "".
func relative(name string) string {
	for _, r := range relatives {
		if r.name.MatchString(name) {
			return r.folder
		}
	}
	return ""
}

// named returns the relative of a path: that of its last element that matches one, or "".
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

// idxNames are the files of a data set of the family: images and labels to train on, and
// to test with.
var idxNames = [2][2]string{
	{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
	{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
}

// idxName matches the names under which these files are passed on: with dashes or dots,
// with or without the format, packed or not.
var idxName = regexp.MustCompile(`(?i)^(train|t10k|test)[-_. ]?(images|labels)([-_. ]?idx[13]?)?([-_. ]?ubyte)?(\.gz)?$`)

// idxPart returns which of idxNames a name stands for, if it is one of them.
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

// open reads the four files from the data set's folder, which is looked for from dir,
// and keeps them in memory. Errors name the file and what is wrong with its contents.
func (f idxFamily) open(dir string) (train, test Dataset, err error) {
	l, notes, err := f.finder().find(dir)
	if err != nil {
		return nil, nil, err
	}
	// The user may have named a folder that belongs to another data set by its name, or
	// by that of the folder above it, as torchvision's NAME/raw.
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

// match returns the match of a folder that has files of the family, unless its name is
// that of another data set.
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

// idxPaths returns the paths of the idxNames in a folder, "" for those that it has not.
// A file that is not packed comes before one that is. A file may also be in a folder of
// its own name, into which some programs unpack it.
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

// readIDX returns the values of an IDX file of this kind, plain or packed by gzip,
// whatever it is called. It takes the memory of the file and, if that is packed, of what
// it unpacks to: no more than its header says, than maxIDX, and than deflation allows.
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

// gunzip unpacks an IDX file of this kind, up to a byte beyond the end that its header
// states, so that a longer file is seen to be too long.
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

// parseIDX returns the values of an IDX file of this kind: its contents after the header.
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

// idxHeader returns the length of the header of a kind in bytes.
func idxHeader(kind uint32) int { return 4 + 4*int(kind&0xff) }

// parseIDXHeader returns the number of items and the bytes of each that a header of this
// kind states.
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

// greys is a Dataset of grey images in memory.
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
