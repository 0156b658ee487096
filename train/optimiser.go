package train

import (
	"math"
	"sync"

	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/internal/kernel"
	"hypnos/internal/memory"
	"hypnos/internal/names"
)

// Method is the rule by which an optimiser turns gradients to steps.
type Method int

const (
	AdamW Method = iota // Adam with decoupled weight decay (Loshchilov and Hutter 2019)
	Adam                // Kingma and Ba 2015; weight decay is added to the gradient
	SGD                 // stochastic gradient descent with momentum
)

var methods = names.List{"adamw", "adam", "sgd"}

// String returns the method's name on a command line.
func (m Method) String() string { return methods.Of(int(m), "Method") }

// ParseMethod returns the method of that name.
func ParseMethod(name string) (Method, error) {
	i, err := methods.Find("train: unknown optimizer", name)
	return Method(i), err
}

// What Adam and AdamW have unless told otherwise, as in PyTorch: the share of the
// averages of gradients and of their squares that a step keeps, and what is added
// to the root of the second.
const (
	DefaultBeta1   = 0.9
	DefaultBeta2   = 0.999
	DefaultEpsilon = 1e-8
)

// OptimiserOptions configure an optimiser. Its defaults are PyTorch's, except
// that no weights decay unless asked.
type OptimiserOptions struct {
	Method      Method  // the zero value is AdamW
	WeightDecay float64 // of all parameters
	// Momentum is that of SGD; 0 means none.
	Momentum float64
	Nesterov bool // for SGD with momentum
	// Beta1, Beta2 and Epsilon are Adam's; 0 means DefaultBeta1 and so on.
	Beta1, Beta2, Epsilon float64
}

// Check returns an error for a field that is out of range.
func (o OptimiserOptions) Check() error {
	_, err := o.check()
	return err
}

// check fills in what zero means and returns an error for a field out of range.
func (o OptimiserOptions) check() (OptimiserOptions, error) {
	for _, d := range []struct {
		field *float64
		value float64
	}{{&o.Beta1, DefaultBeta1}, {&o.Beta2, DefaultBeta2}, {&o.Epsilon, DefaultEpsilon}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if !methods.Has(int(o.Method)) {
		return o, errors.Errorf("train: method %v is none of %v", o.Method, methods)
	}
	for _, f := range []struct {
		name         string
		value, limit float64
	}{
		{"weight decay", o.WeightDecay, math.Inf(1)}, {"momentum", o.Momentum, 1},
		{"beta1", o.Beta1, 1}, {"beta2", o.Beta2, 1}, {"epsilon", o.Epsilon, math.Inf(1)},
	} {
		if !(f.value >= 0 && f.value < f.limit) {
			return o, errors.Errorf("train: %s %v, want at least 0 and below %v", f.name, f.value, f.limit)
		}
	}
	return o, nil
}

// Optimiser changes the parameters of a network by their gradients. It keeps
// running averages of them between steps. It is for one goroutine at a time: a step beside
// any other use of the network is an error; State and Restore are for between steps.
type Optimiser struct {
	options       OptimiserOptions
	training      *graph.Training
	steps         int
	first, second [][]float32 // averages of gradients and of their squares
}

// NewOptimiser returns an optimiser of the learned parameters of training. It is an error
// if an option is out of range, or if a training by TrainStep takes more memory than
// Options.MemoryLimit of the network.
func NewOptimiser(training *graph.Training, o OptimiserOptions) (*Optimiser, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	if err := training.Network().CheckMemory(o.memory(training.Memory())); err != nil {
		return nil, err
	}
	p := &Optimiser{options: o, training: training}
	for _, parameter := range training.Learned() {
		var first, second []float32
		if o.averages() > 0 {
			first = memory.Zeros[float32](len(parameter.Data))
		}
		if o.averages() > 1 {
			second = memory.Zeros[float32](len(parameter.Data))
		}
		p.first, p.second = append(p.first, first), append(p.second, second)
	}
	return p, nil
}

// OptimiserState is all that an optimiser keeps from earlier steps.
type OptimiserState struct {
	Steps int // done
	// Averages are those of each learned parameter, in the order of the layers. They are
	// the optimiser's own memory: its next step changes them.
	Averages []Average `json:"-"`
}

// Average is the running averages of a parameter's gradient and of its square,
// in the layout of the parameter; nil where the method keeps none.
type Average struct {
	Parameter     *graph.Parameter
	First, Second []float32
}

// State returns what the next step depends on, apart from parameters and
// gradients.
func (p *Optimiser) State() OptimiserState {
	s := OptimiserState{Steps: p.steps}
	for i, parameter := range p.training.Learned() {
		s.Averages = append(s.Averages, Average{parameter, p.first[i], p.second[i]})
	}
	return s
}

// Restore sets the state. It is an error if it is not of an optimiser of these
// parameters and of this method.
func (p *Optimiser) Restore(s OptimiserState) error {
	own := p.State()
	if s.Steps < 0 || len(s.Averages) != len(own.Averages) {
		return errors.Errorf("train: an optimiser after %d steps with averages of %d parameters, want %d", s.Steps, len(s.Averages), len(own.Averages))
	}
	for i, a := range s.Averages {
		if o := own.Averages[i]; len(a.First) != len(o.First) || len(a.Second) != len(o.Second) {
			return errors.Errorf("train: averages of %d and %d values for parameter %q, want %d and %d",
				len(a.First), len(a.Second), o.Parameter.Name, len(o.First), len(o.Second))
		}
	}
	p.steps = s.Steps
	for i, a := range s.Averages {
		copy(p.first[i], a.First)
		copy(p.second[i], a.Second)
	}
	return nil
}

// averages is how many running averages the method keeps of a gradient.
func (o OptimiserOptions) averages() int {
	switch {
	case o.Method != SGD:
		return 2
	case o.Momentum > 0:
		return 1
	default:
		return 0
	}
}

// memory is that of a training with this optimiser instead of Adam.
func (o OptimiserOptions) memory(m graph.Memory) graph.Memory {
	m.Optimiser = m.Optimiser / 2 * o.averages()
	return m
}

// TrainStep runs a training step on a batch and changes the parameters meanwhile, at a
// learning rate: it returns the mean cross-entropy before. It takes less time and memory
// than Training.Step and Step, with the same bits, since gradients of weights are used as
// soon as they are there, and not kept. A momentum of 0 means the optimiser's own: beta1 of
// Adam. If the loss is not finite no parameter changes. Errors are those of
// Training.StepWith.
func (p *Optimiser) TrainStep(b graph.Batch, rate, momentum float64) (loss float64, err error) {
	change := sync.OnceValue(func() change { return p.change(rate, momentum) }) // once nobody else steps
	return p.training.StepWith(b, graph.Update{
		Change: func(i, from int, gradient []float32) { change()(i, from, gradient) },
		Reads:  func(i int) [][]float32 { return [][]float32{p.first[i], p.second[i]}[:p.options.averages()] },
		Done:   func() { p.steps++ },
	})
}

// Step changes the parameters by the gradients of the last Training.Step, which the caller
// may have changed, at a learning rate. A momentum of 0 means the optimiser's own: beta1 of
// Adam. It is an error if there are none, or if another goroutine uses the network.
func (p *Optimiser) Step(rate, momentum float64) error {
	return p.training.Change(func() error {
		change := p.change(rate, momentum)
		for i := range p.training.Learned() {
			gradient := p.training.Gradient(i)
			if gradient == nil {
				return errors.New("train: there are no gradients: the last step of the training kept none, or there was none")
			}
			change(i, 0, gradient)
		}
		p.steps++
		return nil
	})
}

// change changes parameter i by its gradient, from number from on.
type change func(i, from int, gradient []float32)

// change returns the change of the step after p.steps.
func (p *Optimiser) change(rate, momentum float64) change {
	o := p.options
	if momentum != 0 {
		o.Momentum, o.Beta1 = momentum, momentum
	}
	sgd := kernel.Momentum{
		Rate: rate, Decay: o.WeightDecay, Momentum: p.sgdMomentum(o.Momentum), Nesterov: o.Nesterov, First: p.steps == 0,
	}
	adam := kernel.Adam{
		Rate: rate, Decay: o.WeightDecay, Decoupled: o.Method == AdamW,
		Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon,
		// As in PyTorch, the correction is by the momentum of this step.
		Correction1: 1 - math.Pow(o.Beta1, float64(p.steps+1)),
		Correction2: 1 - math.Pow(o.Beta2, float64(p.steps+1)),
	}
	return func(i, from int, gradient []float32) {
		here := func(s []float32) []float32 {
			if s == nil {
				return nil
			}
			return s[from:][:len(gradient)]
		}
		weights, first, second := here(p.training.Learned()[i].Data), here(p.first[i]), here(p.second[i])
		if o.Method == SGD {
			sgd.Step(weights, first, gradient)
		} else {
			adam.Step(weights, first, second, gradient)
		}
	}
}

// sgdMomentum returns the momentum of SGD: that of the schedule, but 0 if the optimiser
// has none.
func (p *Optimiser) sgdMomentum(momentum float64) float64 {
	if p.options.Momentum == 0 {
		return 0
	}
	return momentum
}
