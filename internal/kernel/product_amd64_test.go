//go:build amd64 && !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var levels = map[level]string{portable: "portable", levelAVX2: "AVX2", levelAVX512: "AVX-512"}

// eachPath runs a test with the portable loop and with the assembly.
func eachPath(t *testing.T, f func(t *testing.T)) {
	defer func() { using = available }()
	for using = portable; using <= levelAVX512; using++ {
		if using > available {
			t.Logf("no %s here: its assembly is not tested", levels[using])
			continue
		}
		t.Run(levels[using], f)
	}
}

// onlyPortable tells whether sums are those of the portable loop, which adds up
// four numbers at a time.
func onlyPortable() bool { return using == portable }

// The width of a vector changes no bit: each sum has its own lane.
func TestProductBits(t *testing.T) {
	if available < levelAVX512 {
		t.Skip("no AVX-512 here")
	}
	defer func() { using = available }()
	random := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		q, terms := layout(1+random.IntN(20), 1+random.IntN(70), 1+random.IntN(300), 1+random.IntN(4), 0, random.IntN(2) == 0, random.IntN(2) == 0)
		e := newExample[float32](q, terms, random)
		wide := slices.Clone(e.c)
		using = levelAVX2
		Compute(q, e.c, e.a, e.b, e.terms)
		using = levelAVX512
		Compute(q, wide, e.a, e.b, e.terms)
		for i := range wide {
			if math.Float32bits(wide[i]) != math.Float32bits(e.c[i]) {
				t.Fatalf("%+v: element %d is %v with AVX-512, %v with AVX2", q, i, wide[i], e.c[i])
			}
		}
	}
}

// BenchmarkPeak is the yardstick for the other benchmarks: one long sum over
// numbers in the first-level cache, which keeps both multipliers of a core
// busy all the time.
func BenchmarkPeak(b *testing.B) {
	defer func() { using = available }()
	for using = levelAVX2; using <= available; using++ {
		b.Run(levels[using], func(b *testing.B) {
			const m, n, k = 6, 32, 1 << 14
			var numbers [m * n]float32
			reportSpeed(b, 2*m*n*k, func() {
				Compute(Product{M: m, N: n, K: k, CRow: n}, numbers[:], numbers[:], numbers[:], []Term{{}})
			})
		})
	}
}
