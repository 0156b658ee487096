package graph

import (
	"cmp"
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// Kinds of layers that more than one place knows; the others stand where they are made.
const (
	kindInput     = "input"
	kindZeros     = "zeros" // answers that do not exist yet
	kindNorm      = "batch norm"
	kindGroupNorm = "group norm"
	kindLayerNorm = "layer norm"
	kindReLU      = "relu"
	kindAdd       = "add"
)

// Bias says which neurons of a layer share a bias.
type Bias int

const (
	NoBias       Bias = iota // none
	ChannelBias              // one for all locations of a channel
	LocationBias             // one for each neuron
)

// Local configures a layer with a receptive field: a convolution, or a locally
// connected layer, as the Connectivity decides.
type Local struct {
	Channels      int // of the output
	Kernel        int // side of the receptive field
	KernelWidth   int // its width, where it is another; 0 means Kernel
	Stride        int // 0 means 1
	StrideWidth   int // along the width, where it is another; 0 means Stride
	Dilation      int // 0 means 1
	DilationWidth int // along the width, where it is another; 0 means Dilation
	Padding       int // zeros on each side
	Pad           Pad // more zeros, on single sides
	// Same pads, in place of Padding and Pad, so that the output is ⌈size/Stride⌉: as
	// that of ops.LocalOptions does.
	Same   bool
	Groups int  // 0 means 1
	Bias   Bias // none unless said
	// Again is the layer that this one repeats at a later time, with the same weights
	// and bias, and so the same connectivity; nil means parameters of its own. Input
	// channels, Channels, the kernel, Groups and Bias must be the same. The map may be
	// coarser by a whole factor, where an area has a stride at its first time only: a
	// location then has the weights of the location of Again in the same place.
	Again *Layer
}

// Pad is by how many rows and columns a map is extended on each of its sides.
type Pad = ops.Pad

// Options returns the geometry as operators take it.
func (o Local) Options() ops.LocalOptions {
	return ops.LocalOptions{
		Stride: o.Stride, StrideWidth: o.StrideWidth, Dilation: o.Dilation, DilationWidth: o.DilationWidth,
		Padding: o.Padding, Pad: o.Pad, Same: o.Same, Groups: o.Groups,
	}
}

// withDefaults fills in what zero means.
func (o Local) withDefaults() Local {
	o.Stride, o.Dilation, o.Groups = cmp.Or(o.Stride, 1), cmp.Or(o.Dilation, 1), cmp.Or(o.Groups, 1)
	o.KernelWidth, o.StrideWidth, o.DilationWidth = cmp.Or(o.KernelWidth, o.Kernel), cmp.Or(o.StrideWidth, o.Stride), cmp.Or(o.DilationWidth, o.Dilation)
	return o
}

// Field is the geometry of a layer with a receptive field.
type Field struct {
	Local         // with its defaults filled in
	Input, Output Size
	// Grid is how the receptive fields lie on the input.
	Grid ops.Grid
	// Shared is true for a convolution: one set of weights for all locations.
	Shared bool
	Weight *Parameter
}

// Local adds a layer with a receptive field. Its parameters are NAME.weight,
// L O KH KW C/g, and where it has one NAME.bias.
func (b *Builder) Local(name string, x *Layer, o Local) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	o = o.withDefaults()
	in, options := x.Output, o.Options()
	grid, err := options.Over(in.Height, in.Width, o.Kernel, o.KernelWidth)
	out := Size{o.Channels, grid.Height, grid.Width}
	switch {
	case err != nil:
		return b.fail("layer %q on %q: %v", name, x.Name, err)
	case o.Channels < 1:
		return b.fail("layer %q: %d channels, want at least 1", name, o.Channels)
	case o.Bias < NoBias || o.Bias > LocationBias:
		return b.fail("layer %q: bias %d, want NoBias (%d), ChannelBias (%d) or LocationBias (%d)", name, o.Bias, NoBias, ChannelBias, LocationBias)
	case in.Channels%o.Groups != 0 || o.Channels%o.Groups != 0:
		return b.fail("layer %q: %d groups do not divide the %d channels of %q and its own %d",
			name, o.Groups, in.Channels, x.Name, o.Channels)
	}
	f := &Field{Local: o, Input: in, Output: out, Grid: grid}
	if weights := product(out.Height, out.Width, o.Channels, o.Kernel, o.KernelWidth, in.Channels/o.Groups); weights > largest {
		return b.fail("layer %q: %s", name, b.options.tooLarge(weights, "weights"))
	}
	l := &Layer{
		Name: name, Inputs: []*Layer{x}, Output: out, Field: f, Repeats: o.Again,
		MultiplyAdds: whole(product(out.Height, out.Width, o.Channels, o.Kernel, o.KernelWidth, in.Channels/o.Groups)),
	}
	parameters, step := []*Parameter(nil), 1
	if o.Again != nil {
		if step = b.repeat(f, name); step == 0 {
			return nil
		}
		parameters = o.Again.Parameters
	} else {
		parameters = b.fieldParameters(f, name)
		l.Parameters = parameters
	}
	l.Kind = "convolution"
	if !f.Shared {
		l.Kind = "local"
	}
	options.FixedInput, options.FixedWeight = x == b.Input(), f.Weight.Frozen
	l.apply = func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
		weight := c.parameter(f.Weight)
		if step > 1 {
			var err error
			if weight, err = ops.EveryLocation(weight, o.Again.Output.Height, o.Again.Output.Width, step); err != nil {
				return nil, err
			}
		}
		var bias *gorgonia.Node
		if len(parameters) > 1 {
			bias = c.parameter(parameters[1])
		}
		return ops.Local(in[0], weight, bias, options)
	}
	return b.add(l)
}

// fieldParameters decides the connectivity of a layer and makes its parameters.
func (b *Builder) fieldParameters(f *Field, name string) []*Parameter {
	connectivity := b.options.Connectivity
	f.Shared = !connectivity.local(b.fields, max(f.Kernel, f.KernelWidth))
	b.fields++
	locations := 1
	if !f.Shared {
		locations = f.Output.Height * f.Output.Width
	}
	channels := f.Input.Channels / f.Groups
	f.Weight = newParameter(name+".weight", locations, f.Channels, f.Kernel, f.KernelWidth, channels)
	f.Weight.Frozen = f.Kernel == 1 && f.KernelWidth == 1 && connectivity.Frozen1x1
	f.Weight.start = func(seed uint64) { f.Weight.fillKaiming(seed, connectivity) }
	if f.Bias == NoBias {
		return []*Parameter{f.Weight}
	}
	bias := newParameter(name+".bias", f.Channels)
	if f.Bias == LocationBias {
		bias = newParameter(name+".bias", f.Output.Height*f.Output.Width, f.Channels)
	}
	bias.start = func(seed uint64) { bias.fillUniform(seed, 1/math.Sqrt(float64(f.Kernel*f.KernelWidth*channels))) }
	return []*Parameter{f.Weight, bias}
}

// repeat gives a layer the weights of the one that it repeats, and returns by which
// factor its map is coarser, or 0 after an error.
func (b *Builder) repeat(f *Field, name string) (step int) {
	first := f.Again
	if first.Field == nil || first.Repeats != nil || b.names[first.Name] != first {
		b.fail("layer %q repeats %q, want a layer of this network with weights of its own and a receptive field", name, first.Name)
		return 0
	}
	of := first.Field
	weights := func(f *Field) string {
		return fmt.Sprintf("%d, %d, %d×%d, %d, %d", f.Input.Channels, f.Channels, f.Kernel, f.KernelWidth, f.Groups, f.Bias)
	}
	if weights(f) != weights(of) {
		b.fail("layer %q has input channels, channels, kernel, groups and bias %s; %q, which it repeats, has %s", name, weights(f), first.Name, weights(of))
		return 0
	}
	f.Shared, f.Weight = of.Shared, of.Weight
	if f.Shared && f.Bias != LocationBias {
		return 1
	}
	longest := max(of.Output.Height, of.Output.Width)
	if f.Bias == LocationBias {
		longest = 1
	}
	for step := 1; step <= longest; step++ {
		if f.Output.Height == (of.Output.Height+step-1)/step && f.Output.Width == (of.Output.Width+step-1)/step {
			return step
		}
	}
	b.fail("layer %q has locations of its own on a map of %d×%d, which is not a coarser one of %q, %d×%d",
		name, f.Output.Height, f.Output.Width, first.Name, of.Output.Height, of.Output.Width)
	return 0
}

// Linear adds a fully connected layer, whose output is a map of 1×1. Its parameters are
// NAME.weight, O I, and NAME.bias, O, both uniform in ±1/√I from the start, as in
// PyTorch. The I = C·H·W inputs are the whole map in PyTorch's order, C H W.
func (b *Builder) Linear(name string, x *Layer, outputs int) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if outputs < 1 {
		return b.fail("layer %q: %d outputs, want at least 1", name, outputs)
	}
	if weights := product(outputs, x.Output.Channels, x.Output.Height, x.Output.Width); weights > largest {
		return b.fail("layer %q: %s", name, b.options.tooLarge(weights, "weights"))
	}
	inputs := x.Output.Channels * x.Output.Height * x.Output.Width
	weight, bias := newParameter(name+".weight", outputs, inputs), newParameter(name+".bias", outputs)
	for _, p := range []*Parameter{weight, bias} {
		p.start = func(seed uint64) { p.fillUniform(seed, 1/math.Sqrt(float64(inputs))) }
	}
	return b.add(&Layer{
		Name: name, Kind: "linear", Inputs: []*Layer{x}, Output: Size{outputs, 1, 1}, boxed: true,
		Parameters: []*Parameter{weight, bias}, MultiplyAdds: whole(product(outputs, inputs)),
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			return ops.Linear(in[0], c.parameter(weight), c.parameter(bias))
		},
	})
}
