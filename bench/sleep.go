package main

import (
	"flag"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"hypnos/bench/report"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/weightshare"
)

// sleepFlags are the flags of a sleep phase.
type sleepFlags struct {
	kind, source, engine string
	weightshare.Phase
}

// register adds the flags, with the values of the reference as defaults.
func (f *sleepFlags) register(fs *flag.FlagSet) {
	f.Phase = weightshare.Reference(weightshare.Dynamic)
	fs.StringVar(&f.kind, "sleep", "instant", "what happens in the sleep of lc-sleep variants: instant, hebbian or dynamic")
	fs.StringVar(&f.source, "sleep-source", "gaussian", "patterns of hebbian and dynamic sleep: gaussian, patches (of images) or pooled (images made periodic)")
	fs.StringVar(&f.engine, "sleep-engine", "fast", "how hebbian and dynamic sleep are computed: fast, or graph (neuron by neuron, in a gorgonia graph; the same to rounding, and slower)")
	fs.IntVar(&f.Iterations, "sleep-iterations", f.Iterations, "iterations of a sleep, each with patterns of its own")
	fs.IntVar(&f.Patterns, "sleep-patterns", f.Patterns, "patterns an iteration")
	fs.IntVar(&f.Period, "sleep-period", 0, "side of the patterns, pixels, for all layers; 0 means each layer's kernel")
	fs.Float64Var(&f.Rate, "sleep-rate", 0, "learning rate of a sleep; 0 means 0.1 for gaussian patterns, less for layers that it would let diverge, and the largest that is safe for others")
	fs.Float64Var(&f.Gamma, "sleep-gamma", f.Gamma, "pull to the weights from before a sleep")
	fs.Float64Var(&f.Momentum, "sleep-momentum", f.Momentum, "momentum of a sleep")
	fs.Float64Var(&f.Tau, "sleep-tau", f.Tau, "time constant of the rates of a dynamic sleep, time steps")
	fs.Float64Var(&f.Alpha, "sleep-alpha", f.Alpha, "strength of inhibition of a dynamic sleep")
	fs.IntVar(&f.Steps, "sleep-steps", f.Steps, "time steps a pattern of a dynamic sleep")
	fs.BoolVar(&f.OverTime, "sleep-over-time", false, "learn after each time step of a dynamic sleep, not only after the last of a pattern")
	fs.IntVar(&f.Settle, "sleep-settle", 0, "time steps at the start of a pattern without learning, with -sleep-over-time")
}

// phase is what the flags come to.
func (f sleepFlags) phase() (weightshare.Phase, error) {
	kind, err := weightshare.ParseKind(f.kind)
	if err != nil {
		return f.Phase, err
	}
	reference := weightshare.Reference(kind)
	if kind == weightshare.Instant {
		reference.Period = f.Period
		return reference, reference.Check()
	}
	p := f.Phase
	p.Kind, p.Border = kind, reference.Border
	if p.Source, err = weightshare.ParseSource(f.source); err != nil {
		return p, err
	}
	if p.Engine, err = weightshare.ParseEngine(f.engine); err != nil {
		return p, err
	}
	return p, p.Check()
}

// sleeper returns what puts the network of a variant to sleep.
func (e *experiment) sleeper(v variant, net *graph.Network, seed uint64) (*weightshare.Sleeper, error) {
	return weightshare.New(net, weightshare.Options{
		Phase: e.phase, Schedule: v.sleep, Seed: seed,
		StepsPerEpoch: e.stepsPerEpoch(), TotalSteps: e.epochs * e.stepsPerEpoch(),
		Images: func(phase, n int) ([]float32, error) {
			loader, err := data.NewLoader(e.training, data.LoaderOptions{Batch: n, Transform: e.preprocessing, Normalisation: e.normalisation, Seed: seed})
			if err != nil {
				return nil, err
			}
			for batch, err := range loader.Batches(phase-1, phase) {
				return slices.Clone(batch.Images), err
			}
			return nil, errors.New("no images to make patterns from")
		},
	})
}

// adverb says how weights are shared.
func adverb(p weightshare.Phase) string {
	switch p.Kind {
	case weightshare.Hebbian:
		return "by a Hebbian rule"
	case weightshare.Dynamic:
		return "by lateral dynamics"
	}
	return "instantly"
}

// describeSleep lists the settings of the sleep for the report.
func (e *experiment) describeSleep() report.Setting {
	p := e.phase
	text := p.Kind.String()
	if p.Kind != weightshare.Instant {
		rate := "the default"
		if p.Rate > 0 {
			rate = fmt.Sprintf("%g", p.Rate)
		}
		text += fmt.Sprintf(": %d iterations of %d %v patterns, rate %s, gamma %g, momentum %g", p.Iterations, p.Patterns, p.Source, rate, p.Gamma, p.Momentum)
	}
	if p.Kind == weightshare.Dynamic {
		text += fmt.Sprintf(", tau %g, alpha %g, %d steps", p.Tau, p.Alpha, p.Steps)
	}
	if p.OverTime && p.Kind == weightshare.Dynamic {
		text += fmt.Sprintf(", learning at each but the first %d", p.Settle)
	}
	if p.Engine == weightshare.Graph {
		text += ", by the graph"
	}
	return report.Setting{Name: "sleep", Value: text}
}
