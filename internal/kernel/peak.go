package kernel

import "runtime"

// PeakLoop multiplies and adds float32 in registers and does nothing else, so
// that its speed is the most that a thread can reach with these instructions.
type PeakLoop struct {
	Instructions string // such as AVX2
	// Run repeats the loop n times and returns how many operations that was,
	// a multiplication and an addition counting as two.
	Run func(n int) (operations int)
}

// PeakLoops returns the loops that run on this processor, the fastest first;
// the last is portable Go.
func PeakLoops() []PeakLoop {
	return append(fastPeakLoops(), PeakLoop{"portable Go", portablePeak})
}

// Instructions names those that the kernels are of on this processor, as
// PeakLoops does. Others round otherwise.
func Instructions() string { return PeakLoops()[0].Instructions }

// portablePeak keeps eight sums, each a multiplication and an addition a round.
func portablePeak(n int) int {
	const sums = 8
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	factor, one := float32(0.5), float32(1) // sums that stay below 2
	for range n {
		s0 = s0*factor + one
		s1 = s1*factor + one
		s2 = s2*factor + one
		s3 = s3*factor + one
		s4 = s4*factor + one
		s5 = s5*factor + one
		s6 = s6*factor + one
		s7 = s7*factor + one
	}
	runtime.KeepAlive(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7)
	return 2 * sums * n
}
