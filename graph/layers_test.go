package graph

import (
	"slices"
	"strings"
	"testing"
)

// kinds adds a layer of each kind that has no weights of a receptive field.
func kinds(b *Builder) *Layer {
	x := b.Local("A.conv", b.Input(), Local{Channels: 4, Kernel: 3, Padding: 1})
	x = b.LeakyReLU("A.leaky", b.LayerNorm("A.norm", x), 0.01)
	x = b.AveragePool("A.average", x, AveragePool{Kernel: 3, Stride: 2, Padding: 1})
	x = b.GELU("A.gelu", b.AdaptiveAveragePool("A.adaptive", x, 4, 2))
	b.Area("A", x)
	x = b.Sigmoid("sigmoid", b.LayerNorm("norm", b.Linear("fc1", x, 8)))
	x = b.Tanh("tanh", b.Linear("fc2", b.Dropout("dropout", x, 0.1), 8))
	return b.Linear("fc3", x, 3)
}

func TestKinds(t *testing.T) {
	for _, c := range []Connectivity{{}, {Local: true}} {
		build := func() *Network { return built(t, c, kinds) }
		net := build()
		for name, want := range map[string][]int{"A.norm.weight": {4, 6, 5}, "norm.bias": {8}, "fc1.weight": {8, 32}} {
			if p := net.Parameter(name); !slices.Equal(p.Shape, want) {
				t.Errorf("%s has shape %v, want %v", name, p.Shape, want)
			}
		}
		learns(t, net, build)
		features, err := net.Features(images(2).Images, "A", "sigmoid", "dropout", "fc3")
		if err != nil {
			t.Fatal(err)
		}
		if want := (Size{4, 4, 2}); features[0].Size != want || len(features[0].Data) != 2*4*4*2 {
			t.Errorf("features of %v, %d numbers", features[0].Size, len(features[0].Data))
		}
		if !slices.Equal(features[1].Data, features[2].Data) {
			t.Error("dropout changes what is asked of the network")
		}
		_, boxes := draw(t, net, DOT{})
		local := "convolution 3×3"
		if c.Local {
			local = "local 3×3"
		}
		want := []string{
			`"A.conv": conv ` + local + ` 4×6×5 /norm layer norm /leaky leaky relu /average average pool 4×3×3 /adaptive adaptive average pool 4×4×2 /gelu gelu`,
			`"images": images input 2×6×5`,
			`"fc1": fc1 linear 8×1×1 /norm layer norm /sigmoid sigmoid /dropout dropout`,
			`"fc2": fc2 linear 8×1×1 /tanh tanh`,
			`"fc3": fc3 linear 3×1×1`,
		}
		if !slices.Equal(boxes, want) {
			t.Errorf("boxes\n%s\nwant\n%s", strings.Join(boxes, "\n"), strings.Join(want, "\n"))
		}
	}
}

// A norm starts at a scale of zero, whatever its kind.
func TestZeroScale(t *testing.T) {
	net := built(t, Connectivity{}, func(b *Builder) *Layer {
		return b.Linear("fc", b.ZeroScale(b.LayerNorm("norm", b.Input())), 3)
	})
	if scale := net.Parameter("norm.weight").Data; slices.Max(scale) != 0 || slices.Min(scale) != 0 {
		t.Errorf("a scale of %v, want 0", scale)
	}
}

// The steps of a training differ in what they drop; one that goes on drops what the
// steps would have dropped.
func TestDropoutResumes(t *testing.T) {
	net := built(t, Connectivity{}, func(b *Builder) *Layer {
		return b.Linear("fc", b.Dropout("drop", b.Input(), 0.5), 3)
	})
	losses := func(training *Training, steps int) (losses []float64) {
		for range steps {
			losses = append(losses, step(t, training, images(9), 0))
		}
		return losses
	}
	compile := func() *Training {
		training, err := net.Train(9)
		if err != nil {
			t.Fatal(err)
		}
		return training
	}
	whole := losses(compile(), 5)
	for i, loss := range whole[1:] {
		if slices.Contains(whole[:i+1], loss) {
			t.Errorf("losses %v, want all different", whole)
		}
	}
	resumed := compile()
	resumed.Resume(2)
	if got := losses(resumed, 3); !slices.Equal(got, whole[2:]) {
		t.Errorf("losses after two steps are %v, want %v", got, whole[2:])
	}
	if first := answers(t, net, images(9).Images); !slices.Equal(first, answers(t, net, images(9).Images)) {
		t.Error("an answer is random")
	}
}

// An area whose layers have other names is told them, and a drawing shows them in it.
func TestAreaOfLayers(t *testing.T) {
	net := built(t, Connectivity{}, func(b *Builder) *Layer {
		conv := b.Local("features.0", b.Input(), Local{Channels: 4, Kernel: 3})
		relu := b.ReLU("features.1", conv)
		pool := b.MaxPool("features.2", relu, MaxPool{})
		b.Area("conv1", pool, conv, relu)
		return b.Linear("fc", pool, 3)
	})
	var b strings.Builder
	if err := net.WriteDOT(&b, DOT{}); err != nil {
		t.Fatal(err)
	}
	_, frame, _ := strings.Cut(b.String(), `label="conv1   4×2×1"`)
	inside, _, _ := strings.Cut(frame, "\n\t}")
	for _, name := range []string{"features.0", "features.1", "features.2"} {
		if !strings.Contains(inside, name) {
			t.Errorf("%s is not in the frame of its area:\n%s", name, inside)
		}
	}
	if strings.Contains(inside, "fc") {
		t.Errorf("the linear layer is in the frame:\n%s", inside)
	}
}
