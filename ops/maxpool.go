package ops

import (
	"cmp"
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// MaxPoolOptions configure MaxPool.
type MaxPoolOptions struct {
	Kernel      int  // side of a window; 0 means 2
	KernelWidth int  // width of a window, where it is another; 0 means Kernel
	Stride      int  // step between windows; 0 means that they touch
	StrideWidth int  // along the width, where it is another; 0 means Stride
	Padding     int  // how far windows reach beyond the map, on each side
	Pad         Pad  // how much further, on single sides; with Padding at most half of the window
	Same        bool // pads for an output of ⌈size/Stride⌉, as that of LocalOptions does
}

func (o MaxPoolOptions) withDefaults() MaxPoolOptions {
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
func (o MaxPoolOptions) Over(height, width int) (Grid, error) {
	return o.over("max pool", height, width)
}

// over is Over of the windows of any pooling.
func (o MaxPoolOptions) over(op string, height, width int) (Grid, error) {
	o = o.withDefaults()
	w := windows{
		op: op, what: "window", kernel: [2]int{o.Kernel, o.KernelWidth}, stride: [2]int{o.Stride, o.StrideWidth},
		dilation: [2]int{1, 1}, padding: o.Padding, pad: o.Pad, same: o.Same,
	}
	g, err := w.over(height, width)
	if p := g.Pad; err == nil && (max(p.Top, p.Bottom) > o.Kernel/2 || max(p.Left, p.Right) > o.KernelWidth/2) {
		err = errors.Errorf("ops: %s: padding %v of a window of %s, want at most half of it", op, p, pair(w.kernel))
	}
	return g, err
}

// MaxPool computes the largest input of each window, per channel:
//
//	y[h,w,c,n] = max_{i,j} x[s·h+i-p, s·w+j-p, c, n]
//
// over the inputs inside the map, with the padding p above and to the left.
//
//	x       H W C N
//	result  OH OW C N
//
// The gradient goes to the first of several equal inputs, along rows, as in
// PyTorch. It is an error if an option is out of range or the window larger than
// the padded input.
func MaxPool(x *gorgonia.Node, o MaxPoolOptions) (*gorgonia.Node, error) {
	return apply(maxPool{o.withDefaults()}, x)
}

type maxPool struct{ MaxPoolOptions }

func (d maxPool) String() string    { return fmt.Sprintf("max pool%+v", d.MaxPoolOptions) }
func (maxPool) ranks() ([]int, int) { return []int{4}, 4 }
func (maxPool) wrt() []bool         { return []bool{true} }

func (d maxPool) shape(in []tensor.Shape) (tensor.Shape, error) {
	g, err := d.Over(in[0][0], in[0][1])
	return tensor.Shape{g.Height, g.Width, in[0][2], in[0][3]}, err
}

// geometry is the kernel's view of x (H W C N), which has been checked.
func (d maxPool) geometry(x tensor.Shape) kernel.Pool {
	g, err := d.Over(x[0], x[1])
	if err != nil {
		panic(err)
	}
	return kernel.Pool{
		H: x[0], W: x[1], C: x[2], N: x[3], OH: g.Height, OW: g.Width,
		KH: d.Kernel, KW: d.KernelWidth, StrideH: d.Stride, StrideW: d.StrideWidth, Top: g.Pad.Top, Left: g.Pad.Left,
	}
}

func (d maxPool) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.Max(d.geometry(s[0]), y, in[0])
}
func (d maxPool) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.Max(d.geometry(s[0]), y, in[0])
}

func (d maxPool) gradient(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(maxPoolGradient{d}, in[0], output, grad)
	return gorgonia.Nodes{dx}, err
}

// maxPoolGradient: x, y, dy → dx.
type maxPoolGradient struct{ maxPool }

func (d maxPoolGradient) String() string {
	return fmt.Sprintf("max pool gradient%+v", d.MaxPoolOptions)
}
func (maxPoolGradient) ranks() ([]int, int) { return []int{4, 4, 4}, 4 }

func (d maxPoolGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "output gradient", in[2], "output", in[1])
}

func (d maxPoolGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	kernel.MaxGradient(d.geometry(s[0]), dx, in[0], in[1], in[2])
}
func (d maxPoolGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	kernel.MaxGradient(d.geometry(s[0]), dx, in[0], in[1], in[2])
}
