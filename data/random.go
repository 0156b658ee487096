package data

import "math/rand/v2"

// A purpose keeps the random numbers of one use apart from those of another
// that has the same seed.
type purpose uint64

const (
	shuffling   purpose = iota // of the images, by pass
	translating                // and flipping, by batch
	splitting                  // into training and validation, by class
	purposes
)

// source returns the random numbers of one seed, purpose and counter (a pass,
// batch or class number, not negative).
func source(seed uint64, p purpose, counter int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(counter)*uint64(purposes)+uint64(p)))
}
