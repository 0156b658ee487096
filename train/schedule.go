package train

import (
	"math"
	"slices"

	"github.com/pkg/errors"

	"hypnos/internal/names"
)

// Form is the course of the learning rate over a run.
type Form int

const (
	OneCycle  Form = iota // up and down once by cosines (Smith and Topin 2018)
	MultiStep             // multiplied by Gamma at each milestone
	Constant
)

var forms = names.List{"onecycle", "multistep", "constant"}

// String returns the form's name on a command line.
func (f Form) String() string { return forms.Of(int(f), "Form") }

// ParseForm returns the form of that name.
func ParseForm(name string) (Form, error) {
	i, err := forms.Find("train: unknown schedule", name)
	return Form(i), err
}

// DefaultGamma is the factor of MultiStep unless told otherwise, as in PyTorch.
const DefaultGamma = 0.1

// OneCycle moves the momentum from HighMomentum to LowMomentum and back.
const (
	HighMomentum = 0.95
	LowMomentum  = 0.85
)

// Schedule is the learning rate over the steps of a run. One cycle is PyTorch's
// OneCycleLR with its defaults: it climbs from Rate/25 to Rate over the first
// 30 % of the steps and falls to Rate/25/10⁴ over the rest, while the momentum
// (beta1 of Adam) falls from HighMomentum to LowMomentum and climbs back.
type Schedule struct {
	Form Form    // the zero value is OneCycle
	Rate float64 // the largest, for OneCycle; else the first
	// Milestones are the epochs after which MultiStep multiplies the rate by
	// Gamma; 0 means DefaultGamma.
	Milestones []int
	Gamma      float64
}

// Check returns an error for a field that is out of range.
func (s Schedule) Check() error {
	_, err := s.check()
	return err
}

// check fills in what zero means and returns an error for a field out of range.
func (s Schedule) check() (Schedule, error) {
	if s.Gamma == 0 {
		s.Gamma = DefaultGamma
	}
	switch {
	case !forms.Has(int(s.Form)):
		return s, errors.Errorf("train: schedule %v is none of %v", s.Form, forms)
	case !(s.Rate > 0) || math.IsInf(s.Rate, 0):
		return s, errors.Errorf("train: learning rate %v, want a positive number", s.Rate)
	case !(s.Gamma > 0) || math.IsInf(s.Gamma, 0):
		return s, errors.Errorf("train: gamma %v, want a positive number", s.Gamma)
	case slices.ContainsFunc(s.Milestones, func(m int) bool { return m < 1 }):
		return s, errors.Errorf("train: milestones %v, want epochs of at least 1", s.Milestones)
	}
	return s, nil
}

// At returns the learning rate and the momentum of a step, counted from 0, in
// a run of so many steps, of which perEpoch make an epoch. A momentum of 0
// leaves the optimiser's own.
func (s Schedule) At(step, steps, perEpoch int) (rate, momentum float64) {
	switch s.Form {
	case MultiStep:
		rate = s.Rate
		for _, m := range s.Milestones {
			if step/perEpoch >= m {
				rate *= s.Gamma
			}
		}
		return rate, 0
	case Constant:
		return s.Rate, 0
	}
	const (
		rise           = 0.3
		startDivisor   = 25
		finalDivisor   = 1e4
		upOneEndOffset = 1 // PyTorch places the peak at step rise·steps - 1
	)
	peak, last := rise*float64(steps)-upOneEndOffset, float64(steps-1)
	at := float64(step)
	if at <= peak {
		return cosine(s.Rate/startDivisor, s.Rate, at/peak), cosine(HighMomentum, LowMomentum, at/peak)
	}
	along := (at - peak) / (last - peak)
	return cosine(s.Rate, s.Rate/startDivisor/finalDivisor, along), cosine(LowMomentum, HighMomentum, along)
}

// cosine goes from a to b along half a cosine as along goes from 0 to 1.
func cosine(a, b, along float64) float64 { return b + (a-b)/2*(1+math.Cos(math.Pi*along)) }
