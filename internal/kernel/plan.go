package kernel

import (
	"fmt"

	"hypnos/internal/names"
)

// Plan is how the passes of a layer are computed: a path for each. It follows from the
// geometry, the batch and the vectors of the processor alone, so that it never depends on a
// clock, and bits do not depend on the number of threads. All paths to a result add up in
// the same order but that of a weight gradient, whose order is the plan's.
type Plan struct {
	Local
	Forward, InputGradient, WeightGradient Path
}

// Path is a way to compute a pass of a layer, or a norm.
type Path int

const (
	// ByRuns computes locations of a row that see the same columns of the kernel as the
	// runs of one product.
	ByRuns Path = iota
	// ByPairs computes two locations of a convolution as a product and its twin: a batch
	// of just one vector would use each weight once.
	ByPairs
	// ByChannels has channels in the lanes of a vector, where a batch of one image does
	// not fill them.
	ByChannels
	// ByBlocks reads a block of the weights of a convolution once and uses it for every
	// location: they do not fit the caches.
	ByBlocks

	// ByRows is a weight gradient of a local layer: rows of the input turned, so that the
	// batch is innermost, for blocks of locations in runs.
	ByRows
	// ByParts is one of a convolution: blocks of locations, in a constant number, each with
	// a sum of its own.
	ByParts
	// ByPartsOfChannels is the same of a single image.
	ByPartsOfChannels
	// BySums is one of a convolution without parts, each weight a sum over all locations:
	// the parts would be larger than the input.
	BySums

	// ByChannelRows is a batch norm that goes through the numbers of a location and
	// channel, one for each image, at once.
	ByChannelRows
	// ByLocations is one that goes through many channels of a location at once, where the
	// rows of a narrow batch are not worth a pass each.
	ByLocations
)

var pathNames = names.List{"runs", "pairs", "channels", "blocks", "rows", "parts", "parts of channels", "sums", "channel rows", "locations"}

// String is the path in a word or two.
func (p Path) String() string { return pathNames.Of(int(p), "Path") }

// String names the paths of the three passes.
func (p Plan) String() string {
	return fmt.Sprintf("forward by %v, input gradient by %v, weight gradient by %v", p.Forward, p.InputGradient, p.WeightGradient)
}

// NewPlan plans a layer.
func NewPlan(g Local) Plan {
	p := Plan{Local: g}
	single := g.N == 1 && g.Shared && g.patched()
	switch {
	case single:
		p.Forward = ByChannels
	case g.wide():
		p.Forward = ByBlocks
	case g.paired():
		p.Forward = ByPairs
	}
	p.InputGradient = p.Forward
	if single && (g.StrideW != 1 || g.Left >= g.KW) { // it is then no convolution of a row
		p.InputGradient = ByRuns
	}
	switch {
	case !g.Shared:
		p.WeightGradient = ByRows
	case g.summed():
		p.WeightGradient = BySums
	case single:
		p.WeightGradient = ByPartsOfChannels
	default:
		p.WeightGradient = ByParts
	}
	return p
}

// NormPath is the path of a batch norm on batches of n images.
func NormPath(n int) Path {
	const narrow = 32 // below which ByLocations is faster
	if n < narrow || n%8 != 0 {
		return ByLocations
	}
	return ByChannelRows
}

// wide tells whether a convolution has so many channels that its weights do not fit the
// second-level cache. Those that fit the third-level cache may as well be read for every
// location, unless the input is small.
func (g Local) wide() bool {
	return g.Shared && g.patched() && g.N > 1 && g.weights() >= wideWeights &&
		(g.weights() >= wideMap || g.H*g.W*g.C*g.N < wideMap)
}

// paired tells whether locations are computed in pairs where nothing speaks for more.
func (g Local) paired() bool { return g.Shared && g.DilationH == 1 && g.DilationW == 1 && twins(g.N) }

// summed tells whether a weight gradient is one sum over all locations. The parts that
// would otherwise be added up would be larger than the input, and go to memory and back.
func (g Local) summed() bool {
	return g.patched() && g.N > 1 && partsPerGradient*g.weights() > g.H*g.W*g.C*g.N
}
