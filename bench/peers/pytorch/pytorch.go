// Package pytorch holds the program that trains the networks of hypnos in
// PyTorch: peer.py.
package pytorch

import _ "embed"

// Script is peer.py, a program in Python 3 that needs torch 1.13 or later.
//
//go:embed peer.py
var Script string

// Environment are the settings in which PyTorch on Linux is fastest at this,
// for whoever has not set them otherwise.
var Environment = []string{
	// A local layer is a product of small matrices per location: OpenBLAS takes
	// longer to hand parts of one to threads than to compute it. PyTorch's own
	// threads, which are equal to those of hypnos, are not meant by this.
	"OPENBLAS_NUM_THREADS=1",
	// glibc hands large blocks back to the system and takes each page of them
	// anew: most of a training step is then page faults.
	"MALLOC_MMAP_THRESHOLD_=4294967296",
	"MALLOC_TRIM_THRESHOLD_=4294967296",
}
