package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Features is a matrix stimuli × units in float32, as networks give them. It is
// a mat.Matrix, and everything that takes features also takes a mat.Dense.
type Features struct {
	stimuli, units int
	values         []float32
}

// NewFeatures returns the matrix of values row by row, without copying them. It is an
// error if there are not stimuli·units of them.
func NewFeatures(stimuli, units int, values []float32) (*Features, error) {
	if stimuli < 1 || units < 1 || len(values)/stimuli != units || len(values)%stimuli != 0 {
		return nil, errors.Errorf("ventral: %d feature values for %d stimuli × %d units", len(values), stimuli, units)
	}
	return &Features{stimuli, units, values}, nil
}

// Dims returns the number of stimuli and of units.
func (f *Features) Dims() (stimuli, units int) { return f.stimuli, f.units }

// At returns the feature of a stimulus and unit.
func (f *Features) At(stimulus, unit int) float64 {
	return float64(f.values[stimulus*f.units:][:f.units][unit])
}

// T returns the transpose, units × stimuli.
func (f *Features) T() mat.Matrix { return mat.Transpose{Matrix: f} }

// readRow reads units from, from+1, … of a stimulus into row. It is an error if
// one is not finite.
func readRow(row []float64, x mat.Matrix, stimulus, from int) error {
	switch x := x.(type) {
	case *Features:
		for i, v := range x.values[stimulus*x.units+from:][:len(row)] {
			row[i] = float64(v)
		}
	case mat.RawMatrixer:
		raw := x.RawMatrix()
		copy(row, raw.Data[stimulus*raw.Stride+from:][:len(row)])
	default:
		for i := range row {
			row[i] = x.At(stimulus, from+i)
		}
	}
	for i, v := range row {
		if v-v != 0 {
			return errors.Errorf("ventral: feature %d of stimulus %d is %v", from+i, stimulus, v)
		}
	}
	return nil
}

// Dissimilarities returns the dissimilarity of every two stimuli, 1 - r, where r
// is the Pearson correlation of their features over the units. It is an error if
// a feature is not finite, if there are fewer than two units, or if the features
// of a stimulus are all equal: it then correlates with nothing.
func Dissimilarities(features mat.Matrix) (*mat.SymDense, error) {
	n, units := features.Dims()
	if units < 2 {
		return nil, errors.Errorf("ventral: dissimilarities over %d units, want 2 or more", units)
	}
	mean, scale := make([]float64, n), make([]float64, n)
	err := parallel(n, func(i int) error {
		row := make([]float64, units)
		if err := readRow(row, features, i, 0); err != nil {
			return err
		}
		if constant(row) {
			return errors.Errorf("ventral: the features of stimulus %d are all %v: no correlation", i, row[0])
		}
		mean[i], scale[i] = moments(row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r, _, err := products(features, func(block []float64, width int) {
		for i := range block {
			block[i] = (block[i] - mean[i/width]) / scale[i/width]
		}
	})
	if err != nil {
		return nil, err
	}
	d := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i + 1; j < n; j++ {
			d.SetSym(i, j, 1-math.Max(-1, math.Min(1, r.At(i, j))))
		}
	}
	return d, nil
}
