package graph

import (
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
	Channels int  // of the output
	Kernel   int  // side of the receptive field
	Stride   int  // 0 means 1
	Padding  int  // zeros on each side
	Dilation int  // 0 means 1
	Groups   int  // 0 means 1
	Bias     Bias // none unless said
	// Again is the layer that this one repeats at a later time, with the same weights
	// and bias, and so the same connectivity; nil means parameters of its own. Input
	// channels, Channels, Kernel, Groups and Bias must be the same. The map may be
	// coarser by a whole factor, where an area has a stride at its first time only: a
	// location then has the weights of the location of Again in the same place.
	Again *Layer
}

// Field is the geometry of a layer with a receptive field.
type Field struct {
	Local
	Input, Output Size
	// Shared is true for a convolution: one set of weights for all locations.
	Shared bool
	Weight *Parameter
}

// Local adds a layer with a receptive field. Its parameters are NAME.weight,
// L O KH KW C/g, and where it has one NAME.bias.
func (b *Builder) Local(name string, x *Layer, o Local) *Layer {
	if !b.mapped(name, x) {
		return nil
	}
	if o.Stride < 0 || o.Dilation < 0 || o.Groups < 0 {
		return b.fail("layer %q: stride %d, dilation %d, groups %d: none may be negative", name, o.Stride, o.Dilation, o.Groups)
	}
	o.Stride, o.Dilation, o.Groups = max(o.Stride, 1), max(o.Dilation, 1), max(o.Groups, 1)
	options := ops.LocalOptions{Stride: o.Stride, Padding: o.Padding, Dilation: o.Dilation, Groups: o.Groups}
	in := x.Output
	out := Size{o.Channels, options.OutputSize(in.Height, o.Kernel), options.OutputSize(in.Width, o.Kernel)}
	switch {
	case o.Channels < 1 || o.Kernel < 1 || o.Padding < 0:
		return b.fail("layer %q: %d channels, kernel %d, padding %d: want at least 1, 1, 0", name, o.Channels, o.Kernel, o.Padding)
	case out.Height < 1 || out.Width < 1:
		return b.fail("layer %q: a kernel of %d is larger than its input %q of %d×%d with padding %d",
			name, o.Kernel, x.Name, in.Height, in.Width, o.Padding)
	case in.Channels%o.Groups != 0 || o.Channels%o.Groups != 0:
		return b.fail("layer %q: %d groups do not divide the %d channels of %q and its own %d",
			name, o.Groups, in.Channels, x.Name, o.Channels)
	}
	f := &Field{Local: o, Input: in, Output: out}
	if weights := product(out.Height, out.Width, o.Channels, o.Kernel, o.Kernel, in.Channels/o.Groups); weights > largest {
		return b.fail("layer %q: %s", name, b.options.tooLarge(weights, "weights"))
	}
	l := &Layer{
		Name: name, Inputs: []*Layer{x}, Output: out, Field: f, Repeats: o.Again,
		MultiplyAdds: whole(product(out.Height, out.Width, o.Channels, o.Kernel, o.Kernel, in.Channels/o.Groups)),
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
	f.Shared = !connectivity.local(b.fields, f.Kernel)
	b.fields++
	locations := 1
	if !f.Shared {
		locations = f.Output.Height * f.Output.Width
	}
	channels := f.Input.Channels / f.Groups
	f.Weight = newParameter(name+".weight", locations, f.Channels, f.Kernel, f.Kernel, channels)
	f.Weight.Frozen = f.Kernel == 1 && connectivity.Frozen1x1
	f.Weight.start = func(seed uint64) { f.Weight.fillKaiming(seed, connectivity) }
	if f.Bias == NoBias {
		return []*Parameter{f.Weight}
	}
	bias := newParameter(name+".bias", f.Channels)
	if f.Bias == LocationBias {
		bias = newParameter(name+".bias", f.Output.Height*f.Output.Width, f.Channels)
	}
	bias.start = func(seed uint64) { bias.fillUniform(seed, 1/math.Sqrt(float64(f.Kernel*f.Kernel*channels))) }
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
	if f.Input.Channels != of.Input.Channels || f.Channels != of.Channels || f.Kernel != of.Kernel || f.Groups != of.Groups || f.Bias != of.Bias {
		b.fail("layer %q sees %d channels with %d of its own, kernel %d, groups %d, bias %d; %q, which it repeats, has %d, %d, %d, %d, %d",
			name, f.Input.Channels, f.Channels, f.Kernel, f.Groups, f.Bias, first.Name, of.Input.Channels, of.Channels, of.Kernel, of.Groups, of.Bias)
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

// Linear adds a fully connected layer after pooling. Its parameters are
// NAME.weight, O C, and NAME.bias, O, both uniform in ±1/√C from the start, as
// in PyTorch.
func (b *Builder) Linear(name string, x *Layer, outputs int) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if !x.pooled {
		return b.fail("layer %q: its input %q has a map of %d×%d, want one that is pooled", name, x.Name, x.Output.Height, x.Output.Width)
	}
	if outputs < 1 {
		return b.fail("layer %q: %d outputs, want at least 1", name, outputs)
	}
	channels := x.Output.Channels
	if weights := product(outputs, channels); weights > largest {
		return b.fail("layer %q: %s", name, b.options.tooLarge(weights, "weights"))
	}
	weight, bias := newParameter(name+".weight", outputs, channels), newParameter(name+".bias", outputs)
	for _, p := range []*Parameter{weight, bias} {
		p.start = func(seed uint64) { p.fillUniform(seed, 1/math.Sqrt(float64(channels))) }
	}
	return b.add(&Layer{
		Name: name, Kind: "linear", Inputs: []*Layer{x}, Output: Size{outputs, 1, 1}, pooled: true,
		Parameters: []*Parameter{weight, bias}, MultiplyAdds: outputs * channels,
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			return ops.Linear(in[0], c.parameter(weight), c.parameter(bias))
		},
	})
}
