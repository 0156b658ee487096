package graph

import (
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// Add adds the sum of two layers of equal size.
func (b *Builder) Add(name string, x, y *Layer) *Layer {
	if !b.ready(name, x, y) {
		return nil
	}
	if x.Output != y.Output {
		return b.fail("layer %q: its inputs differ in size: %q has %v, %q has %v", name, x.Name, x.Output, y.Name, y.Output)
	}
	return b.add(&Layer{
		Name: name, Kind: kindAdd, Inputs: []*Layer{x, y}, Output: x.Output,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return ops.Add(in[0], in[1]) },
	})
}

// Dropout adds a layer that in training sets numbers to 0 at random, each with probability
// rate, and multiplies the others by 1/(1 - rate); in inference it does nothing (Srivastava
// et al. 2014). It is an error if rate is not at least 0 and less than 1. What a step of a
// training drops depends on the network's seed, the layer's name and the number of the
// step alone: see Training.Resume.
func (b *Builder) Dropout(name string, x *Layer, rate float64) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	options := ops.DropoutOptions{Rate: rate, Seed: b.options.Seed, Name: name}
	if err := options.Check(); err != nil {
		return b.fail("layer %q: %v", name, err)
	}
	return b.add(&Layer{
		Name: name, Kind: "dropout", Inputs: []*Layer{x}, Output: x.Output,
		apply: func(c *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) {
			if !c.training || rate == 0 {
				return in[0], nil
			}
			o := options
			o.Step = c.steps
			return ops.Dropout(in[0], o)
		},
	})
}

// Zeros adds a map of zeros: what an area sees before anything has reached it.
func (b *Builder) Zeros(name string, size Size) *Layer {
	if !b.ready(name) {
		return nil
	}
	if size.Channels < 1 || size.Height < 1 || size.Width < 1 {
		return b.fail("layer %q: zeros of size %v, want at least 1 of each", name, size)
	}
	return b.add(&Layer{
		Name: name, Kind: kindZeros, Output: size,
		apply: func(c *compiler, _ []*gorgonia.Node) (*gorgonia.Node, error) {
			return c.input(name, size.Height, size.Width, size.Channels, c.batch).node, nil
		},
	})
}
