package ops

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// DefaultEpsilon is what BatchNorm and GroupNorm add to a variance unless told
// otherwise, as PyTorch does.
const DefaultEpsilon = 1e-5

// BatchNormOptions configure BatchNorm.
type BatchNormOptions struct {
	// Training normalises by the moments of the batch and updates the running
	// ones; otherwise the running ones are used and left alone.
	Training bool
	// Momentum is the weight of a new batch in the running moments; 0 means 0.1.
	Momentum float64
	// Epsilon is added to the variance; 0 means DefaultEpsilon.
	Epsilon float64
	// ReLU rectifies the result, after a shortcut has been added: one pass over
	// memory instead of one each.
	ReLU bool
}

// RunningMoments are the moments of the activations of each channel over
// training, C values each: what BatchNorm uses when it does not train. They
// are shared by the operators that use them, and belong to the caller. The zero value, of
// training only, means that none are kept.
type RunningMoments struct {
	Mean, Variance *tensor.Dense
}

// BatchNorm normalises each channel over locations and batch (Ioffe and
// Szegedy 2015):
//
//	y = scale[c] · (x - mean[c]) / √(variance[c] + epsilon) + shift[c]
//
//	x             H W C N
//	scale, shift  C
//	shortcut      nil, or H W C N: what is added to the norm
//	result        H W C N
//
// In training mean and variance are those of the batch (the variance divided
// by m = H·W·N), and each run moves the running moments:
//
//	running = (1-momentum)·running + momentum·new
//
// where the new variance is divided by m-1, as in PyTorch. Training on a
// single value per channel is an error.
func BatchNorm(x, scale, shift, shortcut *gorgonia.Node, running RunningMoments, o BatchNormOptions) (*gorgonia.Node, error) {
	if o.Momentum == 0 {
		o.Momentum = 0.1
	}
	if o.Epsilon == 0 {
		o.Epsilon = DefaultEpsilon
	}
	if o.Momentum < 0 || o.Momentum > 1 || o.Epsilon < 0 {
		return nil, errors.Errorf("ops: batch norm: momentum %v must lie in 0..1 and epsilon %v not be negative", o.Momentum, o.Epsilon)
	}
	if x == nil {
		return nil, errors.New("ops: batch norm: input 0 is nil")
	}
	if x.Dims() != 4 {
		return nil, errors.Errorf("ops: batch norm: input has shape %v, want H W C N", x.Shape())
	}
	for _, t := range []*tensor.Dense{running.Mean, running.Variance} {
		if o.Training && running == (RunningMoments{}) {
			break
		}
		if t == nil || t.Dims() != 1 || t.Shape()[0] != x.Shape()[2] || t.Dtype() != x.Dtype() {
			return nil, errors.Errorf("ops: batch norm: running moments %v, want %d channels of %v", describe(t), x.Shape()[2], x.Dtype())
		}
	}
	d := batchNorm{o, running, new(moments), shortcut != nil}
	if shortcut == nil {
		return apply(d, x, scale, shift)
	}
	return apply(d, x, scale, shift, shortcut)
}

func describe(t *tensor.Dense) string {
	if t == nil {
		return "are missing"
	}
	return fmt.Sprintf("have shape %v of %v", t.Shape(), t.Dtype())
}

// moments are those that the last run normalised by. An operator shares them with its
// gradients, which always run after it.
type moments struct{ mean, inverseDeviation []float64 }

type batchNorm struct {
	BatchNormOptions
	running  RunningMoments
	used     *moments
	shortcut bool
}

func (d batchNorm) String() string {
	return fmt.Sprintf("batch norm%+v shortcut %t", d.BatchNormOptions, d.shortcut)
}

func (d batchNorm) ranks() ([]int, int) {
	if d.shortcut {
		return []int{4, 1, 1, 4}, 4
	}
	return []int{4, 1, 1}, 4
}

func (d batchNorm) overwrites() []int {
	if d.shortcut {
		return []int{0, 3}
	}
	return []int{0}
}

func (d batchNorm) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, channels := in[0], tensor.Shape{in[0][2]}
	if err := same(d, "scale", in[1], "its channels", channels); err != nil {
		return nil, err
	}
	if err := same(d, "shift", in[2], "its channels", channels); err != nil {
		return nil, err
	}
	if d.shortcut {
		if err := same(d, "shortcut", in[3], "input", x); err != nil {
			return nil, err
		}
	}
	if d.Training && x[0]*x[1]*x[3] < 2 {
		return nil, errors.Errorf("ops: batch norm: a single value per channel, of a map of %d×%d and a batch of %d, has no variance to train on", x[0], x[1], x[3])
	}
	return x, nil
}

func (d batchNorm) run32(y []float32, in [][]float32, s []tensor.Shape) { runBatchNorm(d, y, in, s) }
func (d batchNorm) run64(y []float64, in [][]float64, s []tensor.Shape) { runBatchNorm(d, y, in, s) }

func runBatchNorm[T kernel.Float](d batchNorm, y []T, in [][]T, s []tensor.Shape) {
	if c := s[0][2]; len(d.used.mean) != c {
		*d.used = moments{make([]float64, c), make([]float64, c)}
	}
	var mean, variance []T
	if d.running.Mean != nil {
		mean, variance = d.running.Mean.Data().([]T), d.running.Variance.Data().([]T)
	}
	if d.Training {
		d.update(in[0], s[0], func(c int, batchMean, unbiased float64) {
			if mean == nil {
				return
			}
			mean[c] = T((1-d.Momentum)*float64(mean[c]) + d.Momentum*batchMean)
			variance[c] = T((1-d.Momentum)*float64(variance[c]) + d.Momentum*unbiased)
		})
	} else {
		for c := range mean {
			d.used.mean[c] = float64(mean[c])
			d.used.inverseDeviation[c] = kernel.InverseDeviation(float64(variance[c]), d.Epsilon)
		}
	}
	var shortcut []T
	if d.shortcut {
		shortcut = in[3]
	}
	norm(d, s[0], in[1], in[2]).Forward(y, in[0], shortcut)
}

// update computes the moments of the batch and hands them to set, the variance
// divided by m-1.
func (d batchNorm) update(x any, s tensor.Shape, set func(c int, mean, unbiased float64)) {
	squares := make([]float64, s[2])
	switch x := x.(type) {
	case []float32:
		kernel.Moments(d.used.mean, squares, x, s[0]*s[1], s[2], s[3])
	case []float64:
		kernel.Moments(d.used.mean, squares, x, s[0]*s[1], s[2], s[3])
	}
	m := float64(s[0] * s[1] * s[3])
	for c := range squares {
		d.used.inverseDeviation[c] = kernel.InverseDeviation(squares[c]/m, d.Epsilon)
		set(c, d.used.mean[c], squares[c]/(m-1))
	}
}

// norm is the kernel's view of the norm that the last run applied to x of
// shape s.
func norm[T kernel.Float](d batchNorm, s tensor.Shape, scale, shift []T) kernel.Norm[T] {
	return kernel.Norm[T]{
		S: s[0] * s[1], C: s[2], N: s[3],
		Scale: scale, Shift: shift,
		Mean: d.used.mean, InverseDeviation: d.used.inverseDeviation,
		Training: d.Training, ReLU: d.ReLU,
	}
}

func (d batchNorm) wrt() []bool {
	inputs, _ := d.ranks()
	return slices.Repeat([]bool{true}, len(inputs))
}

func (d batchNorm) gradient(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, len(in))
	var err error
	if d.shortcut {
		// The shortcut needs the gradient before the rectification as a tensor. Without a
		// shortcut it is worked out from x wherever it is used.
		if d.ReLU {
			if grad, err = apply(reluGradient{}, output, grad); err != nil {
				return nil, err
			}
		}
		grads[3] = grad
		d.shortcut, d.ReLU = false, false
	}
	// The sums over locations and batch serve all three gradients.
	sums, err := apply(batchNormSums{d}, in[0], grad, in[1], in[2])
	if err != nil {
		return nil, err
	}
	if grads[0], err = apply(batchNormInputGradient{d}, in[0], grad, in[1], in[2], sums); err != nil {
		return nil, err
	}
	for i := range 2 {
		if grads[1+i], err = apply(row{i}, sums); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// batchNormSums: x, dy, scale, shift → the gradients of scale and shift, 2 C.
type batchNormSums struct{ batchNorm }

func (d batchNormSums) String() string      { return fmt.Sprintf("batch norm sums%+v", d.BatchNormOptions) }
func (d batchNormSums) ranks() ([]int, int) { return []int{4, 4, 1, 1}, 2 }

func (batchNormSums) overwrites() []int { return nil }

func (d batchNormSums) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{2, in[0][2]}, same(d, "output gradient", in[1], "input", in[0])
}

func (d batchNormSums) run32(sums []float32, in [][]float32, s []tensor.Shape) {
	norm(d.batchNorm, s[0], in[2], in[3]).ParameterGradient(sums[:s[0][2]], sums[s[0][2]:], in[0], in[1])
}
func (d batchNormSums) run64(sums []float64, in [][]float64, s []tensor.Shape) {
	norm(d.batchNorm, s[0], in[2], in[3]).ParameterGradient(sums[:s[0][2]], sums[s[0][2]:], in[0], in[1])
}

// batchNormInputGradient: x, dy, scale, shift, sums → dx.
type batchNormInputGradient struct{ batchNorm }

func (d batchNormInputGradient) String() string {
	return fmt.Sprintf("batch norm input gradient%+v", d.BatchNormOptions)
}
func (d batchNormInputGradient) ranks() ([]int, int) { return []int{4, 4, 1, 1, 2}, 4 }
func (batchNormInputGradient) overwrites() []int     { return []int{1, 0} }

func (d batchNormInputGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "output gradient", in[1], "input", in[0])
}

func (d batchNormInputGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	norm(d.batchNorm, s[0], in[2], in[3]).InputGradient(dx, in[0], in[1], in[4][:s[0][2]], in[4][s[0][2]:])
}
func (d batchNormInputGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	norm(d.batchNorm, s[0], in[2], in[3]).InputGradient(dx, in[0], in[1], in[4][:s[0][2]], in[4][s[0][2]:])
}

// row: a matrix → its i-th row.
type row struct{ i int }

func (d row) String() string      { return fmt.Sprintf("row %d", d.i) }
func (d row) ranks() ([]int, int) { return []int{2}, 1 }

func (d row) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0][1:].Clone(), nil }

func (d row) run32(y []float32, in [][]float32, _ []tensor.Shape) { copy(y, in[0][d.i*len(y):]) }
func (d row) run64(y []float64, in [][]float64, _ []tensor.Shape) { copy(y, in[0][d.i*len(y):]) }
