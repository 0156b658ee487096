package graph

import (
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// MaxPool and AveragePool configure the windows of pooling.
type (
	MaxPool     = ops.WindowOptions
	AveragePool = ops.WindowOptions
)

// MaxPool adds max pooling.
func (b *Builder) MaxPool(name string, x *Layer, o MaxPool) *Layer {
	return b.pool(name, "max pool", x, o, ops.MaxPool)
}

// AveragePool adds average pooling, in which zeros around the map count.
func (b *Builder) AveragePool(name string, x *Layer, o AveragePool) *Layer {
	return b.pool(name, "average pool", x, o, ops.AveragePool)
}

// pool adds pooling over windows.
func (b *Builder) pool(name, kind string, x *Layer, o ops.WindowOptions, apply func(*gorgonia.Node, ops.WindowOptions) (*gorgonia.Node, error)) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	grid, err := o.Over(x.Output.Height, x.Output.Width)
	if err != nil {
		return b.fail("layer %q on %q: %v", name, x.Name, err)
	}
	return b.add(&Layer{
		Name: name, Kind: kind, Inputs: []*Layer{x}, Output: Size{x.Output.Channels, grid.Height, grid.Width},
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return apply(in[0], o) },
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
