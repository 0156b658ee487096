package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/ops"
)

// Training is a network compiled for training on batches of a fixed size. It
// computes losses and gradients; changing the parameters is the optimiser's
// work.
type Training struct {
	*compiled
	machine   *ops.Machine
	target    []float32 // N classes
	loss      *gorgonia.Node
	learned   []*Parameter
	gradients gorgonia.Nodes // of learned
}

// Train compiles the network for training on batches of exactly batch images.
func (n *Network) Train(batch int) (*Training, error) {
	c, err := n.compile(batch, true)
	if err != nil {
		return nil, err
	}
	t := &Training{compiled: c, target: make([]float32, batch*n.Classes())}
	c.bytes += 4 * len(t.target)
	target := gorgonia.NewMatrix(c.graph, tensor.Float32, gorgonia.WithShape(batch, n.Classes()), gorgonia.WithName("target"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(batch, n.Classes()), tensor.WithBacking(t.target))))
	if t.loss, err = ops.CrossEntropy(c.logits, target); err != nil {
		return nil, err
	}
	var nodes gorgonia.Nodes
	for _, p := range n.Parameters() {
		if !p.Frozen {
			t.learned = append(t.learned, p)
			nodes = append(nodes, c.parameter(p))
		}
	}
	if t.gradients, err = ops.Gradients(t.loss, nodes...); err != nil {
		return nil, errors.Wrap(err, "graph")
	}
	t.machine, err = ops.NewMachine(append(gorgonia.Nodes{t.loss, t.logits}, t.gradients...)...)
	return t, errors.Wrap(err, "graph: training")
}

// Step runs the network forwards and backwards on a batch: it returns the mean
// cross-entropy, updates the running moments and computes the gradients. A
// batch of another size, or a label that is not a class, is an error.
func (t *Training) Step(b Batch) (loss float64, err error) {
	count, err := t.load(b.Images)
	if err != nil {
		return 0, err
	}
	if count != t.batch || len(b.Labels) != t.batch {
		return 0, errors.Errorf("graph: %d images and %d labels, want batches of %d", count, len(b.Labels), t.batch)
	}
	clear(t.target)
	for i, label := range b.Labels {
		if label < 0 || label >= t.network.Classes() {
			return 0, errors.Errorf("graph: label %d of image %d, want one of %d classes", label, i, t.network.Classes())
		}
		t.target[i*t.network.Classes()+label] = 1
	}
	*t.step++
	if err := t.machine.RunAll(); err != nil {
		return 0, errors.Wrap(err, "graph: training step")
	}
	return float64(t.loss.Value().Data().(float32)), nil
}

// Resume says that so many steps of this training were done before, by another Training:
// its next step drops what step steps+1 drops (Builder.Dropout). Without it the first step
// is step 1. It matters to nothing else.
func (t *Training) Resume(steps int) { *t.step = uint64(steps) }

// Logits returns the logits of the last step, N classes, in training mode.
// They are valid until the next step.
func (t *Training) Logits() []float32 { return t.logits.Value().Data().([]float32) }

// Learned returns the parameters that have gradients: those not frozen.
func (t *Training) Learned() []*Parameter { return t.learned }

// Gradient returns the gradient of Learned()[i] at the last step, in the
// layout of the parameter. It is valid until the next step.
func (t *Training) Gradient(i int) []float32 { return t.gradients[i].Value().Data().([]float32) }

// Memory is how many bytes training takes, but for scratch memory of a thread and what
// operators of others than package ops allocate while they run.
type Memory struct {
	Weights     int // parameters and running moments
	Gradients   int // of the parameters that are not frozen
	Optimiser   int // two averages of each gradient, which Adam and AdamW keep
	Activations int // what layers answer, the gradients of that, and the batch
}

// Total is the sum.
func (m Memory) Total() int { return m.Weights + m.Gradients + m.Optimiser + m.Activations }

// Memory returns what a training takes with Adam or AdamW. It is no estimate, but what
// the machine has set aside; results that no layer reads any more lend their memory to
// others.
func (t *Training) Memory() Memory {
	var m Memory
	for _, p := range append(t.network.Parameters(), t.network.Moments()...) {
		m.Weights += 4 * len(p.Data)
	}
	for _, p := range t.learned {
		m.Gradients += 4 * len(p.Data)
	}
	m.Optimiser = 2 * m.Gradients
	m.Activations = t.bytes + t.machine.Bytes() - m.Gradients
	return m
}

// NotFinite names the first layer, in the order of computation, whose weights
// are not finite or, if the loss of the last step was not finite, whose output
// on its batch is not; or it returns "". To find the output it runs the network
// forwards once more, in training mode.
func (t *Training) NotFinite() string {
	for _, l := range t.network.Layers {
		for _, p := range l.Parameters {
			if !finite(p.Data) {
				return l.Name
			}
		}
	}
	if loss := t.loss.Value(); loss == nil || finite([]float32{loss.Data().(float32)}) {
		return ""
	}
	if l := t.network.firstNotFinite(t.pixels, t.batch, *t.step); l != nil {
		return l.Name
	}
	return "loss"
}

// firstNotFinite returns the first layer whose output on the batch of a step, in training
// mode, holds a number that is not finite, or nil.
func (n *Network) firstNotFinite(pixels []float32, batch int, step uint64) *Layer {
	c, err := n.compile(batch, true, n.Layers...)
	if err != nil {
		return nil
	}
	copy(c.pixels, pixels)
	*c.step = step
	var nodes gorgonia.Nodes
	for _, l := range n.Layers {
		nodes = append(nodes, c.layers[l])
	}
	machine, err := ops.NewMachine(nodes...)
	if err != nil || machine.RunAll() != nil {
		return nil
	}
	for _, l := range n.Layers {
		if !finite(c.layers[l].Value().Data().([]float32)) {
			return l
		}
	}
	return nil
}
