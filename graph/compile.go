package graph

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"

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
	steps    *uint64 // of the training so far, with the one that runs
	nodes    map[*Parameter]*gorgonia.Node
	inputs   []*input
}

// input is a node with memory of its own, set aside at the first run and zero at first.
type input struct {
	node *gorgonia.Node
	data []float32
}

// input adds one.
func (c *compiler) input(name string, shape ...int) *input {
	in := &input{node: gorgonia.NewTensor(c.graph, tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name))}
	c.inputs = append(c.inputs, in)
	return in
}

// bytes is how much the inputs take.
func (c *compiler) bytes() float64 {
	sum := 0.0
	for _, in := range c.inputs {
		sum += 4 * product(in.node.Shape()...)
	}
	return sum
}

// allocate sets the memory of the inputs aside.
func (c *compiler) allocate() error {
	for _, in := range c.inputs {
		if in.data != nil {
			continue
		}
		shape := in.node.Shape()
		in.data = make([]float32, shape.TotalSize())
		if err := gorgonia.UnsafeLet(in.node, tensor.New(tensor.WithShape(shape...), tensor.WithBacking(in.data))); err != nil {
			return errors.Wrapf(err, "graph: %s", in.node.Name())
		}
	}
	return nil
}

// parameter returns the node that stands for p, over p's own values.
func (c *compiler) parameter(p *Parameter) *gorgonia.Node {
	if c.nodes[p] == nil {
		options := []gorgonia.NodeConsOpt{gorgonia.WithShape(p.Shape...), gorgonia.WithName(p.Name)}
		if p.value != nil { // otherwise it is only looked at
			options = append(options, gorgonia.WithValue(p.value))
		}
		c.nodes[p] = gorgonia.NewTensor(c.graph, tensor.Float32, len(p.Shape), options...)
	}
	return c.nodes[p]
}

// compiled is what Training and Inference have in common: a network as a
// gorgonia graph for batches of a fixed size.
type compiled struct {
	compiler
	network *Network
	images  *input
	layers  map[*Layer]*gorgonia.Node
	logits  *gorgonia.Node // N classes
	running atomic.Bool
}

// Network returns the network that was compiled.
func (c *compiled) Network() *Network { return c.network }

// compile adds the network to a new graph, whose memory is set aside when it first runs.
// Layers that are fused have one node together; those to keep always have nodes of their
// own.
func (n *Network) compile(batch int, training bool, keep ...*Layer) (*compiled, error) {
	if batch < 1 {
		return nil, errors.Errorf("graph: a batch of %d images, want at least 1", batch)
	}
	for _, l := range n.Layers {
		if numbers := product(batch, l.Output.Channels, l.Output.Height, l.Output.Width); numbers > largest {
			return nil, errors.Errorf("graph: layer %q: %s", l.Name, n.Options.tooLarge(numbers, fmt.Sprintf("answers to %d images", batch)))
		}
	}
	if !training { // which is planned for networks of any size
		if err := n.present(); err != nil {
			return nil, err
		}
	}
	in := n.Options.Input
	c := &compiled{
		compiler: compiler{graph: gorgonia.NewGraph(), batch: batch, training: training, steps: new(uint64), nodes: map[*Parameter]*gorgonia.Node{}},
		network:  n,
		layers:   map[*Layer]*gorgonia.Node{},
	}
	c.images = c.input("images", batch, in.Channels, in.Height, in.Width)
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
		return ops.BatchInnermost(c.images.node)
	}
	inputs := make([]*gorgonia.Node, len(l.Inputs))
	for i, in := range l.Inputs {
		inputs[i] = c.layers[in]
	}
	return l.apply(&c.compiler, inputs)
}

// named adds which layer of the user's own an error is of.
func (c *compiled) named(err error) error {
	var of *ops.OperatorError
	if !errors.As(err, &of) {
		return err
	}
	for _, l := range c.network.Layers { // whose nodes are counted in their order
		if n := c.layers[l]; n != nil && of.Node.ID() <= n.ID() {
			return errors.WithMessagef(err, "layer %q", l.Name)
		}
	}
	return err // in a gradient
}

// check is an error if the network with what a machine that computes it needs is larger
// than its limit.
func (c *compiled) check(machine *ops.Machine) error {
	m := c.network.weights()
	m.Activations = c.activations(machine)
	return c.network.CheckMemory(m)
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
	if err := c.allocate(); err != nil {
		return 0, err
	}
	clear(c.images.data[copy(c.images.data, images):])
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
