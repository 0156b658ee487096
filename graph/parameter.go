package graph

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"
)

// Parameter is a named tensor of a network: weights that training changes, or
// the running moments of a norm.
type Parameter struct {
	// Name is PyTorch's, such as layer1.0.conv1.weight.
	Name string
	// Shape is L O KH KW C/g for the weights of a layer with a receptive field
	// (L locations, 1 if shared), O C for a linear one, C for a vector.
	Shape tensor.Shape
	// Data are the values, row-major. They are the network's own: writing to
	// them changes it. There are none in a network that is too large: see Options.Blank.
	Data []float32
	// Frozen parameters have no gradient and keep their values.
	Frozen bool

	value *tensor.Dense     // over Data
	start func(seed uint64) // sets initial values
}

// newParameter makes a parameter that starts at zero. It has no memory before Build.
func newParameter(name string, shape ...int) *Parameter {
	return &Parameter{Name: name, Shape: shape, start: func(uint64) {}}
}

// Count returns how many values there are.
func (p *Parameter) Count() int { return whole(product(p.Shape...)) }

// random returns the random numbers of one parameter: a stream of its own, so
// that its initial values depend on the seed and its name alone.
func random(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// begin sets the initial values. It is an error if a user's function for them panics.
func (p *Parameter) begin(seed uint64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("graph: the initial values of parameter %q: their function panicked: %v", p.Name, r)
		}
	}()
	p.start(seed)
	return nil
}

// startAt sets all initial values to v.
func (p *Parameter) startAt(v float32) {
	p.start = func(uint64) {
		for i := range p.Data {
			p.Data[i] = v
		}
	}
}

// fillUniform draws values uniformly from ±bound.
func (p *Parameter) fillUniform(seed uint64, bound float64) {
	r := random(seed, p.Name)
	for i := range p.Data {
		p.Data[i] = float32(bound * (2*r.Float64() - 1))
	}
}

// fillKaiming draws weights L O KH KW C/g from a normal distribution of
// deviation √2/√(O·KH·KW): Kaiming's with fan-out (He et al. 2015b), the same
// for shared and local weights.
func (p *Parameter) fillKaiming(seed uint64, c Connectivity) {
	deviation := math.Sqrt(2 / float64(p.Shape[1]*p.Shape[2]*p.Shape[3]))
	r := random(seed, p.Name)
	kernel := p.Data[:len(p.Data)/p.Shape[0]]
	for i := range kernel {
		kernel[i] = float32(deviation * r.NormFloat64())
	}
	rest := p.Data[len(kernel):]
	if !c.SharedStart {
		for i := range rest {
			rest[i] = float32(deviation * r.NormFloat64())
		}
		return
	}
	if p.Shape[0] > 1 {
		p.copyWithNoise(deviation, c.Deviation, r)
	}
}

// copyWithNoise sets the weights of each location to those of the first, whose standard
// deviation is deviation, plus noise: see Connectivity.SharedStart.
func (p *Parameter) copyWithNoise(deviation, noise float64, r *rand.Rand) {
	kernel := p.Data[:len(p.Data)/p.Shape[0]]
	gain := 1 / math.Sqrt(1+noise*noise)
	// The first location, which holds the kernel, is overwritten last.
	for i := len(p.Data) - 1; i >= 0; i-- {
		p.Data[i] = float32(gain * (float64(kernel[i%len(kernel)]) + deviation*noise*r.NormFloat64()))
	}
}
