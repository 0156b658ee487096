package data

import (
	"bytes"
	"slices"

	"github.com/pkg/errors"

	"hypnos/internal/pickle"
)

// fromPython turns a file of the Python version to records of the binary version. It is
// a pickle of a dict, which has an array of pixels with a row for each image, and lists
// of labels.
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
	labels := make([][]int, len(f.keys))
	for i, key := range f.keys {
		if labels[i], err = f.pythonLabels(batch, i, key, n); err != nil {
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

// pythonLabels returns the labels of n images under a key of a pickled dict. Those that
// are not the classes of images may be missing, and are then 0.
func (f cifar) pythonLabels(batch any, which int, key string, n int) ([]int, error) {
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
