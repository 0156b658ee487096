package weightshare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/ops"
)

// Kind is the mechanism of a sleep phase.
type Kind int

const (
	// Instant sets weights to the mean over their pool: what the others tend to.
	Instant Kind = iota
	// Hebbian lets each neuron learn from the difference of its response to
	// the mean of its pool (Pogodin et al. 2021, eq. 4).
	Hebbian
	// Dynamic lets it learn from its own rate, while an inhibitory neuron
	// compares the rates of the pool (eqs. 6 and 7).
	Dynamic
)

var kinds = []string{"instant", "hebbian", "dynamic"}

// String returns the kind's name on a command line.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return kinds[k]
}

// ParseKind returns the kind of that name.
func ParseKind(name string) (Kind, error) {
	for i, n := range kinds {
		if n == name {
			return Kind(i), nil
		}
	}
	return 0, errors.Errorf("weightshare: unknown kind of sleep %q, want one of %s", name, strings.Join(kinds, ", "))
}

// Engine is how a Hebbian or dynamic phase is computed. Both engines draw the
// same patterns from the same seed and follow the same rules, and after phases
// of whole networks agree to 5e-6 of a layer's largest weight, in float32. They
// do not agree to the bit: one adds up for each neuron what it has learned, the
// other what a phase does to any neuron, and so in another order.
type Engine int

const (
	// Fast works out once, by populations, what the phase does to any weights,
	// and applies it to all neurons.
	Fast Engine = iota
	// Graph lets each neuron answer and learn, in a gorgonia graph of the
	// operators of package ops.
	Graph
)

var engines = []string{"fast", "graph"}

// String returns the engine's name on a command line.
func (e Engine) String() string {
	if e < 0 || int(e) >= len(engines) {
		return fmt.Sprintf("Engine(%d)", int(e))
	}
	return engines[e]
}

// ParseEngine returns the engine of that name.
func ParseEngine(name string) (Engine, error) {
	if i := slices.Index(engines, name); i >= 0 {
		return Engine(i), nil
	}
	return 0, errors.Errorf("weightshare: unknown engine of sleep %q, want one of %s", name, strings.Join(engines, ", "))
}

// Phase configures a sleep phase. The zero value is instant sharing, which
// needs no numbers; Reference returns the values of the reference
// implementation for the others.
type Phase struct {
	Kind   Kind
	Engine Engine // of Hebbian and dynamic phases
	// Border says what becomes of neurons that see padding. The reference
	// pools them in instant sharing, BorderPooled. A periodic pattern shows
	// them no patch that others see, so that Hebbian and dynamic phases leave
	// them alone, BorderAlone.
	Border ops.Border
	// Period is the side of the patterns, pixels, and the distance between the
	// neurons of a pool; at least the layer's kernel. 0 means the kernel.
	Period int

	Source     Source // of the patterns
	Iterations int    // each with patterns of its own
	Patterns   int    // an iteration, of which each learns the mean
	// Rate is the learning rate η. 0 means, for Gaussian patterns, 0.1 as in the
	// reference or, for fields of so many inputs that this would diverge, what
	// shrinks deviations fastest:
	//
	//	1 / (1 + (inputs + 1)/Patterns)
	//
	// (the mean over patterns of ‖(I - ηC)v‖² is least there, C being the mean of
	// x xᵀ over an iteration's patterns). For patterns made from images, whose
	// size depends on the network, it means the largest that cannot diverge: one
	// over the mean square length of a patch, at each iteration.
	Rate     float64
	Gamma    float64 // pull γ to the weights from before the phase
	Momentum float64

	Tau   float64 // time constant τ of all rates, time steps
	Alpha float64 // strength α of inhibition
	Steps int     // time steps that a pattern is shown
	// OverTime makes Dynamic learn after each time step but the first Settle,
	// at Rate a step, while rates go on from pattern to pattern. Otherwise it
	// learns once, from the rates after the last step.
	OverTime bool
	Settle   int
}

// restingRate is the rate b of neurons without input in dynamic phases.
const restingRate = 1

// Reference returns the values of the reference implementation (Pogodin et al.
// 2021): for Hebbian phases 100 iterations of 128 Gaussian patterns at a rate
// of 0.1, less for wide fields, and a pull of 1e-5; for dynamic ones also τ = 30, α = 10 and 150 steps
// a pattern. Their resting rate, b = 1, changes no weights: a neuron learns
// from r - b.
func Reference(k Kind) Phase {
	if k == Instant {
		return Phase{Border: ops.BorderPooled}
	}
	return Phase{
		Kind: k, Border: ops.BorderAlone, Iterations: 100, Patterns: 128, Gamma: 1e-5,
		Tau: 30, Alpha: 10, Steps: 150,
	}
}

// Check returns an error for a field that is out of range.
func (p Phase) Check() error {
	number := func(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
	switch {
	case p.Kind < 0 || int(p.Kind) >= len(kinds):
		return errors.Errorf("weightshare: kind of sleep %d is none of %s", p.Kind, strings.Join(kinds, ", "))
	case p.Period < 0:
		return errors.Errorf("weightshare: patterns of %d pixels, want at least the kernel", p.Period)
	case p.Kind == Instant:
		return nil
	case p.Border != ops.BorderAlone:
		return errors.Errorf("weightshare: border %v: in a %v phase neurons that see padding are alone", p.Border, p.Kind)
	case p.Source < 0 || int(p.Source) >= len(sources):
		return errors.Errorf("weightshare: source of patterns %d is none of %s", p.Source, strings.Join(sources, ", "))
	case p.Engine != Fast && p.Engine != Graph:
		return errors.Errorf("weightshare: engine of sleep %d is none of %s", int(p.Engine), strings.Join(engines, ", "))
	case p.Iterations < 1 || p.Patterns < 1:
		return errors.Errorf("weightshare: %d iterations of %d patterns, want at least 1 of each", p.Iterations, p.Patterns)
	case !number(p.Rate):
		return errors.Errorf("weightshare: learning rate %v, want a number of at least 0", p.Rate)
	case !number(p.Gamma):
		return errors.Errorf("weightshare: gamma %v, want a number of at least 0", p.Gamma)
	case !(p.Momentum >= 0 && p.Momentum < 1):
		return errors.Errorf("weightshare: momentum %v, want at least 0 and below 1", p.Momentum)
	case p.Kind == Hebbian:
		return nil
	case p.OverTime && (p.Settle < 0 || p.Settle >= p.Steps):
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

// rule is the phase's rule of learning at a rate.
func (p Phase) rule(rate float64) rule { return rule{rate, p.Gamma, p.Momentum} }

// dynamics returns the rate equations of deviations and of means.
func (p Phase) dynamics() (deviation, mean dynamics) {
	step := 1 / p.Tau
	return dynamics{step, 0, p.Steps}, dynamics{step, p.Alpha, p.Steps}
}
