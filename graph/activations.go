package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// Activations returns what layers answer to images N C H W, with norms that
// use their running moments: H W C N for each layer, C N for one without a map.
func (n *Network) Activations(images []float32, layers ...*Layer) ([][]float32, error) {
	size := n.Options.Input.Channels * n.Options.Input.Height * n.Options.Input.Width
	c, err := n.compile(max(len(images)/size, 1), false, false)
	if err != nil {
		return nil, err
	}
	if _, err := c.load(images); err != nil {
		return nil, err
	}
	nodes := make(gorgonia.Nodes, len(layers))
	for i, l := range layers {
		if nodes[i] = c.layers[l]; nodes[i] == nil {
			return nil, errors.Errorf("graph: layer %q is not one of this network", l.Name)
		}
	}
	machine, err := ops.NewMachine(nodes...)
	if err == nil {
		err = machine.RunAll()
	}
	if err != nil {
		return nil, errors.Wrap(err, "graph: activations")
	}
	activations := make([][]float32, len(layers))
	for i, n := range nodes {
		activations[i] = n.Value().Data().([]float32)
	}
	return activations, nil
}
