package graph

import (
	"slices"
	"sync/atomic"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// Training is a network compiled for training on batches of a fixed size. It
// computes losses and gradients; changing the parameters is the optimiser's
// work. It is for one goroutine at a time: Step, StepWith and Change say so when another
// one runs; Gradient, NotFinite and Resume are for between them.
type Training struct {
	*compiled
	target    *input // N classes
	loss      *gorgonia.Node
	learned   []*Parameter
	gradients gorgonia.Nodes            // of learned
	last      atomic.Pointer[[]float32] // logits

	updating *ops.Machine // of StepWith
	handed   []bool       // which gradients it does not keep
	update   Update       // of the step that runs
	updated  bool         // it has run, and so has memory
	keeping  *ops.Machine // of Step, which keeps all gradients; made when it is needed
	kept     bool         // the last step was that of keeping
}

// Update is how an optimiser changes parameters during a step of the training.
type Update struct {
	// Change changes parameter Learned()[i] by its gradient, from number from on, once
	// nothing reads it any more. The gradient is lent until it returns. Several goroutines
	// may call it at the same time, with other numbers; in a step it gets each number once.
	Change func(i, from int, gradient []float32)
	// Done, unless it is nil, is called after the last change, before anybody else may use
	// the network.
	Done func()
	// Reads lists memory that Change uses besides the parameter, laid out like that; nil
	// means none. Reading it beforehand saves Change waiting.
	Reads func(i int) [][]float32
}

// Train compiles the network for training on batches of exactly batch images. It is an
// error if that takes more memory than Options.MemoryLimit, whatever the optimiser.
func (n *Network) Train(batch int) (*Training, error) {
	t, err := n.planTraining(batch)
	if err != nil {
		return nil, err
	}
	m := t.Memory()
	m.Optimiser = 0
	if err := n.CheckMemory(m); err != nil {
		return nil, err
	}
	if n.absent() { // and its limit is not that with which it was built
		n.allocate()
		return n.planTraining(batch)
	}
	return t, nil
}

// planTraining is Train of a network of any size.
func (n *Network) planTraining(batch int) (*Training, error) {
	c, err := n.compile(batch, true)
	if err != nil {
		return nil, err
	}
	t := &Training{compiled: c, target: c.input("target", batch, n.Classes())}
	if t.loss, err = ops.CrossEntropy(c.logits, t.target.node); err != nil {
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
		return nil, errors.Wrap(c.named(err), "graph")
	}
	err = t.planUpdates(nodes)
	return t, errors.Wrap(err, "graph: training")
}

// planUpdates makes the machine that hands over the gradients that it can.
func (t *Training) planUpdates(parameters gorgonia.Nodes) (err error) {
	computed := append(gorgonia.Nodes{t.loss, t.logits}, t.gradients...)
	kept := gorgonia.Nodes{t.loss, t.logits}
	var handovers []ops.Handover
	t.handed = make([]bool, len(parameters))
	for i, gradient := range t.gradients {
		if t.handed[i] = ops.CanHandOver(gradient, parameters[i], computed...); !t.handed[i] {
			kept = append(kept, gradient)
			continue
		}
		handovers = append(handovers, ops.Handover{
			Gradient: gradient, Weight: parameters[i],
			To: func(from int, gradient []float32) {
				if t.lossIsFinite() {
					t.update.Change(i, from, gradient)
				}
			},
			Reads: func() [][]float32 {
				reads := [][]float32{t.learned[i].Data}
				if t.update.Reads != nil {
					reads = append(reads, t.update.Reads(i)...)
				}
				return reads
			},
		})
	}
	t.updating, err = ops.NewMachineWith(handovers, kept...)
	return err
}

// Step runs the network forwards and backwards on a batch: it returns the mean
// cross-entropy, updates the running moments and computes the gradients. A
// batch of another size, or a label that is not a class, is an error, and so is a network
// that is in use by another goroutine. The gradients of all weights are kept, in memory
// besides what Memory says: it is an error if that is more than Options.MemoryLimit,
// whatever the optimiser.
func (t *Training) Step(b Batch) (loss float64, err error) {
	err = t.change(func() error {
		if t.keeping == nil {
			if t.keeping, err = ops.NewMachine(append(gorgonia.Nodes{t.loss, t.logits}, t.gradients...)...); err != nil {
				return errors.Wrap(err, "graph: training")
			}
			m := t.memory(t.keeping, nil)
			if t.updated {
				m.Activations += t.updating.Bytes()
			}
			if err := t.network.CheckMemory(m); err != nil {
				t.keeping = nil
				return err
			}
		}
		loss, err = t.run(t.keeping, b)
		t.kept = err == nil
		return err
	})
	return loss, err
}

// StepWith is Step, but changes the parameters too: those of local layers and convolutions
// as soon as their gradients are there, which are not kept, and then the others. Nothing
// changes, but running moments, if the loss is not finite. Should an operator of others
// than package ops fail in the middle, some parameters have changed.
func (t *Training) StepWith(b Batch, u Update) (loss float64, err error) {
	if u.Change == nil {
		return 0, errors.New("graph: training step: an update that changes nothing: its Change is nil")
	}
	err = t.change(func() error {
		t.update, t.updated, t.kept = u, true, false
		defer func() { t.update = Update{} }()
		if loss, err = t.run(t.updating, b); err != nil || !t.lossIsFinite() {
			return err
		}
		for i, gradient := range t.gradients {
			if !t.handed[i] {
				u.Change(i, 0, gradient.Value().Data().([]float32))
			}
		}
		if u.Done != nil {
			u.Done()
		}
		return nil
	})
	return loss, err
}

// lossIsFinite tells whether the loss of the last step, or of the one that runs, is.
func (t *Training) lossIsFinite() bool {
	return finite([]float32{t.loss.Value().Data().(float32)})
}

// run runs a machine on a batch.
func (t *Training) run(machine *ops.Machine, b Batch) (loss float64, err error) {
	count, err := t.load(b.Images)
	if err != nil {
		return 0, err
	}
	if count != t.batch || len(b.Labels) != t.batch {
		return 0, errors.Errorf("graph: %d images and %d labels, want batches of %d", count, len(b.Labels), t.batch)
	}
	clear(t.target.data)
	for i, label := range b.Labels {
		if label < 0 || label >= t.network.Classes() {
			return 0, errors.Errorf("graph: label %d of image %d, want one of %d classes", label, i, t.network.Classes())
		}
		t.target.data[i*t.network.Classes()+label] = 1
	}
	*t.steps++
	if err := machine.RunAll(); err != nil {
		return 0, errors.Wrap(t.named(err), "graph: training step")
	}
	logits := slices.Clone(t.logits.Value().Data().([]float32))
	t.last.Store(&logits)
	return float64(t.loss.Value().Data().(float32)), nil
}

// Resume says that so many steps of this training were done before, by another Training:
// its next step drops what step steps+1 drops (Builder.Dropout). Without it the first step
// is step 1. It matters to nothing else.
func (t *Training) Resume(steps int) { *t.steps = uint64(steps) }

// Change runs f, which reads gradients and changes parameters, as an optimiser does, and
// returns its error. It is an error, and f does not run, if another goroutine uses the
// network.
func (t *Training) Change(f func() error) error { return t.change(f) }

// Logits returns the logits of the last step, N classes, in training mode, or nil before
// the first. No later step changes them.
func (t *Training) Logits() []float32 {
	if last := t.last.Load(); last != nil {
		return *last
	}
	return nil
}

// Learned returns the parameters that have gradients: those not frozen.
func (t *Training) Learned() []*Parameter { return t.learned }

// Gradient returns the gradient of Learned()[i] at the last Step, in the
// layout of the parameter, or nil before the first and after StepWith. It is valid until
// the next step.
func (t *Training) Gradient(i int) []float32 {
	if !t.kept {
		return nil
	}
	return t.gradients[i].Value().Data().([]float32)
}

// Memory returns what a training takes that changes its parameters in StepWith, by Adam or
// AdamW. It is no estimate, but what is set aside at the first step; results that no layer
// reads any more lend their memory to others. Scratch memory of threads and convolutions,
// and what operators of others than package ops allocate while they run, are not counted.
func (t *Training) Memory() Memory {
	m := t.memory(t.updating, t.handed)
	for _, p := range t.learned {
		m.Optimiser += whole(2 * 4 * product(p.Shape...))
	}
	return m
}

// memory returns what a machine takes that hands some of the gradients over, and the weights.
func (t *Training) memory(machine *ops.Machine, handed []bool) Memory {
	m := t.network.weights()
	gradients := 0.0
	for i, p := range t.learned {
		if handed == nil || !handed[i] {
			gradients += 4 * product(p.Shape...)
		}
	}
	m.Gradients = whole(gradients)
	m.Activations = whole(t.bytes() + float64(machine.Bytes()) - gradients)
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
	if t.loss.Value() == nil || t.lossIsFinite() {
		return ""
	}
	if l := t.network.firstNotFinite(t.images.data, t.batch, *t.steps); l != nil {
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
	if c.allocate() != nil {
		return nil
	}
	copy(c.images.data, pixels)
	*c.steps = step
	var nodes gorgonia.Nodes
	for _, l := range n.Layers {
		nodes = append(nodes, c.layers[l])
	}
	machine, err := ops.NewMachine(nodes...)
	if err != nil || c.check(machine) != nil || machine.RunAll() != nil {
		return nil
	}
	for _, l := range n.Layers {
		if !finite(c.layers[l].Value().Data().([]float32)) {
			return l
		}
	}
	return nil
}
