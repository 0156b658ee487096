package weightshare

import (
	"context"
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Convergence is one setting of the convergence study (Pogodin et al. 2021,
// section 4.3 and appendix): a single pool of neurons that see K×K inputs, drawn
// from N(0, I), with weights that start at 1 + N(0, 1), all in float64.
//
// A Hebbian pool learns once a presentation, at a rate of 0.5/(1000+t) at
// presentation t. A dynamic pool (τ = 30, α = 10, b = 1, steps of 1) sees each
// input for 150 steps and learns after each of them but the first 50, in which
// nothing but the rates changes, at a rate of 3e-4/√(1+s/2) at step s of all
// presentations; its rates start at 0. Both have a momentum of 0.95.
type Convergence struct {
	Kind          Kind // Hebbian or Dynamic
	Neurons, Side int  // N and K, at least 2 and 1
	Gamma         float64
	Presentations int
	Points        int // in which the course is recorded, without the start
}

// The constants of the study. Where it is the same as a phase, it has the values of
// Reference(Dynamic).
const (
	studyMomentum     = 0.95
	studyHebbianRate  = 0.5 // over studyHebbianDelay+t
	studyHebbianDelay = 1000
	studyDynamicRate  = 3e-4 // over √(1+s/studyDynamicDelay)
	studyDynamicDelay = 2
	studySettle       = 50 // time steps of a presentation without learning
	studyBias         = 1
)

// Rule says in a line by what rates a pool of this kind learns.
func (c Convergence) Rule() string {
	if c.Kind == Hebbian {
		return fmt.Sprintf("rate %v/(%d+t) at presentation t, momentum %v", studyHebbianRate, studyHebbianDelay, studyMomentum)
	}
	p := Reference(Dynamic)
	return fmt.Sprintf("%d steps a presentation; tau %v, alpha %v, b %d; rate %v/√(1+s/%d) at step s of all, off for the first %d of each presentation; momentum %v",
		p.Steps, p.Tau, p.Alpha, studyBias, studyDynamicRate, studyDynamicDelay, studySettle, studyMomentum)
}

// State is a pool after so many presentations.
type State struct {
	Presentations int
	// SNR is the w-SNR of the pool: see PoolSNR.
	SNR float64
	// Cosine and Length compare the pool's mean weights m with those of the
	// start: m·m₀/(‖m‖ ‖m₀‖) and ‖m‖/‖m₀‖.
	Cosine, Length float64
}

// Check returns an error for a field that is out of range.
func (c Convergence) Check() error {
	switch {
	case c.Kind != Hebbian && c.Kind != Dynamic:
		return errors.Errorf("weightshare: convergence of a %v pool, want hebbian or dynamic", c.Kind)
	case c.Neurons < 2 || c.Side < 1:
		return errors.Errorf("weightshare: convergence of %d neurons that see %d×%d, want at least 2 and 1×1", c.Neurons, c.Side, c.Side)
	case !(c.Gamma >= 0) || math.IsInf(c.Gamma, 1):
		return errors.Errorf("weightshare: gamma %v, want a number of at least 0", c.Gamma)
	case c.Points < 1 || c.Presentations < c.Points:
		return errors.Errorf("weightshare: %d points of %d presentations, want at least 1 and at most as many", c.Points, c.Presentations)
	}
	return nil
}

// FixedPoint returns the w-SNR at the closed-form fixed point of the Hebbian
// rule for a pool that starts at an SNR. With C = I it keeps the mean and a
// share γ/(1+γ) of each deviation.
func (c Convergence) FixedPoint(start float64) float64 {
	return start * math.Pow((1+c.Gamma)/c.Gamma, 2)
}

// DriftsTo returns the w-SNR that the rule itself tends to. The mean of a dynamic
// pool is inhibited only to 1/(1+α) of its response, and so shrinks until the
// pull holds it, at γ/(γ + 1/(1+α)) of its start; that of a Hebbian pool stays.
func (c Convergence) DriftsTo(start float64) float64 {
	if c.Kind == Hebbian {
		return c.FixedPoint(start)
	}
	left := c.Gamma / (c.Gamma + 1/(1+Reference(Dynamic).Alpha))
	return c.FixedPoint(start) * left * left
}

// Run follows one pool and returns its course: the start, and Points states at
// equal distances. Equal seeds give equal weights and inputs for every kind and
// gamma. It is an error if the context is cancelled or the weights do not stay
// finite.
func (c Convergence) Run(ctx context.Context, seed uint64) ([]State, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	p := c.newPool(seed)
	states := []State{p.state(0)}
	inputs, x := random(seed, "inputs", c.Side), make([]float64, c.Side*c.Side)
	for t := range c.Presentations {
		if err := ctx.Err(); err != nil {
			return states, err
		}
		for i := range x {
			x[i] = inputs.NormFloat64()
		}
		p.show(x, t)
		if done := t + 1; done*c.Points/c.Presentations != t*c.Points/c.Presentations {
			state := p.state(done)
			if !(state.SNR < math.Inf(1)) || math.IsNaN(state.Length) {
				return states, errors.Errorf("weightshare: the %v pool of %d×%d inputs at gamma %g is not finite after %d presentations", c.Kind, c.Side, c.Side, c.Gamma, done)
			}
			states = append(states, state)
		}
	}
	return states, nil
}

// studyPool is a pool as its deviations and its mean.
type studyPool struct {
	Convergence
	deviations, mean *population[float64]
}

func (c Convergence) newPool(seed uint64) studyPool {
	field := c.Side * c.Side
	p := studyPool{c, newPopulation[float64](field, c.Neurons, 1), newPopulation[float64](field, 1, 1)}
	weights := random(seed, "weights", c.Side)
	for i := range field {
		row := p.deviations.weight[i*c.Neurons:][:c.Neurons]
		for n := range row {
			row[n] = 1 + weights.NormFloat64()
		}
		p.mean.weight[i] = floats.Sum(row) / float64(c.Neurons)
		floats.AddConst(-p.mean.weight[i], row)
	}
	copy(p.deviations.start, p.deviations.weight)
	copy(p.mean.start, p.mean.weight)
	// Rates of 0 are equal, so that their mean alone is away from rest.
	p.mean.rateState().rate[0] = -restingRate
	return p
}

// show is presentation t of an input.
func (p studyPool) show(x []float64, t int) {
	if p.Kind == Hebbian {
		p.deviations.learn(x, 1, rule{studyHebbianRate / (studyHebbianDelay + float64(t)), p.Gamma, studyMomentum})
		return
	}
	phase := Reference(Dynamic)
	deviation, mean := phase.dynamics()
	learn := func(step int) (rule, bool) {
		s := float64(t*phase.Steps + step)
		return rule{studyDynamicRate / math.Sqrt(1+s/studyDynamicDelay), p.Gamma, studyMomentum}, step >= studySettle
	}
	p.deviations.present(x, deviation, learn)
	p.mean.present(x, mean, learn)
}

// state measures the pool.
func (p studyPool) state(presentations int) State {
	mean, start := p.mean.weight, p.mean.start
	snr := 0.0
	for i, m := range mean {
		row := p.deviations.weight[i*p.Neurons:][:p.Neurons]
		snr += m * m / (floats.Dot(row, row) / float64(p.Neurons)) / float64(len(mean))
	}
	length, startLength := floats.Norm(mean, 2), floats.Norm(start, 2)
	return State{presentations, snr, floats.Dot(mean, start) / (length * startLength), length / startLength}
}
