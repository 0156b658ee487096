package graph

import (
	"math"
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
	again := func(o Local) func(b *Builder) *Layer {
		return func(b *Builder) *Layer {
			o.Again = b.Local("a", b.Input(), Local{Channels: 4, Kernel: 1})
			return b.Local("again", o.Again, o)
		}
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
		{`layer "a" on "images": ops: local: dilation -1, want 1 to`, images, local(Local{Channels: 1, Kernel: 1, Dilation: -1})},
		{`layer "a" on "images": ops: local: -1 groups, want at least 0`, images, local(Local{Channels: 1, Kernel: 1, Groups: -1})},
		{`layer "a" on "images": ops: local: kernel 0, want 1 to`, images, local(Local{Channels: 1})},
		{`layer "a" on "images": ops: local: padding -1, want 0 to`, images, local(Local{Channels: 1, Kernel: 1, Padding: -1})},
		{`layer "a" on "images": ops: local: a kernel of 5 is larger than its input of 8×3 with padding 0`, images, local(Local{Channels: 1, Kernel: 5})},
		{`layer "a": 2 groups do not divide the 4 channels of "images" and its own 3`, images, local(Local{Channels: 3, Kernel: 1, Groups: 2})},
		{`layer "a": its 9.6e+15 weights are too many: they take 38.4 PB of memory, and the `, Options{Input: images.Input, Connectivity: Connectivity{Local: true}}, local(Local{Channels: 1e14, Kernel: 1})},
		{`layer "m" on "images": ops: pooling: a window of 5 is larger than its input of 8×3 with padding 0`, images, func(b *Builder) *Layer { return b.MaxPool("m", b.Input(), MaxPool{Kernel: 5}) }},
		{`layer "g": -1 groups do not divide the 4 channels of "images"`, images, func(b *Builder) *Layer { return b.GroupNorm("g", b.Input(), GroupNorm{Groups: -1}) }},
		{`layer "z": zeros of size 1×0×1`, images, func(b *Builder) *Layer { return b.Zeros("z", Size{1, 0, 1}) }},
		{`layer "z": zeros of size 1×1×0`, images, func(b *Builder) *Layer { return b.Zeros("z", Size{1, 1, 0}) }},
		{`area "V1": its output is not a layer`, images, func(b *Builder) *Layer { b.Area("V1", nil); return logits(b) }},
		{`the output "a" is a convolution with a map of 1×3`, Options{Input: Size{4, 8, 10}}, local(Local{Channels: 1, Kernel: 8})},
		{`the output "a" is a convolution with a map of 3×1`, Options{Input: Size{4, 10, 8}}, local(Local{Channels: 1, Kernel: 8})},
		{`layer "sum": its inputs differ in size: "images" has 4×8×3, "p" has 4×1×1`, images, func(b *Builder) *Layer {
			return b.Add("sum", b.Input(), b.GlobalAveragePool("p", b.Input()))
		}},
		{`layer "again" has input channels, channels, kernel, groups and bias 4, 6, 1×1, 1, 0; "a", which it repeats, has 4, 4, 1×1, 1, 0`, images, again(Local{Channels: 6, Kernel: 1})},
		{`layer "again" has input channels, channels, kernel, groups and bias 4, 4, 1×1, 2, 0; "a", which it repeats, has 4, 4, 1×1, 1, 0`, images, again(Local{Channels: 4, Kernel: 1, Groups: 2})},
		{`layer "again" has input channels, channels, kernel, groups and bias 4, 4, 1×1, 1, 1; "a", which it repeats, has 4, 4, 1×1, 1, 0`, images, again(Local{Channels: 4, Kernel: 1, Bias: ChannelBias})},
		{`layer "again" repeats "twice", want a layer of this network with weights of its own`, images, func(b *Builder) *Layer {
			first := b.Local("a", b.Input(), Local{Channels: 4, Kernel: 1})
			twice := b.Local("twice", first, Local{Channels: 4, Kernel: 1, Again: first})
			return b.Local("again", twice, Local{Channels: 4, Kernel: 1, Again: twice})
		}},
		{`layer "again" repeats "a", want a layer of this network`, images, func(b *Builder) *Layer {
			other := NewBuilder(images)
			return b.Local("again", b.Input(), Local{Channels: 4, Kernel: 1, Again: other.Local("a", other.Input(), Local{Channels: 4, Kernel: 1})})
		}},
		{`layer "again" repeats "g", want a group norm of this network with parameters of its own, of 2 channels`, images, func(b *Builder) *Layer {
			first := b.GroupNorm("g", b.Input(), GroupNorm{})
			return b.GroupNorm("again", b.Local("a", b.Input(), Local{Channels: 2, Kernel: 1}), GroupNorm{Again: first})
		}},
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

// One of each is enough: a pixel, a channel, an image, an output.
func TestSmallest(t *testing.T) {
	b := NewBuilder(Options{Input: Size{1, 1, 1}})
	x := b.Local("conv", b.Input(), Local{Channels: 1, Kernel: 1})
	x = b.MaxPool("max", b.Add("add", x, b.Zeros("zeros", Size{1, 1, 1})), MaxPool{Kernel: 1})
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 1))
	if err != nil {
		t.Fatal(err)
	}
	inference, err := net.Infer(1)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits([]float32{2})
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*net.Parameter("conv.weight").Data[0]*net.Parameter("fc.weight").Data[0] + net.Parameter("fc.bias").Data[0]; math.Abs(float64(logits[0]-want)) > 1e-6 {
		t.Errorf("logit %v, want %v", logits[0], want)
	}
}
