package zoo

import (
	"fmt"

	"github.com/pkg/errors"

	"hypnos/graph"
)

// The CORnets (Kubilius et al. 2018, 2019) have four areas, each with twice the channels
// of the one before, and a linear decoder of IT's mean over locations. Layers are named
// as in the published implementation; a layer that repeats an earlier one at time t has
// .tT at the end of its name.
var areas = []string{"V1", "V2", "V4", "IT"}

// decoder adds what reads the classes from IT.
func decoder(b *graph.Builder, it *graph.Layer, c Config) *graph.Layer {
	return b.Linear("decoder.linear", b.GlobalAveragePool("decoder.avgpool", it), c.Classes)
}

// cornetZ is feedforward: each area is a layer with a bias, a rectification and
// max pooling.
type cornetZ struct{}

func (cornetZ) add(b *graph.Builder, c Config) *graph.Layer {
	x := b.Input()
	for i, area := range areas {
		field := graph.Local{Channels: c.Width << i, Kernel: 3, Stride: 1, Padding: 1, Bias: graph.ChannelBias}
		if i == 0 {
			field.Kernel, field.Stride, field.Padding = 7, 2, 3
		}
		x = b.ReLU(area+".nonlin", b.Local(area+".conv", x, field))
		x = b.MaxPool(area+".pool", x, graph.MaxPool{Kernel: 3, Stride: 2, Padding: 1})
		b.Area(area, x)
	}
	return decoder(b, x, c)
}

// cornetR has recurrent areas. An area adds its input, after a layer, a norm and a
// rectification, to its state; another layer with a group norm and a rectification turns
// the sum to the next state. At time 0 all states are zero and only V1 has an input.
type cornetR struct {
	// biological updates all areas at once, from the states at the time before
	// (CORnet-RT); otherwise an area sees the newest state of the area before it
	// (CORnet-R).
	biological bool
}

// stepsToIT is how many time steps an image takes to reach IT.
func (r cornetR) stepsToIT() int {
	if r.biological {
		return len(areas)
	}
	return 2
}

// checkSteps returns an error if an image does not reach IT.
func (r cornetR) checkSteps(steps int) error {
	if steps < r.stepsToIT() {
		return errors.Errorf("%d time steps, want at least %d: an image takes so many to reach IT", steps, r.stepsToIT())
	}
	return nil
}

func (r cornetR) add(b *graph.Builder, c Config) *graph.Layer {
	all := make([]*recurrentArea, len(areas))
	size := c.Input
	for i, area := range areas {
		a := &recurrentArea{name: area, channels: c.Width << i, kernel: 3, stride: 2, groups: normGroups(c.Width)}
		if i == 0 {
			a.kernel, a.stride = 7, 4
		}
		size = graph.Size{Channels: a.channels, Height: (size.Height-1)/a.stride + 1, Width: (size.Width-1)/a.stride + 1}
		a.size = size
		all[i] = a
	}
	image := all[0].see(b, b.Input(), 0)
	for t := range c.Steps {
		b.At(t)
		before := make([]*graph.Layer, len(areas))
		for i, a := range all {
			before[i] = a.state
		}
		for i, a := range all {
			switch {
			case i == 0:
				a.step(b, image, t) // which is the same at all times
			case t == 0:
				a.step(b, nil, t)
			case r.biological:
				a.step(b, a.see(b, before[i-1], t), t)
			default:
				a.step(b, a.see(b, all[i-1].state, t), t)
			}
		}
	}
	b.At(0)
	for _, a := range all {
		b.Area(a.name, a.state)
	}
	return decoder(b, all[len(all)-1].state, c)
}

// normGroups is how many groups the channels of an area of CORnet-R are normalised in:
// 32 at the published width of 64, and in proportion at others.
func normGroups(width int) int {
	if width%2 != 0 {
		return width
	}
	return width / 2
}

// recurrentArea is an area of CORnet-R while it is built.
type recurrentArea struct {
	name                             string
	channels, kernel, stride, groups int
	size                             graph.Size // of its map
	input, inputNorm, layer, norm    *graph.Layer
	state                            *graph.Layer
}

// at is the name of a layer at a time. The first layer of that name has the parameters.
func (a *recurrentArea) at(layer string, first *graph.Layer, t int) string {
	if first == nil {
		return a.name + "." + layer
	}
	return fmt.Sprintf("%s.%s.t%d", a.name, layer, t)
}

// see adds the layers that the area has for its input at time t.
func (a *recurrentArea) see(b *graph.Builder, x *graph.Layer, t int) *graph.Layer {
	y := b.Local(a.at("conv_input", a.input, t), x, graph.Local{
		Channels: a.channels, Kernel: a.kernel, Stride: a.stride, Padding: a.kernel / 2, Bias: graph.ChannelBias, Again: a.input,
	})
	if a.input == nil {
		a.input = y
	}
	y = b.GroupNorm(a.at("norm_input", a.inputNorm, t), y, graph.GroupNorm{Groups: a.groups, Again: a.inputNorm})
	if a.inputNorm == nil {
		a.inputNorm = y
	}
	return b.ReLU(fmt.Sprintf("%s.nonlin_input.t%d", a.name, t), y)
}

// step adds the area's next state. input is what see returned, or nil for none.
func (a *recurrentArea) step(b *graph.Builder, input *graph.Layer, t int) {
	x := input
	switch {
	case input == nil: // a layer without a bias answers zero to zeros
		x = b.Zeros(a.name+".zeros", a.size)
	default:
		if a.state != nil {
			x = b.Add(fmt.Sprintf("%s.skip.t%d", a.name, t), input, a.state)
		}
		x = b.Local(a.at("conv1", a.layer, t), x, graph.Local{Channels: a.channels, Kernel: 3, Padding: 1, Again: a.layer})
		if a.layer == nil {
			a.layer = x
		}
	}
	x = b.GroupNorm(a.at("norm1", a.norm, t), x, graph.GroupNorm{Groups: a.groups, Again: a.norm})
	if a.norm == nil {
		a.norm = x
	}
	a.state = b.ReLU(fmt.Sprintf("%s.nonlin1.t%d", a.name, t), x)
}

// cornetS has a first area of two layers, and areas that pass several times through a
// bottleneck with a shortcut. Each pass has the same layers but norms of its own; the
// first has a stride of 2.
type cornetS struct{}

// times is how often an area of CORnet-S passes through its bottleneck.
var times = map[string]int{"V2": 2, "V4": 4, "IT": 2}

func (cornetS) add(b *graph.Builder, c Config) *graph.Layer {
	x := b.Local("V1.conv1", b.Input(), graph.Local{Channels: c.Width, Kernel: 7, Stride: 2, Padding: 3})
	x = b.ReLU("V1.nonlin1", b.BatchNorm("V1.norm1", x))
	x = b.MaxPool("V1.pool", x, graph.MaxPool{Kernel: 3, Stride: 2, Padding: 1})
	x = b.Local("V1.conv2", x, graph.Local{Channels: c.Width, Kernel: 3, Padding: 1})
	x = b.ReLU("V1.nonlin2", b.BatchNorm("V1.norm2", x))
	b.Area("V1", x)
	for i, area := range areas[1:] {
		x = bottleneckArea(b, area, x, c.Width<<(i+1), times[area])
		b.Area(area, x)
	}
	return decoder(b, x, c)
}

// bottleneckArea adds an area of CORnet-S that passes so many times through its
// bottleneck.
func bottleneckArea(b *graph.Builder, area string, x *graph.Layer, channels, times int) *graph.Layer {
	x = b.Local(area+".conv_input", x, graph.Local{Channels: channels, Kernel: 1})
	var first [3]*graph.Layer // the layers of the first pass
	for t := range times {
		b.At(t)
		suffix := ""
		if t > 0 {
			suffix = fmt.Sprintf(".t%d", t)
		}
		skip, stride := x, 1
		if t == 0 {
			stride = 2
			skip = b.Local(area+".skip", x, graph.Local{Channels: channels, Kernel: 1, Stride: stride})
			skip = b.BatchNorm(area+".norm_skip", skip)
		}
		for i, field := range [3]graph.Local{
			{Channels: expansion * channels, Kernel: 1},
			{Channels: expansion * channels, Kernel: 3, Stride: stride, Padding: 1},
			{Channels: channels, Kernel: 1},
		} {
			field.Again = first[i]
			x = b.Local(fmt.Sprintf("%s.conv%d%s", area, i+1, suffix), x, field)
			if t == 0 {
				first[i] = x
			}
			x = b.BatchNorm(fmt.Sprintf("%s.norm%d_%d", area, i+1, t), x)
			if i == 2 {
				x = b.Add(fmt.Sprintf("%s.add%s", area, suffix), x, skip)
			}
			x = b.ReLU(fmt.Sprintf("%s.nonlin%d%s", area, i+1, suffix), x)
		}
	}
	b.At(0)
	return x
}
