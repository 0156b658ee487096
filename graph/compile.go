package graph

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/ops"
)

// compiler turns layers to gorgonia nodes.
type compiler struct {
	graph    *gorgonia.ExprGraph
	batch    int
	training bool
	nodes    map[*Parameter]*gorgonia.Node
	bytes    int // of the values that are bound to nodes, parameters excepted
}

// parameter returns the node that stands for p, over p's own values.
func (c *compiler) parameter(p *Parameter) *gorgonia.Node {
	if c.nodes[p] == nil {
		c.nodes[p] = gorgonia.NewTensor(c.graph, tensor.Float32, len(p.Shape),
			gorgonia.WithShape(p.Shape...), gorgonia.WithName(p.Name), gorgonia.WithValue(p.value))
	}
	return c.nodes[p]
}

// compiled is what Training and Inference have in common: a network as a
// gorgonia graph for batches of a fixed size.
type compiled struct {
	compiler
	network *Network
	images  *gorgonia.Node
	pixels  []float32 // of images
	layers  map[*Layer]*gorgonia.Node
	logits  *gorgonia.Node // N classes
}

// compile adds the network to a new graph. Layers that are fused have one node together;
// those to keep always have nodes of their own.
func (n *Network) compile(batch int, training bool, keep ...*Layer) (*compiled, error) {
	if batch < 1 {
		return nil, errors.Errorf("graph: a batch of %d images, want at least 1", batch)
	}
	for _, l := range n.Layers {
		if numbers := product(batch, l.Output.Channels, l.Output.Height, l.Output.Width); numbers > largest {
			return nil, errors.Errorf("graph: layer %q: %.3g answers to %d images are too many", l.Name, numbers, batch)
		}
	}
	in := n.Options.Input
	c := &compiled{
		compiler: compiler{graph: gorgonia.NewGraph(), batch: batch, training: training, nodes: map[*Parameter]*gorgonia.Node{}},
		network:  n,
		pixels:   make([]float32, batch*in.Channels*in.Height*in.Width),
		layers:   map[*Layer]*gorgonia.Node{},
	}
	c.bytes += 4 * len(c.pixels)
	shape := tensor.Shape{batch, in.Channels, in.Height, in.Width}
	c.images = gorgonia.NewTensor(c.graph, tensor.Float32, 4, gorgonia.WithShape(shape...), gorgonia.WithName("images"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(c.pixels))))
	ends, inside := fuse(n.Layers, slices.Concat(keep, []*Layer{n.logits}))
	for _, l := range n.Layers {
		if inside[l] {
			continue
		}
		var err error
		at := l // what an error is about
		if end, ok := ends[l]; ok {
			at = end.norm
			c.layers[l], err = end.norm.norm(&c.compiler, c.layers[end.norm.Inputs[0]], c.layers[end.shortcut], true)
		} else {
			c.layers[l], err = c.layer(l)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "graph: layer %q", at.Name)
		}
	}
	var err error
	c.logits, err = ops.BatchOutermost(c.layers[n.logits])
	return c, errors.Wrap(err, "graph: logits")
}

// layer adds one layer.
func (c *compiled) layer(l *Layer) (*gorgonia.Node, error) {
	if l.apply == nil { // the input
		return ops.BatchInnermost(c.images)
	}
	inputs := make([]*gorgonia.Node, len(l.Inputs))
	for i, in := range l.Inputs {
		inputs[i] = c.layers[in]
	}
	return l.apply(&c.compiler, inputs)
}

// load copies images into the graph's own buffer and returns how many they
// are: at least 1, at most a batch.
func (c *compiled) load(images []float32) (int, error) {
	in := c.network.Options.Input
	size := in.Channels * in.Height * in.Width
	count := len(images) / size
	if len(images)%size != 0 || count < 1 || count > c.batch {
		return 0, errors.Errorf("graph: %d pixels are not 1 to %d images of %d×%d×%d", len(images), c.batch, in.Channels, in.Height, in.Width)
	}
	clear(c.pixels[copy(c.pixels, images):])
	return count, nil
}

func finite(data []float32) bool {
	for _, v := range data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
	}
	return true
}
