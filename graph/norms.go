package graph

import (
	"slices"

	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// BatchNorm adds a batch norm. Its parameters are NAME.weight (the scale,
// from 1) and NAME.bias (the shift, from 0), its moments NAME.running_mean and
// NAME.running_var.
func (b *Builder) BatchNorm(name string, x *Layer) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	c := x.Output.Channels
	scale, shift := normParameters(name, c)
	mean, variance := newParameter(name+".running_mean", c), newParameter(name+".running_var", c)
	variance.startAt(1)
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

// GroupNorm configures a group norm.
type GroupNorm struct {
	Groups int // of channels that are normalised together; 0 means 1
	// Again is the group norm that this one repeats at a later time, with its
	// parameters; nil means parameters of its own.
	Again *Layer
}

// GroupNorm adds a group norm. Its parameters are NAME.weight (the scale, from
// 1) and NAME.bias (the shift, from 0).
func (b *Builder) GroupNorm(name string, x *Layer, o GroupNorm) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if o.Groups == 0 {
		o.Groups = 1
	}
	if o.Groups < 0 || x.Output.Channels%o.Groups != 0 {
		return b.fail("layer %q: %d groups do not divide the %d channels of %q", name, o.Groups, x.Output.Channels, x.Name)
	}
	l := &Layer{Name: name, Kind: kindGroupNorm, Inputs: []*Layer{x}, Output: x.Output, Repeats: o.Again}
	var scale, shift *Parameter
	if first := o.Again; first == nil {
		scale, shift = normParameters(name, x.Output.Channels)
		l.Parameters = []*Parameter{scale, shift}
	} else {
		if first.Kind != kindGroupNorm || first.Repeats != nil || b.names[first.Name] != first || first.Output.Channels != x.Output.Channels {
			return b.fail("layer %q repeats %q, want a group norm of this network with parameters of its own, of %d channels", name, first.Name, x.Output.Channels)
		}
		scale, shift = first.Parameters[0], first.Parameters[1]
	}
	l.apply = func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
		return ops.GroupNorm(in[0], c.parameter(scale), c.parameter(shift), ops.GroupNormOptions{Groups: o.Groups})
	}
	return b.add(l)
}

// LayerNorm adds a layer norm over the whole map of each image, as PyTorch's LayerNorm of
// C H W: see ops.LayerNorm. Its parameters are NAME.weight (the scale, from 1) and NAME.bias
// (the shift, from 0), C H W each, or C where the map is 1×1.
func (b *Builder) LayerNorm(name string, x *Layer) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	in := x.Output
	shape := []int{in.Channels, in.Height, in.Width}
	if in.Height*in.Width == 1 {
		shape = shape[:1]
	}
	scale, shift := normParameters(name, shape...)
	return b.add(&Layer{
		Name: name, Kind: kindLayerNorm, Inputs: []*Layer{x}, Output: in, Parameters: []*Parameter{scale, shift},
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			return ops.LayerNorm(in[0], c.parameter(scale), c.parameter(shift), ops.LayerNormOptions{})
		},
	})
}

// normParameters makes the parameters of a norm, of a shape such as C.
func normParameters(name string, shape ...int) (scale, shift *Parameter) {
	scale, shift = newParameter(name+".weight", shape...), newParameter(name+".bias", shape...)
	scale.startAt(1)
	return scale, shift
}

// ZeroScale lets a norm, which it returns, start at a scale of zero, so that a
// residual block starts as its shortcut (Goyal et al. 2017, section 5.1).
func (b *Builder) ZeroScale(norm *Layer) *Layer {
	if b.err != nil {
		return nil
	}
	if norm == nil || !slices.Contains([]string{kindNorm, kindGroupNorm, kindLayerNorm}, norm.Kind) || norm.Repeats != nil {
		return b.fail("the layer that is to start at a scale of zero is no norm with parameters of its own")
	}
	norm.Parameters[0].startAt(0)
	return norm
}
