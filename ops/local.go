package ops

import (
	"cmp"
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// LocalOptions configure Local. The zero value is a dense operator without
// padding that steps by one.
type LocalOptions struct {
	Stride        int // step between receptive fields; 0 means 1
	StrideWidth   int // along the width, where it is another; 0 means Stride
	Dilation      int // distance between the inputs of a receptive field; 0 means 1
	DilationWidth int // along the width, where it is another; 0 means Dilation
	Padding       int // zeros on each side of the input
	Pad           Pad // more zeros, on single sides
	// Same pads with as many zeros as make the output ⌈size/Stride⌉, in place of Padding
	// and Pad. If their number is odd, there is one more below or to the right: SAME of
	// TensorFlow and SAME_UPPER of ONNX, and at stride 1 "same" of PyTorch.
	Same   bool
	Groups int // groups of channels that do not see each other; 0 means 1

	// FixedInput and FixedWeight say that the gradient of input or weight is not needed,
	// because the input is data or the weights are frozen. It is then not computed.
	FixedInput, FixedWeight bool
}

// withDefaults fills in what zero means.
func (o LocalOptions) withDefaults() LocalOptions {
	o.Stride, o.Dilation, o.Groups = cmp.Or(o.Stride, 1), cmp.Or(o.Dilation, 1), cmp.Or(o.Groups, 1)
	o.StrideWidth, o.DilationWidth = cmp.Or(o.StrideWidth, o.Stride), cmp.Or(o.DilationWidth, o.Dilation)
	return o
}

// windows are the receptive fields of a kernel.
func (o LocalOptions) windows(height, width int) windows {
	o = o.withDefaults()
	return windows{
		op: "local", what: "kernel", kernel: [2]int{height, width}, stride: [2]int{o.Stride, o.StrideWidth},
		dilation: [2]int{o.Dilation, o.DilationWidth}, padding: o.Padding, pad: o.Pad, same: o.Same,
	}
}

// check returns an error for a field that is out of range.
func (o LocalOptions) check() error {
	if o.Groups < 0 {
		return errors.Errorf("ops: local: %d groups, want at least 0", o.Groups)
	}
	return o.windows(1, 1).check()
}

// Over returns how the receptive fields of a kernel lie on a map of height × width. The
// output has along each axis
//
//	⌊(size + padding on both sides - dilation·(kernel-1) - 1) / stride⌋ + 1
//
// It is an error if an option is out of range or the kernel larger than the padded map.
func (o LocalOptions) Over(height, width, kernelHeight, kernelWidth int) (Grid, error) {
	if err := o.check(); err != nil {
		return Grid{}, err
	}
	return o.windows(kernelHeight, kernelWidth).over(height, width)
}

// Local applies a locally connected layer, or a convolution where the weights
// have a single location:
//
//	y[h,w,o,n] = bias[o] + Σ_{i,j,c} weight[l,o,i,j,c] · x[s·h+d·i-p, s·w+d·j-p, c, n]
//
// with l = h·OW + w, or 0 for a convolution, and with stride s, dilation d and the
// padding p above and to the left; x is 0 outside the map.
//
//	x       H W C N
//	weight  L O KH KW C/g, L = OH·OW or 1
//	bias    nil, O (one a channel) or L O (one a location, L = OH·OW)
//	result  OH OW O N
//
// It is an error if an option is out of range, the kernel is larger than the padded
// input, groups do not divide the channels, or the axes do not agree.
func Local(x, weight, bias *gorgonia.Node, o LocalOptions) (*gorgonia.Node, error) {
	inputs, biasRank := gorgonia.Nodes{x, weight}, 0
	if bias != nil {
		inputs, biasRank = append(inputs, bias), bias.Dims()
	}
	return apply(localForward{o.withDefaults(), biasRank}, inputs...)
}

// geometry works out the kernel's view of shapes x (H W C N) and weight
// (L O KH KW C/g), and checks that they agree.
func (o LocalOptions) geometry(d definition, x, weight tensor.Shape) (kernel.Local, error) {
	g := kernel.Local{
		H: x[0], W: x[1], C: x[2], N: x[3],
		O: weight[1], KH: weight[2], KW: weight[3],
		StrideH: o.Stride, StrideW: o.StrideWidth, DilationH: o.Dilation, DilationW: o.DilationWidth, Groups: o.Groups,
		Shared: weight[0] == 1,
	}
	grid, err := o.Over(g.H, g.W, g.KH, g.KW)
	g.OH, g.OW, g.Top, g.Left, g.Right = grid.Height, grid.Width, grid.Pad.Top, grid.Pad.Left, grid.Pad.Right
	switch {
	case err != nil:
		return g, err
	case g.C%o.Groups != 0 || g.O%o.Groups != 0:
		return g, errors.Errorf("ops: %v: %d groups do not divide %d input and %d output channels", d, o.Groups, g.C, g.O)
	case weight[4] != g.C/o.Groups:
		return g, errors.Errorf("ops: %v: weights are for %d input channels a group, the input has %d", d, weight[4], g.C/o.Groups)
	case weight[0] != 1 && weight[0] != g.OH*g.OW:
		return g, errors.Errorf("ops: %v: weights are for %d locations, the output has %d×%d = %d", d, weight[0], g.OH, g.OW, g.OH*g.OW)
	}
	return g, nil
}

// plan is how the kernel computes shapes that have been checked.
func (o LocalOptions) plan(x, weight tensor.Shape) kernel.Plan {
	g, err := o.geometry(nil, x, weight)
	if err != nil {
		panic(err)
	}
	return kernel.NewPlan(g)
}

type localForward struct {
	LocalOptions
	biasRank int
}

func (d localForward) String() string {
	return fmt.Sprintf("local%+v bias %d", d.LocalOptions, d.biasRank)
}

func (d localForward) ranks() ([]int, int) {
	if d.biasRank == 0 {
		return []int{4, 5}, 4
	}
	return []int{4, 5, d.biasRank}, 4
}

func (d localForward) shape(in []tensor.Shape) (tensor.Shape, error) {
	g, err := d.geometry(d, in[0], in[1])
	if err != nil {
		return nil, err
	}
	switch d.biasRank {
	case 1:
		err = same(d, "bias", in[2], "its channels", tensor.Shape{g.O})
	case 2:
		err = same(d, "bias", in[2], "its locations", tensor.Shape{g.OH * g.OW, g.O})
	}
	return tensor.Shape{g.OH, g.OW, g.O, g.N}, err
}

func (d localForward) run32(y []float32, in [][]float32, s []tensor.Shape) { runLocal(d, y, in, s) }
func (d localForward) run64(y []float64, in [][]float64, s []tensor.Shape) { runLocal(d, y, in, s) }

func runLocal[T kernel.Float](d localForward, y []T, in [][]T, s []tensor.Shape) {
	var bias []T
	if d.biasRank > 0 {
		bias = in[2]
	}
	kernel.Forward(d.plan(s[0], s[1]), y, in[0], in[1], bias)
}

func (d localForward) wrt() []bool {
	wrt := []bool{!d.FixedInput, !d.FixedWeight, true}
	return wrt[:2+min(d.biasRank, 1)]
}

func (d localForward) gradient(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return d.gradientOnto(make(gorgonia.Nodes, len(in)), in, output, grad)
}

func (localForward) onto() []accumulation { return []accumulation{beside, inPlace} }

func (d localForward) gradientOnto(contributed, in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, len(in))
	var err error
	switch {
	case d.FixedInput:
		grads[0] = contributed[0]
	case contributed[0] == nil:
		grads[0], err = apply(localInputGradient{d.LocalOptions, in[0].Shape(), false}, in[1], grad)
	default:
		grads[0], err = apply(localInputGradient{d.LocalOptions, in[0].Shape(), true}, in[1], grad, contributed[0])
	}
	if err != nil {
		return nil, err
	}
	weight := localWeightGradient{d.LocalOptions, in[1].Shape()}
	switch {
	case d.FixedWeight:
		grads[1] = contributed[1]
	case contributed[1] == nil:
		grads[1], err = apply(weight, in[0], grad)
	default: // of a layer whose weights are repeated
		grads[1], err = apply(localWeightGradientOnto{weight}, contributed[1], in[0], grad)
	}
	if err != nil {
		return nil, err
	}
	if d.biasRank > 0 {
		grads[2], err = apply(localBiasGradient{d.biasRank}, grad)
	}
	return grads, err
}

// localInputGradient: weight, dy and, where onto, what other branches
// contributed → dx of shape x.
type localInputGradient struct {
	LocalOptions
	x    tensor.Shape
	onto bool
}

func (d localInputGradient) String() string {
	return fmt.Sprintf("local input gradient%+v of %v onto %t", d.LocalOptions, d.x, d.onto)
}

func (d localInputGradient) ranks() ([]int, int) {
	if d.onto {
		return []int{5, 4, 4}, 4
	}
	return []int{5, 4}, 4
}

func (d localInputGradient) overwrites() []int {
	if d.onto {
		return []int{2}
	}
	return nil
}

func (d localInputGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	g, err := d.geometry(d, d.x, in[0])
	if err != nil {
		return nil, err
	}
	if d.onto {
		if err := same(d, "contribution", in[2], "input", d.x); err != nil {
			return nil, err
		}
	}
	return d.x, same(d, "output gradient", in[1], "output", tensor.Shape{g.OH, g.OW, g.O, g.N})
}

func (d localInputGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	runInputGradient(d, dx, in, s)
}
func (d localInputGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	runInputGradient(d, dx, in, s)
}

func runInputGradient[T kernel.Float](d localInputGradient, dx []T, in [][]T, s []tensor.Shape) {
	var contributed []T
	if d.onto {
		contributed = in[2]
	}
	kernel.InputGradient(d.plan(d.x, s[0]), dx, in[1], in[0], contributed)
}

// localWeightGradient: x, dy → dweight of shape weight.
type localWeightGradient struct {
	LocalOptions
	weight tensor.Shape
}

func (d localWeightGradient) String() string {
	return fmt.Sprintf("local weight gradient%+v of %v", d.LocalOptions, d.weight)
}
func (d localWeightGradient) ranks() ([]int, int) { return []int{4, 4}, 5 }

func (d localWeightGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	g, err := d.geometry(d, in[0], d.weight)
	if err != nil {
		return nil, err
	}
	return d.weight, same(d, "output gradient", in[1], "output", tensor.Shape{g.OH, g.OW, g.O, g.N})
}

func (d localWeightGradient) run32(dw []float32, in [][]float32, s []tensor.Shape) {
	kernel.WeightGradient(d.plan(s[0], d.weight), dw, in[0], in[1])
}
func (d localWeightGradient) run64(dw []float64, in [][]float64, s []tensor.Shape) {
	kernel.WeightGradient(d.plan(s[0], d.weight), dw, in[0], in[1])
}

// localWeightGradientOnto: what others contributed, x, dy → the same, with the gradient.
type localWeightGradientOnto struct{ localWeightGradient }

func (d localWeightGradientOnto) String() string {
	return d.localWeightGradient.String() + " onto others"
}
func (d localWeightGradientOnto) ranks() ([]int, int) { return []int{5, 4, 4}, 5 }
func (d localWeightGradientOnto) changes()            {}

func (d localWeightGradientOnto) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := same(d, "contribution", in[0], "weight", d.weight); err != nil {
		return nil, err
	}
	return d.localWeightGradient.shape(in[1:])
}

func (d localWeightGradientOnto) run32(dw []float32, in [][]float32, s []tensor.Shape) {
	kernel.WeightGradientOnto(d.plan(s[1], d.weight), dw, in[1], in[2])
}
func (d localWeightGradientOnto) run64(dw []float64, in [][]float64, s []tensor.Shape) {
	kernel.WeightGradientOnto(d.plan(s[1], d.weight), dw, in[1], in[2])
}

// localBiasGradient: dy → dbias, O or L O.
type localBiasGradient struct{ rank int }

func (d localBiasGradient) String() string      { return fmt.Sprintf("local bias gradient %d", d.rank) }
func (d localBiasGradient) ranks() ([]int, int) { return []int{4}, d.rank }

func (d localBiasGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	if d.rank == 1 {
		return tensor.Shape{in[0][2]}, nil
	}
	return tensor.Shape{in[0][0] * in[0][1], in[0][2]}, nil
}

func (d localBiasGradient) run32(db []float32, in [][]float32, s []tensor.Shape) { runBias(db, in, s) }
func (d localBiasGradient) run64(db []float64, in [][]float64, s []tensor.Shape) { runBias(db, in, s) }

func runBias[T kernel.Float](db []T, in [][]T, s []tensor.Shape) {
	kernel.BiasGradient(kernel.Local{OH: s[0][0], OW: s[0][1], O: s[0][2], N: s[0][3]}, db, in[0])
}
