package graph

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// An error names both sides, and the layers that follow it do no harm.
func TestBuildErrors(t *testing.T) {
	elsewhere := NewBuilder(Options{Input: Size{1, 4, 4}}).Input()
	for _, c := range []struct {
		want  string
		build func(b *Builder) *Layer
	}{
		{`two layers are called "a": a relu and a new one`, func(b *Builder) *Layer { return b.ReLU("a", b.ReLU("a", b.Input())) }},
		{`layer "a": its input "images" is not a layer of this network`, func(b *Builder) *Layer { return b.ReLU("a", elsewhere) }},
		{`layer "a": its input 0 is nil`, func(b *Builder) *Layer { return b.ReLU("a", nil) }},
		{"a layer has no name", func(b *Builder) *Layer { return b.ReLU("", b.Input()) }},
		{`layer "a" on "images": ops: local: a kernel of 7 is larger than its input of 4×5 with padding 1`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 7, Padding: 1})
		}},
		{`a kernel of 3 with dilation 2 is larger than its input of 4×5 with padding 0`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 3, Dilation: 2})
		}},
		{`a kernel of 1×4 with dilation 1×2 is larger than its input of 4×5 with padding 0 above, 0 below, 0 left, 1 right`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 1, KernelWidth: 4, DilationWidth: 2, Pad: Pad{Right: 1}})
		}},
		{`same padding, and padding 0 above, 0 below, 0 left, 1 right besides: want one of them`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 3, Same: true, Pad: Pad{Right: 1}})
		}},
		{`kernel 0, want 1 to`, func(b *Builder) *Layer { return b.Local("a", b.Input(), Local{Channels: 1}) }},
		{`kernel -2, want 1 to`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 1, KernelWidth: -2})
		}},
		{`-1 groups, want at least 0`, func(b *Builder) *Layer { return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 1, Groups: -1}) }},
		{`layer "a": bias 7, want NoBias (0), ChannelBias (1) or LocationBias (2)`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 1, Bias: 7})
		}},
		{`layer "a": bias -1, want`, func(b *Builder) *Layer { return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 1, Bias: -1}) }},
		{`layer "a": its 3.46e+18 weights are too many`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 1, Pad: Pad{Top: 1 << 30, Left: 1 << 30}})
		}},
		{`layer "a": 2 groups do not divide the 3 channels of "images" and its own 4`, func(b *Builder) *Layer {
			return b.Local("a", b.Input(), Local{Channels: 4, Kernel: 1, Groups: 2})
		}},
		{`layer "a": 2 groups do not divide the 3 channels of "images"`, func(b *Builder) *Layer { return b.GroupNorm("a", b.Input(), GroupNorm{Groups: 2}) }},
		{`layer "a" on "images": ops: pooling: a window of 5 is larger than its input of 4×5 with padding 0`, func(b *Builder) *Layer {
			return b.MaxPool("a", b.Input(), MaxPool{Kernel: 5})
		}},
		{`padding 2 of a window of 3, want at most half of it`, func(b *Builder) *Layer { return b.MaxPool("a", b.Input(), MaxPool{Kernel: 3, Padding: 2}) }},
		{`layer "z": zeros of size 0×4×5`, func(b *Builder) *Layer { return b.Zeros("z", Size{0, 4, 5}) }},
		{`layer "again" repeats "relu", want a layer`, func(b *Builder) *Layer {
			return b.Local("again", b.Input(), Local{Channels: 2, Kernel: 1, Again: b.ReLU("relu", b.Input())})
		}},
		{`layer "again" has input channels, channels, kernel, groups and bias 3, 2, 3×3, 1, 0; "a", which it repeats, has 3, 2, 1×1, 1, 0`, func(b *Builder) *Layer {
			return b.Local("again", b.Input(), Local{Channels: 2, Kernel: 3, Again: b.Local("a", b.Input(), Local{Channels: 2, Kernel: 1})})
		}},
		{`3, 2, 1×3, 1, 0; "a", which it repeats, has 3, 2, 1×1, 1, 0`, func(b *Builder) *Layer {
			return b.Local("again", b.Input(), Local{Channels: 2, Kernel: 1, KernelWidth: 3, Again: b.Local("a", b.Input(), Local{Channels: 2, Kernel: 1})})
		}},
		{`layer "again" repeats "a", want a group norm`, func(b *Builder) *Layer {
			return b.GroupNorm("again", b.Input(), GroupNorm{Again: b.BatchNorm("a", b.Input())})
		}},
		{`an area has no name`, func(b *Builder) *Layer {
			b.Area("", b.Input())
			return b.Linear("fc", b.GlobalAveragePool("p", b.Input()), 2)
		}},
		{`two areas are called "V1"`, func(b *Builder) *Layer {
			b.Area("V1", b.Input())
			b.Area("V1", b.Input())
			return b.Linear("fc", b.GlobalAveragePool("p", b.Input()), 2)
		}},
		{`area "V1": its output is not a layer of this network`, func(b *Builder) *Layer {
			b.Area("V1", elsewhere)
			return b.Linear("fc", b.GlobalAveragePool("p", b.Input()), 2)
		}},
		{`area "V1": one of its 1 layers is not of this network`, func(b *Builder) *Layer {
			b.Area("V1", b.Input(), elsewhere)
			return b.Linear("fc", b.Input(), 2)
		}},
		{`layer "a" on "images": ops: pooling: a window of 5 is larger than its input of 4×5 with padding 0`, func(b *Builder) *Layer {
			return b.AveragePool("a", b.Input(), AveragePool{Kernel: 5})
		}},
		{`layer "a" on "p": ops: pooling: a window of 2 is larger than its input of 1×1 with padding 0`, func(b *Builder) *Layer {
			return b.MaxPool("a", b.GlobalAveragePool("p", b.Input()), MaxPool{})
		}},
		{`pooling: padding 2 of a window of 3, want at most half of it`, func(b *Builder) *Layer { return b.AveragePool("a", b.Input(), AveragePool{Kernel: 3, Padding: 2}) }},
		{`layer "a": average pooling to 0×3, want`, func(b *Builder) *Layer { return b.AdaptiveAveragePool("a", b.Input(), 0, 3) }},
		{`layer "a": a leaky relu of slope NaN`, func(b *Builder) *Layer { return b.LeakyReLU("a", b.Input(), math.NaN()) }},
		{`dropout: rate 1, want at least 0 and less than 1`, func(b *Builder) *Layer { return b.Dropout("a", b.Input(), 1) }},
		{`the network takes 488 TB of memory (weights 488 TB), and the `, func(b *Builder) *Layer { return b.Linear("fc", b.Input(), 2e12) }},
		{`layer "a": 0 channels, want at least 1`, func(b *Builder) *Layer { return b.Local("a", b.Input(), Local{Kernel: 3}) }},
		{`layer "a" on "images": ops: local: stride -1, want 1 to`, func(b *Builder) *Layer { return b.Local("a", b.Input(), Local{Channels: 1, Kernel: 3, Stride: -1}) }},
		{`layer "sum": its inputs differ in size: "images" has 3×4×5, "a" has 2×4×5`, func(b *Builder) *Layer {
			return b.Add("sum", b.Input(), b.Local("a", b.Input(), Local{Channels: 2, Kernel: 1}))
		}},
		{`layer "fc": 0 outputs`, func(b *Builder) *Layer { return b.Linear("fc", b.GlobalAveragePool("p", b.Input()), 0) }},
		{`the output "images" is a input with a map of 4×5`, func(b *Builder) *Layer { return b.Input() }},
		{`the output is not a layer of this network`, func(b *Builder) *Layer { return nil }},
		{`the output is not a layer of this network`, func(b *Builder) *Layer { return elsewhere }},
		{`layer "a" does not reach the output "p"`, func(b *Builder) *Layer {
			p := b.GlobalAveragePool("p", b.Input())
			b.ReLU("a", b.Input())
			return p
		}},
	} {
		b := NewBuilder(Options{Input: Size{3, 4, 5}})
		_, err := b.Build(c.build(b))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

func TestRunErrors(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	if _, err := net.Train(0); err == nil || !strings.Contains(err.Error(), "a batch of 0 images, want at least 1") {
		t.Errorf("a batch of 0: error %v", err)
	}
	if _, err := net.Infer(1e12); err == nil || !strings.Contains(err.Error(), `the network takes 1.18 PB of memory (weights 1.2 kB, activations 1.18 PB), and the `) {
		t.Errorf("a large batch: error %v", err)
	}
	training, err := net.Train(3)
	if err != nil {
		t.Fatal(err)
	}
	inference, err := net.Infer(3)
	if err != nil {
		t.Fatal(err)
	}
	for want, b := range map[string]Batch{
		"59 pixels are not 1 to 3 images of 2×6×5": {Images: make([]float32, 59), Labels: []int{0}},
		"3 images and 2 labels, want batches of 3": {Images: images(3).Images, Labels: []int{0, 1}},
		"3 images and 4 labels, want batches of 3": {Images: images(3).Images, Labels: []int{0, 1, 2, 0}},
		"2 images and 2 labels":                    images(2),
		"240 pixels are not 1 to 3 images":         images(4),
		"label 3 of image 1":                       {Images: images(3).Images, Labels: []int{0, 3, 0}},
		"label -1 of image 0":                      {Images: images(3).Images, Labels: []int{-1, 0, 0}},
	} {
		if _, err := training.Step(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for _, n := range []int{0, 59, 61, 240} {
		want := fmt.Sprintf("%d pixels are not 1 to 3 images of 2×6×5", n)
		if _, err := inference.Logits(make([]float32, n)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// An error in what is computed in one pass is about the layer whose it is, and shows no
// Go value.
func TestErrorInFusedPass(t *testing.T) {
	b := NewBuilder(Options{Input: Size{2, 1, 1}})
	x := b.Local("c1", b.Input(), Local{Channels: 2, Kernel: 1})
	x = b.ReLU("r1", b.Add("a1", b.BatchNorm("b1", x), x))
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 3))
	if err != nil {
		t.Fatal(err)
	}
	const want = `graph: layer "b1": ops: batch norm: a single value per channel, of a map of 1×1 and a batch of 1, has no variance to train on`
	if _, err := net.Train(1); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
