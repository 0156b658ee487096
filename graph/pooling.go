package graph

import (
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// MaxPool configures max pooling.
type MaxPool struct {
	Kernel      int  // side of a window; 0 means 2
	KernelWidth int  // width of a window, where it is another; 0 means Kernel
	Stride      int  // step between windows; 0 means that they touch
	StrideWidth int  // along the width, where it is another; 0 means Stride
	Padding     int  // how far windows reach beyond the map, on each side
	Pad         Pad  // how much further, on single sides; with Padding at most half of the window
	Same        bool // pads for an output of ⌈size/Stride⌉, as that of ops.LocalOptions does
}

// MaxPool adds max pooling.
func (b *Builder) MaxPool(name string, x *Layer, o MaxPool) *Layer {
	options := ops.MaxPoolOptions(o)
	return b.pool(name, "max pool", x, options.Over, func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.MaxPool(x, options) })
}

// AveragePool configures average pooling.
type AveragePool struct {
	Kernel      int  // side of a window; 0 means 2
	KernelWidth int  // width of a window, where it is another; 0 means Kernel
	Stride      int  // step between windows; 0 means that they touch
	StrideWidth int  // along the width, where it is another; 0 means Stride
	Padding     int  // zeros on each side, which count in the mean
	Pad         Pad  // more of them on single sides; with Padding at most half of the window
	Same        bool // pads for an output of ⌈size/Stride⌉, as that of ops.LocalOptions does
}

// AveragePool adds average pooling.
func (b *Builder) AveragePool(name string, x *Layer, o AveragePool) *Layer {
	options := ops.AveragePoolOptions(o)
	return b.pool(name, "average pool", x, options.Over, func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.AveragePool(x, options) })
}

// pool adds pooling over windows.
func (b *Builder) pool(name, kind string, x *Layer, over func(height, width int) (ops.Grid, error), f func(x *gorgonia.Node) (*gorgonia.Node, error)) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	grid, err := over(x.Output.Height, x.Output.Width)
	if err != nil {
		return b.fail("layer %q on %q: %v", name, x.Name, err)
	}
	return b.add(&Layer{
		Name: name, Kind: kind, Inputs: []*Layer{x}, Output: Size{x.Output.Channels, grid.Height, grid.Width},
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
