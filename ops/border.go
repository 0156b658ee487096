package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// BatchInnermost turns images N C H W to activations H W C N: the border at
// which data enter a network.
func BatchInnermost(images *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(batchInnermost{}, images)
}

type batchInnermost struct{}

func (batchInnermost) String() string      { return "batch innermost" }
func (batchInnermost) ranks() ([]int, int) { return []int{4}, 4 }
func (batchInnermost) wrt() []bool         { return []bool{true} }

func (batchInnermost) shape(in []tensor.Shape) (tensor.Shape, error) {
	n, c, h, w := in[0][0], in[0][1], in[0][2], in[0][3]
	return tensor.Shape{h, w, c, n}, nil
}

func (batchInnermost) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.BatchInnermost(y, in[0], s[0][0], s[0][1], s[0][2], s[0][3])
}
func (batchInnermost) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.BatchInnermost(y, in[0], s[0][0], s[0][1], s[0][2], s[0][3])
}

func (batchInnermost) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(batchOutermost{}, grad)
	return gorgonia.Nodes{dx}, err
}

// batchOutermost: activations H W C N → images N C H W.
type batchOutermost struct{}

func (batchOutermost) String() string      { return "batch outermost" }
func (batchOutermost) ranks() ([]int, int) { return []int{4}, 4 }

func (batchOutermost) shape(in []tensor.Shape) (tensor.Shape, error) {
	h, w, c, n := in[0][0], in[0][1], in[0][2], in[0][3]
	return tensor.Shape{n, c, h, w}, nil
}

func (batchOutermost) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.BatchOutermost(y, in[0], s[0][3], s[0][2], s[0][0], s[0][1])
}
func (batchOutermost) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.BatchOutermost(y, in[0], s[0][3], s[0][2], s[0][0], s[0][1])
}

// BatchOutermost turns logits C N to N C: the border at which answers leave a
// network.
func BatchOutermost(x *gorgonia.Node) (*gorgonia.Node, error) { return apply(transpose{}, x) }

type transpose struct{}

func (transpose) String() string      { return "transpose" }
func (transpose) ranks() ([]int, int) { return []int{2}, 2 }
func (transpose) wrt() []bool         { return []bool{true} }

func (transpose) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{in[0][1], in[0][0]}, nil
}

func (transpose) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Transpose(y, s[0][0], in[0], s[0][1], s[0][0], s[0][1])
}
func (transpose) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Transpose(y, s[0][0], in[0], s[0][1], s[0][0], s[0][1])
}

func (transpose) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(transpose{}, grad)
	return gorgonia.Nodes{dx}, err
}
