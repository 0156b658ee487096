package zoo

import (
	"fmt"

	"hypnos/graph"
)

// resNet adds a CIFAR ResNet (He et al. 2015, section 4.2) and returns its
// logits: a 3x3 layer, three stages of residual blocks of which the second and
// third halve the map and double the channels, global average pooling and a
// linear layer. Names are those of torchvision's ResNets.
func resNet(b *graph.Builder, blocks, width, classes int) *graph.Layer {
	x := b.Local("conv1", b.Input(), graph.Local{Channels: width, Kernel: 3, Padding: 1})
	x = b.ReLU("relu", b.BatchNorm("bn1", x))
	for stage := range 3 {
		for block := range blocks {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			x = basicBlock(b, fmt.Sprintf("layer%d.%d", stage+1, block), x, width<<stage, stride)
		}
	}
	return b.Linear("fc", b.GlobalAveragePool("avgpool", x), classes)
}

// basicBlock adds two 3x3 layers and a shortcut around them: the identity, or
// where the size changes a 1x1 layer and a norm (option B of the paper).
func basicBlock(b *graph.Builder, name string, x *graph.Layer, channels, stride int) *graph.Layer {
	y := b.Local(name+".conv1", x, graph.Local{Channels: channels, Kernel: 3, Stride: stride, Padding: 1})
	y = b.ReLU(name+".relu1", b.BatchNorm(name+".bn1", y))
	y = b.Local(name+".conv2", y, graph.Local{Channels: channels, Kernel: 3, Padding: 1})
	y = b.BatchNorm(name+".bn2", y)
	shortcut := x
	if stride != 1 {
		shortcut = b.Local(name+".downsample.0", x, graph.Local{Channels: channels, Kernel: 1, Stride: stride})
		shortcut = b.BatchNorm(name+".downsample.1", shortcut)
	}
	return b.ReLU(name+".relu2", b.Add(name+".add", y, shortcut))
}
