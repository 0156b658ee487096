package graph

import (
	"math"

	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// The kinds of layers.
const (
	kindConvolution = "convolution"
	kindLocal       = "local"
	kindNorm        = "batch norm"
	kindReLU        = "relu"
	kindAdd         = "add"
	kindPool        = "global average pool"
	kindLinear      = "linear"
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
	if !b.ready(name, x) {
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
	case x.pooled():
		return b.fail("layer %q: its input %q has no map", name, x.Name)
	case o.Channels < 1 || o.Kernel < 1 || o.Padding < 0:
		return b.fail("layer %q: %d channels, kernel %d, padding %d: want at least 1, 1, 0", name, o.Channels, o.Kernel, o.Padding)
	case out.Height < 1 || out.Width < 1:
		return b.fail("layer %q: a kernel of %d is larger than its input %q of %d×%d with padding %d",
			name, o.Kernel, x.Name, in.Height, in.Width, o.Padding)
	case in.Channels%o.Groups != 0 || o.Channels%o.Groups != 0:
		return b.fail("layer %q: %d groups do not divide the %d channels of %q and its own %d",
			name, o.Groups, in.Channels, x.Name, o.Channels)
	}
	connectivity := b.options.Connectivity
	shared := !connectivity.local(b.fields, o.Kernel)
	b.fields++
	kind, locations := kindConvolution, 1
	if !shared {
		kind, locations = kindLocal, out.Height*out.Width
	}

	weight := newParameter(name+".weight", locations, o.Channels, o.Kernel, o.Kernel, in.Channels/o.Groups)
	weight.fillKaiming(b.options.Seed, connectivity)
	weight.Frozen = o.Kernel == 1 && connectivity.Frozen1x1
	parameters := []*Parameter{weight}
	if o.Bias != NoBias {
		bias := newParameter(name+".bias", o.Channels)
		if o.Bias == LocationBias {
			bias = newParameter(name+".bias", out.Height*out.Width, o.Channels)
		}
		bias.fillUniform(b.options.Seed, 1/math.Sqrt(float64(o.Kernel*o.Kernel*in.Channels/o.Groups)))
		parameters = append(parameters, bias)
	}
	options.FixedInput, options.FixedWeight = x == b.Input(), weight.Frozen
	return b.add(&Layer{
		Name: name, Kind: kind, Inputs: []*Layer{x}, Output: out, Parameters: parameters,
		Field:        &Field{Local: o, Input: in, Output: out, Shared: shared, Weight: weight},
		MultiplyAdds: out.Height * out.Width * len(weight.Data) / locations,
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			var bias *gorgonia.Node
			if len(parameters) > 1 {
				bias = c.parameter(parameters[1])
			}
			return ops.Local(in[0], c.parameter(weight), bias, options)
		},
	})
}

// BatchNorm adds a batch norm. Its parameters are NAME.weight (the scale,
// from 1) and NAME.bias (the shift, from 0), its moments NAME.running_mean and
// NAME.running_var.
func (b *Builder) BatchNorm(name string, x *Layer) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if x.pooled() {
		return b.fail("layer %q: its input %q has no map", name, x.Name)
	}
	c := x.Output.Channels
	scale, shift := newParameter(name+".weight", c), newParameter(name+".bias", c)
	mean, variance := newParameter(name+".running_mean", c), newParameter(name+".running_var", c)
	scale.fill(1)
	variance.fill(1)
	norm := func(c *compiler, x, shortcut *gorgonia.Node, relu bool) (*gorgonia.Node, error) {
		running := ops.RunningMoments{Mean: mean.value, Variance: variance.value}
		return ops.BatchNorm(x, c.parameter(scale), c.parameter(shift), shortcut, running, ops.BatchNormOptions{Training: c.training, ReLU: relu})
	}
	return b.add(&Layer{
		Name: name, Kind: kindNorm, Inputs: []*Layer{x}, Output: x.Output,
		Parameters: []*Parameter{scale, shift}, Moments: []*Parameter{mean, variance},
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return norm(c, in[0], nil, false) },
		norm:  norm,
	})
}

// ReLU adds a rectification.
func (b *Builder) ReLU(name string, x *Layer) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if x.pooled() {
		return b.fail("layer %q: its input %q has no map", name, x.Name)
	}
	return b.add(&Layer{
		Name: name, Kind: kindReLU, Inputs: []*Layer{x}, Output: x.Output,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.ReLU(in[0]) },
	})
}

// Add adds the sum of two layers of equal size.
func (b *Builder) Add(name string, x, y *Layer) *Layer {
	if !b.ready(name, x, y) {
		return nil
	}
	if x.Output != y.Output || x.pooled() || y.pooled() {
		return b.fail("layer %q: its inputs differ in size: %q has %v, %q has %v", name, x.Name, x.Output, y.Name, y.Output)
	}
	return b.add(&Layer{
		Name: name, Kind: kindAdd, Inputs: []*Layer{x, y}, Output: x.Output,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.Add(in[0], in[1]) },
	})
}

// GlobalAveragePool adds the mean of each channel over the map.
func (b *Builder) GlobalAveragePool(name string, x *Layer) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if x.pooled() {
		return b.fail("layer %q: its input %q has no map", name, x.Name)
	}
	return b.add(&Layer{
		Name: name, Kind: kindPool, Inputs: []*Layer{x}, Output: Size{x.Output.Channels, 1, 1},
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.GlobalAveragePool(in[0]) },
	})
}

// Linear adds a fully connected layer after pooling. Its parameters are
// NAME.weight, O C, and NAME.bias, O, both uniform in ±1/√C from the start, as
// in PyTorch.
func (b *Builder) Linear(name string, x *Layer, outputs int) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if !x.pooled() {
		return b.fail("layer %q: its input %q has a map of %d×%d, want one that is pooled", name, x.Name, x.Output.Height, x.Output.Width)
	}
	if outputs < 1 {
		return b.fail("layer %q: %d outputs, want at least 1", name, outputs)
	}
	channels := x.Output.Channels
	weight, bias := newParameter(name+".weight", outputs, channels), newParameter(name+".bias", outputs)
	for _, p := range []*Parameter{weight, bias} {
		p.fillUniform(b.options.Seed, 1/math.Sqrt(float64(channels)))
	}
	return b.add(&Layer{
		Name: name, Kind: kindLinear, Inputs: []*Layer{x}, Output: Size{outputs, 1, 1},
		Parameters: []*Parameter{weight, bias}, MultiplyAdds: outputs * channels,
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			return ops.Linear(in[0], c.parameter(weight), c.parameter(bias))
		},
	})
}
