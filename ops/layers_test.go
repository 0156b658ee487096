package ops

import (
	"math"
	"runtime"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/golden"
)

// Layers without weights of a receptive field are PyTorch's.
func TestGoldenLayers(t *testing.T) {
	f := golden.Open(t, "layers")
	for name, apply := range map[string]func(gorgonia.Nodes) (*gorgonia.Node, error){
		"sigmoid":    func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Sigmoid(in[0]) },
		"tanh":       func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Tanh(in[0]) },
		"leaky_relu": func(in gorgonia.Nodes) (*gorgonia.Node, error) { return LeakyReLU(in[0], 0.1) },
		"gelu":       func(in gorgonia.Nodes) (*gorgonia.Node, error) { return GELU(in[0]) },
		"avg_pool": func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return AveragePool(in[0], WindowOptions{Kernel: 3, Stride: 2, Padding: 1})
		},
		"adaptive_3x4": func(in gorgonia.Nodes) (*gorgonia.Node, error) { return AdaptiveAveragePool(in[0], 3, 4) },
		"adaptive_7x6": func(in gorgonia.Nodes) (*gorgonia.Node, error) { return AdaptiveAveragePool(in[0], 7, 6) },
		"layer_norm":   layerNorm64(LayerNormOptions{}),
	} {
		t.Run(name, func(t *testing.T) {
			in, wrt := []golden.Tensor{f.Tensor("x").Activations()}, []int{0}
			if f.Has(name + ".dscale") {
				in, wrt = append(in, f.Tensor("scale"), f.Tensor("shift")), []int{0, 1, 2}
			}
			var shapes []tensor.Shape
			for _, x := range in {
				shapes = append(shapes, x.Shape)
			}
			b := build(t, tensor.Float32, shapes, wrt, apply)
			for i, x := range in {
				set(b.values[i], x.Data)
			}
			set(b.upwards, f.Tensor(name+".dy").Activations().Data)
			b.run()
			golden.Check(t, "y", numbers(b.output.Value()), f.Tensor(name+".y").Activations().Data, 1e-6)
			golden.Check(t, "dx", numbers(b.grads[0].Value()), f.Tensor(name+".dx").Activations().Data, 2e-6)
			if len(wrt) > 1 {
				golden.Check(t, "dscale", numbers(b.grads[1].Value()), f.Tensor(name+".dscale").Data, 1e-6)
				golden.Check(t, "dshift", numbers(b.grads[2].Value()), f.Tensor(name+".dshift").Data, 1e-6)
			}
		})
	}
}

// droppedOf returns what dropout makes of ones.
func droppedOf(t *testing.T, o DropoutOptions, h, n int) []float64 {
	t.Helper()
	b := build(t, tensor.Float64, []tensor.Shape{{h, 10, 10, n}}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Dropout(in[0], o) })
	b.randomise(nil)
	set(b.values[0], slices.Repeat([]float64{1}, h*100*n))
	b.run()
	return slices.Clone(numbers(b.output.Value()))
}

// What dropout drops is as frequent as it should be, does not depend on threads, and
// differs with everything that it is to depend on.
func TestDropout(t *testing.T) {
	const h, n = 20, 50
	step := uint64(3)
	base := DropoutOptions{Rate: 0.3, Seed: 1, Name: "drop1", Step: &step}
	first := droppedOf(t, base, h, n)
	kept := 0
	for _, v := range first {
		if v != 0 {
			kept++
			if math.Abs(v-1/0.7) > 1e-12 {
				t.Fatalf("a kept 1 becomes %v, want %v", v, 1/0.7)
			}
		}
	}
	total := float64(len(first))
	if share, deviation := float64(kept)/total, math.Sqrt(0.3*0.7/total); math.Abs(share-0.7) > 4*deviation {
		t.Errorf("a share of %v is kept, want 0.7 ± %v", share, deviation)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if !slices.Equal(droppedOf(t, base, h, n), first) {
		t.Error("one thread drops other numbers")
	}
	later := uint64(4)
	for what, o := range map[string]DropoutOptions{
		"seed": {Rate: 0.3, Seed: 2, Name: "drop1", Step: &step},
		"name": {Rate: 0.3, Seed: 1, Name: "drop2", Step: &step},
		"step": {Rate: 0.3, Seed: 1, Name: "drop1", Step: &later},
	} {
		both := 0
		for i, v := range droppedOf(t, o, h, n) {
			if v != 0 && first[i] != 0 {
				both++
			}
		}
		if share, deviation := float64(both)/total, math.Sqrt(0.49*0.51/total); math.Abs(share-0.49) > 4*deviation {
			t.Errorf("with another %s a share of %v is kept in both, want 0.49 ± %v", what, share, deviation)
		}
	}
}
