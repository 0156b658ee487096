package weightshare

import (
	"fmt"
	"math"

	"github.com/pkg/errors"

	"hypnos/internal/names"
	"hypnos/ops"
)

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

var engines = names.List{"fast", "graph"}

// String returns the engine's name on a command line.
func (e Engine) String() string { return engines.Of(int(e), "Engine") }

// ParseEngine returns the engine of that name.
func ParseEngine(name string) (Engine, error) {
	i, err := engines.Find("weightshare: unknown engine of sleep", name)
	return Engine(i), err
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
	// neurons of a pool; at least the layer's kernel. 0 means the kernel: its height
	// along rows and its width along columns.
	Period int

	Source     Source // of the patterns
	Iterations int    // each with patterns of its own
	Patterns   int    // in an iteration, over which learning is averaged
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

// Check returns an error for a field that is out of range.
func (p Phase) Check() error {
	number := func(v float64) bool { return v >= 0 && !math.IsInf(v, 1) }
	switch {
	case !p.Kind.exists():
		return errors.Errorf("weightshare: kind of sleep %d is none of %s", int(p.Kind), kindNames())
	case p.Period < 0:
		return errors.Errorf("weightshare: patterns of %d pixels, want at least the kernel", p.Period)
	case !p.Kind.Learns():
		return nil
	case p.Border != ops.BorderAlone:
		return errors.Errorf("weightshare: border %v: in a %v phase neurons that see padding are alone", p.Border, p.Kind)
	case !sources.Has(int(p.Source)):
		return errors.Errorf("weightshare: source of patterns %d is none of %s", p.Source, sources)
	case !engines.Has(int(p.Engine)):
		return errors.Errorf("weightshare: engine of sleep %d is none of %s", int(p.Engine), engines)
	case p.Iterations < 1 || p.Patterns < 1:
		return errors.Errorf("weightshare: %d iterations of %d patterns, want at least 1 of each", p.Iterations, p.Patterns)
	case !number(p.Rate):
		return errors.Errorf("weightshare: learning rate %v, want a number of at least 0", p.Rate)
	case !number(p.Gamma):
		return errors.Errorf("weightshare: gamma %v, want a number of at least 0", p.Gamma)
	case !(p.Momentum >= 0 && p.Momentum < 1):
		return errors.Errorf("weightshare: momentum %v, want at least 0 and below 1", p.Momentum)
	}
	if check := mechanisms[p.Kind].check; check != nil {
		return check(p)
	}
	return nil
}

// String describes the phase: its kind and the values of the fields that have an
// effect.
func (p Phase) String() string {
	text := p.Kind.String()
	if !p.Kind.Learns() {
		return text
	}
	rate := "the default"
	if p.Rate > 0 {
		rate = fmt.Sprintf("%g", p.Rate)
	}
	text += fmt.Sprintf(": %d iterations of %d %v patterns, rate %s, gamma %g, momentum %g", p.Iterations, p.Patterns, p.Source, rate, p.Gamma, p.Momentum)
	if describe := mechanisms[p.Kind].describe; describe != nil {
		text += describe(p)
	}
	if p.Engine == Graph {
		text += ", by the graph"
	}
	return text
}

// rule is the phase's rule of learning at a rate.
func (p Phase) rule(rate float64) rule { return rule{rate, p.Gamma, p.Momentum} }
