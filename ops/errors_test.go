package ops

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A mismatch is an error that names both sides, found when the graph is built.
func TestMismatches(t *testing.T) {
	for _, c := range []struct {
		name   string
		shapes []tensor.Shape
		apply  func(gorgonia.Nodes) (*gorgonia.Node, error)
		want   string
	}{
		{"kernel too large", []tensor.Shape{{4, 4, 2, 3}, {1, 4, 7, 7, 2}}, local(LocalOptions{Padding: 1}), "a kernel of 7 is larger than its input of 4×4 with padding 1"},
		{"kernel too wide", []tensor.Shape{{4, 4, 2, 3}, {1, 4, 2, 3, 2}}, local(LocalOptions{Dilation: 2, DilationWidth: 3, Pad: Pad{Left: 2}}), "a kernel of 2×3 with dilation 2×3 is larger than its input of 4×4 with padding 0 above, 0 below, 2 left, 0 right"},
		{"one-sided padding", []tensor.Shape{{4, 4, 2, 3}, {1, 4, 3, 3, 2}}, local(LocalOptions{Pad: Pad{Right: -1}}), "padding -1, want 0 to"},
		{"same and padding", []tensor.Shape{{4, 4, 2, 3}, {1, 4, 3, 3, 2}}, local(LocalOptions{Same: true, Padding: 1}), "same padding, and padding 1 besides"},
		{"overflow", []tensor.Shape{{4, 4, 2, 3}, {1, 4, 3, 3, 2}}, local(LocalOptions{Dilation: math.MaxInt}), "dilation 9223372036854775807, want 1 to 1073741824"},
		{"groups", []tensor.Shape{{4, 4, 3, 3}, {1, 4, 3, 3, 1}}, local(LocalOptions{Groups: 2}), "2 groups do not divide 3 input and 4 output channels"},
		{"channels", []tensor.Shape{{4, 4, 3, 3}, {1, 4, 3, 3, 2}}, local(LocalOptions{}), "weights are for 2 input channels a group, the input has 3"},
		{"locations", []tensor.Shape{{4, 4, 2, 3}, {5, 4, 3, 3, 2}}, local(LocalOptions{}), "weights are for 5 locations, the output has 2×2 = 4"},
		{"stride", []tensor.Shape{{4, 4, 2, 3}, {4, 4, 3, 3, 2}}, local(LocalOptions{Stride: -1}), "stride -1, want 1 to"},
		{"bias", []tensor.Shape{{4, 4, 2, 3}, {4, 4, 3, 3, 2}, {3}}, local(LocalOptions{}), "bias has shape (3), its channels (4)"},
		{"rank", []tensor.Shape{{4, 4, 2}, {4, 4, 3, 3, 2}}, local(LocalOptions{}), "want 4 axes"},
		{"moments", []tensor.Shape{{4, 4, 3, 2}, {3}, {3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return BatchNorm(in[0], in[1], in[2], nil, runningMoments(tensor.Float64, 2), BatchNormOptions{})
		}, "running moments have shape (2) of float64, want 3 channels of float64"},
		{"moments of another type", []tensor.Shape{{4, 4, 3, 2}, {3}, {3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return BatchNorm(in[0], in[1], in[2], nil, runningMoments(tensor.Float32, 3), BatchNormOptions{})
		}, "running moments have shape (3) of float32, want 3 channels of float64"},
		{"no moments", []tensor.Shape{{4, 4, 3, 2}, {3}, {3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return BatchNorm(in[0], in[1], in[2], nil, RunningMoments{}, BatchNormOptions{})
		}, "running moments are missing, want 3 channels"},
		{"momentum", []tensor.Shape{{4, 4, 2, 2}, {2}, {2}}, norm64(BatchNormOptions{Momentum: 1.5}), "momentum 1.5 must lie in 0..1"},
		{"negative momentum", []tensor.Shape{{4, 4, 2, 2}, {2}, {2}}, norm64(BatchNormOptions{Momentum: -0.5}), "momentum -0.5 must lie in 0..1"},
		{"negative epsilon", []tensor.Shape{{4, 4, 2, 2}, {2}, {2}}, norm64(BatchNormOptions{Epsilon: -1}), "epsilon -1 not be negative"},
		{"a single value", []tensor.Shape{{1, 1, 2, 1}, {2}, {2}}, norm64(BatchNormOptions{Training: true}), "has no variance"},
		{"norm groups", []tensor.Shape{{4, 4, 6, 2}, {6}, {6}}, groupNorm64(GroupNormOptions{Groups: 4}), "4 groups do not divide 6 channels"},
		{"negative groups", []tensor.Shape{{4, 4, 6, 2}, {6}, {6}}, groupNorm64(GroupNormOptions{Groups: -1}), "-1 groups"},
		{"epsilon", []tensor.Shape{{4, 4, 6, 2}, {6}, {6}}, groupNorm64(GroupNormOptions{Epsilon: math.NaN()}), "epsilon NaN"},
		{"window too large", []tensor.Shape{{2, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return MaxPool(in[0], WindowOptions{Kernel: 3}) }, "a window of 3 is larger than its input of 2×4 with padding 0"},
		{"padding too wide", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return MaxPool(in[0], WindowOptions{Kernel: 3, Padding: 2})
		}, "padding 2 of a window of 3, want at most half of it"},
		{"padding too wide to the right", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return MaxPool(in[0], WindowOptions{Kernel: 5, KernelWidth: 3, Padding: 1, Pad: Pad{Right: 1}})
		}, "padding 1 above, 1 below, 1 left, 2 right of a window of 5×3, want at most half of it"},
		{"window of 0", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return MaxPool(in[0], WindowOptions{Kernel: -1})
		}, "pooling: window -1, want 1 to"},
		{"window's stride", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return MaxPool(in[0], WindowOptions{Kernel: 2, Stride: -1})
		}, "pooling: stride -1, want 1 to"},
		{"window's padding", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return MaxPool(in[0], WindowOptions{Kernel: 2, Padding: -1})
		}, "pooling: padding -1, want 0 to"},
		{"window too wide", []tensor.Shape{{4, 2, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return MaxPool(in[0], WindowOptions{Kernel: 3}) }, "a window of 3 is larger than its input of 4×2 with padding 0"},
		{"kernel too wide", []tensor.Shape{{4, 2, 2, 3}, {1, 4, 3, 3, 2}}, local(LocalOptions{}), "a kernel of 3 is larger than its input of 4×2 with padding 0"},
		{"no step", []tensor.Shape{{15, 2, 1, 1, 3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return EveryLocation(in[0], 5, 3, 0) }, "every 0-th location, want a step of at least 1"},
		{"average window too large", []tensor.Shape{{2, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return AveragePool(in[0], WindowOptions{Kernel: 3})
		}, "pooling: a window of 3 is larger than its input of 2×4 with padding 0"},
		{"average padding too wide", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return AveragePool(in[0], WindowOptions{Kernel: 3, Padding: 2})
		}, "pooling: padding 2 of a window of 3, want at most half of it"},
		{"adaptive to nothing", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return AdaptiveAveragePool(in[0], 0, 2)
		}, "to 0×2, want at least 1×1"},
		{"dropout of all", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return Dropout(in[0], DropoutOptions{Rate: 1})
		}, "rate 1, want at least 0 and less than 1"},
		{"leaky slope", []tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return LeakyReLU(in[0], math.NaN()) }, "slope NaN"},
		{"layer norm epsilon", []tensor.Shape{{4, 4, 6, 2}, {6, 4, 4}, {6, 4, 4}}, layerNorm64(LayerNormOptions{Epsilon: -1}), "epsilon -1"},
		{"layer norm scale", []tensor.Shape{{4, 4, 6, 2}, {4, 4, 6}, {6, 4, 4}}, layerNorm64(LayerNormOptions{}), "scale has shape (4, 4, 6), its input (6, 4, 4)"},
		{"layer norm of channels", []tensor.Shape{{4, 4, 6, 2}, {6}, {6}}, layerNorm64(LayerNormOptions{}), "a scale of shape (6) for a map of 4×4"},
		{"every location", []tensor.Shape{{15, 2, 1, 1, 3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return EveryLocation(in[0], 4, 4, 2) }, "weights are for 15 locations"},
		{"add", []tensor.Shape{{1, 2, 3, 4}, {1, 2, 3, 5}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Add(in[0], in[1]) }, "first input has shape (1, 2, 3, 4), second (1, 2, 3, 5)"},
		{"linear", []tensor.Shape{{1, 1, 4, 5}, {3, 6}, {3}}, linearly, "weight has shape (3, 6), its outputs and the numbers of an input (3, 4)"},
		{"linear of a map", []tensor.Shape{{2, 3, 4, 5}, {3, 4}, {3}}, linearly, "weight has shape (3, 4), its outputs and the numbers of an input (3, 24)"},
		{"logits", []tensor.Shape{{1, 2, 4, 5}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return BatchOutermost(in[0]) }, "input has shape (1, 2, 4, 5), logits (1, 1, 4, 5)"},
		{"target", []tensor.Shape{{4, 5}, {4, 6}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return CrossEntropy(in[0], in[1]) }, "target has shape (4, 6), logits (4, 5)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := gorgonia.NewGraph()
			var in gorgonia.Nodes
			for i, shape := range c.shapes {
				in = append(in, gorgonia.NewTensor(g, tensor.Float64, shape.Dims(), gorgonia.WithShape(shape...), gorgonia.WithName(string(rune('a'+i)))))
			}
			_, err := c.apply(in)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// Do checks what the graph did not: a user may call it with anything.
func TestDoChecks(t *testing.T) {
	op := &operator{definition: add{}}
	a := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(1, 2, 3, 4))
	for want, inputs := range map[string][]gorgonia.Value{
		"1 inputs, want 2":                                        {a},
		"input 1 is float64, want float32":                        {a, tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(1, 2, 3, 4))},
		"element type int, want float32 or float64":               {tensor.New(tensor.Of(tensor.Int), tensor.WithShape(1, 2, 3, 4)), a},
		"first input has shape (1, 2, 3, 4), second (1, 2, 3, 5)": {a, tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(1, 2, 3, 5))},
	} {
		if _, err := op.Do(inputs...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// A node that is nil is an error.
func TestNil(t *testing.T) {
	for want, f := range map[string]func() error{
		"relu: input 0 is nil": func() error { _, err := ReLU(nil); return err },
		"batch norm: input 0 is nil": func() error {
			_, err := BatchNorm(nil, nil, nil, nil, RunningMoments{}, BatchNormOptions{})
			return err
		},
		"gradients: the loss, or one of 0 nodes, is nil": func() error { _, err := Gradients(nil); return err },
		"machine: one of 1 nodes is nil":                 func() error { _, err := NewMachine(nil); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// Not-a-number must pass through a ReLU, so that a diverging run is noticed.
func TestReLUKeepsNaN(t *testing.T) {
	b := build(t, tensor.Float32, []tensor.Shape{{1, 1, 1, 3}}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ReLU(in[0]) })
	set(b.values[0], []float64{-1, math.NaN(), 2})
	b.run()
	if y := numbers(b.output.Value()); y[0] != 0 || !math.IsNaN(y[1]) || y[2] != 2 {
		t.Errorf("relu of -1, NaN, 2 is %v", y)
	}
}

// The name of a border rule that does not exist is said with its number.
func TestBorderNames(t *testing.T) {
	for want, b := range map[string]Border{
		"pooled": BorderPooled, "alone": BorderAlone, "Border(-1)": -1, "Border(2)": BorderAlone + 1,
	} {
		if got := b.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
