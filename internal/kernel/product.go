package kernel

import (
	"math"
	"math/bits"
)

// Term is one summand of a Product: where its two matrices begin.
type Term struct{ A, B int }

// Room for lists without allocating; longer ones grow.
const (
	usualTerms = 7 * 7 // of a kernel of 7×7, dilated or in groups
	usualRow   = 128   // locations of a row, whose products a weight gradient adds up
)

// Product adds up a sum of small matrix products, the one inner loop of local
// layers and of linear ones:
//
//	C[i,j] = (C[i,j] or 0) + Σ_terms Σ_p A[i,p] · B[p,j]   0≤i<M, 0≤j<N, 0≤p<K
//
// with C[i,j] = c[i·CRow + j], A[i,p] = a[term.A + i·ARow + p·AColumn] and
// B[p,j] = b[term.B + p·BRow + j]. The rows of B and C are contiguous; A may
// be read along either axis, so that a transposed A needs no copy.
//
// A product with a Twin stands for two: the second has the same A, and its B and C
// begin BTwin and CTwin further on.
//
// A product may also stand for several Runs: in each, A, B and C begin ARun, BRun and
// CRun further on than in the one before, as for locations of a row that all see the
// same columns of the kernel.
//
// For each C[i,j], terms are added in their order and p in its order, one
// multiplication and one addition at a time (fused in float32 where the
// processor can), starting from C or 0.
type Product struct {
	M, N, K       int
	ARow, AColumn int
	BRow          int
	CRow          int
	Add           bool // add to C instead of overwriting it

	Twin         bool
	BTwin, CTwin int // not negative

	Runs             int // 0 means 1; a twin is one run
	ARun, BRun, CRun int // not negative

	ahead   *fetching // memory to fetch meanwhile, taken off the list; nil if there is none
	vectors [2]int    // in a panel of several vectors: from each to the next in B and C
}

// steps is how many steps a run of so many terms, or half a twin, takes at least. Each can
// fetch a line.
func (q Product) steps(terms int) int {
	steps := terms * q.K * panels(q.N) * ((q.M + 7) / 8)
	if q.Twin {
		return steps / 2
	}
	return steps
}

// Compute evaluates the product. It panics unless the slices hold every
// element that the definition names; c must not overlap a or b.
func Compute[T Float](q Product, c, a, b []T, terms []Term) {
	if q.M <= 0 || q.N <= 0 {
		return
	}
	q.check(len(c), len(a), len(b), terms)
	if computeFast(q, c, a, b, terms) {
		return
	}
	runs, aRun, bRun, cRun := max(q.Runs, 1), q.ARun, q.BRun, q.CRun
	if q.Twin {
		runs, aRun, bRun, cRun = 2, 0, q.BTwin, q.CTwin
	}
	for run := range runs {
		c := c[run*cRun:]
		for i := range q.M {
			row := c[i*q.CRow:][:q.N]
			if !q.Add {
				clear(row)
			}
			for _, t := range terms {
				addRow(row, a[run*aRun+t.A+i*q.ARow:], q.AColumn, b[run*bRun+t.B:], q.BRow, q.K)
			}
		}
	}
}

// check panics unless slices of the given lengths hold the product.
func (q Product) check(c, a, b int, terms []Term) {
	runs := max(q.Runs, 1)
	aRun, bRun, cRun := reach(runs, q.ARun), reach(runs, q.BRun), reach(runs, q.CRun)
	if q.Twin {
		bRun, cRun = reach(2, q.BTwin), reach(2, q.CTwin)
	}
	fits := reach(q.M, q.CRow) <= c-q.N-cRun && !(q.Twin && runs > 1)
	if q.K > 0 {
		lastA := a - 1 - reach(q.M, q.ARow) - reach(q.K, q.AColumn) - aRun
		lastB := b - q.N - reach(q.K, q.BRow) - bRun
		for _, t := range terms {
			fits = fits && 0 <= t.A && t.A <= lastA && 0 <= t.B && t.B <= lastB
		}
	}
	if !fits {
		panic("kernel: a product reaches beyond its slices")
	}
}

// reach is the distance from the first to the last of n > 0 elements; if stride is
// negative or the distance overflows, it is more than the length of any slice.
func reach(n, stride int) int {
	const beyond = math.MaxInt / 8
	high, low := bits.Mul(uint(n-1), uint(stride))
	if high != 0 || low > beyond {
		return beyond
	}
	return int(low)
}

// addRow adds Σ_p a[p·step] · b[p·stride : p·stride+len(row)] to row, four
// rows of b at a time so that row is loaded and stored a quarter as often.
func addRow[T Float](row, a []T, step int, b []T, stride, k int) {
	n := len(row)
	p := 0
	for ; p+4 <= k; p += 4 {
		a0, a1, a2, a3 := a[p*step], a[(p+1)*step], a[(p+2)*step], a[(p+3)*step]
		b0, b1, b2, b3 := b[p*stride:][:n], b[(p+1)*stride:][:n], b[(p+2)*stride:][:n], b[(p+3)*stride:][:n]
		for j := range row {
			row[j] = row[j] + a0*b0[j] + a1*b1[j] + a2*b2[j] + a3*b3[j]
		}
	}
	for ; p < k; p++ {
		ap, bp := a[p*step], b[p*stride:][:n]
		for j := range row {
			row[j] += ap * bp[j]
		}
	}
}
