package graph

import (
	"slices"

	"github.com/pkg/errors"

	"hypnos/ops"
)

// Inference is a network compiled to answer: norms use their running moments. It is for
// one goroutine at a time, and says so; another one compiles the network for itself.
type Inference struct {
	*compiled
	machine *ops.Machine
}

// Infer compiles the network for batches of up to batch images. It is an error if that
// takes more memory than Options.MemoryLimit.
func (n *Network) Infer(batch int) (*Inference, error) {
	c, err := n.compile(batch, false)
	if err != nil {
		return nil, err
	}
	machine, err := ops.NewMachine(c.logits)
	if err != nil {
		return nil, errors.Wrap(err, "graph: inference")
	}
	if err := c.check(machine); err != nil {
		return nil, err
	}
	return &Inference{c, machine}, nil
}

// Logits returns the logits, N classes, of 1 to batch images N C H W. They are the
// caller's. It is an error if the Inference is in use by another goroutine, or another one
// changes the parameters.
func (i *Inference) Logits(images []float32) (logits []float32, err error) {
	err = i.answer(func() error {
		count, err := i.load(images)
		if err != nil {
			return err
		}
		if err := i.machine.RunAll(); err != nil {
			return errors.Wrap(i.named(err), "graph: inference")
		}
		logits = slices.Clone(i.logits.Value().Data().([]float32)[:count*i.network.Classes()])
		return nil
	})
	return logits, err
}
