package graph

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// Sizes that are out of range are refused where they are said.
func TestSizes(t *testing.T) {
	build := func(o Options, add func(b *Builder) *Layer) error {
		b := NewBuilder(o)
		_, err := b.Build(add(b))
		return err
	}
	logits := func(b *Builder) *Layer { return b.Linear("fc", b.GlobalAveragePool("p", b.Input()), 2) }
	local := func(o Local) func(b *Builder) *Layer {
		return func(b *Builder) *Layer { return b.Local("a", b.Input(), o) }
	}
	images := Options{Input: Size{4, 8, 3}}
	for _, c := range []struct {
		want    string
		options Options
		add     func(b *Builder) *Layer
	}{
		{"images of 4×5 with 0 channels, want at least 1 of each", Options{Input: Size{0, 4, 5}}, logits},
		{"images of 0×5 with 1 channels, want at least 1 of each", Options{Input: Size{1, 0, 5}}, logits},
		{"images of 4×0 with 1 channels, want at least 1 of each", Options{Input: Size{1, 4, 0}}, logits},
		{"first -1 layers convolutional", Options{Input: Size{1, 4, 5}, Connectivity: Connectivity{FirstConvolutional: -1}}, logits},
		{"first -1 layers convolutional", Options{Connectivity: Connectivity{FirstConvolutional: -1}}, logits}, // the first mistake is the one that is said
		{"deviation -1 of the initial weights", Options{Input: Size{1, 4, 5}, Connectivity: Connectivity{Deviation: -1}}, logits},
		{"deviation 2e+06 of the initial weights", Options{Input: Size{1, 4, 5}, Connectivity: Connectivity{Deviation: 2e6}}, logits},
		{`layer "a": stride 0, dilation -1, groups 0: none may be negative`, images, local(Local{Channels: 1, Kernel: 1, Dilation: -1})},
		{`layer "a": stride 0, dilation 0, groups -1: none may be negative`, images, local(Local{Channels: 1, Kernel: 1, Groups: -1})},
		{`layer "a": 1 channels, kernel 0, padding 0: want at least 1, 1, 0`, images, local(Local{Channels: 1})},
		{`layer "a": 1 channels, kernel 1, padding -1: want at least 1, 1, 0`, images, local(Local{Channels: 1, Kernel: 1, Padding: -1})},
		{`layer "a": a kernel of 5 is larger than its input "images" of 8×3 with padding 0`, images, local(Local{Channels: 1, Kernel: 5})},
		{`layer "a": 2 groups do not divide the 4 channels of "images" and its own 3`, images, local(Local{Channels: 3, Kernel: 1, Groups: 2})},
		{`layer "a": 9.6e+15 weights on 8×3 locations are too many`, Options{Input: images.Input, Connectivity: Connectivity{Local: true}}, local(Local{Channels: 1e14, Kernel: 1})},
		{`layer "m": a window of 5 is larger than its input "images" of 8×3 with padding 0`, images, func(b *Builder) *Layer { return b.MaxPool("m", b.Input(), MaxPool{Kernel: 5}) }},
		{`layer "g": -1 groups do not divide the 4 channels of "images"`, images, func(b *Builder) *Layer { return b.GroupNorm("g", b.Input(), GroupNorm{Groups: -1}) }},
		{`layer "z": zeros of size 1×0×1`, images, func(b *Builder) *Layer { return b.Zeros("z", Size{1, 0, 1}) }},
		{`layer "z": zeros of size 1×1×0`, images, func(b *Builder) *Layer { return b.Zeros("z", Size{1, 1, 0}) }},
		{`area "V1": its output is not a layer`, images, func(b *Builder) *Layer { b.Area("V1", nil); return logits(b) }},
		{`area "V1": its output is not a layer of this network with a map`, images, func(b *Builder) *Layer {
			p := b.GlobalAveragePool("p", b.Input())
			b.Area("V1", p)
			return p
		}},
		{`the output "a" is a convolution with a map of 1×3`, Options{Input: Size{4, 8, 10}}, local(Local{Channels: 1, Kernel: 8})},
		{`the output "a" is a convolution with a map of 3×1`, Options{Input: Size{4, 10, 8}}, local(Local{Channels: 1, Kernel: 8})},
		{`the output "a" is a convolution with a map of 1×1, want the logits of a linear layer`, Options{Input: Size{4, 8, 8}}, local(Local{Channels: 1, Kernel: 8})},
		{"at a scale of zero is no norm", images, func(b *Builder) *Layer { return b.ZeroScale(nil) }},
		{"at a scale of zero is no norm", images, func(b *Builder) *Layer {
			first := b.GroupNorm("g", b.Input(), GroupNorm{})
			return b.ZeroScale(b.GroupNorm("again", b.Input(), GroupNorm{Again: first}))
		}},
	} {
		if err := build(c.options, c.add); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// The initial values of a layer with a bias are uniform in ±1/√n, where n is the
// number of its inputs, and its own.
func TestUniformStart(t *testing.T) {
	b := NewBuilder(Options{Input: Size{8, 12, 12}, Seed: 3})
	x := b.Local("one", b.Input(), Local{Channels: 64, Kernel: 3, Padding: 1, Groups: 2, Bias: ChannelBias})
	x = b.Local("two", x, Local{Channels: 64, Kernel: 3, Padding: 1, Groups: 16, Bias: ChannelBias})
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 100))
	if err != nil {
		t.Fatal(err)
	}
	for name, inputs := range map[string]float64{"one.bias": 4 * 9, "two.bias": 4 * 9, "fc.weight": 64, "fc.bias": 64} {
		values := net.Parameter(name).Data
		bound := float32(1 / math.Sqrt(inputs))
		if low, high := slices.Min(values), slices.Max(values); low < -bound || low > -0.9*bound || high > bound || high < 0.9*bound {
			t.Errorf("%s starts in %v to %v, want ±%v", name, low, high, bound)
		}
	}
	if slices.Equal(net.Parameter("one.bias").Data, net.Parameter("two.bias").Data) {
		t.Error("two layers start alike")
	}
}

// A step depends on its own labels alone.
func TestStepsLabels(t *testing.T) {
	first, second := images(3), images(3)
	second.Labels = []int{2, 2, 1}
	loss := func(batches ...Batch) (loss float64) {
		training, err := newTiny(t, Connectivity{}, 1).Train(3)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			loss = step(t, training, b, 0)
		}
		return loss
	}
	if got, want := loss(first, second), loss(second); got != want {
		t.Errorf("after other labels the loss is %v, want %v", got, want)
	}
}

// What is not finite is found at the layer where it begins: in its parameters, or in
// what it answers to the last batch.
func TestNotFinite(t *testing.T) {
	after := func(change func(n *Network, b Batch)) string {
		net, b := newTiny(t, Connectivity{}, 1), images(3)
		training, err := net.Train(3)
		if err != nil {
			t.Fatal(err)
		}
		change(net, b)
		if _, err := training.Step(b); err != nil {
			t.Fatal(err)
		}
		return training.NotFinite()
	}
	large := float32(3e38)
	for want, change := range map[string]func(n *Network, b Batch){
		"":    func(*Network, Batch) {},
		"bn1": func(n *Network, _ Batch) { n.Parameter("bn1.bias").Data[1] = float32(math.Inf(1)) },
		"conv2": func(n *Network, _ Batch) {
			for i := range n.Parameter("conv2.weight").Data {
				n.Parameter("conv2.weight").Data[i] = large
			}
		},
		"images": func(_ *Network, b Batch) { b.Images[7] = float32(math.NaN()) },
	} {
		if got := after(change); got != want {
			t.Errorf("not finite is %q, want %q", got, want)
		}
	}
}

// The legend explains what is drawn, and no more.
func TestDOTLegend(t *testing.T) {
	const convolutional, local, time = "convolutional: all", "local: each", "to the next time step"
	for name, c := range map[string]struct {
		net  *Network
		want []string
	}{
		"convolutional": {newTiny(t, Connectivity{}, 1), []string{convolutional}},
		"local":         {newTiny(t, Connectivity{Local: true}, 1), []string{local}},
		"both":          {newTiny(t, Connectivity{Local: true, FirstConvolutional: 1}, 1), []string{convolutional, local}},
		"recurrent":     {newLoop(t), []string{local, time}},
	} {
		var b strings.Builder
		if err := c.net.WriteDOT(&b, DOT{}); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{convolutional, local, time} {
			if got, want := strings.Contains(b.String(), part), slices.Contains(c.want, part); got != want {
				t.Errorf("%s: the legend has %q: %t, want %t", name, part, got, want)
			}
		}
	}
	var b strings.Builder
	if err := newLoop(t).WriteDOT(&b, DOT{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`label="V1   2×6×5   t = 0 to 2"`, `label="V2   2×2×2   t = 1 to 2"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no frame has %s in\n%s", want, b.String())
		}
	}
}

func newLoop(t *testing.T) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: Connectivity{Local: true}})
	net, err := b.Build(loop(b))
	if err != nil {
		t.Fatal(err)
	}
	return net
}
