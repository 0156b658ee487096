package graph

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hypnos/internal/golden"
)

// rectangular adds a network whose layers see more of one axis than of the other, some
// with padding on one side only.
func rectangular(b *Builder) *Layer {
	x := b.Local("row", b.Input(), Local{Channels: 4, Kernel: 1, KernelWidth: 7, Pad: Pad{Left: 3, Right: 3}, Bias: ChannelBias})
	x = b.MaxPool("pool", b.ReLU("relu1", x), MaxPool{Kernel: 3, KernelWidth: 2, Stride: 1, StrideWidth: 2, Pad: Pad{Top: 1, Bottom: 1}})
	x = b.Local("column", x, Local{Channels: 6, Kernel: 5, KernelWidth: 1, Stride: 2, StrideWidth: 1, Pad: Pad{Top: 1, Bottom: 3}, Groups: 2})
	x = b.Local("wide", b.ReLU("relu2", x), Local{Channels: 4, Kernel: 2, KernelWidth: 3, DilationWidth: 2, Same: true, Bias: ChannelBias})
	return b.Linear("fc", b.GlobalAveragePool("mean", x), 3)
}

func newRectangular(t *testing.T, c Connectivity, seed uint64) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 9, 11}, Connectivity: c, Seed: seed})
	net, err := b.Build(rectangular(b))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A PyTorch model with rectangular kernels loads, and answers as it does there; so does
// the local network that its kernels are copied to, and the convolutional one that is
// the mean of that.
func TestGoldenRectangular(t *testing.T) {
	f := golden.Open(t, "geometry_net")
	answers := func(n *Network) []float32 {
		inference, err := n.Infer(3)
		if err != nil {
			t.Fatal(err)
		}
		logits, err := inference.Logits(f.Tensor("x").Float32())
		if err != nil {
			t.Fatal(err)
		}
		return logits
	}
	conv, local, back := newRectangular(t, Connectivity{}, 1), newRectangular(t, Connectivity{Local: true}, 2), newRectangular(t, Connectivity{}, 3)
	path := "../internal/golden/testdata/geometry_net.safetensors"
	load(t, conv, path, LoadOptions{})
	load(t, local, path, LoadOptions{})
	load(t, back, save(t, local), LoadOptions{})
	for _, n := range []*Network{conv, local, back} {
		golden.Check(t, n.Options.Connectivity.String(), answers(n), f.Tensor("logits").Data, 1e-5)
	}
	if !slices.Equal(contents(back), contents(conv)) {
		t.Error("the mean of copies differs from what was copied")
	}
}

// Shapes, sizes and drawings have both sides of a kernel, and a layer whose kernel is 1
// along one axis only is not a 1×1 layer.
func TestRectangular(t *testing.T) {
	net := newRectangular(t, Connectivity{Local: true, Frozen1x1: true, Convolutional1x1: true}, 1)
	for name, want := range map[string][]int{
		"row.weight": {9 * 11, 4, 1, 7, 2}, "row.bias": {4}, "column.weight": {5 * 5, 6, 5, 1, 2}, "wide.weight": {5 * 5, 4, 2, 3, 6},
	} {
		p := net.Parameter(name)
		if !slices.Equal(p.Shape, want) || p.Frozen {
			t.Errorf("%s has shape %v, frozen %t; want %v", name, p.Shape, p.Frozen, want)
		}
	}
	bound := float32(1 / math.Sqrt(7*2))
	if bias := net.Parameter("row.bias").Data; slices.Max(bias) > bound || slices.Min(bias) < -bound {
		t.Errorf("biases %v, want them within %v", bias, bound)
	}
	macs := 9*11*4*7*2 + 5*5*6*5*2 + 5*5*4*6*6 + 3*4
	if got := net.MultiplyAdds(); got != macs {
		t.Errorf("%d multiply-adds, want %d", got, macs)
	}
	path := save(t, net)
	other := newRectangular(t, net.Options.Connectivity, 2)
	load(t, other, path, LoadOptions{})
	if !slices.Equal(contents(other), contents(net)) {
		t.Error("what is loaded is not what was saved")
	}
	_, boxes := draw(t, net, DOT{})
	drawing := strings.Join(boxes, "\n")
	for _, want := range []string{"row local 1×7 4×9×11", "column local 5×1, stride 2×1 6×5×5", "wide local 2×3"} {
		if !strings.Contains(drawing, want) {
			t.Errorf("the drawing has no %q:\n%s", want, drawing)
		}
	}
	var summary strings.Builder
	if err := net.WriteSummary(&summary, 2); err != nil {
		t.Fatal(err)
	}
	if want := []string{"column", "local", "6×5×5", "1500", "1500"}; !slices.ContainsFunc(strings.Split(summary.String(), "\n"), func(line string) bool {
		fields := strings.Fields(line)
		return len(fields) > 5 && slices.Equal(fields[:5], want)
	}) {
		t.Errorf("the summary has no row %q:\n%s", want, summary.String())
	}
	training, err := net.Train(2)
	if err != nil {
		t.Fatal(err)
	}
	batch := Batch{Images: make([]float32, 2*2*9*11), Labels: []int{0, 2}}
	for i := range batch.Images {
		batch.Images[i] = float32(i%7) - 3
	}
	first := step(t, training, batch, 0.05)
	for range 10 {
		step(t, training, batch, 0.05)
	}
	if last := step(t, training, batch, 0.05); !(last < first) {
		t.Errorf("the loss goes from %v to %v", first, last)
	}
}

// The zero values of a geometry are filled in, and leave a square layer what it was.
func TestSquareDefaults(t *testing.T) {
	b := NewBuilder(Options{Input: Size{3, 8, 9}})
	f := b.Local("conv", b.Input(), Local{Channels: 8, Kernel: 3, Padding: 1}).Field
	if f.KernelWidth != 3 || f.Stride != 1 || f.StrideWidth != 1 || f.Dilation != 1 || f.DilationWidth != 1 || f.Output != (Size{8, 8, 9}) ||
		f.Grid.Pad != (Pad{Top: 1, Bottom: 1, Left: 1, Right: 1}) || f.Grid.Rows != [2]int{1, 7} || f.Grid.Columns != [2]int{1, 8} {
		t.Errorf("%+v", *f)
	}
	f = b.Local("strided", b.Input(), Local{Channels: 8, Kernel: 4, Stride: 2, Dilation: 2, Padding: 1, Pad: Pad{Bottom: 2}}).Field
	if f.KernelWidth != 4 || f.StrideWidth != 2 || f.DilationWidth != 2 || f.Output != (Size{8, 3, 3}) || f.Grid.Pad != (Pad{Top: 1, Bottom: 3, Left: 1, Right: 1}) {
		t.Errorf("%+v", *f)
	}
}
