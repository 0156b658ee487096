package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// AveragePool computes the mean of each window, per channel:
//
//	y[h,w,c,n] = 1/(KH·KW) · Σ_{i,j} x[s·h+i-p, s·w+j-p, c, n]
//
// with the padding p above and to the left and x = 0 outside the map: padding counts in
// the mean, as is PyTorch's default.
//
//	x       H W C N
//	result  OH OW C N
//
// It is an error if an option is out of range or the window larger than the padded
// input.
func AveragePool(x *gorgonia.Node, o WindowOptions) (*gorgonia.Node, error) {
	return apply(averagePool{WindowOptions: o.withDefaults()}, x)
}

// AdaptiveAveragePool averages to a map of a given size, whatever that of its input is:
// output h of OH is the mean of the inputs ⌊h·H/OH⌋ to ⌈(h+1)·H/OH⌉ - 1, and so along the
// columns. This is PyTorch's rule; windows may overlap, and differ in size by one.
//
//	x       H W C N
//	result  height width C N
//
// It is an error if the map to be has no pixels.
func AdaptiveAveragePool(x *gorgonia.Node, height, width int) (*gorgonia.Node, error) {
	if height < 1 || width < 1 {
		return nil, errors.Errorf("ops: adaptive average pool: to %d×%d, want at least 1×1", height, width)
	}
	return apply(averagePool{height: height, width: width}, x)
}

type averagePool struct {
	WindowOptions
	height, width int // of the result if it is adaptive, else 0
}

func (d averagePool) String() string {
	if d.height > 0 {
		return fmt.Sprintf("adaptive average pool to %d×%d", d.height, d.width)
	}
	return fmt.Sprintf("average pool%+v", d.WindowOptions)
}
func (averagePool) ranks() ([]int, int) { return []int{4}, 4 }
func (averagePool) wrt() []bool         { return []bool{true} }

func (d averagePool) shape(in []tensor.Shape) (tensor.Shape, error) {
	if d.height > 0 {
		return tensor.Shape{d.height, d.width, in[0][2], in[0][3]}, nil
	}
	g, err := d.Over(in[0][0], in[0][1])
	return tensor.Shape{g.Height, g.Width, in[0][2], in[0][3]}, err
}

// geometry is the kernel's view of x (H W C N), which has been checked.
func (d averagePool) geometry(x tensor.Shape) kernel.Average {
	a := kernel.Average{H: x[0], W: x[1], C: x[2], N: x[3]}
	if d.height > 0 {
		a.Rows, a.Columns = adaptive(x[0], d.height), adaptive(x[1], d.width)
		return a
	}
	g, err := d.Over(x[0], x[1])
	if err != nil {
		panic(err)
	}
	a.Rows = windowsOf(x[0], g.Height, d.Kernel, d.Stride, g.Pad.Top)
	a.Columns = windowsOf(x[1], g.Width, d.KernelWidth, d.StrideWidth, g.Pad.Left)
	return a
}

// windowsOf returns what each output sees along an axis of length size, whose first window
// begins padding before it.
func windowsOf(size, outputs, length, stride, padding int) []kernel.Window {
	all := make([]kernel.Window, outputs)
	for i := range all {
		from := i*stride - padding
		all[i] = kernel.Window{From: max(from, 0), To: min(from+length, size), Count: length}
	}
	return all
}

// adaptive is the same of AdaptiveAveragePool.
func adaptive(size, outputs int) []kernel.Window {
	all := make([]kernel.Window, outputs)
	for i := range all {
		from, to := i*size/outputs, ((i+1)*size+outputs-1)/outputs
		all[i] = kernel.Window{From: from, To: to, Count: to - from}
	}
	return all
}

func (d averagePool) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.AverageForward(d.geometry(s[0]), y, in[0])
}
func (d averagePool) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.AverageForward(d.geometry(s[0]), y, in[0])
}

func (d averagePool) gradient(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(averagePoolGradient{d, in[0].Shape()}, grad)
	return gorgonia.Nodes{dx}, err
}

// averagePoolGradient: dy → dx of shape x.
type averagePoolGradient struct {
	averagePool
	x tensor.Shape
}

func (d averagePoolGradient) String() string {
	return fmt.Sprintf("gradient of %v of %v", d.averagePool, d.x)
}

func (d averagePoolGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	output, err := d.averagePool.shape([]tensor.Shape{d.x})
	if err != nil {
		return nil, err
	}
	return d.x, same(d, "output gradient", in[0], "output", output)
}

func (d averagePoolGradient) run32(dx []float32, in [][]float32, _ []tensor.Shape) {
	kernel.AverageGradient(d.geometry(d.x), dx, in[0])
}
func (d averagePoolGradient) run64(dx []float64, in [][]float64, _ []tensor.Shape) {
	kernel.AverageGradient(d.geometry(d.x), dx, in[0])
}
