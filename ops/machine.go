package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// Machine is a gorgonia.VM that computes some nodes: it runs the operators that they
// depend on, in the order in which these were applied. Unlike the tape machine it
// allocates next to nothing in a run, but for what operators of others than this package
// allocate. It knows from the start how long each result is needed: memory of results that
// nobody reads any more is used for later ones. So only the values of the nodes asked for
// are valid after a run, until the next.
type Machine struct {
	steps []step
	bytes int
}

// step runs one operator.
type step struct {
	op     *operator
	inputs []source
	values []gorgonia.Value // of inputs
	bind   *gorgonia.Node   // whose value the result is after a run, if it was asked for
}

// source is where an operator finds an input: in another operator's result or, if op is
// nil, in the value that is bound to a node.
type source struct {
	op   *operator
	node *gorgonia.Node
}

var _ gorgonia.VM = (*Machine)(nil)

// NewMachine returns a machine that computes nodes. All that they depend on must
// be operators applied in one graph, and bound values. Results of operators of others
// must be row-major.
func NewMachine(nodes ...*gorgonia.Node) (*Machine, error) {
	order, err := upstream(nodes...)
	if err != nil {
		return nil, errors.Wrap(err, "ops: machine")
	}
	m := &Machine{steps: make([]step, len(order))}
	operators := map[*gorgonia.Node]*operator{}
	for _, n := range order {
		o, ok := n.Op().(*operator)
		if !ok {
			o = &operator{definition: &foreign{op: n.Op()}}
			if o.inputs, err = inputsOf(n); err != nil {
				return nil, errors.Wrap(err, "ops: machine")
			}
		}
		operators[n] = o
	}
	lastRead := map[*operator]int{}
	for i, n := range order {
		s := &m.steps[i]
		s.op = operators[n]
		lastRead[s.op] = i
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
	var free32 stock[float32]
	var free64 stock[float64]
	for i, n := range order {
		s := &m.steps[i]
		s.op.shape = n.Shape()
		_, inPlace := s.op.definition.(inPlace)
		if f, ok := s.op.definition.(*foreign); ok {
			f.spares = s.spares(func(in source) bool { return in.op != nil && lastRead[in.op] == i })
		}
		switch {
		case inPlace: // the result is an input
		case n.Dtype() == tensor.Float32:
			own(s.op, free32.take(n.Shape().TotalSize()))
		case n.Dtype() == tensor.Float64:
			own(s.op, free64.take(n.Shape().TotalSize()))
		}
		for _, in := range s.inputs {
			if in.op != nil && lastRead[in.op] == i {
				lastRead[in.op] = never // given once, even if it is read twice here
				free32.give(in.op.buffer)
				free64.give(in.op.buffer)
			}
		}
	}
	m.bytes = 4*free32.made + 8*free64.made
	return m, nil
}

// spares tells whether others need the input that a foreign operator may overwrite: any
// but one that is read here for the last time, and once.
func (s *step) spares(last func(in source) bool) bool {
	i := s.op.definition.(*foreign).op.OverwritesInput()
	if i < 0 || i >= len(s.inputs) {
		return false
	}
	count := 0
	for _, in := range s.inputs {
		if in == s.inputs[i] {
			count++
		}
	}
	return count > 1 || !last(s.inputs[i])
}

// Bytes returns how much memory the machine has for results: all that a run needs
// besides scratch memory and the values that are bound to nodes.
func (m *Machine) Bytes() int { return m.bytes }

// stock is memory that waits to be used again.
type stock[T kernel.Float] struct {
	pieces [][]T
	made   int // elements, of these pieces and of those in use
}

// take returns n elements: the smallest piece in stock that is large enough, or
// new ones.
func (s *stock[T]) take(n int) []T {
	best := -1
	for i, piece := range s.pieces {
		if cap(piece) >= n && (best < 0 || cap(piece) < cap(s.pieces[best])) {
			best = i
		}
	}
	if best < 0 {
		s.made += n
		return make([]T, n)
	}
	piece := s.pieces[best]
	s.pieces = slices.Delete(s.pieces, best, best+1)
	return piece[:n]
}

// give puts a piece in stock, if it is of this element type.
func (s *stock[T]) give(piece any) {
	if piece, ok := piece.([]T); ok {
		s.pieces = append(s.pieces, piece)
	}
}

// RunAll runs every operator once. An input without a value is an error.
func (m *Machine) RunAll() error {
	for i := range m.steps {
		s := &m.steps[i]
		for j, in := range s.inputs {
			if in.op != nil {
				s.values[j] = in.op.result
			} else if s.values[j] = in.node.Value(); s.values[j] == nil {
				return errors.Errorf("ops: machine: input %q of %v has no value", in.node.Name(), s.op)
			}
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
