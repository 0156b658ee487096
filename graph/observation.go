package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"hypnos/internal/kernel"
	"hypnos/ops"
)

// Observation is a network compiled to give the answers of some of its areas or layers,
// with norms that use their running moments. It is compiled once and runs many times. It
// is for one goroutine at a time, and says so; another one compiles the network for itself.
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
// areas, and so is what takes more memory than Options.MemoryLimit.
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
		o.names = slices.Clone(names)
	}
	return o, err
}

// observe compiles the network to give the answers of layers.
func (n *Network) observe(batch int, layers []*Layer) (*Observation, error) {
	for i, l := range layers {
		if !slices.Contains(n.Layers, l) {
			return nil, errors.Errorf("graph: layer %d of %d to observe is not one of this network", i, len(layers))
		}
	}
	c, err := n.compile(batch, false, layers...)
	if err != nil {
		return nil, err
	}
	nodes := make(gorgonia.Nodes, len(layers))
	for i, l := range layers {
		nodes[i] = c.layers[l]
	}
	machine, err := ops.NewMachine(nodes...)
	if err != nil {
		return nil, errors.Wrap(err, "graph: observation")
	}
	if err := c.check(machine); err != nil {
		return nil, err
	}
	return &Observation{compiled: c, machine: machine, observed: layers}, nil
}

// Features returns what the areas, or layers, answer to 1 to batch images N C H W,
// in the order of the names. They are the caller's. It is an error if the Observation is
// in use by another goroutine, or another one changes the parameters.
func (o *Observation) Features(images []float32) ([]Features, error) {
	features := make([]Features, len(o.observed))
	err := o.run(images, func(count int) {
		for i, l := range o.observed {
			s, answers := l.Output, o.answers(l)
			data := make([]float32, len(answers))
			kernel.BatchOutermost(data, answers, o.batch, s.Channels, s.Height, s.Width)
			features[i] = Features{o.names[i], s, data[:count*s.Channels*s.Height*s.Width]}
		}
	})
	if err != nil {
		return nil, err
	}
	return features, nil
}

// run computes the answers to images and calls then with how many these are.
func (o *Observation) run(images []float32, then func(count int)) error {
	return o.answer(func() error {
		count, err := o.load(images)
		if err != nil {
			return err
		}
		if err := o.machine.RunAll(); err != nil {
			return errors.Wrap(o.named(err), "graph: observation")
		}
		then(count)
		return nil
	})
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
	activations := make([][]float32, len(layers))
	err = o.run(images, func(int) {
		for i, l := range layers {
			activations[i] = o.answers(l)
		}
	})
	if err != nil {
		return nil, err
	}
	return activations, nil
}

// count returns how many images there are, and 1 if there is less than one: running
// them is then the error.
func (n *Network) count(images []float32) int {
	in := n.Options.Input
	return max(len(images)/(in.Channels*in.Height*in.Width), 1)
}
