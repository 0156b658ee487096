package experiment

import (
	"slices"

	"github.com/pkg/errors"

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
