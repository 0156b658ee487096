package ops

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Machine is a gorgonia.VM that computes some nodes: it runs the operators that they
// depend on, in the order in which these were applied. Unlike the tape machine it
// allocates next to nothing in a run, but for what operators of others than this package
// allocate. It knows from the start how long each result is needed: memory of results that
// nobody reads any more is used for later ones. So only the values of the nodes asked for
// are valid after a run, until the next.
//
// One goroutine at a time: a run is an error while another one, of this machine or of one
// that computes some of the same nodes, is not done.
type Machine struct {
	steps  []step
	memory map[tensor.Dtype]*stock
	ready  bool // the memory is set aside
}

// step runs one operator.
type step struct {
	op     *operator
	inputs []source
	values []gorgonia.Value // of inputs
	bind   *gorgonia.Node   // whose value the result is after a run, if it was asked for
	dtype  tensor.Dtype     // of the result
	shape  tensor.Shape
	piece  int       // of memory that holds the result, or none
	to     *Handover // of the result, which is then not kept
	buffer any       // the part of the piece that does, from the first run on
}

// none is the piece of an operator whose result is its input, changed, or not kept.
const none = -1

// source is where an operator finds an input: in another operator's result or, if op is
// nil, in the value that is bound to a node.
type source struct {
	op   *operator
	node *gorgonia.Node
}

var _ gorgonia.VM = (*Machine)(nil)

// NewMachine returns a machine that computes nodes. All that they depend on must
// be operators applied in one graph, and bound values. Results of operators of others
// must be row-major. The machine knows how much memory they take and sets it aside at its
// first run.
func NewMachine(nodes ...*gorgonia.Node) (*Machine, error) { return NewMachineWith(nil, nodes...) }

// NewMachineWith returns a machine that computes nodes, and gradients that it hands over
// and does not keep. It is an error if it cannot: see CanHandOver.
func NewMachineWith(handovers []Handover, nodes ...*gorgonia.Node) (*Machine, error) {
	all := slices.Clone(nodes)
	for _, h := range handovers {
		all = append(all, h.Gradient)
	}
	order, err := upstream(all...)
	if err != nil {
		return nil, errors.Wrap(err, "ops: machine")
	}
	to := map[*gorgonia.Node]*Handover{}
	for _, h := range handovers {
		if err := handsOver(h, order); err != nil {
			return nil, err
		}
		if to[h.Gradient] != nil || slices.Contains(nodes, h.Gradient) {
			return nil, errors.Errorf("ops: machine: the gradient of %q is asked for twice, or to be kept and handed over", h.Weight.Name())
		}
		to[h.Gradient] = &h
	}
	m := &Machine{steps: make([]step, len(order))}
	operators := map[*gorgonia.Node]*operator{}
	for _, n := range order {
		o, ok := n.Op().(*operator)
		if !ok {
			o = &operator{definition: &foreign{op: n.Op(), node: n}}
			if o.inputs, err = inputsOf(n); err != nil {
				return nil, errors.Wrap(err, "ops: machine")
			}
		}
		operators[n] = o
	}
	lastRead, at := map[*operator]int{}, map[*operator]*step{}
	for i, n := range order {
		s := &m.steps[i]
		s.op, s.to = operators[n], to[n]
		lastRead[s.op], at[s.op] = i, s
		s.values = make([]gorgonia.Value, len(s.op.inputs))
		for _, in := range s.op.inputs {
			from := source{op: operators[in], node: in}
			if from.op != nil {
				lastRead[from.op] = i
			}
			s.inputs = append(s.inputs, from)
		}
	}
	const never = -1
	for i, n := range order {
		if slices.Contains(nodes, n) {
			m.steps[i].bind = n
			lastRead[m.steps[i].op] = never
		}
	}
	m.memory = map[tensor.Dtype]*stock{tensor.Float32: {element: 4}, tensor.Float64: {element: 8}}
	for i, n := range order {
		s := &m.steps[i]
		s.dtype, s.shape, s.piece = n.Dtype(), n.Shape(), none
		if f, ok := s.op.definition.(*foreign); ok {
			f.spares = s.spares(func(in source) bool { return in.op != nil && lastRead[in.op] == i })
		}
		_, changes := s.op.definition.(changing)
		switch {
		case s.to != nil:
		case changes && s.inputs[0].op != nil: // the result lies where the input does
			s.piece = at[s.inputs[0].op].piece
			lastRead[s.inputs[0].op] = never
		case !changes && m.memory[s.dtype] != nil:
			if in := s.replaced(at, func(in source) bool { return lastRead[in.op] == i }); in != nil {
				s.piece = in.piece
				lastRead[in.op] = never
				break
			}
			s.piece = m.memory[s.dtype].take(count(s.shape))
		}
		for _, in := range s.inputs {
			if in.op != nil && lastRead[in.op] == i {
				lastRead[in.op] = never // given once, even if it is read twice here
				if from := at[in.op]; from.piece != none {
					m.memory[from.dtype].give(from.piece)
				}
			}
		}
	}
	return m, nil
}

// replaced returns the step whose result this one may write over, or nil.
func (s *step) replaced(at map[*operator]*step, last func(in source) bool) *step {
	d, ok := s.op.definition.(overwriting)
	if !ok {
		return nil
	}
	for _, i := range d.overwrites() {
		in := s.inputs[i]
		if in.op == nil || !last(in) || s.reads(in) > 1 {
			continue
		}
		if from := at[in.op]; from.piece != none && from.dtype == s.dtype && slices.Equal(from.shape, s.shape) {
			return from
		}
	}
	return nil
}

// reads is how many inputs are this one.
func (s *step) reads(in source) int {
	count := 0
	for _, other := range s.inputs {
		if other == in {
			count++
		}
	}
	return count
}

// spares tells whether others need the input that a foreign operator may overwrite: any
// but one that is read here for the last time, and once.
func (s *step) spares(last func(in source) bool) bool {
	i := s.op.definition.(*foreign).op.OverwritesInput()
	if i < 0 || i >= len(s.inputs) {
		return false
	}
	return s.reads(s.inputs[i]) > 1 || !last(s.inputs[i])
}

// Bytes returns how much memory the machine has for results: all that a run needs
// besides scratch memory and the values that are bound to nodes.
func (m *Machine) Bytes() int {
	bytes := 0.0
	for _, s := range m.memory {
		bytes += s.bytes()
	}
	if bytes >= math.MaxInt {
		return math.MaxInt
	}
	return int(bytes)
}

// claim makes the operators run in this machine and no other until release.
func (m *Machine) claim() error {
	for i := range m.steps {
		op := m.steps[i].op
		if !op.inUse.CompareAndSwap(false, true) {
			m.release(i)
			return errors.Errorf("ops: machine: its %s is in use by another goroutine", name(op))
		}
	}
	return nil
}

// release ends the claim of the first n operators.
func (m *Machine) release(n int) {
	for i := range n {
		m.steps[i].op.inUse.Store(false)
	}
}

// prepare makes the operators, which are claimed, keep their results in the memory of this
// machine.
func (m *Machine) prepare() error {
	if !m.ready {
		if err := m.allocate(); err != nil {
			return err
		}
	}
	for i := range m.steps {
		s := &m.steps[i]
		if s.op.machine == m {
			continue
		}
		s.op.machine, s.op.shape = m, s.shape
		switch buffer := s.buffer.(type) {
		case []float32:
			own(s.op, buffer)
		case []float64:
			own(s.op, buffer)
		}
	}
	return nil
}

// RunAll runs every operator once. An input without a value is an error, and so is a
// machine that another goroutine runs.
func (m *Machine) RunAll() error {
	if err := m.claim(); err != nil {
		return err
	}
	defer m.release(len(m.steps))
	if err := m.prepare(); err != nil {
		return err
	}
	for i := range m.steps {
		s := &m.steps[i]
		for j, in := range s.inputs {
			if in.op != nil {
				s.values[j] = in.op.result
			} else if s.values[j] = in.node.Value(); s.values[j] == nil {
				return errors.Errorf("ops: machine: input %q of %v has no value", in.node.Name(), s.op)
			}
		}
		if s.to != nil {
			if err := s.op.handOver(s.to, s.values); err != nil {
				return err
			}
			continue
		}
		result, err := s.op.Do(s.values...)
		if err != nil {
			return err
		}
		if s.bind != nil && s.bind.Value() != result {
			if err := gorgonia.UnsafeLet(s.bind, result); err != nil {
				return errors.Wrapf(err, "ops: %v", s.op)
			}
		}
	}
	return nil
}

// Reset does nothing: a machine is always ready to run.
func (m *Machine) Reset() {}

// Close does nothing: memory goes with the graph.
func (m *Machine) Close() error { return nil }
