//go:build !amd64 || purego

package kernel

// computeFast reports that there is no faster path on this processor.
func computeFast[T Float](Product, []T, []T, []T, []Term) bool { return false }

// twins tells whether a product of n columns is faster with a twin.
func twins(int) bool { return false }

// panels is in how many parts n columns are computed.
func panels(int) int { return 1 }
