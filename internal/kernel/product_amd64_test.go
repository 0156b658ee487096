//go:build amd64 && !purego

package kernel

import "testing"

// eachPath runs a test with the portable loop and with the assembly.
func eachPath(t *testing.T, f func(t *testing.T)) {
	have := haveAVX2
	defer func() { haveAVX2 = have }()
	haveAVX2 = false
	t.Run("portable", f)
	if !have {
		t.Log("no AVX2 here: the assembly is not tested")
		return
	}
	haveAVX2 = true
	t.Run("AVX2", f)
}

// BenchmarkPeak is the yardstick for the other benchmarks: one long sum over
// numbers in the first-level cache, which keeps both multipliers of a core
// busy all the time.
func BenchmarkPeak(b *testing.B) {
	if !haveAVX2 {
		b.Skip("no AVX2 here")
	}
	const m, n, k = 6, 16, 1 << 14
	var numbers [m * n]float32
	var term Term
	reportSpeed(b, 2*m*n*k, func() {
		productTiles(&numbers[0], &numbers[0], &numbers[0], &term.A, 1, k, 0, 0, 0, n, &masks[0], 1, m, n/8, 0, false)
	})
}
