//go:build amd64 && !purego

package kernel

// fastPeakLoops returns the loops in assembly that run on this processor.
func fastPeakLoops() []PeakLoop {
	const sums = 12 // vectors, see _asm/peak.go
	var loops []PeakLoop
	add := func(instructions string, lanes int, loop func(n int, one float32)) {
		loops = append(loops, PeakLoop{instructions, func(n int) int {
			if n > 0 {
				loop(n, 1)
			}
			return 2 * sums * lanes * max(n, 0)
		}})
	}
	if available >= levelAVX512 {
		add("AVX-512", 16, peakAVX512)
	}
	if available >= levelAVX2 {
		add("AVX2", 8, peakAVX2)
	}
	return loops
}
