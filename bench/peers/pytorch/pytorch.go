// Package pytorch holds the program that trains the networks of hypnos in
// PyTorch: peer.py.
package pytorch

import _ "embed"

// Script is peer.py, a program in Python 3 that needs torch 1.13 or later.
//
//go:embed peer.py
var Script string

// Environment are the settings with which PyTorch on Linux is fastest at this. They are for
// variables that the user has not set.
var Environment = []string{
	// A local layer is a product of small matrices at each location: OpenBLAS takes
	// longer to divide one among threads than to compute it. This setting does not
	// concern PyTorch's own threads, of which there are as many as hypnos has.
	"OPENBLAS_NUM_THREADS=1",
	// Otherwise glibc returns large blocks to the system and gets their pages again one
	// by one: page faults then take most of a training step.
	"MALLOC_MMAP_THRESHOLD_=4294967296",
	"MALLOC_TRIM_THRESHOLD_=4294967296",
}
