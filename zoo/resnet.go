package zoo

import (
	"fmt"

	"hypnos/graph"
)

// resNet is a residual network (He et al. 2015): a first layer, stages of blocks with
// shortcuts around them, global average pooling and a linear layer. Each stage after the
// first halves the map and doubles the channels. Names are those of torchvision's
// ResNets. Its areas are the stages, layer1 and so on.
type resNet struct {
	// imagenet starts with a 7x7 layer of stride 2 and max pooling instead of a
	// 3x3 layer.
	imagenet   bool
	blocks     []int // of each stage
	bottleneck bool  // blocks of 1x1, 3x3 and 1x1 layers, the last of 4 times as many channels
}

// expansion is how many times as many channels the last layer of a bottleneck has.
const expansion = 4

func (r resNet) add(b *graph.Builder, c Config) *graph.Layer {
	first := graph.Local{Channels: c.Width, Kernel: 3, Padding: 1}
	if r.imagenet {
		first = graph.Local{Channels: c.Width, Kernel: 7, Stride: 2, Padding: 3}
	}
	x := b.Local("conv1", b.Input(), first)
	x = b.ReLU("relu", b.BatchNorm("bn1", x))
	if r.imagenet {
		x = b.MaxPool("maxpool", x, graph.MaxPool{Kernel: 3, Stride: 2, Padding: 1})
	}
	block := basicBlock
	if r.bottleneck {
		block = bottleneckBlock
	}
	for stage, blocks := range r.blocks {
		area := fmt.Sprintf("layer%d", stage+1)
		for i := range blocks {
			stride := 1
			if stage > 0 && i == 0 {
				stride = 2
			}
			x = block(b, fmt.Sprintf("%s.%d", area, i), x, c.Width<<stage, stride, c.ZeroLastNorm)
		}
		b.Area(area, x)
	}
	return b.Linear("fc", b.GlobalAveragePool("avgpool", x), c.Classes)
}

// basicBlock adds two 3x3 layers and a shortcut around them.
func basicBlock(b *graph.Builder, name string, x *graph.Layer, channels, stride int, zero bool) *graph.Layer {
	y := b.Local(name+".conv1", x, graph.Local{Channels: channels, Kernel: 3, Stride: stride, Padding: 1})
	y = b.ReLU(name+".relu1", b.BatchNorm(name+".bn1", y))
	y = b.Local(name+".conv2", y, graph.Local{Channels: channels, Kernel: 3, Padding: 1})
	y = lastNorm(b, name+".bn2", y, zero)
	return b.ReLU(name+".relu2", b.Add(name+".add", y, shortcut(b, name, x, channels, stride)))
}

// bottleneckBlock adds a 1x1, a 3x3 and a 1x1 layer and a shortcut around them.
// The stride is in the 3x3 layer, as in torchvision.
func bottleneckBlock(b *graph.Builder, name string, x *graph.Layer, channels, stride int, zero bool) *graph.Layer {
	y := b.Local(name+".conv1", x, graph.Local{Channels: channels, Kernel: 1})
	y = b.ReLU(name+".relu1", b.BatchNorm(name+".bn1", y))
	y = b.Local(name+".conv2", y, graph.Local{Channels: channels, Kernel: 3, Stride: stride, Padding: 1})
	y = b.ReLU(name+".relu2", b.BatchNorm(name+".bn2", y))
	y = b.Local(name+".conv3", y, graph.Local{Channels: expansion * channels, Kernel: 1})
	y = lastNorm(b, name+".bn3", y, zero)
	return b.ReLU(name+".relu3", b.Add(name+".add", y, shortcut(b, name, x, expansion*channels, stride)))
}

// lastNorm adds the last norm of a block, which may start at a scale of zero.
func lastNorm(b *graph.Builder, name string, x *graph.Layer, zero bool) *graph.Layer {
	norm := b.BatchNorm(name, x)
	if zero {
		return b.ZeroScale(norm)
	}
	return norm
}

// shortcut is the identity, or where the size changes a 1x1 layer and a norm
// (option B of the paper).
func shortcut(b *graph.Builder, name string, x *graph.Layer, channels, stride int) *graph.Layer {
	if x == nil || stride == 1 && x.Output.Channels == channels {
		return x
	}
	x = b.Local(name+".downsample.0", x, graph.Local{Channels: channels, Kernel: 1, Stride: stride})
	return b.BatchNorm(name+".downsample.1", x)
}
