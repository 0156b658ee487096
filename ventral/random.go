package ventral

import "math/rand/v2"

// A purpose keeps the random numbers of one use apart from those of another
// that has the same seed.
type purpose uint64

const (
	splitting  purpose = iota // stimuli into training and test, by split
	choosing                  // the half that chooses the best area
	halving                   // repetitions, by split
	resampling                // stimuli with replacement, by resample
	permuting                 // stimuli, by permutation
	leavingOut                // stimuli, by fold
	purposes
)

// source returns the random numbers of one seed, purpose and counter (not negative).
// Each combination has a generator of its own, so that the order of use does not
// matter.
func source(seed uint64, p purpose, counter int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(counter)*uint64(purposes)+uint64(p)))
}
