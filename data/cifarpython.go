package data

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"hypnos/internal/pickle"
)

// cifarPython are the names in the Python version of a data set in the format of
// CIFAR: pickles of dicts with an array of pixels, a row an image, and lists of
// labels.
type cifarPython struct {
	folder      string // that its archive unpacks to
	train, test []string
	labels      []string // the keys of the labels, in the order of a record
}

var (
	cifar10Python = cifarPython{
		folder: "cifar-10-batches-py",
		train:  []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
		test:   []string{"test_batch"},
		labels: []string{"labels"},
	}
	cifar100Python = cifarPython{
		folder: "cifar-100-python",
		train:  []string{"train"},
		test:   []string{"test"},
		labels: []string{"coarse_labels", "fine_labels"},
	}
)

// find returns the folder in dir that has the files, or dir if that has them.
func (p cifarPython) find(dir string) (string, bool) {
	for _, folder := range []string{filepath.Join(dir, p.folder), dir} {
		for _, name := range slices.Concat(p.train, p.test) {
			if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.Mode().IsRegular() {
				return folder, true
			}
		}
	}
	return "", false
}

// openPython reads the Python version from its folder. What is in memory is the same
// as of the binary version; besides, reading a file takes up to ten times its
// size, and 64 MB. Errors name the file and, where its contents are at fault, the
// byte or the key.
func (f cifar) openPython(folder string) (train, test Dataset, err error) {
	var parts [2]*records
	for i, names := range [][]string{f.python.train, f.python.test} {
		parts[i] = f.records()
		for _, name := range names {
			path := filepath.Join(folder, name)
			contents, err := os.ReadFile(path)
			if err != nil {
				return nil, nil, err
			}
			if contents, err = f.fromPython(contents); err != nil {
				return nil, nil, errors.Wrap(err, path)
			}
			parts[i].files = append(parts[i].files, contents)
		}
	}
	return parts[0], parts[1], nil
}

// fromPython returns a file of the Python version as one of the binary version.
func (f cifar) fromPython(contents []byte) ([]byte, error) {
	size := len(contents)
	batch, err := pickle.NewDecoder(bytes.NewReader(contents), int64(size), pickle.Options{Memory: 64e6 + 8*size}).Decode()
	if err != nil {
		return nil, err
	}
	pixels, err := pickle.AsArray(pickle.Get(batch, "data"))
	if err != nil {
		return nil, errors.Wrap(err, `key "data"`)
	}
	n := len(pixels.Data) / cifarPixels
	if pixels.Type != "u1" || n == 0 || !slices.Equal(pixels.Shape, []int{n, cifarPixels}) && !slices.Equal(pixels.Shape, []int{n, cifarChannels, cifarSide, cifarSide}) {
		return nil, errors.Errorf(`key "data": an array of type %s and shape %v, want u1 and a row of %d pixels for each image`,
			pixels.Type, pixels.Shape[:min(len(pixels.Shape), 8)], cifarPixels)
	}
	labels := make([][]int, len(f.python.labels))
	for i, key := range f.python.labels {
		if labels[i], err = f.labelsOf(batch, i, key, n); err != nil {
			return nil, errors.Wrapf(err, "key %q", key)
		}
	}
	out := make([]byte, 0, n*f.record())
	for i := range n {
		for _, values := range labels {
			out = append(out, byte(values[i]))
		}
		out = append(out, pixels.Data[i*cifarPixels:][:cifarPixels]...)
	}
	return out, nil
}

// labelsOf returns the labels of n images under a key. Those that do not count may be
// missing, and are 0 then.
func (f cifar) labelsOf(batch any, which int, key string, n int) ([]int, error) {
	value := pickle.Get(batch, key)
	if value == nil && which != f.label {
		return make([]int, n), nil
	}
	values, ok := pickle.Ints(value)
	if !ok {
		return nil, errors.New("missing, or no list of whole numbers")
	}
	if len(values) != n {
		return nil, errors.Errorf("%d labels of %d images", len(values), n)
	}
	for i, label := range values {
		if classes := len(f.labels[which]); label < 0 || label >= classes {
			return nil, errors.Errorf("label %d of image %d, want 0 to %d", label, i, classes-1)
		}
	}
	return values, nil
}
