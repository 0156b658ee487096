package ops

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// ReLU computes y = max(x, 0) of activations H W C N. Not-a-number stays.
func ReLU(x *gorgonia.Node) (*gorgonia.Node, error) { return apply(relu{}, x) }

type relu struct{}

func (relu) String() string                                { return "relu" }
func (relu) ranks() ([]int, int)                           { return []int{4}, 4 }
func (relu) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }
func (relu) wrt() []bool                                   { return []bool{true} }
func (relu) overwrites() []int                             { return []int{0} }

func (relu) run32(y []float32, in [][]float32, _ []tensor.Shape) { kernel.ReLU(y, in[0]) }
func (relu) run64(y []float64, in [][]float64, _ []tensor.Shape) { kernel.ReLU(y, in[0]) }

func (relu) gradient(_ gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(reluGradient{}, output, grad)
	return gorgonia.Nodes{dx}, err
}

// reluGradient: y, dy → dx.
type reluGradient struct{}

func (reluGradient) String() string      { return "relu gradient" }
func (reluGradient) ranks() ([]int, int) { return []int{4, 4}, 4 }
func (reluGradient) overwrites() []int   { return []int{1, 0} }

func (d reluGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "output gradient", in[1], "output", in[0])
}

func (reluGradient) run32(dx []float32, in [][]float32, _ []tensor.Shape) {
	kernel.ReLUGradient(dx, in[0], in[1])
}
func (reluGradient) run64(dx []float64, in [][]float64, _ []tensor.Shape) {
	kernel.ReLUGradient(dx, in[0], in[1])
}

// Add computes y = a + b of two activations H W C N of one shape: where a
// residual branch meets its shortcut (He et al. 2015, eq. 1).
func Add(a, b *gorgonia.Node) (*gorgonia.Node, error) { return apply(add{4}, a, b) }

// sum adds gradients of any one shape.
func sum(a, b *gorgonia.Node) (*gorgonia.Node, error) { return apply(add{a.Dims()}, a, b) }

type add struct{ axes int }

func (d add) String() string      { return fmt.Sprintf("add of %d axes", d.axes) }
func (d add) ranks() ([]int, int) { return []int{d.axes, d.axes}, d.axes }
func (add) wrt() []bool           { return []bool{true, true} }
func (add) overwrites() []int     { return []int{0, 1} }

func (d add) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "first input", in[0], "second", in[1])
}

func (add) run32(y []float32, in [][]float32, _ []tensor.Shape) { kernel.Add(y, in[0], in[1]) }
func (add) run64(y []float64, in [][]float64, _ []tensor.Shape) { kernel.Add(y, in[0], in[1]) }

func (add) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{grad, grad}, nil
}

// GlobalAveragePool averages each channel over its locations.
//
//	x       H W C N
//	result  1 1 C N
func GlobalAveragePool(x *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(globalAveragePool{}, x)
}

type globalAveragePool struct{}

func (globalAveragePool) String() string      { return "global average pool" }
func (globalAveragePool) ranks() ([]int, int) { return []int{4}, 4 }
func (globalAveragePool) wrt() []bool         { return []bool{true} }

func (globalAveragePool) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{1, 1, in[0][2], in[0][3]}, nil
}

func (globalAveragePool) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Mean(y, in[0], s[0][0]*s[0][1])
}
func (globalAveragePool) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Mean(y, in[0], s[0][0]*s[0][1])
}

func (globalAveragePool) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(averageGradient{in[0].Shape()}, grad)
	return gorgonia.Nodes{dx}, err
}

// averageGradient: dy (1 1 C N) → dx of shape x.
type averageGradient struct{ x tensor.Shape }

func (d averageGradient) String() string      { return fmt.Sprintf("average gradient of %v", d.x) }
func (d averageGradient) ranks() ([]int, int) { return []int{4}, 4 }
func (d averageGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return d.x, same(d, "output gradient", in[0], "output", tensor.Shape{1, 1, d.x[2], d.x[3]})
}

func (d averageGradient) run32(dx []float32, in [][]float32, _ []tensor.Shape) {
	kernel.MeanGradient(dx, in[0], d.x[0]*d.x[1])
}
func (d averageGradient) run64(dx []float64, in [][]float64, _ []tensor.Shape) {
	kernel.MeanGradient(dx, in[0], d.x[0]*d.x[1])
}
