package ops

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// Sigmoid computes y = 1 / (1 + exp(-x)) of activations H W C N.
func Sigmoid(x *gorgonia.Node) (*gorgonia.Node, error) { return apply(activation{curve: sigmoid}, x) }

// Tanh computes y = tanh(x) of activations H W C N.
func Tanh(x *gorgonia.Node) (*gorgonia.Node, error) { return apply(activation{curve: tanh}, x) }

// LeakyReLU computes y = x where x > 0, and slope·x elsewhere, of activations H W C N
// (Maas et al. 2013). It is an error if slope is not finite.
func LeakyReLU(x *gorgonia.Node, slope float64) (*gorgonia.Node, error) {
	if math.IsNaN(slope) || math.IsInf(slope, 0) {
		return nil, errors.Errorf("ops: leaky relu: slope %v, want a finite number", slope)
	}
	return apply(activation{leakyReLU, slope}, x)
}

// GELU computes y = x·Φ(x) of activations H W C N, where Φ(x) = (1 + erf(x/√2)) / 2 is the
// distribution function of a standard normal variable: the exact form of Hendrycks and
// Gimpel 2016, section 2, which is PyTorch's default, not its approximation by a tanh.
func GELU(x *gorgonia.Node) (*gorgonia.Node, error) { return apply(activation{curve: gelu}, x) }

// curve is the function that an activation applies to each number.
type curve string

const (
	sigmoid   curve = "sigmoid"
	tanh      curve = "tanh"
	leakyReLU curve = "leaky relu"
	gelu      curve = "gelu"
)

type activation struct {
	curve
	slope float64 // of a leaky ReLU below 0
}

func (d activation) String() string                              { return fmt.Sprintf("%s of slope %v", string(d.curve), d.slope) }
func (activation) ranks() ([]int, int)                           { return []int{4}, 4 }
func (activation) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }
func (activation) wrt() []bool                                   { return []bool{true} }
func (activation) overwrites() []int                             { return []int{0} }

func (d activation) run32(y []float32, in [][]float32, _ []tensor.Shape) {
	kernel.Pointwise(y, in[0], d.value())
}
func (d activation) run64(y []float64, in [][]float64, _ []tensor.Shape) {
	kernel.Pointwise(y, in[0], d.value())
}

func (d activation) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(activationGradient{d}, in[0], grad)
	return gorgonia.Nodes{dx}, err
}

// value returns the curve.
func (d activation) value() func(x float64) float64 {
	switch d.curve {
	case sigmoid:
		return logistic
	case tanh:
		return math.Tanh
	case gelu:
		return func(x float64) float64 { return x * normal(x) }
	}
	return func(x float64) float64 {
		if x > 0 {
			return x
		}
		return d.slope * x
	}
}

// derivative returns the derivative of the curve; that of a leaky ReLU at 0 is its slope
// below, as in PyTorch.
func (d activation) derivative() func(x float64) float64 {
	switch d.curve {
	case sigmoid:
		return func(x float64) float64 { return logistic(x) * (1 - logistic(x)) }
	case tanh:
		return func(x float64) float64 { return 1 - math.Tanh(x)*math.Tanh(x) }
	case gelu:
		return func(x float64) float64 { return normal(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi) }
	}
	return func(x float64) float64 {
		if x > 0 {
			return 1
		}
		return d.slope
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// normal is the distribution function of a standard normal variable.
func normal(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

// activationGradient: x, dy → dx.
type activationGradient struct{ activation }

func (d activationGradient) String() string    { return "gradient of " + d.activation.String() }
func (activationGradient) ranks() ([]int, int) { return []int{4, 4}, 4 }
func (activationGradient) overwrites() []int   { return []int{1, 0} }

func (d activationGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "output gradient", in[1], "input", in[0])
}

func (d activationGradient) run32(dx []float32, in [][]float32, _ []tensor.Shape) {
	kernel.PointwiseGradient(dx, in[0], in[1], d.derivative())
}
func (d activationGradient) run64(dx []float64, in [][]float64, _ []tensor.Shape) {
	kernel.PointwiseGradient(dx, in[0], in[1], d.derivative())
}
