package graph

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"hypnos/internal/golden"
)

// built builds a network for images of 2×6×5, as images has them.
func built(t testing.TB, c Connectivity, layers func(b *Builder) *Layer) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: c, Seed: 1})
	net, err := b.Build(layers(b))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// learns tells that every parameter has a gradient, that the loss falls, and that the
// network answers the same after it is saved and loaded.
func learns(t *testing.T, net *Network, again func() *Network) {
	t.Helper()
	training, err := net.Train(9)
	if err != nil {
		t.Fatal(err)
	}
	b := images(9)
	first := step(t, training, b, 0)
	if got, want := len(training.Learned()), len(net.Parameters()); got != want {
		t.Errorf("%d parameters learn, want all %d", got, want)
	}
	for i, p := range training.Learned() {
		if g := training.Gradient(i); !slices.ContainsFunc(g, func(v float32) bool { return v != 0 }) || !finite(g) {
			t.Errorf("the gradient of %s is %v", p.Name, g)
		}
	}
	for range 60 {
		step(t, training, b, 0.05)
	}
	if last := step(t, training, b, 0); !(last < first) {
		t.Errorf("the loss goes from %v to %v", first, last)
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := net.Save(path); err != nil {
		t.Fatal(err)
	}
	loaded := again()
	if err := loaded.Load(path, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answers(t, loaded, b.Images), answers(t, net, b.Images)) {
		t.Error("the network answers otherwise after it is saved and loaded")
	}
}

// answers are the logits of nine images.
func answers(t *testing.T, net *Network, images []float32) []float32 {
	t.Helper()
	inference, err := net.Infer(9)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits(images)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(logits)
}

// A vector is a map of 1×1: what reads a map reads it, too.
func TestVectorsAreMaps(t *testing.T) {
	for _, c := range []Connectivity{{}, {Local: true}} {
		build := func() *Network {
			return built(t, c, func(b *Builder) *Layer {
				x := b.Linear("fc1", b.Input(), 8)
				x = b.ReLU("relu1", b.BatchNorm("bn1", x))
				x = b.Local("local", x, Local{Channels: 6, Kernel: 3, Padding: 1})
				x = b.ReLU("relu2", b.GroupNorm("gn", x, GroupNorm{Groups: 2}))
				x = b.Add("add", x, b.GlobalAveragePool("pool", b.Local("local2", b.Input(), Local{Channels: 6, Kernel: 2})))
				x = b.MaxPool("max", x, MaxPool{Kernel: 1})
				b.Area("hidden", x)
				return b.Linear("fc2", x, 3)
			})
		}
		learns(t, build(), build)
	}
}

// A linear layer reads a map in the order of PyTorch, C H W.
func TestLinearReadsMaps(t *testing.T) {
	net := built(t, Connectivity{}, func(b *Builder) *Layer { return b.Linear("fc", b.Input(), 3) })
	b := images(9)
	weight, bias := net.Parameter("fc.weight"), net.Parameter("fc.bias").Data
	if want := []int{3, 2 * 6 * 5}; !slices.Equal(weight.Shape, want) {
		t.Fatalf("weight of shape %v, want %v", weight.Shape, want)
	}
	if largest := slices.Max(weight.Data); math.Abs(float64(largest)-1/math.Sqrt(60)) > 0.01 {
		t.Errorf("weights start at up to %v, want 1/√60", largest)
	}
	var want []float64
	for n := range 9 {
		image := b.Images[n*60:][:60] // C H W
		for o := range 3 {
			y := float64(bias[o])
			for i, v := range image {
				y += float64(v) * float64(weight.Data[o*60+i])
			}
			want = append(want, y)
		}
	}
	golden.Check(t, "logits", answers(t, net, b.Images), want, 1e-5)
}
