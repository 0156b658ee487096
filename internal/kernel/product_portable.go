//go:build !amd64 || purego

package kernel

// computeFast reports that there is no faster path on this processor.
func computeFast[T Float](Product, []T, []T, []T, []Term) bool { return false }
