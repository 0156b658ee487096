package graph

import (
	"math"

	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// ReLU adds a rectification.
func (b *Builder) ReLU(name string, x *Layer) *Layer {
	return b.activation(name, kindReLU, x, ops.ReLU)
}

// LeakyReLU adds a rectification that multiplies what is below 0 by slope: see
// ops.LeakyReLU. PyTorch's default slope is 0.01.
func (b *Builder) LeakyReLU(name string, x *Layer, slope float64) *Layer {
	if math.IsNaN(slope) || math.IsInf(slope, 0) {
		return b.fail("layer %q: a leaky relu of slope %v, want a finite number", name, slope)
	}
	return b.activation(name, "leaky relu", x, func(x *gorgonia.Node) (*gorgonia.Node, error) { return ops.LeakyReLU(x, slope) })
}

// Sigmoid adds the logistic function.
func (b *Builder) Sigmoid(name string, x *Layer) *Layer {
	return b.activation(name, "sigmoid", x, ops.Sigmoid)
}

// Tanh adds the hyperbolic tangent.
func (b *Builder) Tanh(name string, x *Layer) *Layer { return b.activation(name, "tanh", x, ops.Tanh) }

// GELU adds a Gaussian error linear unit in its exact form: see ops.GELU.
func (b *Builder) GELU(name string, x *Layer) *Layer { return b.activation(name, "gelu", x, ops.GELU) }

// activation adds a layer that computes a function of each number.
func (b *Builder) activation(name, kind string, x *Layer, f func(x *gorgonia.Node) (*gorgonia.Node, error)) *Layer {
	if !b.ready(name, x) {
		return nil
	}
	return b.add(&Layer{
		Name: name, Kind: kind, Inputs: []*Layer{x}, Output: x.Output,
		apply: func(_ *compiler, in []*gorgonia.Node) (*gorgonia.Node, error) { return f(in[0]) },
	})
}
