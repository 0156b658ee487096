package ops

import (
	"cmp"

	"github.com/pkg/errors"
)

// WindowOptions configure the windows of MaxPool and AveragePool.
type WindowOptions struct {
	Kernel      int  // side of a window; 0 means 2
	KernelWidth int  // width of a window, where it is another; 0 means Kernel
	Stride      int  // step between windows; 0 means that they touch
	StrideWidth int  // along the width, where it is another; 0 means Stride
	Padding     int  // how far windows reach beyond the map, on each side
	Pad         Pad  // how much further, on single sides; with Padding at most half of the window
	Same        bool // pads for an output of ⌈size/Stride⌉, as that of LocalOptions does
}

func (o WindowOptions) withDefaults() WindowOptions {
	o.Kernel = cmp.Or(o.Kernel, 2)
	o.KernelWidth = cmp.Or(o.KernelWidth, o.Kernel)
	o.StrideWidth = cmp.Or(o.StrideWidth, o.Stride, o.KernelWidth)
	o.Stride = cmp.Or(o.Stride, o.Kernel)
	return o
}

// Over returns how the windows lie on a map of height × width. The output has along
// each axis
//
//	⌊(size + padding on both sides - kernel) / stride⌋ + 1
//
// It is an error if an option is out of range or the window larger than the padded map.
func (o WindowOptions) Over(height, width int) (Grid, error) {
	o = o.withDefaults()
	w := windows{
		op: "pooling", what: "window", kernel: [2]int{o.Kernel, o.KernelWidth}, stride: [2]int{o.Stride, o.StrideWidth},
		dilation: [2]int{1, 1}, padding: o.Padding, pad: o.Pad, same: o.Same,
	}
	g, err := w.over(height, width)
	if p := g.Pad; err == nil && (max(p.Top, p.Bottom) > o.Kernel/2 || max(p.Left, p.Right) > o.KernelWidth/2) {
		err = errors.Errorf("ops: pooling: padding %v of a window of %s, want at most half of it", p, pair(w.kernel))
	}
	return g, err
}
