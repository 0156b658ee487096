package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// AveragePoolOptions configure AveragePool.
type AveragePoolOptions struct {
	Kernel  int // side of a window; 0 means 2
	Stride  int // step between windows, along both axes; 0 means Kernel
	Padding int // zeros on each side, which count in the mean; at most half of Kernel
}

// Check returns an error for a field that is out of range.
func (o AveragePoolOptions) Check() error { return MaxPoolOptions(o).check("average pool") }

// OutputSize returns the length of the output along an axis of input length size: see
// MaxPoolOptions.OutputSize.
func (o AveragePoolOptions) OutputSize(size int) int { return MaxPoolOptions(o).OutputSize(size) }

// AveragePool computes the mean of each window, per channel:
//
//	y[h,w,c,n] = 1/k² · Σ_{i,j} x[s·h+i-p, s·w+j-p, c, n]
//
// with x = 0 outside the map: padding counts in the mean, as is PyTorch's default.
//
//	x       H W C N
//	result  OH OW C N
//
// It is an error if an option is out of range or the window larger than the padded
// input.
func AveragePool(x *gorgonia.Node, o AveragePoolOptions) (*gorgonia.Node, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return apply(averagePool{AveragePoolOptions: AveragePoolOptions(MaxPoolOptions(o).withDefaults())}, x)
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
	AveragePoolOptions
	height, width int // of the result if it is adaptive, else 0
}

func (d averagePool) String() string {
	if d.height > 0 {
		return fmt.Sprintf("adaptive average pool to %d×%d", d.height, d.width)
	}
	return fmt.Sprintf("average pool%+v", d.AveragePoolOptions)
}
func (averagePool) ranks() ([]int, int) { return []int{4}, 4 }
func (averagePool) wrt() []bool         { return []bool{true} }

func (d averagePool) shape(in []tensor.Shape) (tensor.Shape, error) {
	g := d.geometry(in[0])
	if len(g.Rows) < 1 || len(g.Columns) < 1 {
		return nil, errors.Errorf("ops: %v: the window does not fit the input of %d×%d", d, g.H, g.W)
	}
	return tensor.Shape{len(g.Rows), len(g.Columns), g.C, g.N}, nil
}

// geometry is the kernel's view of x (H W C N).
func (d averagePool) geometry(x tensor.Shape) kernel.Average {
	return kernel.Average{
		H: x[0], W: x[1], C: x[2], N: x[3],
		Rows: d.windows(x[0], d.height), Columns: d.windows(x[1], d.width),
	}
}

// windows returns what each output sees along an axis of length size.
func (d averagePool) windows(size, outputs int) []kernel.Window {
	if d.height > 0 {
		windows := make([]kernel.Window, outputs)
		for i := range windows {
			from, to := i*size/outputs, ((i+1)*size+outputs-1)/outputs
			windows[i] = kernel.Window{From: from, To: to, Count: to - from}
		}
		return windows
	}
	windows := make([]kernel.Window, max(d.OutputSize(size), 0))
	for i := range windows {
		from := i*d.Stride - d.Padding
		windows[i] = kernel.Window{From: max(from, 0), To: min(from+d.Kernel, size), Count: d.Kernel}
	}
	return windows
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
