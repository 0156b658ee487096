package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// EveryLocation takes the weights of every step-th location, along both axes, of a local
// layer with an output of height × width. They are the weights of the same layer on a
// map that is coarser by the factor step.
//
//	weight  L O KH KW C/g, L = height·width
//	result  L' O KH KW C/g, L' = ⌈height/step⌉·⌈width/step⌉
func EveryLocation(weight *gorgonia.Node, height, width, step int) (*gorgonia.Node, error) {
	if step < 1 {
		return nil, errors.Errorf("ops: every %d-th location, want a step of at least 1", step)
	}
	return apply(everyLocation{height, width, step}, weight)
}

type everyLocation struct{ height, width, step int }

func (d everyLocation) String() string {
	return fmt.Sprintf("every %d-th location of %d×%d", d.step, d.height, d.width)
}
func (everyLocation) ranks() ([]int, int) { return []int{5}, 5 }
func (everyLocation) wrt() []bool         { return []bool{true} }

func (d everyLocation) shape(in []tensor.Shape) (tensor.Shape, error) {
	if in[0][0] != d.height*d.width {
		return nil, errors.Errorf("ops: %v: weights are for %d locations", d, in[0][0])
	}
	shape := in[0].Clone()
	shape[0] = ((d.height + d.step - 1) / d.step) * ((d.width + d.step - 1) / d.step)
	return shape, nil
}

// each calls f with the index of each location that is taken, and its index
// among them.
func (d everyLocation) each(f func(from, to int)) {
	to := 0
	for h := 0; h < d.height; h += d.step {
		for w := 0; w < d.width; w += d.step {
			f(h*d.width+w, to)
			to++
		}
	}
}

func (d everyLocation) run32(y []float32, in [][]float32, s []tensor.Shape) {
	takeLocations(d, y, in[0], s[0])
}
func (d everyLocation) run64(y []float64, in [][]float64, s []tensor.Shape) {
	takeLocations(d, y, in[0], s[0])
}

func takeLocations[T any](d everyLocation, y, x []T, s tensor.Shape) {
	size := s[1:].TotalSize()
	d.each(func(from, to int) { copy(y[to*size:][:size], x[from*size:]) })
}

func (d everyLocation) gradient(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return d.gradientOnto(gorgonia.Nodes{nil}, in, output, grad)
}

func (everyLocation) onto() []accumulation { return []accumulation{inPlace} }

func (d everyLocation) gradientOnto(contributed, _ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if contributed[0] == nil {
		dx, err := apply(everyLocationGradient{d}, grad)
		return gorgonia.Nodes{dx}, err
	}
	dx, err := apply(everyLocationGradientOnto{everyLocationGradient{d}}, contributed[0], grad)
	return gorgonia.Nodes{dx}, err
}

// everyLocationGradient: dy → dweight, 0 at locations that were not taken.
type everyLocationGradient struct{ everyLocation }

func (d everyLocationGradient) String() string {
	return fmt.Sprintf("gradient of %v", d.everyLocation)
}

func (d everyLocationGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	shape := in[0].Clone()
	shape[0] = d.height * d.width
	return shape, nil
}

func (d everyLocationGradient) run32(dw []float32, in [][]float32, s []tensor.Shape) {
	putLocations(d, dw, in[0], s[0])
}
func (d everyLocationGradient) run64(dw []float64, in [][]float64, s []tensor.Shape) {
	putLocations(d, dw, in[0], s[0])
}

func putLocations[T any](d everyLocationGradient, dw, dy []T, s tensor.Shape) {
	size := s[1:].TotalSize()
	clear(dw)
	d.each(func(to, from int) { copy(dw[to*size:][:size], dy[from*size:]) })
}

// everyLocationGradientOnto: what others contributed, dy → the same, with dy at locations
// that were taken.
type everyLocationGradientOnto struct{ everyLocationGradient }

func (d everyLocationGradientOnto) String() string {
	return d.everyLocationGradient.String() + " onto others"
}
func (everyLocationGradientOnto) ranks() ([]int, int) { return []int{5, 5}, 5 }
func (everyLocationGradientOnto) changes()            {}

func (d everyLocationGradientOnto) shape(in []tensor.Shape) (tensor.Shape, error) {
	whole, err := d.everyLocationGradient.shape(in[1:])
	if err != nil {
		return nil, err
	}
	return whole, same(d, "contribution", in[0], "weight", whole)
}

func (d everyLocationGradientOnto) run32(dw []float32, in [][]float32, s []tensor.Shape) {
	addLocations(d, dw, in[1], s[1])
}
func (d everyLocationGradientOnto) run64(dw []float64, in [][]float64, s []tensor.Shape) {
	addLocations(d, dw, in[1], s[1])
}

func addLocations[T kernel.Float](d everyLocationGradientOnto, dw, dy []T, s tensor.Shape) {
	size := s[1:].TotalSize()
	d.each(func(to, from int) { kernel.Add(dw[to*size:][:size], dw[to*size:][:size], dy[from*size:][:size]) })
}
