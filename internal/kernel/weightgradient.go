package kernel

import "runtime"

// partsPerGradient is how many partial sums, of consecutive rows of locations, make
// the gradient of a convolution's shared weights: a constant, so that the sum does not
// depend on the number of threads.
const partsPerGradient = 8

// gradientTogether is about how many weights of a local layer get their gradient
// together, kernel row by kernel row.
const gradientTogether = 1 << 14

// WeightGradient computes dw (L O KH KW C/g) of x (H W C N) and dy
// (OH OW O N).
//
// The sum over the batch is the inner one here, so rows of the input are first
// turned to N × (W·C), with their padding: then the columns of a kernel row lie
// side by side in memory for every image. Only the rows that a row of locations
// sees are kept, so that they are still in the cache when they are used.
func WeightGradient[T Float](p Plan, dw, x, dy []T) {
	g := p.Local
	switch p.WeightGradient {
	case ByRows:
		rowsGradient(g, dw, x, dy, false)
		return
	case BySums:
		wideGradient(g, dw, x, dy)
		return
	}
	sums := borrow[T](partsPerGradient * len(dw))
	defer release(sums)
	Parallel(partsPerGradient, func(part int) {
		sum := (*sums)[part*len(dw):][:len(dw)]
		from, to := part*g.OH/partsPerGradient, (part+1)*g.OH/partsPerGradient
		if p.WeightGradient == ByPartsOfChannels || from == to {
			clear(sum)
			for oh := from; oh < to; oh++ {
				singleGradientRow(g, sum, x, dy, oh)
			}
			return
		}
		rows := newTurnedRows(g, x, g.windowHeight())
		defer release(rows.numbers)
		for oh := from; oh < to; oh++ {
			gradientRow(g, sum, rows, dy, oh, 0, g.OW, oh > from)
		}
	})
	ParallelSpans(len(dw), func(from, to int) {
		copy(dw[from:to], (*sums)[from:to])
		for part := 1; part < partsPerGradient; part++ {
			addRows(dw[from:to], dw[from:to], (*sums)[part*len(dw):][from:to])
		}
	})
}

// WeightGradientOnto adds the gradient that WeightGradient computes to dw, with the same
// bits as if it were computed first and added then.
func WeightGradientOnto[T Float](p Plan, dw, x, dy []T) {
	if p.WeightGradient == ByRows {
		rowsGradient(p.Local, dw, x, dy, true)
		return
	}
	gradient := borrow[T](len(dw))
	defer release(gradient)
	WeightGradient(p, *gradient, x, dy)
	Add(dw, dw, *gradient)
}

// rowsGradient is WeightGradient of a local layer, or adds that to dw.
func rowsGradient[T Float](g Local, dw, x, dy []T, onto bool) {
	// Two pieces of work for every thread: more would turn more rows of the
	// input twice. No sum depends on where a piece ends.
	height := max(g.OH/(2*runtime.GOMAXPROCS(0)), 1)
	// So many locations at a time as have their gradient in the caches.
	together := min(max(gradientTogether/g.weights(), 1), mostRuns)
	Parallel((g.OH+height-1)/height, func(part int) {
		rows := newTurnedRows(g, x, g.windowHeight())
		defer release(rows.numbers)
		var some *[]T // of the gradient, to be added
		if onto {
			some = borrow[T](together * g.weights())
			defer release(some)
		}
		for oh := part * height; oh < min((part+1)*height, g.OH); oh++ {
			for ow := 0; ow < g.OW; ow += together {
				to := min(ow+together, g.OW)
				here := dw[g.location(oh, ow):]
				if !onto {
					gradientRow(g, here, rows, dy, oh, ow, to, false)
					continue
				}
				gradientRow(g, *some, rows, dy, oh, ow, to, false)
				here = here[:(to-ow)*g.weights()]
				addRows(here, here, *some)
			}
		}
	})
}

// turnedRows holds the rows of the input that one row of locations sees, each
// as N × (Left+W+Right)·C with zeros in the padding.
type turnedRows[T Float] struct {
	g       Local
	x       []T
	numbers *[]T  // window rows, to be released
	held    []int // which row of the input each is, or -1
}

// newTurnedRows makes room for a window of consecutive rows.
func newTurnedRows[T Float](g Local, x []T, window int) turnedRows[T] {
	rows := turnedRows[T]{g, x, borrow[T](window * g.N * g.rowLength()), make([]int, window)}
	for i := range rows.held {
		rows.held[i] = -1
	}
	if g.Left > 0 || g.Right > 0 {
		for row := range window * g.N {
			image := (*rows.numbers)[row*g.rowLength():][:g.rowLength()]
			clear(image[:g.Left*g.C])
			clear(image[len(image)-g.Right*g.C:])
		}
	}
	return rows
}

// rowLength is the length of one image's row, padding included.
func (g Local) rowLength() int { return (g.Left + g.W + g.Right) * g.C }

// at returns where row ih of the input has its place in numbers.
func (r turnedRows[T]) at(ih int) int { return ih % len(r.held) * r.g.N * r.g.rowLength() }

// row returns the same, once the row is there: it turns it unless it is held already.
func (r turnedRows[T]) row(ih int) int {
	g, at, slot := r.g, r.at(ih), ih%len(r.held)
	length := g.rowLength()
	if r.held[slot] != ih {
		r.held[slot] = ih
		Transpose((*r.numbers)[at+g.Left*g.C:], length, r.x[ih*g.W*g.C*g.N:], g.N, g.W*g.C, g.N)
	}
	return at
}

// gradientRow computes the gradient of the weights of the locations of row oh with
// ow0 ≤ ow < ow1, or adds it to dw. The weights of a convolution get the sum.
func gradientRow[T Float](g Local, dw []T, rows turnedRows[T], dy []T, oh, ow0, ow1 int, add bool) {
	var room [usualRow]Term
	var ahead [usualStretches]stretch
	c := g.channels()
	columns, width := g.KW, c
	if g.patched() {
		columns, width = 1, g.KW*c
	}
	q := Product{M: g.filters(), N: width, K: g.N, ARow: g.N, AColumn: 1, BRow: g.rowLength(), CRow: g.field(), Add: add}
	summed := ow1 - ow0
	if !g.Shared {
		summed = 1
		q.Runs, q.ARun, q.BRun, q.CRun = ow1-ow0, g.O*g.N, g.StrideW*g.C, g.weights()
	}
	for kh := range g.KH {
		ih := g.StrideH*oh + g.DilationH*kh - g.Top
		seen := ih >= 0 && ih < g.H // otherwise these weights see only padding
		at := 0
		if seen {
			at = rows.row(ih)
		}
		for group := range g.Groups {
			for kw := range columns {
				terms := room[:0]
				for ow := ow0; seen && ow < ow0+summed; ow++ {
					terms = append(terms, Term{
						A: ((oh*g.OW+ow)*g.O + group*g.filters()) * g.N,
						B: at + (g.StrideW*ow+g.DilationW*kw)*g.C + group*c,
					})
				}
				q.ahead = nil
				if next := oh*g.OW + ow1; kh == 0 && group == 0 && kw == 0 && next < g.OH*g.OW {
					locations := min(ow1-ow0, g.OH*g.OW-next)
					q.ahead = fetch(ahead[:0], dy, next*g.O*g.N, locations*g.O*g.N)
					if !g.Shared {
						q.ahead = fetch(q.ahead, dw, locations*g.weights(), locations*g.weights())
					}
				}
				Compute(q, dw[group*g.filters()*g.field()+(kh*g.KW+kw)*c:], dy, *rows.numbers, terms)
			}
		}
	}
}
