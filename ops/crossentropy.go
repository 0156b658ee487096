package ops

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// CrossEntropy computes the mean softmax cross-entropy of a batch, a scalar:
//
//	loss = -1/N · Σ_n Σ_k target[n,k] · log softmax(logits[n])[k]
//
//	logits, target  N classes
//
// A row of target is a distribution over classes: 1 at the label, 0 elsewhere.
// The target has no gradient.
func CrossEntropy(logits, target *gorgonia.Node) (*gorgonia.Node, error) {
	return apply(crossEntropy{}, logits, target)
}

type crossEntropy struct{}

func (crossEntropy) String() string      { return "cross-entropy" }
func (crossEntropy) ranks() ([]int, int) { return []int{2, 2}, 0 }
func (crossEntropy) wrt() []bool         { return []bool{true, false} }

func (d crossEntropy) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.ScalarShape(), same(d, "target", in[1], "logits", in[0])
}

func (crossEntropy) run32(loss []float32, in [][]float32, s []tensor.Shape) {
	loss[0] = float32(kernel.CrossEntropy(in[0], in[1], s[0][0], s[0][1]))
}
func (crossEntropy) run64(loss []float64, in [][]float64, s []tensor.Shape) {
	loss[0] = kernel.CrossEntropy(in[0], in[1], s[0][0], s[0][1])
}

func (crossEntropy) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dlogits, err := apply(crossEntropyGradient{}, in[0], in[1], grad)
	return gorgonia.Nodes{dlogits, nil}, err
}

// crossEntropyGradient: logits, target, dloss → dlogits.
type crossEntropyGradient struct{}

func (crossEntropyGradient) String() string      { return "cross-entropy gradient" }
func (crossEntropyGradient) ranks() ([]int, int) { return []int{2, 2, 0}, 2 }

func (d crossEntropyGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "target", in[1], "logits", in[0])
}

func (crossEntropyGradient) run32(d []float32, in [][]float32, s []tensor.Shape) {
	kernel.CrossEntropyGradient(d, in[0], in[1], in[2][0], s[0][0], s[0][1])
}
func (crossEntropyGradient) run64(d []float64, in [][]float64, s []tensor.Shape) {
	kernel.CrossEntropyGradient(d, in[0], in[1], in[2][0], s[0][0], s[0][1])
}
