package weightshare

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/ops"
)

// dynamicSleep lets neurons learn from their own rates, while an inhibitory neuron
// compares the rates of the pool (Pogodin et al. 2021, eqs. 6 and 7).
var dynamicSleep = mechanism{
	name: "dynamic", adverb: "by lateral dynamics",
	reference: learningReference,
	check:     checkDynamics,
	describe: func(p Phase) string {
		text := fmt.Sprintf(", tau %g, alpha %g, %d steps", p.Tau, p.Alpha, p.Steps)
		if p.OverTime {
			text += fmt.Sprintf(", learning at each but the first %d", p.Settle)
		}
		return text
	},
	learning: &learning{
		hasDynamics: true,
		show: func(p Phase, neurons *population[float32], patches []float32, d dynamics, r rule) {
			if !p.OverTime {
				neurons.learn(patches, d.gain(), r)
				return
			}
			neurons.present(patches, d, func(step int) (rule, bool) { return r, step >= p.Settle })
		},
		respond: ratesOf,
		resting: restingRate,
		times: func(p Phase) (listening, rounds, steps int) {
			if !p.OverTime {
				return 0, 1, p.Steps
			}
			return p.Settle, p.Steps - p.Settle, 1
		},
	},
}

// restingRate is the rate b of neurons without input.
const restingRate = 1

func checkDynamics(p Phase) error {
	if p.OverTime && (p.Settle < 0 || p.Settle >= p.Steps) {
		return errors.Errorf("weightshare: learning is off for %d of %d steps, want at least 0 and fewer than all", p.Settle, p.Steps)
	}
	if err := (ops.RateOptions{Tau: p.Tau, Alpha: p.Alpha, Steps: p.Steps}).Check(); err != nil {
		return errors.Wrap(err, "weightshare")
	}
	// Strong inhibition rings. A neuron that learns from a mean response of the
	// wrong sign lets the mean grow without end.
	if _, mean := p.dynamics(); !p.OverTime && mean.gain() < 0 {
		return errors.Errorf("weightshare: after %d steps at tau %v and alpha %v the mean rate of a pool still rings, at %.2g of its input: want more steps or a smaller alpha",
			p.Steps, p.Tau, p.Alpha, mean.gain())
	}
	return nil
}

// dynamics returns the rate equations of deviations and of means.
func (p Phase) dynamics() (deviation, mean dynamics) {
	step := 1 / p.Tau
	return dynamics{step, 0, p.Steps}, dynamics{step, p.Alpha, p.Steps}
}

// ratesOf adds the rates of neurons with inputs z to the graph. Over time rates go on
// from pattern to pattern.
func ratesOf(l *layerPhase, z *gorgonia.Node, pools ops.PoolOptions, steps int) (*gorgonia.Node, error) {
	o := ops.RateOptions{Pools: pools, Tau: l.Tau, Alpha: l.Alpha, Bias: restingRate, Steps: steps, AloneAtRest: true}
	if l.OverTime {
		if l.rates == nil {
			var err error
			if l.rates, err = ops.NewRateState(tensor.Float32, o, l.field.Channels, l.Patterns); err != nil {
				return nil, err
			}
		}
		o.State = l.rates
	}
	return ops.RatesFromInput(z, o)
}
