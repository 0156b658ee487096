package weightshare

import (
	"gorgonia.org/gorgonia"

	"hypnos/internal/names"
	"hypnos/ops"
)

// Kind is the mechanism of a sleep phase.
type Kind int

const (
	// Instant sets weights to the mean over their pool, which the other kinds approach.
	Instant Kind = iota
	// Hebbian lets each neuron learn from the difference of its response to
	// the mean of its pool (Pogodin et al. 2021, eq. 4).
	Hebbian
	// Dynamic lets it learn from its own rate, while an inhibitory neuron
	// compares the rates of the pool (eqs. 6 and 7).
	Dynamic
)

// mechanisms are the kinds of sleep, each in a file of its own.
var mechanisms = []mechanism{Instant: instantSleep, Hebbian: hebbianSleep, Dynamic: dynamicSleep}

// mechanism is what distinguishes a kind of sleep.
type mechanism struct {
	name      string // on a command line
	adverb    string
	reference Phase // of the reference implementation, without its kind
	// check checks the fields of a phase that only this kind has, and describe lists
	// them; nil if there are no such fields.
	check    func(Phase) error
	describe func(Phase) string
	// learning is how neurons learn from patterns; nil where weights are set to the
	// means of their pools instead.
	learning *learning
}

// learning is how the neurons of a sleep learn, in the two engines.
type learning struct {
	// hasDynamics says that rates follow their inputs over time. The mean of a pool
	// then changes, too.
	hasDynamics bool
	// show lets a population learn from the patches of an iteration: see Fast.
	show func(p Phase, neurons *population[float32], patches []float32, d dynamics, r rule)
	// respond adds to the graph what neurons answer to their input z after so many time
	// steps, and resting is their answer without input: see Graph.
	respond func(l *layerPhase, z *gorgonia.Node, pools ops.PoolOptions, steps int) (*gorgonia.Node, error)
	resting float64
	// times says how a pattern is shown: listening time steps without learning, and
	// then rounds of so many steps, each of which ends with learning.
	times func(p Phase) (listening, rounds, steps int)
}

// Kinds returns all kinds.
func Kinds() []Kind {
	all := make([]Kind, len(mechanisms))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// exists tells whether k is one of Kinds.
func (k Kind) exists() bool { return k >= 0 && int(k) < len(mechanisms) }

// String returns the kind's name on a command line.
func (k Kind) String() string { return kindNames().Of(int(k), "Kind") }

// ParseKind returns the kind of that name.
func ParseKind(name string) (Kind, error) {
	i, err := kindNames().Find("weightshare: unknown kind of sleep", name)
	return Kind(i), err
}

func kindNames() names.List {
	var all names.List
	for _, m := range mechanisms {
		all = append(all, m.name)
	}
	return all
}

// Adverb says how weights are shared, such as "by a Hebbian rule".
func (k Kind) Adverb() string {
	if !k.exists() {
		return "by " + k.String()
	}
	return mechanisms[k].adverb
}

// Learns tells whether neurons learn from patterns, so that the fields of Phase for
// patterns and learning have an effect.
func (k Kind) Learns() bool { return k.exists() && mechanisms[k].learning != nil }

// HasDynamics tells whether rates follow their inputs over time, so that the fields of
// Phase for time have an effect.
func (k Kind) HasDynamics() bool { return k.Learns() && mechanisms[k].learning.hasDynamics }

// Reference returns the values of the reference implementation (Pogodin et al.
// 2021): for Hebbian phases 100 iterations of 128 Gaussian patterns at a rate of 0.1,
// less for wide fields, and a pull of 1e-5; for dynamic ones also τ = 30, α = 10 and
// 150 steps a pattern. Their resting rate, b = 1, changes no weights: a neuron learns
// from r - b. Of a kind that does not exist it is a phase that Check refuses.
func Reference(k Kind) Phase {
	p := learningReference
	if k.exists() {
		p = mechanisms[k].reference
	}
	p.Kind = k
	return p
}

// learningReference is what the reference implementation has for all kinds that learn.
var learningReference = Phase{
	Border: ops.BorderAlone, Iterations: 100, Patterns: 128, Gamma: 1e-5,
	Tau: 30, Alpha: 10, Steps: 150,
}
