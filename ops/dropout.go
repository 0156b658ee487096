package ops

import (
	"fmt"
	"hash/fnv"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// DropoutOptions configure Dropout.
type DropoutOptions struct {
	Rate float64 // probability that a number becomes 0: at least 0 and less than 1
	// Seed, Name and the value that Step points to at a run decide what becomes 0. Layers
	// that differ in Name drop different numbers.
	Seed uint64
	Name string
	Step *uint64 // counts training steps; nil means that all runs drop the same numbers
}

// Dropout sets numbers to 0 at random, and makes up for it with the others (Srivastava et
// al. 2014):
//
//	y = x·m / (1 - rate), m = 0 with probability rate, else 1
//
//	x, result  H W C N
//
// What is dropped depends on the options and on the place of a number in x alone, so that
// a run that starts at any step drops what it would have dropped. It is for training: in
// inference a network leaves it out. It is an error if the rate is out of range.
func Dropout(x *gorgonia.Node, o DropoutOptions) (*gorgonia.Node, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return apply(dropout{o}, x)
}

// Check returns an error for a field that is out of range.
func (o DropoutOptions) Check() error {
	if !(o.Rate >= 0 && o.Rate < 1) {
		return errors.Errorf("ops: dropout: rate %v, want at least 0 and less than 1", o.Rate)
	}
	return nil
}

type dropout struct{ DropoutOptions }

func (d dropout) String() string {
	return fmt.Sprintf("dropout of %v, seed %d, %q", d.Rate, d.Seed, d.Name)
}
func (dropout) ranks() ([]int, int)                           { return []int{4}, 4 }
func (dropout) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], nil }
func (dropout) wrt() []bool                                   { return []bool{true} }

// key starts the generator that decides what a run drops.
func (d dropout) key() uint64 {
	name := fnv.New64a()
	name.Write([]byte(d.Name))
	step := uint64(0)
	if d.Step != nil {
		step = *d.Step
	}
	return kernel.SplitMix64(kernel.SplitMix64(name.Sum64(), d.Seed), step)
}

func (d dropout) run32(y []float32, in [][]float32, _ []tensor.Shape) {
	kernel.Dropout(y, in[0], d.key(), d.Rate)
}
func (d dropout) run64(y []float64, in [][]float64, _ []tensor.Shape) {
	kernel.Dropout(y, in[0], d.key(), d.Rate)
}

// The gradient drops what the run dropped.
func (d dropout) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(dropout{d.DropoutOptions}, grad)
	return gorgonia.Nodes{dx}, err
}
