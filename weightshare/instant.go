package weightshare

import (
	"hypnos/graph"
	"hypnos/internal/kernel"
	"hypnos/ops"
)

// instantSleep sets weights to the mean over their pool.
var instantSleep = mechanism{
	name: "instant", adverb: "instantly",
	reference: Phase{Border: ops.BorderPooled},
}

// average sets the weights of a layer to the means of their pools.
func average(l *graph.Layer, pools [][]int) Change {
	w := l.Field.Weight
	kernel.PoolMean(w.Data, w.Data, pools, len(w.Data)/w.Shape[0])
	return Change{Layer: l.Name, Spread: 0, Cosine: 1}
}
