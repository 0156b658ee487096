package graph

import (
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// The layers of this file have no parameters.

// ReLU adds a rectification.
func (b *Builder) ReLU(name string, x *Layer) *Layer {
	if !b.mapped(name, x) {
		return nil
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
	if x.Output != y.Output || x.pooled || y.pooled {
		return b.fail("layer %q: its inputs differ in size: %q has %v, %q has %v", name, x.Name, x.Output, y.Name, y.Output)
	}
	return b.add(&Layer{
		Name: name, Kind: kindAdd, Inputs: []*Layer{x, y}, Output: x.Output,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.Add(in[0], in[1]) },
	})
}

// MaxPool configures max pooling.
type MaxPool struct {
	Kernel  int // side of a window; 0 means 2
	Stride  int // 0 means Kernel
	Padding int // how far windows reach beyond the map, at most half of Kernel
}

// MaxPool adds max pooling.
func (b *Builder) MaxPool(name string, x *Layer, o MaxPool) *Layer {
	if !b.mapped(name, x) {
		return nil
	}
	options := ops.MaxPoolOptions(o)
	if err := options.Check(); err != nil {
		return b.fail("layer %q: %v", name, err)
	}
	in := x.Output
	out := Size{in.Channels, options.OutputSize(in.Height), options.OutputSize(in.Width)}
	if out.Height < 1 || out.Width < 1 {
		return b.fail("layer %q: a window of %d is larger than its input %q of %d×%d with padding %d",
			name, o.Kernel, x.Name, in.Height, in.Width, o.Padding)
	}
	return b.add(&Layer{
		Name: name, Kind: "max pool", Inputs: []*Layer{x}, Output: out,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.MaxPool(in[0], options) },
	})
}

// GlobalAveragePool adds the mean of each channel over the map.
func (b *Builder) GlobalAveragePool(name string, x *Layer) *Layer {
	if !b.mapped(name, x) {
		return nil
	}
	return b.add(&Layer{
		Name: name, Kind: "global average pool", Inputs: []*Layer{x}, Output: Size{x.Output.Channels, 1, 1}, pooled: true,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.GlobalAveragePool(in[0]) },
	})
}

// Zeros adds a map of zeros: what an area sees before anything has reached it.
func (b *Builder) Zeros(name string, size Size) *Layer {
	if !b.ready(name) {
		return nil
	}
	if size.Channels < 1 || size.Height < 1 || size.Width < 1 {
		return b.fail("layer %q: zeros of size %v, want at least 1 of each", name, size)
	}
	return b.add(&Layer{
		Name: name, Kind: kindZeros, Output: size,
		apply: func(c *compiler, _ []*gorgonia.Node) (*gorgonia.Node, error) {
			return c.input(name, size.Height, size.Width, size.Channels, c.batch).node, nil
		},
	})
}
