package graph

import (
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// MaxPool configures max pooling.
type MaxPool struct {
	Kernel  int // side of a window; 0 means 2
	Stride  int // 0 means Kernel
	Padding int // how far windows reach beyond the map, at most half of Kernel
}

// MaxPool adds max pooling.
func (b *Builder) MaxPool(name string, x *Layer, o MaxPool) *Layer {
	options := ops.MaxPoolOptions(o)
	return b.pool(name, "max pool", x, o, options.Check, options.OutputSize, func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.MaxPool(x, options) })
}

// AveragePool configures average pooling.
type AveragePool struct {
	Kernel  int // side of a window; 0 means 2
	Stride  int // 0 means Kernel
	Padding int // zeros on each side, which count in the mean, at most half of Kernel
}

// AveragePool adds average pooling.
func (b *Builder) AveragePool(name string, x *Layer, o AveragePool) *Layer {
	options := ops.AveragePoolOptions(o)
	return b.pool(name, "average pool", x, MaxPool(o), options.Check, options.OutputSize, func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.AveragePool(x, options) })
}

// pool adds pooling over windows.
func (b *Builder) pool(name, kind string, x *Layer, o MaxPool, check func() error, size func(int) int, f func(x *gorgonia.Node) (*gorgonia.Node, error)) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if err := check(); err != nil {
		return b.fail("layer %q: %v", name, err)
	}
	if o.Kernel == 0 {
		o.Kernel = 2
	}
	in := x.Output
	out := Size{in.Channels, size(in.Height), size(in.Width)}
	if out.Height < 1 || out.Width < 1 {
		return b.fail("layer %q: a window of %d is larger than its input %q of %d×%d with padding %d",
			name, o.Kernel, x.Name, in.Height, in.Width, o.Padding)
	}
	return b.add(&Layer{
		Name: name, Kind: kind, Inputs: []*Layer{x}, Output: out,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return f(in[0]) },
	})
}

// AdaptiveAveragePool adds average pooling to a map of height × width, whatever the size
// of its input is: see ops.AdaptiveAveragePool.
func (b *Builder) AdaptiveAveragePool(name string, x *Layer, height, width int) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	if height < 1 || width < 1 || product(height, width) > largest {
		return b.fail("layer %q: average pooling to %d×%d, want at least 1×1 and at most %d", name, height, width, largest)
	}
	return b.add(&Layer{
		Name: name, Kind: "adaptive average pool", Inputs: []*Layer{x}, Output: Size{x.Output.Channels, height, width},
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			return ops.AdaptiveAveragePool(in[0], height, width)
		},
	})
}

// GlobalAveragePool adds the mean of each channel over the map: a map of 1×1.
func (b *Builder) GlobalAveragePool(name string, x *Layer) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	return b.add(&Layer{
		Name: name, Kind: "global average pool", Inputs: []*Layer{x}, Output: Size{x.Output.Channels, 1, 1}, boxed: true,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.GlobalAveragePool(in[0]) },
	})
}
