package graph

import (
	"slices"
	"testing"

	"hypnos/ops"
)

// What one pass computes is what nothing else reads.
func TestFuse(t *testing.T) {
	names := func(build func(b *Builder, x *Layer) *Layer) []string {
		b := NewBuilder(Options{Input: Size{2, 6, 5}})
		x := b.Local("conv", b.Input(), Local{Channels: 2, Kernel: 3, Padding: 1})
		x = build(b, x)
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 3))
		if err != nil {
			t.Fatal(err)
		}
		_, inside := fuse(net.Layers, []*Layer{net.logits})
		fused := []string{}
		for _, l := range net.Layers {
			if inside[l] {
				fused = append(fused, l.Name)
			}
		}
		return fused
	}
	for _, c := range []struct {
		name  string
		want  []string
		build func(b *Builder, x *Layer) *Layer
	}{
		{"norm, relu", []string{"norm"}, func(b *Builder, x *Layer) *Layer {
			return b.ReLU("relu", b.BatchNorm("norm", x))
		}},
		{"norm, shortcut, relu", []string{"norm", "add"}, func(b *Builder, x *Layer) *Layer {
			return b.ReLU("relu", b.Add("add", x, b.BatchNorm("norm", x)))
		}},
		{"two norms", []string{"norm1", "add"}, func(b *Builder, x *Layer) *Layer {
			return b.ReLU("relu", b.Add("add", b.BatchNorm("norm1", x), b.BatchNorm("norm2", x)))
		}},
		{"a norm that is read twice", []string{}, func(b *Builder, x *Layer) *Layer {
			norm := b.BatchNorm("norm", x)
			return b.Add("add", norm, b.ReLU("relu", norm))
		}},
		{"a norm that is added to itself", []string{}, func(b *Builder, x *Layer) *Layer {
			norm := b.BatchNorm("norm", x)
			return b.ReLU("relu", b.Add("add", norm, norm))
		}},
		{"a sum that is read twice", []string{}, func(b *Builder, x *Layer) *Layer {
			sum := b.Add("sum", b.BatchNorm("norm", x), x)
			return b.Add("add", sum, b.ReLU("relu", sum))
		}},
	} {
		if got := names(c.build); !slices.Equal(got, c.want) {
			t.Errorf("%s: fused are %q, want %q", c.name, got, c.want)
		}
	}
}

// A fused network computes what its layers do one by one.
func TestFusedNetwork(t *testing.T) {
	for _, training := range []bool{false, true} {
		var logits [2][]float32
		for i, fused := range []bool{false, true} {
			net := newResidual(t)
			apart := net.Layers
			if fused {
				apart = nil
			}
			c, err := net.compile(7, training, apart...)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.load(images(7).Images); err != nil {
				t.Fatal(err)
			}
			logits[i] = run(t, c)
		}
		if !slices.Equal(logits[0], logits[1]) {
			t.Errorf("training %t: logits are %v fused, %v apart", training, logits[1], logits[0])
		}
	}
}

// newResidual has a norm, with and without a shortcut beside it, on either side.
func newResidual(t *testing.T) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: Connectivity{Local: true}, Seed: 1})
	x := b.Local("conv1", b.Input(), Local{Channels: 4, Kernel: 3, Padding: 1, Bias: ChannelBias})
	x = b.ReLU("relu1", b.BatchNorm("bn1", x))
	x = b.ReLU("relu2", b.Add("add2", x, b.BatchNorm("bn2", b.Local("conv2", x, Local{Channels: 4, Kernel: 1}))))
	x = b.ReLU("relu3", b.Add("add3", b.BatchNorm("bn3", b.Local("conv3", x, Local{Channels: 4, Kernel: 1})), x))
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 3))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func run(t *testing.T, c *compiled) []float32 {
	t.Helper()
	machine, err := ops.NewMachine(c.logits)
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	return c.logits.Value().Data().([]float32)
}
