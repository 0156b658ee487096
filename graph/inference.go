package graph

import (
	"github.com/pkg/errors"

	"hypnos/ops"
)

// Inference is a network compiled to answer: norms use their running moments.
type Inference struct {
	*compiled
	machine *ops.Machine
}

// Infer compiles the network for batches of up to batch images.
func (n *Network) Infer(batch int) (*Inference, error) {
	c, err := n.compile(batch, false)
	if err != nil {
		return nil, err
	}
	machine, err := ops.NewMachine(c.logits)
	return &Inference{c, machine}, errors.Wrap(err, "graph: inference")
}

// Logits returns the logits, N classes, of 1 to batch images N C H W. They are
// valid until the next call.
func (i *Inference) Logits(images []float32) ([]float32, error) {
	count, err := i.load(images)
	if err != nil {
		return nil, err
	}
	if err := i.machine.RunAll(); err != nil {
		return nil, errors.Wrap(err, "graph: inference")
	}
	return i.logits.Value().Data().([]float32)[:count*i.network.Classes()], nil
}
