// Package reference has models of early vision that learn nothing, for a network to be
// compared with: if it is no more like a region than they are, it explains nothing of the
// region that is not in the picture already, or in V1.
package reference

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"

	"hypnos/data"
	"hypnos/ventral"
)

// Model gives features of pictures of one size. It is safe for concurrent use.
type Model interface {
	// Name is the name that tables show.
	Name() string

	// Side returns the height and width in pixels of the pictures that it takes,
	// which [data.Preprocess] makes with data.ResizeCrop{Resize: Side, Crop: Side}.
	Side() int

	// Units returns the number of features of a picture.
	Units() int

	// Features writes the features of a picture of three colours and Side ×
	// Side pixels. It is an error if the picture is not of that size or if
	// there is not room for as many features as units.
	Features(picture *data.Image, features []float32) error
}

// Features returns a model's features of the pictures of a data set, in their
// order, on as many threads as there are. It is an error if a picture cannot be
// read or is not of the model's size.
func Features(m Model, set data.Dataset) (*ventral.Features, error) {
	n, units := set.Len(), m.Units()
	values, failures := make([]float32, n*units), make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			var picture data.Image
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if _, failures[i] = set.Image(i, &picture); failures[i] == nil {
					failures[i] = m.Features(&picture, values[i*units:][:units])
				}
			}
		})
	}
	workers.Wait()
	for i, err := range failures {
		if err != nil {
			return nil, errors.Wrapf(err, "reference: features of picture %d by %s", i, m.Name())
		}
	}
	return ventral.NewFeatures(n, units, values)
}

// check returns an error if a picture is not what a model takes, or if there is
// not room for its features.
func check(m Model, picture *data.Image, features []float32) error {
	side := m.Side()
	if picture.Channels != 3 || picture.Height != side || picture.Width != side || len(picture.Pixels) != 3*side*side {
		return errors.Errorf("%d bytes of a picture of %d×%d×%d, want 3×%d×%d",
			len(picture.Pixels), picture.Channels, picture.Height, picture.Width, side, side)
	}
	if len(features) != m.Units() {
		return errors.Errorf("room for %d features, want %d", len(features), m.Units())
	}
	return nil
}
