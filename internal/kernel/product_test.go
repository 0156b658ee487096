package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// example is a product with its data. Elements that it does not name are NaN,
// so that reading one shows in the result and writing one can be seen.
type example[T Float] struct {
	Product
	c, a, b []T
	terms   []Term
}

// newExample chooses data for q at random; the slices end where q does.
func newExample[T Float](q Product, terms []Term, random *rand.Rand) example[T] {
	e := example[T]{Product: q, terms: terms}
	m, k := max(q.M, 1), max(q.K, 1)
	lengthA, lengthB := 0, 0
	for _, t := range terms {
		lengthA = max(lengthA, t.A+reach(m, q.ARow)+reach(k, q.AColumn)+1)
		lengthB = max(lengthB, t.B+reach(k, q.BRow)+q.N)
	}
	e.c = unnamed[T](reach(m, q.CRow) + q.N)
	e.a, e.b = unnamed[T](lengthA), unnamed[T](lengthB)
	for i := range q.M {
		for j := range q.N {
			if q.Add { // what is not added to must not matter
				e.c[i*q.CRow+j] = T(random.NormFloat64())
			}
			for _, t := range terms {
				for p := range q.K {
					e.a[t.A+i*q.ARow+p*q.AColumn] = T(random.NormFloat64())
					e.b[t.B+p*q.BRow+j] = T(random.NormFloat64())
				}
			}
		}
	}
	return e
}

func unnamed[T Float](n int) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = T(math.NaN())
	}
	return s
}

// check computes e and compares it with the definition, in float64.
func (e example[T]) check(t interface{ Fatalf(string, ...any) }) {
	epsilon := math.Pow(2, -52)
	if T(1)+T(epsilon) == 1 {
		epsilon = math.Pow(2, -23)
	}
	want := slices.Clone(e.c)
	Compute(e.Product, e.c, e.a, e.b, e.terms)
	for at, got := range e.c {
		i, j := at/max(e.CRow, 1), at%max(e.CRow, 1)
		if i >= e.M || j >= e.N {
			if got == got {
				t.Fatalf("%+v, %d terms: wrote %v beyond row %d, at %d", e.Product, len(e.terms), got, i, j)
			}
			continue
		}
		var sum, size float64
		if e.Add {
			sum = float64(want[at])
			size = math.Abs(sum)
		}
		for _, term := range e.terms {
			for p := range e.K {
				product := float64(e.a[term.A+i*e.ARow+p*e.AColumn]) * float64(e.b[term.B+p*e.BRow+j])
				sum += product
				size += math.Abs(product)
			}
		}
		// Each of the operations rounds by at most epsilon/2.
		tolerance := float64(e.K*len(e.terms)+1) * epsilon * size
		if !(math.Abs(float64(got)-sum) <= tolerance) {
			t.Fatalf("%+v, %d terms: C[%d,%d] = %v, want %v ± %v", e.Product, len(e.terms), i, j, got, sum, tolerance)
		}
	}
}

// layout returns a product with gaps between its rows, and its terms.
func layout(m, n, k, terms, gap int, transposed, add bool) (Product, []Term) {
	q := Product{M: m, N: n, K: k, ARow: terms*k + gap, AColumn: 1, BRow: n + gap, CRow: n + gap, Add: add}
	if transposed {
		q.ARow, q.AColumn = 1+gap, m*(1+gap)+gap
	}
	all := make([]Term, terms)
	for t := range all {
		all[t] = Term{A: gap + t*k*q.AColumn, B: gap + (terms-1-t)*k*q.BRow}
	}
	return q, all
}

// Every size of tile, alone and below or beside a larger one.
func TestProductTiles(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		widths := []int{81, 95, 96, 97} // more than one panel of three vectors, ragged and not
		for n := range 52 {
			widths = append(widths, n)
		}
		for m := range 22 {
			for _, n := range widths {
				for option := range 8 {
					q, terms := layout(m, n, 3, 2, option%3, option&1 > 0, option&2 > 0)
					newExample[float32](q, terms, random).check(t)
				}
			}
		}
	})
}

// Sums and heights around the lengths at which a product is cut to blocks.
func TestProductBlocks(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(3, 4))
		for _, k := range []int{127, 128, 129, 255, 256, 257, 320, 321, 639, 640, 641, 1300, 4095, 4096, 4097} {
			for _, m := range []int{2, 16, 17} {
				for _, transposed := range []bool{false, true} {
					q, terms := layout(m, 9, k, 3, 1, transposed, k%2 == 0)
					newExample[float32](q, terms, random).check(t)
				}
			}
		}
		for _, m := range []int{95, 96, 97, 193} {
			q, terms := layout(m, 17, 2, 2, 1, m%2 == 0, false)
			newExample[float32](q, terms, random).check(t)
		}
	})
}

func TestProductShapes(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			size := func(name string, most int) int { return rapid.IntRange(0, most).Draw(t, name) }
			q, terms := layout(size("M", 30), size("N", 70), size("K", 40), size("terms", 5), size("gap", 9),
				rapid.Bool().Draw(t, "transposed"), rapid.Bool().Draw(t, "add"))
			if rapid.Bool().Draw(t, "same A") {
				q.ARow = 0
			}
			random := rand.New(rand.NewPCG(5, uint64(q.M*q.N)))
			newExample[float32](q, terms, random).check(t)
			newExample[float64](q, terms, random).check(t)
		})
	})
}

// Each element is summed in the same order, wherever in C it lies.
func TestProductOrder(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		q, terms := layout(23, 45, 300, 4, 0, false, false)
		e := newExample[float32](q, terms, rand.New(rand.NewPCG(7, 8)))
		Compute(q, e.c, e.a, e.b, terms)
		q.M, q.N = 1, 1
		for i := range e.M {
			for j := range e.N {
				var c [1]float32
				Compute(q, c[:], e.a[i*q.ARow:], e.b[j:], terms)
				if c[0] != e.c[i*q.CRow+j] {
					t.Fatalf("C[%d,%d] is %v alone and %v in its matrix", i, j, c[0], e.c[i*q.CRow+j])
				}
			}
		}
	})
}

// A run of products is so many products, also where each is cut to blocks.
func TestProductRuns(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(15, 16))
		for _, m := range []int{1, 10, 100} {
			for _, n := range []int{8, 24, 70, 96} {
				for _, k := range []int{3, 700} {
					for _, runs := range []int{1, 5} {
						q, terms := layout(m, n, k, 2, m%3, m == 10, n%2 == 0)
						q.Runs, q.ARun, q.BRun, q.CRun = runs, 5*(n%2), 7, m*q.CRow+3
						one := newExample[float32](q, terms, random)
						a, b, want := numbers(random, len(one.a)+runs*q.ARun), numbers(random, len(one.b)+runs*q.BRun), numbers(random, len(one.c)+runs*q.CRun)
						got := slices.Clone(want)
						for run := range runs {
							one := q
							one.Runs = 0
							Compute(one, want[run*q.CRun:], a[run*q.ARun:], b[run*q.BRun:], terms)
						}
						Compute(q, got, a, b, terms)
						if !slices.Equal(got, want) {
							t.Fatalf("%+v: %d runs are not %d products", q, runs, runs)
						}
					}
				}
			}
		}
	})
}

// A run of products without terms reads neither A nor B, and clears C.
func TestProductRunsOfNothing(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		q := Product{M: 1, N: 8, K: 1, ARow: 4, AColumn: 1, BRow: 8, CRow: 8, Runs: 3, ARun: 4, BRun: 8, CRun: 16}
		c32, c64 := unnamed[float32](40), unnamed[float64](40)
		Compute(q, c32, nil, nil, nil)
		Compute(q, c64, nil, nil, nil)
		for i := range c64 {
			if cleared := i%16 < 8; (c64[i] == 0) != cleared || (c32[i] == 0) != cleared {
				t.Fatalf("element %d is %v and %v", i, c32[i], c64[i])
			}
		}
	})
}

func numbers(random *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = float32(random.NormFloat64())
	}
	return s
}

// A product with a twin is two products.
func TestProductTwin(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(13, 14))
		for m := 1; m <= 18; m++ {
			for _, n := range []int{1, 7, 8, 9, 16, 17, 33} {
				q, terms := layout(m, n, 5, 3, m%3, m%2 == 0, n%2 == 0)
				q.BTwin, q.CTwin = 2*n+1, m*q.CRow+3
				b := newExample[float32](Product{M: 1, N: n, K: 5, ARow: 5, AColumn: 1, BRow: q.BRow, CRow: q.CRow}, []Term{{}, {B: terms[0].B + q.BTwin + n}}, random).b
				for i := range b {
					b[i] = float32(random.NormFloat64())
				}
				e := newExample[float32](q, terms, random)
				want := append(e.c, e.c...)
				want = append(want, unnamed[float32](q.CTwin)...)[:q.CTwin+len(e.c)]
				copy(want[q.CTwin:], e.c)
				got := slices.Clone(want)
				Compute(q, want, e.a, b, terms)
				Compute(q, want[q.CTwin:], e.a, b[q.BTwin:], terms)
				q.Twin = true
				Compute(q, got, e.a, b, terms)
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
						t.Fatalf("%+v: element %d is %v with its twin, %v alone", q, i, got[i], want[i])
					}
				}
			}
		}
	})
}

// A product that does not fit its slices panics before it writes anything.
func TestProductBounds(t *testing.T) {
	fits, term := Product{M: 3, N: 9, K: 4, ARow: 4, AColumn: 1, BRow: 9, CRow: 9}, Term{}
	for name, change := range map[string]func(*Product, *Term){
		"M":                 func(q *Product, _ *Term) { q.M++ },
		"N":                 func(q *Product, _ *Term) { q.N++ },
		"K":                 func(q *Product, _ *Term) { q.K++ },
		"ARow":              func(q *Product, _ *Term) { q.ARow++ },
		"AColumn":           func(q *Product, _ *Term) { q.AColumn++ },
		"BRow":              func(q *Product, _ *Term) { q.BRow++ },
		"CRow":              func(q *Product, _ *Term) { q.CRow++ },
		"negative stride":   func(q *Product, _ *Term) { q.BRow = -1 },
		"overflow":          func(q *Product, _ *Term) { q.CRow = math.MaxInt/2 + 1 },
		"A too far":         func(_ *Product, t *Term) { t.A = 1 },
		"A before its end":  func(_ *Product, t *Term) { t.A = -1 },
		"B too far":         func(_ *Product, t *Term) { t.B = math.MaxInt },
		"B of its twin":     func(q *Product, _ *Term) { q.Twin, q.BTwin = true, 1 },
		"C of its twin":     func(q *Product, _ *Term) { q.Twin, q.CTwin = true, 1 },
		"B of its last run": func(q *Product, _ *Term) { q.Runs, q.BRun = 3, 1 },
		"A of its last run": func(q *Product, _ *Term) { q.Runs, q.ARun = 3, 1 },
		"C of its last run": func(q *Product, _ *Term) { q.Runs, q.CRun = 3, 1 },
		"runs of twins":     func(q *Product, _ *Term) { q.Runs, q.Twin = 2, true },
		"twin before it":    func(q *Product, _ *Term) { q.Twin, q.BTwin = true, -1 },
		"B before its end":  func(_ *Product, t *Term) { t.B = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			eachPath(t, func(t *testing.T) {
				q, term := fits, term
				change(&q, &term)
				c := make([]float32, 27, 100)
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
					if slices.Max(c) > 0 {
						t.Error("wrote before it panicked")
					}
				}()
				ones := slices.Repeat([]float32{1}, 100)
				Compute(q, c, ones[:12], ones[:36], []Term{term})
			})
		})
	}
}

func TestProductAllocates(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		q, terms := layout(16, 24, 9, 3, 0, false, false)
		e := newExample[float32](q, terms, rand.New(rand.NewPCG(9, 10)))
		if n := testing.AllocsPerRun(10, func() { Compute(q, e.c, e.a, e.b, terms) }); n > 0 {
			t.Error(fmt.Sprint(n), "allocations")
		}
	})
}
