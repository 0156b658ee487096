package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// Linear computes y[o,n] = bias[o] + Σ_c weight[o,c] · x[c,n].
//
//	x       C N
//	weight  O C
//	bias    O
//	result  O N
func Linear(x, weight, bias *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(linear{}, x, weight, bias)
}

// matrix is a linear layer as the kernels see it: a convolution on a map of a single
// location.
func matrix(o, c, n int) kernel.Local {
	return kernel.Local{
		H: 1, W: 1, C: c, N: n, OH: 1, OW: 1, O: o, KH: 1, KW: 1,
		StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1, Shared: true,
	}
}

type linear struct{}

func (linear) String() string      { return "linear" }
func (linear) ranks() ([]int, int) { return []int{2, 2, 1}, 2 }
func (linear) wrt() []bool         { return []bool{true, true, true} }

func (d linear) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, weight := in[0], in[1]
	if err := same(d, "weight", weight, "its outputs and the input's channels", tensor.Shape{weight[0], x[0]}); err != nil {
		return nil, err
	}
	return tensor.Shape{weight[0], x[1]}, same(d, "bias", in[2], "its outputs", weight[:1])
}

func (linear) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Forward(matrix(s[1][0], s[1][1], s[0][1]), y, in[0], in[1], in[2])
}
func (linear) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Forward(matrix(s[1][0], s[1][1], s[0][1]), y, in[0], in[1], in[2])
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

// linearInputGradient: weight, dy → dx, C N.
type linearInputGradient struct{}

func (linearInputGradient) String() string      { return "linear input gradient" }
func (linearInputGradient) ranks() ([]int, int) { return []int{2, 2}, 2 }

func (d linearInputGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	weight, dy := in[0], in[1]
	return tensor.Shape{weight[1], dy[1]}, same(d, "output gradient", dy, "output", tensor.Shape{weight[0], dy[1]})
}

func (linearInputGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	kernel.InputGradient(matrix(s[0][0], s[0][1], s[1][1]), dx, in[1], in[0], nil)
}
func (linearInputGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	kernel.InputGradient(matrix(s[0][0], s[0][1], s[1][1]), dx, in[1], in[0], nil)
}

// linearWeightGradient: x, dy → dweight, O C.
type linearWeightGradient struct{}

func (linearWeightGradient) String() string      { return "linear weight gradient" }
func (linearWeightGradient) ranks() ([]int, int) { return []int{2, 2}, 2 }

func (d linearWeightGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, dy := in[0], in[1]
	return tensor.Shape{dy[0], x[0]}, same(d, "output gradient", dy, "output", tensor.Shape{dy[0], x[1]})
}

func (linearWeightGradient) run32(dw []float32, in [][]float32, s []tensor.Shape) {
	kernel.WeightGradient(matrix(s[1][0], s[0][0], s[0][1]), dw, in[0], in[1])
}
func (linearWeightGradient) run64(dw []float64, in [][]float64, s []tensor.Shape) {
	kernel.WeightGradient(matrix(s[1][0], s[0][0], s[0][1]), dw, in[0], in[1])
}

// linearBiasGradient: dy → dbias, O.
type linearBiasGradient struct{}

func (linearBiasGradient) String() string      { return "linear bias gradient" }
func (linearBiasGradient) ranks() ([]int, int) { return []int{2}, 1 }

func (linearBiasGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][0]}, nil
}

func (linearBiasGradient) run32(db []float32, in [][]float32, s []tensor.Shape) {
	kernel.BiasGradient(matrix(s[0][0], 0, s[0][1]), db, in[0])
}
func (linearBiasGradient) run64(db []float64, in [][]float64, s []tensor.Shape) {
	kernel.BiasGradient(matrix(s[0][0], 0, s[0][1]), db, in[0])
}
