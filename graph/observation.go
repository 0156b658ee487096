package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"hypnos/internal/kernel"
	"hypnos/ops"
)

// Observation is a network compiled to give the answers of some of its areas or layers,
// with norms that use their running moments. It is compiled once and runs many times.
type Observation struct {
	*compiled
	machine  *ops.Machine
	names    []string
	observed []*Layer
}

// Features are what an area or a layer answers to images.
type Features struct {
	Name string // of the area or layer
	Size Size
	Data []float32 // N C H W
}

// Observe compiles the network to give the answers of the areas, or layers, of these
// names to batches of up to batch images. An unknown name is an error that lists the
// areas.
func (n *Network) Observe(batch int, names ...string) (*Observation, error) {
	layers := make([]*Layer, len(names))
	for i, name := range names {
		var err error
		if layers[i], err = n.Find(name); err != nil {
			return nil, err
		}
	}
	o, err := n.observe(batch, layers)
	if err == nil {
		o.names = names
	}
	return o, err
}

// observe compiles the network to give the answers of layers.
func (n *Network) observe(batch int, layers []*Layer) (*Observation, error) {
	c, err := n.compile(batch, false, layers...)
	if err != nil {
		return nil, err
	}
	nodes := make(gorgonia.Nodes, len(layers))
	for i, l := range layers {
		if nodes[i] = c.layers[l]; nodes[i] == nil {
			return nil, errors.Errorf("graph: layer %q is not one of this network", l.Name)
		}
	}
	machine, err := ops.NewMachine(nodes...)
	return &Observation{compiled: c, machine: machine, observed: layers}, errors.Wrap(err, "graph: observation")
}

// Features returns what the areas, or layers, answer to 1 to batch images N C H W,
// in the order of the names. They are the caller's.
func (o *Observation) Features(images []float32) ([]Features, error) {
	count, err := o.run(images)
	if err != nil {
		return nil, err
	}
	features := make([]Features, len(o.observed))
	for i, l := range o.observed {
		s, answers := l.Output, o.answers(l)
		data := make([]float32, len(answers))
		kernel.BatchOutermost(data, answers, o.batch, s.Channels, s.Height, s.Width)
		features[i] = Features{o.names[i], s, data[:count*s.Channels*s.Height*s.Width]}
	}
	return features, nil
}

// run computes the answers to images and returns how many these are.
func (o *Observation) run(images []float32) (int, error) {
	count, err := o.load(images)
	if err != nil {
		return 0, err
	}
	return count, errors.Wrap(o.machine.RunAll(), "graph: observation")
}

// answers are those of a layer to a whole batch, H W C N. They are valid until the next run.
func (o *Observation) answers(l *Layer) []float32 {
	return o.layers[l].Value().Data().([]float32)
}

// Features returns what areas, or layers, answer to images N C H W, all in one batch. For
// more batches than one, use Observe.
func (n *Network) Features(images []float32, names ...string) ([]Features, error) {
	o, err := n.Observe(n.count(images), names...)
	if err != nil {
		return nil, err
	}
	return o.Features(images)
}

// Activations returns what layers answer to images N C H W, with norms that
// use their running moments: H W C N for each layer.
func (n *Network) Activations(images []float32, layers ...*Layer) ([][]float32, error) {
	o, err := n.observe(n.count(images), layers)
	if err != nil {
		return nil, err
	}
	if _, err := o.run(images); err != nil {
		return nil, err
	}
	activations := make([][]float32, len(layers))
	for i, l := range layers {
		activations[i] = o.answers(l)
	}
	return activations, nil
}

// count returns how many images there are, and 1 if there is less than one: running
// them is then the error.
func (n *Network) count(images []float32) int {
	in := n.Options.Input
	return max(len(images)/(in.Channels*in.Height*in.Width), 1)
}
