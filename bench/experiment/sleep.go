package experiment

import (
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/weightshare"
)

// sleeper returns what puts the network of a variant to sleep.
func (e *Experiment) sleeper(v Variant, net *graph.Network, seed uint64) (*weightshare.Sleeper, error) {
	return weightshare.New(net, weightshare.Options{
		Phase: e.phase, Schedule: v.Sleep, Seed: seed,
		StepsPerEpoch: e.StepsPerEpoch(), TotalSteps: e.Spec.Epochs * e.StepsPerEpoch(),
		Images: func(phase, n int) ([]float32, error) {
			loader, err := data.NewLoader(e.training, data.LoaderOptions{Batch: n, Transform: e.preprocessing, Normalisation: e.Normalisation, Seed: seed})
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
func describeSleep(p weightshare.Phase) results.Setting {
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
	return results.Setting{Name: "sleep", Value: text}
}
