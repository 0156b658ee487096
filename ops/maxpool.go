package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// MaxPoolOptions configure MaxPool.
type MaxPoolOptions struct {
	Kernel  int // side of a window; 0 means 2
	Stride  int // step between windows, along both axes; 0 means Kernel
	Padding int // how far windows reach beyond the map, at most half of Kernel
}

func (o MaxPoolOptions) withDefaults() MaxPoolOptions {
	if o.Kernel == 0 {
		o.Kernel = 2
	}
	if o.Stride == 0 {
		o.Stride = o.Kernel
	}
	return o
}

// Check returns an error for a field that is out of range.
func (o MaxPoolOptions) Check() error {
	o = o.withDefaults()
	if o.Kernel < 1 || o.Stride < 1 || o.Padding < 0 || o.Padding > o.Kernel/2 {
		return errors.Errorf("ops: max pool: kernel %d, stride %d, padding %d: want at least 1, 1 and 0, and padding at most half of the kernel",
			o.Kernel, o.Stride, o.Padding)
	}
	return nil
}

// OutputSize returns the length of the output along an axis of input length
// size, ⌊(size + 2·padding - kernel) / stride⌋ + 1, or 0 if the window does not
// fit.
func (o MaxPoolOptions) OutputSize(size int) int {
	o = o.withDefaults()
	return LocalOptions{Stride: o.Stride, Padding: o.Padding}.OutputSize(size, o.Kernel)
}

// MaxPool computes the largest input of each window, per channel:
//
//	y[h,w,c,n] = max_{i,j} x[s·h+i-p, s·w+j-p, c, n]
//
// over the inputs inside the map.
//
//	x       H W C N
//	result  OH OW C N
//
// The gradient goes to the first of several equal inputs, along rows, as in
// PyTorch. It is an error if an option is out of range or the window larger than
// the padded input.
func MaxPool(x *gorgonia.Node, o MaxPoolOptions) (*gorgonia.Node, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return apply(maxPool{o.withDefaults()}, x)
}

type maxPool struct{ MaxPoolOptions }

func (d maxPool) String() string    { return fmt.Sprintf("max pool%+v", d.MaxPoolOptions) }
func (maxPool) ranks() ([]int, int) { return []int{4}, 4 }
func (maxPool) wrt() []bool         { return []bool{true} }

func (d maxPool) shape(in []tensor.Shape) (tensor.Shape, error) {
	g := d.geometry(in[0])
	if g.OH < 1 || g.OW < 1 {
		return nil, errors.Errorf("ops: %v: the window does not fit the input of %d×%d", d, g.H, g.W)
	}
	return tensor.Shape{g.OH, g.OW, g.C, g.N}, nil
}

// geometry is the kernel's view of x (H W C N).
func (d maxPool) geometry(x tensor.Shape) kernel.Pool {
	return kernel.Pool{
		H: x[0], W: x[1], C: x[2], N: x[3], OH: d.OutputSize(x[0]), OW: d.OutputSize(x[1]),
		KH: d.Kernel, KW: d.Kernel, StrideH: d.Stride, StrideW: d.Stride, Top: d.Padding, Left: d.Padding,
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
