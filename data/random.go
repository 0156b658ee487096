package data

import "math/rand/v2"

// A purpose keeps the random numbers of one use apart from those of another
// that has the same seed.
type purpose uint64

const (
	shuffling   purpose = iota // of images, counted by pass
	translating                // and flipping of images, counted by batch
	splitting                  // into training and validation, counted by class
	purposes                   // how many there are
)

// source returns the random numbers of a seed, a purpose and a counter, which is the
// number of a pass, batch or class.
func source(seed uint64, p purpose, counter int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(counter)*uint64(purposes)+uint64(p)))
}
