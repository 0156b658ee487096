package ops

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// Linear computes y[o,n] = bias[o] + Σ_i weight[o,i] · x[i,n] over all numbers i of a
// map: over its channels, and in each over its rows, the order of PyTorch, whose weights
// fit as they are.
//
//	x       H W C N
//	weight  O C·H·W
//	bias    O
//	result  1 1 O N
func Linear(x, weight, bias *gorgonia.Node) (*gorgonia.Node, error) {
	if x != nil && x.Dims() == 4 && x.Shape()[0]*x.Shape()[1] > 1 {
		var err error
		if x, err = apply(flatten{}, x); err != nil {
			return nil, err
		}
	}
	return apply(linear{}, x, weight, bias)
}

// flatten: H W C N → 1 1 C·H·W N. A map of 1×1 has no need of it.
type flatten struct{}

func (flatten) String() string      { return "flatten" }
func (flatten) ranks() ([]int, int) { return []int{4}, 4 }
func (flatten) wrt() []bool         { return []bool{true} }

func (flatten) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{1, 1, in[0][:3].TotalSize(), in[0][3]}, nil
}

func (flatten) run32(y []float32, in [][]float32, s []tensor.Shape) {
	swap(y, in[0], s[0][0]*s[0][1], s[0][2], s[0][3])
}
func (flatten) run64(y []float64, in [][]float64, s []tensor.Shape) {
	swap(y, in[0], s[0][0]*s[0][1], s[0][2], s[0][3])
}

func (flatten) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(unflatten{in[0].Shape()}, grad)
	return gorgonia.Nodes{dx}, err
}

// unflatten: 1 1 C·H·W N → dx of shape x.
type unflatten struct{ x tensor.Shape }

func (d unflatten) String() string      { return fmt.Sprintf("flatten gradient of %v", d.x) }
func (d unflatten) ranks() ([]int, int) { return []int{4}, 4 }

func (d unflatten) shape(in []tensor.Shape) (tensor.Shape, error) {
	return d.x, same(d, "output gradient", in[0], "output", tensor.Shape{1, 1, d.x[:3].TotalSize(), d.x[3]})
}

func (d unflatten) run32(dx []float32, in [][]float32, _ []tensor.Shape) {
	swap(dx, in[0], d.x[2], d.x[0]*d.x[1], d.x[3])
}
func (d unflatten) run64(dx []float64, in [][]float64, _ []tensor.Shape) {
	swap(dx, in[0], d.x[2], d.x[0]*d.x[1], d.x[3])
}

// swap turns x (rows columns N) to y (columns rows N).
func swap[T kernel.Float](y, x []T, rows, columns, n int) {
	kernel.Parallel(rows, func(row int) {
		for column := range columns {
			copy(y[(column*rows+row)*n:][:n], x[(row*columns+column)*n:])
		}
	})
}

// matrix is a linear layer as the kernels see it: a convolution on a map of a single
// location.
func matrix(o, c, n int) kernel.Plan {
	return kernel.NewPlan(kernel.Local{
		H: 1, W: 1, C: c, N: n, OH: 1, OW: 1, O: o, KH: 1, KW: 1,
		StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1, Shared: true,
	})
}

type linear struct{}

func (linear) String() string      { return "linear" }
func (linear) ranks() ([]int, int) { return []int{4, 2, 1}, 4 }
func (linear) wrt() []bool         { return []bool{true, true, true} }

func (d linear) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, weight := in[0], in[1]
	if err := same(d, "weight", weight, "its outputs and the numbers of an input", tensor.Shape{weight[0], x[:3].TotalSize()}); err != nil {
		return nil, err
	}
	return tensor.Shape{1, 1, weight[0], x[3]}, same(d, "bias", in[2], "its outputs", weight[:1])
}

func (linear) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Forward(matrix(s[1][0], s[1][1], s[0][3]), y, in[0], in[1], in[2])
}
func (linear) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Forward(matrix(s[1][0], s[1][1], s[0][3]), y, in[0], in[1], in[2])
}

func (linear) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, 3)
	var err error
	if grads[0], err = apply(linearInputGradient{}, in[1], grad); err != nil {
		return nil, err
	}
	if grads[1], err = apply(linearWeightGradient{}, in[0], grad); err != nil {
		return nil, err
	}
	grads[2], err = apply(linearBiasGradient{}, grad)
	return grads, err
}

// linearInputGradient: weight, dy → dx, 1 1 C N.
type linearInputGradient struct{}

func (linearInputGradient) String() string      { return "linear input gradient" }
func (linearInputGradient) ranks() ([]int, int) { return []int{2, 4}, 4 }

func (d linearInputGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	weight, dy := in[0], in[1]
	return tensor.Shape{1, 1, weight[1], dy[3]}, same(d, "output gradient", dy, "output", tensor.Shape{1, 1, weight[0], dy[3]})
}

func (linearInputGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	kernel.InputGradient(matrix(s[0][0], s[0][1], s[1][3]), dx, in[1], in[0], nil)
}
func (linearInputGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	kernel.InputGradient(matrix(s[0][0], s[0][1], s[1][3]), dx, in[1], in[0], nil)
}

// linearWeightGradient: x, dy → dweight, O C.
type linearWeightGradient struct{}

func (linearWeightGradient) String() string      { return "linear weight gradient" }
func (linearWeightGradient) ranks() ([]int, int) { return []int{4, 4}, 2 }

func (d linearWeightGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, dy := in[0], in[1]
	return tensor.Shape{dy[2], x[2]}, same(d, "output gradient", dy, "output", tensor.Shape{1, 1, dy[2], x[3]})
}

func (linearWeightGradient) run32(dw []float32, in [][]float32, s []tensor.Shape) {
	kernel.WeightGradient(matrix(s[1][2], s[0][2], s[0][3]), dw, in[0], in[1])
}
func (linearWeightGradient) run64(dw []float64, in [][]float64, s []tensor.Shape) {
	kernel.WeightGradient(matrix(s[1][2], s[0][2], s[0][3]), dw, in[0], in[1])
}

// linearBiasGradient: dy → dbias, O.
type linearBiasGradient struct{}

func (linearBiasGradient) String() string      { return "linear bias gradient" }
func (linearBiasGradient) ranks() ([]int, int) { return []int{4}, 1 }

func (linearBiasGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][2]}, nil
}

func (linearBiasGradient) run32(db []float32, in [][]float32, s []tensor.Shape) {
	kernel.BiasGradient(matrix(s[0][2], 0, s[0][3]).Local, db, in[0])
}
func (linearBiasGradient) run64(db []float64, in [][]float64, s []tensor.Shape) {
	kernel.BiasGradient(matrix(s[0][2], 0, s[0][3]).Local, db, in[0])
}
