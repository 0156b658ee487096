package zoo

import (
	"fmt"

	"hypnos/graph"
)

// Networks without shortcuts: layers with biases and rectifications, max pooling between
// them, average pooling to a map of a fixed size, and three linear layers with dropout
// before or after the first two. Names are those of torchvision, which counts the layers of
// the two halves, features and classifier.

// alexNet is the one-column network of Krizhevsky 2014, as in torchvision. Its areas are
// its five convolutions, conv1 and so on, each with the rectification and the pooling that
// follow it. Images have at least 63 × 63 pixels.
type alexNet struct{}

func (alexNet) add(b *graph.Builder, c Config) *graph.Layer {
	f := features{b: b, last: b.Input()}
	for i, l := range []struct {
		graph.Local
		pooled bool
	}{
		{graph.Local{Channels: c.Width, Kernel: 11, Stride: 4, Padding: 2}, true},
		{graph.Local{Channels: 3 * c.Width, Kernel: 5, Padding: 2}, true},
		{graph.Local{Channels: 6 * c.Width, Kernel: 3, Padding: 1}, false},
		{graph.Local{Channels: 4 * c.Width, Kernel: 3, Padding: 1}, false},
		{graph.Local{Channels: 4 * c.Width, Kernel: 3, Padding: 1}, true},
	} {
		f.layer(l.Local, false)
		if l.pooled {
			f.pool(graph.MaxPool{Kernel: 3, Stride: 2})
		}
		f.area(fmt.Sprintf("conv%d", i+1))
	}
	x := b.AdaptiveAveragePool("avgpool", f.last, 6, 6)
	x = b.Linear("classifier.1", b.Dropout("classifier.0", x, dropped), hidden*c.Width)
	x = b.Dropout("classifier.3", b.ReLU("classifier.2", x), dropped)
	x = b.ReLU("classifier.5", b.Linear("classifier.4", x, hidden*c.Width))
	return b.Linear("classifier.6", x, c.Classes)
}

// vgg is network D of Simonyan and Zisserman 2015, table 1, with 16 layers with weights, as
// in torchvision. Its areas are the blocks between poolings, block1 and so on, each with
// the pooling that ends it. Images have at least 32 × 32 pixels.
type vgg struct {
	norm bool // a batch norm follows each convolution
}

func (v vgg) add(b *graph.Builder, c Config) *graph.Layer {
	f := features{b: b, last: b.Input()}
	for i, block := range []struct{ layers, channels int }{{2, 1}, {2, 2}, {3, 4}, {3, 8}, {3, 8}} {
		for range block.layers {
			f.layer(graph.Local{Channels: block.channels * c.Width, Kernel: 3, Padding: 1}, v.norm)
		}
		f.pool(graph.MaxPool{Kernel: 2})
		f.area(fmt.Sprintf("block%d", i+1))
	}
	x := b.AdaptiveAveragePool("avgpool", f.last, 7, 7)
	x = b.ReLU("classifier.1", b.Linear("classifier.0", x, hidden*c.Width))
	x = b.Linear("classifier.3", b.Dropout("classifier.2", x, dropped), hidden*c.Width)
	x = b.Dropout("classifier.5", b.ReLU("classifier.4", x), dropped)
	return b.Linear("classifier.6", x, c.Classes)
}

const (
	hidden  = 64  // neurons of the first two linear layers, for each channel of the first layer
	dropped = 0.5 // of the inputs or outputs of these
)

// features is the first half of a network while it is built.
type features struct {
	b     *graph.Builder
	count int            // of layers
	last  *graph.Layer   // whose output the next layer reads
	since []*graph.Layer // the last area
}

// name returns the name of the next layer.
func (f *features) name() string {
	f.count++
	return fmt.Sprintf("features.%d", f.count-1)
}

// next is called with each layer that is added.
func (f *features) next(x *graph.Layer) {
	f.last, f.since = x, append(f.since, x)
}

// layer adds a layer with a receptive field and a bias, a norm if there is one, and a
// rectification.
func (f *features) layer(field graph.Local, norm bool) {
	field.Bias = graph.ChannelBias
	f.next(f.b.Local(f.name(), f.last, field))
	if norm {
		f.next(f.b.BatchNorm(f.name(), f.last))
	}
	f.next(f.b.ReLU(f.name(), f.last))
}

// pool adds max pooling.
func (f *features) pool(o graph.MaxPool) { f.next(f.b.MaxPool(f.name(), f.last, o)) }

// area ends an area.
func (f *features) area(name string) {
	f.b.Area(name, f.last, f.since...)
	f.since = nil
}
