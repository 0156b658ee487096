package kernel

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// layer is one 3x3 layer of a ResNet-20 on images of 32 × 32.
type layer struct{ channels, size int }

var layers = []layer{{16, 32}, {32, 16}, {64, 8}, {128, 8}, {512, 4}}

// use is one way in which a layer multiplies.
type use struct {
	name    string
	product Product
	terms   []Term
}

// uses returns the products of one inner location of a 3x3 layer.
func (l layer) uses(n int) []use {
	c, field := l.channels, 9*l.channels
	row := (l.size + 2) * c
	forward := use{"forward", Product{M: c, N: n, K: 3 * c, ARow: field, AColumn: 1, BRow: n, CRow: n}, nil}
	input := use{"input", Product{M: c, N: n, K: c, ARow: 1, AColumn: field, BRow: n, CRow: n}, nil}
	weight := use{"weight", Product{M: c, N: 3 * c, K: n, ARow: n, AColumn: 1, BRow: row, CRow: field}, []Term{{}}}
	shared := use{"weight-shared", weight.product, nil}
	for kh := range 3 {
		forward.terms = append(forward.terms, Term{A: kh * 3 * c, B: kh * row * n})
		for kw := range 3 {
			input.terms = append(input.terms, Term{A: (kh*3 + kw) * c, B: (kh*l.size + 2 - kw) * c * n})
		}
	}
	for w := range l.size {
		shared.terms = append(shared.terms, Term{A: w * c * n, B: w * c})
	}
	return []use{forward, input, weight, shared}
}

func BenchmarkProduct(b *testing.B) {
	for _, l := range layers {
		for _, n := range []int{128, 32, 1} {
			for _, u := range l.uses(n) {
				b.Run(fmt.Sprintf("use=%s/channels=%d/batch=%d", u.name, l.channels, n), u.run)
			}
		}
	}
}

// BenchmarkProductFromMemory reads the weights of a local layer, more than the caches
// hold, once, as a forward pass does.
func BenchmarkProductFromMemory(b *testing.B) {
	for _, channels := range []int{16, 64} {
		for _, n := range []int{1, 8, 32, 128} {
			b.Run(fmt.Sprintf("channels=%d/batch=%d", channels, n), func(b *testing.B) {
				u := layer{channels, 32}.uses(n)[0]
				q := u.product
				c, _, y := u.slices()
				weights := make([]float32, 50e6)
				location := 0
				b.SetBytes(int64(4 * q.M * q.ARow))
				for b.Loop() {
					if location += q.M * q.ARow; location+q.M*q.ARow > len(weights) {
						location = 0
					}
					Compute(q, c, weights[location:], y, u.terms)
				}
				b.ReportMetric(u.operations()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func (u use) operations() float64 {
	return 2 * float64(u.product.M*u.product.N*u.product.K*len(u.terms))
}

func (u use) run(b *testing.B) {
	c, x, y := u.slices()
	reportSpeed(b, u.operations(), func() { Compute(u.product, c, x, y, u.terms) })
}

// reportSpeed reports the mean speed of f and the best of short stretches,
// which is what the code can do when nobody else uses the core.
func reportSpeed(b *testing.B, operations float64, f func()) {
	perStretch := 1 + int(2e6/operations)
	best, done := time.Duration(math.MaxInt64), 0
	for b.Loop() {
		start := time.Now()
		for range perStretch {
			f()
		}
		best = min(best, time.Since(start))
		done += perStretch
	}
	b.ReportMetric(0, "ns/op") // an iteration is a stretch
	b.ReportMetric(operations*float64(done)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	b.ReportMetric(operations*float64(perStretch)/best.Seconds()/1e9, "best-GFLOP/s")
}

// slices returns c, a and b just long enough, with arbitrary small numbers.
func (u use) slices() (c, a, b []float32) {
	q := u.product
	var lastA, lastB int
	for _, t := range u.terms {
		lastA, lastB = max(lastA, t.A), max(lastB, t.B)
	}
	fill := func(n int) []float32 {
		s := make([]float32, n)
		for i := range s {
			s[i] = float32(i%7) - 3
		}
		return s
	}
	return fill(reach(q.M, q.CRow) + q.N), fill(lastA + reach(q.M, q.ARow) + reach(q.K, q.AColumn) + 1), fill(lastB + reach(q.K, q.BRow) + q.N)
}
