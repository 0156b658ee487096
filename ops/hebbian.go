package ops

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// HebbianOptions configure Hebbian.
type HebbianOptions struct {
	Field LocalOptions // of the layer
	// Rate is the learning rate η, at least 0. 0 means the largest that lets no
	// neuron diverge, whatever it sees: one over the mean square length of its
	// patches of the batch, or 0 if they are all zero.
	Rate     float64
	Gamma    float64 // pull γ to the initial weights, at least 0
	Momentum float64 // at least 0 and below 1
	Rest     float64 // response of a neuron that agrees with its pool: b of rates, 0 of deviations
}

// Check returns an error for a field that is out of range.
func (o HebbianOptions) Check() error {
	if err := o.Field.check(); err != nil {
		return err
	}
	switch {
	case !(o.Rate >= 0) || math.IsInf(o.Rate, 1):
		return errors.Errorf("ops: hebbian: learning rate %v, want a number of at least 0", o.Rate)
	case !(o.Gamma >= 0) || math.IsInf(o.Gamma, 1):
		return errors.Errorf("ops: hebbian: gamma %v, want a number of at least 0", o.Gamma)
	case !(o.Momentum >= 0 && o.Momentum < 1):
		return errors.Errorf("ops: hebbian: momentum %v, want at least 0 and below 1", o.Momentum)
	case math.IsNaN(o.Rest) || math.IsInf(o.Rest, 0):
		return errors.Errorf("ops: hebbian: rest %v, want a number", o.Rest)
	}
	return nil
}

// Hebbian changes the weights of a local layer by one step of the rule that
// each neuron can compute on its own, from its input and its response
// (Pogodin et al. 2021, eqs. 4 and 7):
//
//	v = Momentum·v + mean_n (r_i - Rest) x + γ (w_i - w_i^init)
//	w_i = w_i - η_i v
//
// with the mean over the batch, and v = 0 before the first run. η_i is Rate, of
// all neurons, or where that is 0 the neuron's own.
//
//	weight    L O KH KW C/g, L = OH·OW
//	start     the initial weights, of the same shape
//	x         H W C N, what the layer saw
//	response  OH OW O N, such as the result of PoolDeviation or RatesFromInput
//	result    weight itself
//
// Unlike all other operators it writes to an input: weight holds the new values
// after each run. An operator that reads weight in the same graph must be one
// that response depends on, as the layer itself is; for others it is not
// determined which values they see. It has no gradient. It is an error if an
// option is out of range, the axes do not agree, or the weights are shared.
func Hebbian(weight, start, x, response *gorgonia.Node, o HebbianOptions) (*gorgonia.Node, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o.Field = o.Field.withDefaults()
	return apply(&hebbian{HebbianOptions: o}, weight, start, x, response)
}

// hebbian: weight, start, x, response → weight, changed.
type hebbian struct {
	HebbianOptions
	velocity any // []float32 or []float64, where there is momentum
	change   any // the same, room for the Hebbian term
	response any // the same, room for the response less that at rest
}

func (d *hebbian) String() string      { return fmt.Sprintf("hebbian%+v", d.HebbianOptions) }
func (d *hebbian) ranks() ([]int, int) { return []int{5, 5, 4, 4}, 5 }
func (d *hebbian) changes()            {}

func (d *hebbian) shape(in []tensor.Shape) (tensor.Shape, error) {
	weight, start, x, response := in[0], in[1], in[2], in[3]
	if err := same(d, "weight", weight, "its initial values", start); err != nil {
		return nil, err
	}
	g, err := d.Field.geometry(d, x, weight)
	if err != nil {
		return nil, err
	}
	if g.Shared && g.OH*g.OW > 1 {
		return nil, errors.Errorf("ops: %v: the weights are shared by all locations already", d)
	}
	return weight, same(d, "response", response, "output", tensor.Shape{g.OH, g.OW, g.O, g.N})
}

func (d *hebbian) run32(w []float32, in [][]float32, s []tensor.Shape) { runHebbian(d, w, in, s) }
func (d *hebbian) run64(w []float64, in [][]float64, s []tensor.Shape) { runHebbian(d, w, in, s) }

func runHebbian[T kernel.Float](d *hebbian, w []T, in [][]T, s []tensor.Shape) {
	var velocity []T
	if d.Momentum != 0 {
		velocity = room[T](&d.velocity, len(w))
	}
	x, response := in[2], in[3]
	if d.Rest != 0 {
		above := room[T](&d.response, len(response))
		for i, r := range response {
			above[i] = r - T(d.Rest)
		}
		response = above
	}
	g := d.Field.plan(s[2], s[0])
	change := room[T](&d.change, len(w))
	kernel.WeightGradient(g, change, x, response)
	step := kernel.Hebbian{Rate: d.Rate, Scale: 1 / float64(g.N), Gamma: d.Gamma, Momentum: d.Momentum}
	if d.Rate == 0 {
		kernel.HebbianStepByPatch(g.Local, step, w, in[1], velocity, change, x)
		return
	}
	kernel.HebbianStep(step, w, in[1], velocity, change)
}

// room returns the n numbers that are kept in an operator from run to run, zero
// at first.
func room[T kernel.Float](kept *any, n int) []T {
	numbers, ok := (*kept).([]T)
	if !ok || len(numbers) != n {
		numbers = make([]T, n)
		*kept = numbers
	}
	return numbers
}
