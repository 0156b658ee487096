package graph

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Op configures a layer of the user's own: any operator with a gradient, of gorgonia, of
// package ops or the user's, or an expression of several.
type Op struct {
	// Kind is what it computes, in words, for summaries and drawings; "" means "op". It
	// must not be the kind of a layer that the network knows more of, such as "relu".
	Kind   string
	Inputs []*Layer // at least one
	// Output is the size of its output; the zero value means that of its first input.
	Output Size
	// Parameters are its own. Again is the layer of this kind that it repeats at a later
	// time, with that one's parameters in place of its own; nil means none.
	Parameters []OpParameter
	Again      *Layer
	// MultiplyAdds is how many multiplications with weights one image takes, for the
	// summary.
	MultiplyAdds int
	// Apply adds the layer to a gorgonia graph and returns its result, float32 of shape
	// H W C N. It is called each time the network is compiled, and when it is built, to
	// check the shape. What it adds must not know the batch but from the last axis of its
	// inputs. An operator is a gorgonia.SDOp where training has to pass through it.
	Apply func(n OpNodes) (*gorgonia.Node, error)
}

// OpParameter is a parameter of a layer of the user's own.
type OpParameter struct {
	Name   string // after that of the layer and a dot
	Shape  []int  // at least one axis
	Frozen bool   // training leaves it as it starts
	// Start sets the initial values, which are 0 before. r is a stream of random numbers
	// of its own, which follows from the network's seed and the parameter's name. nil
	// leaves zeros. Those of several parameters may run at the same time.
	Start func(values []float32, r *rand.Rand)
}

// OpNodes are what Op.Apply works with.
type OpNodes struct {
	Inputs     gorgonia.Nodes // of Op.Inputs, H W C N each
	Parameters gorgonia.Nodes // of Op.Parameters, in their shapes
	Training   bool           // whether the network is compiled for training
}

// reserved are kinds of layers that fusing and drawing know more of.
var reserved = []string{kindInput, kindZeros, kindNorm, kindGroupNorm, kindLayerNorm, kindReLU, kindAdd}

// Op adds a layer of the user's own. It is an error if its result is not float32, or not
// of the size that the layer says it has.
func (b *Builder) Op(name string, o Op) *Layer {
	if !b.ready(name, o.Inputs...) {
		return nil
	}
	if o.Kind == "" {
		o.Kind = "op"
	}
	if len(o.Inputs) == 0 || o.Apply == nil || slices.Contains(reserved, o.Kind) {
		return b.fail("layer %q: an op of kind %q with %d inputs, Apply set: %t; want at least one input, Apply, and another kind than %q",
			name, o.Kind, len(o.Inputs), o.Apply != nil, reserved)
	}
	if o.Output == (Size{}) {
		o.Output = o.Inputs[0].Output
	}
	if s := o.Output; s.Channels < 1 || s.Height < 1 || s.Width < 1 {
		return b.fail("layer %q: an output of size %v, want at least 1 of each", name, s)
	}
	if o.MultiplyAdds < 0 {
		return b.fail("layer %q: %d multiply-adds, want at least 0", name, o.MultiplyAdds)
	}
	l := &Layer{Name: name, Kind: o.Kind, Inputs: o.Inputs, Output: o.Output, Repeats: o.Again, MultiplyAdds: o.MultiplyAdds}
	parameters := b.opParameters(l, o)
	if b.err != nil {
		return nil
	}
	l.apply = func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
		n := OpNodes{Inputs: in, Training: c.training}
		for _, p := range parameters {
			n.Parameters = append(n.Parameters, c.parameter(p))
		}
		return o.apply(n, c)
	}
	for _, training := range []bool{false, true} {
		if err := l.try(training); err != nil {
			return b.fail("layer %q: %v", name, err)
		}
	}
	return b.add(l)
}

// opParameters makes the parameters of l, or returns those of the layer that it repeats.
func (b *Builder) opParameters(l *Layer, o Op) []*Parameter {
	if first := o.Again; first != nil {
		if first.Kind != o.Kind || first.Repeats != nil || b.names[first.Name] != first || len(o.Parameters) > 0 {
			b.fail("layer %q, of kind %q with %d parameters of its own, repeats %q, of kind %q: want none, and a layer of this network and kind that repeats no other",
				l.Name, o.Kind, len(o.Parameters), first.Name, first.Kind)
		}
		return first.Parameters
	}
	for _, p := range o.Parameters {
		factors := slices.Clone(p.Shape)
		if len(factors) == 0 || slices.Min(factors) < 1 || product(factors...) > largest || p.Name == "" {
			b.fail("layer %q: a parameter %q of shape %v, want a name, at least one axis, and 1 to %d numbers", l.Name, p.Name, p.Shape, largest)
			return nil
		}
		parameter := newParameter(l.Name+"."+p.Name, factors...)
		parameter.Frozen = p.Frozen
		if p.Start != nil {
			parameter.start = func(seed uint64) { p.Start(parameter.Data, random(seed, parameter.Name)) }
		}
		l.Parameters = append(l.Parameters, parameter)
	}
	return l.Parameters
}

// try adds the layer to a graph of its own, for a batch of two.
func (l *Layer) try(training bool) error {
	c := &compiler{graph: gorgonia.NewGraph(), batch: 2, training: training, steps: new(uint64), nodes: map[*Parameter]*gorgonia.Node{}}
	in := make([]*gorgonia.Node, len(l.Inputs))
	for i, input := range l.Inputs {
		s := input.Output
		in[i] = gorgonia.NewTensor(c.graph, tensor.Float32, 4, gorgonia.WithShape(s.Height, s.Width, s.Channels, c.batch), gorgonia.WithName(fmt.Sprintf("input %d", i)))
	}
	_, err := l.apply(c, in)
	return err
}

// apply calls Apply and checks its result. What Apply panics with is an error, too:
// gorgonia.Must panics.
func (o Op) apply(n OpNodes, c *compiler) (result *gorgonia.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			result, err = nil, errors.Errorf("its Apply panicked: %v", r)
		}
	}()
	if result, err = o.Apply(n); err != nil {
		return nil, err
	}
	want := tensor.Shape{o.Output.Height, o.Output.Width, o.Output.Channels, c.batch}
	switch {
	case result == nil || result.Graph() != c.graph:
		return nil, errors.New("its Apply returned no node of the graph of its inputs")
	case !slices.Equal(result.Shape(), want):
		return nil, errors.Errorf("its result has shape %v, want H W C N = %v for an output of %v and a batch of %d", result.Shape(), want, o.Output, c.batch)
	case result.Dtype() != tensor.Float32:
		return nil, errors.Errorf("its result is %v, want %v", result.Dtype(), tensor.Float32)
	}
	return result, nil
}
