package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// Activations returns what layers answer to images N C H W, with norms that
// use their running moments: H W C N for each layer. The layers must have maps;
// the input layer is one.
func (n *Network) Activations(images []float32, layers ...*Layer) ([][]float32, error) {
	size := n.Options.Input.Channels * n.Options.Input.Height * n.Options.Input.Width
	c, err := n.compile(max(len(images)/size, 1), false, false)
	if err != nil {
		return nil, err
	}
	if _, err := c.load(images); err != nil {
		return nil, err
	}
	values := make([]gorgonia.Value, len(layers))
	for i, l := range layers {
		node, ok := c.layers[l]
		if !ok || l.pooled() {
			return nil, errors.Errorf("graph: layer %q is not one of this network with a map", l.Name)
		}
		gorgonia.Read(node, &values[i])
	}
	machine := gorgonia.NewTapeMachine(c.graph)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		return nil, errors.Wrap(err, "graph: activations")
	}
	activations := make([][]float32, len(layers))
	for i, v := range values {
		activations[i] = v.Data().([]float32)
	}
	return activations, nil
}
