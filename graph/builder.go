package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"hypnos/internal/kernel"
)

// Size is the size of a map: of an image, or of a layer's output.
type Size struct{ Channels, Height, Width int }

// Options configure a network.
type Options struct {
	Input        Size         // of the images
	Connectivity Connectivity // the zero value is convolutional
	Seed         uint64       // of the initial weights
	// Blank leaves all parameters and moments zero, for a network whose values
	// are loaded next or that is only looked at. It may be larger than memory: it then
	// has no parameters' Data, is summarised and drawn as any other, and all that needs
	// the values is an error.
	Blank bool
	// MemoryLimit is how many bytes the network may take, with what a training or
	// inference needs besides; more is an error before any is set aside. 0 means what
	// the machine or, on Linux, the cgroup of the process has, so that only what is sure
	// to fail is refused; less than 0 means no limit.
	MemoryLimit int
}

// Builder collects the layers of a network. Its methods add one layer each and
// return it, to be the input of others. After an error they return nil and do
// nothing; Build returns the error. A Builder is for one goroutine.
type Builder struct {
	options Options
	layers  []*Layer
	names   map[string]*Layer
	areas   []Area
	fields  int // layers with weights of a receptive field so far
	time    int // of the layers that are added
	err     error
}

// Layer is a layer of a network.
type Layer struct {
	Name string
	// Kind is what it computes, in words: "local" or "convolution" for a layer with a
	// receptive field, as the network's Connectivity decided; otherwise that of the
	// Builder's method, such as "batch norm".
	Kind string
	// Time is the time step of a recurrent network at which it answers: see
	// Builder.At.
	Time int
	// Inputs are the layers that it reads.
	Inputs []*Layer
	// Output is the size of its output. A vector is a map of 1×1.
	Output Size
	// Parameters are what it learns, and Moments what a norm has measured.
	Parameters, Moments []*Parameter
	// Repeats is the layer of an earlier time whose parameters it has, or nil;
	// it has then none of its own.
	Repeats *Layer
	// Field is the geometry of a layer with a receptive field, else nil.
	Field *Field
	// MultiplyAdds is how many multiplications with weights one image takes.
	MultiplyAdds int

	boxed bool // a drawing gives it a box of its own
	apply func(c *compiler, inputs []*gorgonia.Node) (*gorgonia.Node, error)
	// norm is apply of a norm that is fused with the layers after it: see fuse.
	norm func(c *compiler, x, shortcut *gorgonia.Node, relu bool) (*gorgonia.Node, error)
}

// NewBuilder starts a network.
func NewBuilder(o Options) *Builder {
	b := &Builder{options: o, names: map[string]*Layer{}, err: o.Connectivity.check()}
	in := o.Input
	if b.err == nil && (in.Channels < 1 || in.Height < 1 || in.Width < 1) {
		b.err = errors.Errorf("graph: images of %d×%d with %d channels, want at least 1 of each", in.Height, in.Width, in.Channels)
	}
	b.add(&Layer{Name: "images", Kind: kindInput, Output: in})
	return b
}

// Area is a named part of a network, such as V1: the layers whose names begin with its
// name and a dot, or that were named as its layers, and the one whose output is the area's.
type Area struct {
	Name   string
	Output *Layer

	layers []*Layer
}

// Area names an area, whose output is that of this layer; in a recurrent network, of
// the layer of the last time. Where the names of its layers do not begin with its name and
// a dot, it is told which these are besides the output.
func (b *Builder) Area(name string, output *Layer, layers ...*Layer) {
	if b.err != nil {
		return
	}
	switch {
	case name == "":
		b.fail("an area has no name")
	case output == nil || b.names[output.Name] != output:
		b.fail("area %q: its output is not a layer of this network", name)
	case slices.ContainsFunc(layers, func(l *Layer) bool { return l == nil || b.names[l.Name] != l }):
		b.fail("area %q: one of its %d layers is not of this network", name, len(layers))
	case slices.ContainsFunc(b.areas, func(a Area) bool { return a.Name == name }):
		b.fail("two areas are called %q", name)
	}
	b.areas = append(b.areas, Area{name, output, slices.Concat(layers, []*Layer{output})})
}

// At sets the time step at which the layers added from now on answer. Without it, as in
// a network that is not recurrent, it is 0.
func (b *Builder) At(t int) { b.time = t }

// Input returns the layer that stands for the images.
func (b *Builder) Input() *Layer { return b.names["images"] }

// Err returns the first error so far.
func (b *Builder) Err() error { return b.err }

// fail keeps the first error.
func (b *Builder) fail(format string, args ...any) *Layer {
	if b.err == nil {
		b.err = errors.Errorf("graph: "+format, args...)
	}
	return nil
}

// ready tells whether a layer of this name may read these inputs: no error so
// far, a new name, inputs of this network.
func (b *Builder) ready(name string, inputs ...*Layer) bool {
	if b.err != nil {
		return false
	}
	if name == "" {
		b.fail("a layer has no name")
	}
	if other, ok := b.names[name]; ok {
		b.fail("two layers are called %q: a %s and a new one", name, other.Kind)
	}
	for i, in := range inputs {
		if in == nil {
			b.fail("layer %q: its input %d is nil", name, i)
		} else if b.names[in.Name] != in {
			b.fail("layer %q: its input %q is not a layer of this network", name, in.Name)
		}
	}
	return b.err == nil
}

func (b *Builder) add(l *Layer) *Layer {
	if b.err != nil {
		return nil
	}
	if answers := product(l.Output.Channels, l.Output.Height, l.Output.Width); answers > largest {
		return b.fail("layer %q: %s", l.Name, b.options.tooLarge(answers, "answers to an image"))
	}
	l.Time = b.time
	b.layers = append(b.layers, l)
	b.names[l.Name] = l
	return l
}

// Build completes the network, whose output is logits. A layer that neither the
// logits nor an area depends on is an error, and so are more weights than
// Options.MemoryLimit.
func (b *Builder) Build(logits *Layer) (*Network, error) {
	if b.err != nil {
		return nil, b.err
	}
	if logits == nil || b.names[logits.Name] != logits {
		return nil, errors.New("graph: the output is not a layer of this network")
	}
	if logits.Output.Height != 1 || logits.Output.Width != 1 {
		return nil, errors.Errorf("graph: the output %q is a %s with a map of %d×%d, want one of 1×1, as that of a linear layer",
			logits.Name, logits.Kind, logits.Output.Height, logits.Output.Width)
	}
	if l := b.unused(logits); l != nil {
		return nil, errors.Errorf("graph: layer %q does not reach the output %q", l.Name, logits.Name)
	}
	n := &Network{Options: b.options, Layers: b.layers, Areas: b.areas, logits: logits, parameters: map[string]*Parameter{}}
	for _, l := range b.layers {
		for _, p := range append(l.Parameters[:len(l.Parameters):len(l.Parameters)], l.Moments...) {
			if _, ok := n.parameters[p.Name]; ok {
				return nil, errors.Errorf("graph: two parameters are called %q, one of them of layer %q", p.Name, l.Name)
			}
			n.parameters[p.Name] = p
		}
	}
	if err := n.CheckMemory(n.weights()); err != nil {
		if b.options.Blank {
			return n, nil
		}
		return nil, err
	}
	n.allocate()
	if !b.options.Blank {
		all := append(n.Parameters(), n.Moments()...)
		mistakes := make([]error, len(all))
		kernel.Parallel(len(all), func(i int) { mistakes[i] = all[i].begin(b.options.Seed) })
		if i := slices.IndexFunc(mistakes, func(err error) bool { return err != nil }); i >= 0 {
			return nil, mistakes[i]
		}
	}
	return n, nil
}

// unused returns a layer that neither output nor an area depends on, or nil.
func (b *Builder) unused(output *Layer) *Layer {
	used := map[*Layer]bool{output: true}
	for _, a := range b.areas {
		used[a.Output] = true
	}
	for i := len(b.layers) - 1; i >= 0; i-- {
		if !used[b.layers[i]] {
			return b.layers[i]
		}
		for _, in := range b.layers[i].Inputs {
			used[in] = true
		}
	}
	return nil
}
