//go:build !amd64 || purego

package kernel

// fastPeakLoops returns none: there is no assembly for this processor.
func fastPeakLoops() []PeakLoop { return nil }
