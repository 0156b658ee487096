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

// BatchOutermost turns logits 1 1 C N to N C: the border at which answers leave a
// network. A map of another size than 1×1 is an error.
func BatchOutermost(x *gorgonia.Node) (*gorgonia.Node, error) { return apply(logitsOutermost{}, x) }

type logitsOutermost struct{}

func (logitsOutermost) String() string      { return "logits, batch outermost" }
func (logitsOutermost) ranks() ([]int, int) { return []int{4}, 2 }
func (logitsOutermost) wrt() []bool         { return []bool{true} }

func (d logitsOutermost) shape(in []tensor.Shape) (tensor.Shape, error) {
	c, n := in[0][2], in[0][3]
	return tensor.Shape{n, c}, same(d, "input", in[0], "logits", tensor.Shape{1, 1, c, n})
}

func (logitsOutermost) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Transpose(y, s[0][2], in[0], s[0][3], s[0][2], s[0][3])
}
func (logitsOutermost) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Transpose(y, s[0][2], in[0], s[0][3], s[0][2], s[0][3])
}

func (logitsOutermost) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(logitsInnermost{}, grad)
	return gorgonia.Nodes{dx}, err
}

// logitsInnermost: N C → 1 1 C N.
type logitsInnermost struct{}

func (logitsInnermost) String() string      { return "logits, batch innermost" }
func (logitsInnermost) ranks() ([]int, int) { return []int{2}, 4 }

func (logitsInnermost) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{1, 1, in[0][1], in[0][0]}, nil
}

func (logitsInnermost) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Transpose(y, s[0][0], in[0], s[0][1], s[0][0], s[0][1])
}
func (logitsInnermost) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Transpose(y, s[0][0], in[0], s[0][1], s[0][0], s[0][1])
}
