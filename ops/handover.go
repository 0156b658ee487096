package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// Handover is what a machine does with the gradient of a local layer's weights instead of
// keeping it: it hands it over as soon as some of it is computed and still in the caches,
// so that an optimiser that changes the weights by it reads memory while the next piece is
// computed.
type Handover struct {
	Gradient *gorgonia.Node // what Gradients returned, of float32
	Weight   *gorgonia.Node // for which; that it is another of the same shape is not found out
	// To gets the gradient of the weights from number from on, in memory that is lent until
	// it returns. It may change them: the machine does not read them any more. Several
	// goroutines may call it at the same time, with other weights; in a run it gets each
	// weight once.
	To func(from int, gradient []float32)
	// Reads lists memory that To reads or writes, laid out like the weights; nil means none.
	// It is fetched beforehand.
	Reads func() [][]float32
}

// CanHandOver tells whether a machine that computes nodes can hand over the gradient of a
// weight: if it is computed by a local layer or a convolution, or by several one after the
// other, after the last operator that reads the weight, and if no operator reads it itself.
func CanHandOver(gradient, weight *gorgonia.Node, nodes ...*gorgonia.Node) bool {
	order, err := upstream(append(slices.Clone(nodes), gradient)...)
	return err == nil && handsOver(Handover{Gradient: gradient, Weight: weight, To: func(int, []float32) {}}, order) == nil
}

// handsOver returns an error unless the operators of nodes, in their order, allow it.
func handsOver(h Handover, order gorgonia.Nodes) error {
	at := slices.Index(order, h.Gradient)
	if at < 0 || h.Weight == nil || h.To == nil {
		return errors.New("ops: handover: the gradient is no operator's result, or there is no weight or nobody that gets it")
	}
	o, _ := h.Gradient.Op().(*operator)
	if o == nil || h.Gradient.Dtype() != tensor.Float32 {
		return errors.Errorf("ops: handover: %q is no gradient of float32 of package ops", h.Gradient.Name())
	}
	d, ok := o.definition.(handing)
	if !ok || !slices.Equal(d.weightShape(), h.Weight.Shape()) {
		return errors.Errorf("ops: handover: %s is not that of the weights %q of a local layer", name(o), h.Weight.Name())
	}
	for i, n := range order {
		inputs, err := inputsOf(n)
		switch {
		case err != nil:
			return err
		case slices.Contains(inputs, h.Gradient):
			return of(n, errors.Errorf("ops: handover: it reads the gradient of %q", h.Weight.Name()))
		case i > at && slices.Contains(inputs, h.Weight):
			return of(n, errors.Errorf("ops: handover: it reads %q after its gradient", h.Weight.Name()))
		}
	}
	return nil
}

// handOver computes the gradient and hands it over.
func (o *operator) handOver(h *Handover, inputs []gorgonia.Value) error {
	if err := o.accept(inputs); err != nil {
		return err
	}
	data, err := inputData[float32](o, inputs)
	if err != nil {
		return err
	}
	use := kernel.Use[float32]{By: h.To}
	if h.Reads != nil {
		use.Reads = h.Reads()
	}
	o.definition.(handing).handOver(use, data, o.shapes)
	return nil
}

// handing is a definition that can hand its result over.
type handing interface {
	definition
	weightShape() tensor.Shape
	handOver(use kernel.Use[float32], in [][]float32, s []tensor.Shape)
}

func (d localWeightGradient) weightShape() tensor.Shape { return d.weight }

func (d localWeightGradient) handOver(use kernel.Use[float32], in [][]float32, s []tensor.Shape) {
	kernel.WeightGradientFor(d.plan(s[0], d.weight), use, in[0], in[1])
}

// handOver adds to what others contributed, and hands over the sum.
func (d localWeightGradientOnto) handOver(use kernel.Use[float32], in [][]float32, s []tensor.Shape) {
	kernel.WeightGradientFor(d.plan(s[1], d.weight), use.Onto(in[0]), in[1], in[2])
}
