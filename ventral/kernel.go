package ventral

import (
	"sync/atomic"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Kernel is X·Xᵀ, the products of every two of n stimuli, where each unit's mean over
// the stimuli is subtracted first. It holds all that PLS, ridge and CKA need to know of
// the features.
type Kernel struct {
	products *mat.Dense // n × n, both triangles
	rounding float64    // how large an eigenvalue may be by rounding alone, as a share of their trace
}

// NewKernel returns the kernel of features. Beside the result it needs some 10 kB
// a stimulus. It is an error if a feature is not finite or if the stimuli all have
// the same features.
func NewKernel(features mat.Matrix) (*Kernel, error) {
	n, units := features.Dims()
	if n < 2 || units < 1 {
		return nil, errors.Errorf("ventral: kernel of %d stimuli × %d units, want 2 stimuli or more and a unit", n, units)
	}
	// No measure depends on the mean, and it may be far larger than the differences
	// between stimuli.
	var varies atomic.Bool
	k, rounding, err := products(features, func(block []float64, width int) {
		mean := make([]float64, width)
		for i := range n {
			floats.Add(mean, block[i*width:][:width])
		}
		floats.Scale(1/float64(n), mean)
		for i := range n {
			row := block[i*width:][:width]
			if !varies.Load() && !floats.Equal(row, block[:width]) {
				varies.Store(true)
			}
			if i > 0 {
				floats.Sub(row, mean)
			}
		}
		floats.Sub(block[:width], mean)
	})
	if err != nil {
		return nil, err
	}
	if !varies.Load() {
		return nil, errors.Errorf("ventral: the features of all %d stimuli are the same", n)
	}
	return &Kernel{k, rounding}, nil
}

// Stimuli returns the number of stimuli.
func (k *Kernel) Stimuli() int { return k.products.RawMatrix().Rows }

// Subset returns the kernel of some of the stimuli, in the order given. It is an
// error if there is no stimulus of such a number.
func (k *Kernel) Subset(stimuli []int) (*Kernel, error) {
	if err := within(stimuli, k.Stimuli()); err != nil {
		return nil, err
	}
	if len(stimuli) == 0 {
		return nil, errors.New("ventral: kernel of no stimuli")
	}
	return &Kernel{k.among(stimuli, stimuli), k.rounding}, nil
}

// within checks that stimuli are from 0 to n-1.
func within(stimuli []int, n int) error {
	for _, i := range stimuli {
		if i < 0 || i >= n {
			return errors.Errorf("ventral: stimulus %d, want one of 0 to %d", i, n-1)
		}
	}
	return nil
}

// among returns the products of some stimuli with others.
func (k *Kernel) among(rows, columns []int) *mat.Dense {
	all := mat.NewDense(len(rows), len(columns), nil)
	for i, row := range rows {
		from, to := k.products.RawRowView(row), all.RawRowView(i)
		for j, column := range columns {
			to[j] = from[column]
		}
	}
	return all
}

// centred returns the products of some stimuli with those of the training set, where the
// features' mean over the training set is subtracted:
//
//	k(i,j) - mean_b k(i,b) - mean_a k(a,j) + mean_ab k(a,b), a and b in training
//
// (Schölkopf et al. 1998, Neural Comput. 10:1299).
func (k *Kernel) centred(rows, training []int) *mat.Dense {
	mean := make([]float64, len(training)) // of each training stimulus with all
	for j, column := range training {
		mean[j] = k.meanOver(column, training)
	}
	grand := floats.Sum(mean) / float64(len(mean))
	all := k.among(rows, training)
	for i, row := range rows {
		own := k.meanOver(row, training)
		for j, v := range all.RawRowView(i) {
			all.Set(i, j, v-own-mean[j]+grand)
		}
	}
	return all
}

// meanOver returns the mean product of a stimulus with those of the training set.
func (k *Kernel) meanOver(stimulus int, training []int) float64 {
	row, sum := k.products.RawRowView(stimulus), 0.0
	for _, j := range training {
		sum += row[j]
	}
	return sum / float64(len(training))
}
