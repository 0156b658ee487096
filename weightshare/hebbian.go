package weightshare

import (
	"gorgonia.org/gorgonia"

	"hypnos/ops"
)

// hebbianSleep lets neurons learn from the difference of their response to the mean of
// their pool (Pogodin et al. 2021, eq. 4).
var hebbianSleep = mechanism{
	name: "hebbian", adverb: "by a Hebbian rule",
	reference: learningReference,
	learning: &learning{
		show: func(_ Phase, neurons *population[float32], patches []float32, _ dynamics, r rule) {
			neurons.learn(patches, 1, r)
		},
		respond: func(_ *layerPhase, z *gorgonia.Node, pools ops.PoolOptions, _ int) (*gorgonia.Node, error) {
			return ops.PoolDeviation(z, pools)
		},
		times: func(Phase) (listening, rounds, steps int) { return 0, 1, 1 },
	},
}
