package kernel

// A wide convolution has so many channels that its weights do not fit the
// second-level cache. Here a block of weights is read once and used for every
// location: a piece of work is some rows of the products of all locations, a part of
// the sum at a time. Sums keep their order.
const (
	wideWeights = 1 << 20 // from which a convolution is wide
	wideMap     = 1 << 22 // of the input, or of the weights: see wide
	wideRows    = 64      // of a block
	wideSum     = 2048    // values of p of a block
	wideColumns = 512     // of a weight gradient at a time
)

// wideForward is Forward of a wide convolution.
func wideForward[T Float](g Local, y, x, weight, bias []T) {
	for location := range g.OH * g.OW {
		fillBias(g, y, bias, location)
	}
	if len(bias) == 0 {
		clear(y)
	}
	row := g.KW * g.C
	Parallel((g.O+wideRows-1)/wideRows, func(piece int) {
		o := piece * wideRows
		q := Product{M: min(wideRows, g.O-o), N: g.N, ARow: g.field(), AColumn: 1, BRow: g.N, CRow: g.N, Add: true}
		for kh := range g.KH {
			for k := 0; k < row; k += wideSum {
				g.eachPair(kh, func(oh, ow, further, location int) {
					left := g.StrideW*ow - g.Left
					from, to := inside(g.KW, 1, left, g.W)
					from, to = max(from*g.C, k), min(to*g.C, k+wideSum)
					if q.K = to - from; q.K <= 0 {
						return
					}
					q.Twin, q.BTwin, q.CTwin = further > 0, further*g.C*g.N, location*g.O*g.N
					ih := g.StrideH*oh + kh - g.Top
					at := Term{A: o*g.field() + kh*row + from, B: ((ih*g.W+left)*g.C + from) * g.N}
					Compute(q, y[((oh*g.OW+ow)*g.O+o)*g.N:], weight, x, []Term{at})
				})
			}
		}
	})
}

// eachPair calls f for all locations whose kernel row kh lies on the input. Where
// pairs are faster, it takes two that see the same columns of the kernel at once: one
// below the other or, if there is none below, side by side. The second of a pair is
// location locations and further inputs after the first; both are 0 for a single one.
func (g Local) eachPair(kh int, f func(oh, ow, further, location int)) {
	first, last := g.unpaddedColumns()
	seen := func(oh int) bool {
		ih := g.StrideH*oh + kh - g.Top
		return oh < g.OH && ih >= 0 && ih < g.H
	}
	for oh := 0; oh < g.OH; oh++ {
		if !seen(oh) {
			continue
		}
		if g.paired() && seen(oh+1) {
			for ow := range g.OW {
				f(oh, ow, g.StrideH*g.W, g.OW)
			}
			oh++
			continue
		}
		for ow := 0; ow < g.OW; ow++ {
			if g.paired() && ow >= first && ow+1 < last {
				f(oh, ow, g.StrideW, 1)
				ow++
			} else {
				f(oh, ow, 0, 0)
			}
		}
	}
}

// wideInputGradient is InputGradient of a wide convolution.
func wideInputGradient[T Float](g Local, dx, dy, weight, contributed []T) {
	if contributed == nil {
		clear(dx)
	} else {
		copy(dx, contributed)
	}
	Parallel((g.C+wideRows-1)/wideRows, func(piece int) {
		c := piece * wideRows
		rows := min(wideRows, g.C-c)
		block := borrow[T](wideSum * rows)
		defer release(block)
		q := Product{
			M: rows, N: g.N, ARow: 1, AColumn: rows, BRow: g.N, CRow: g.N, Add: true,
			BTwin: g.O * g.N, CTwin: g.StrideW * g.C * g.N,
		}
		for at := range g.KH * g.KW {
			for o := 0; o < g.O; o += wideSum {
				q.K = min(wideSum, g.O-o)
				for p := range q.K {
					copy((*block)[p*rows:][:rows], weight[(o+p)*g.field()+at*g.C+c:])
				}
				g.eachSeen(at/g.KW, at%g.KW, func(location, position int, pair bool) {
					q.Twin = pair
					Compute(q, dx[(position*g.C+c)*g.N:], *block, dy, []Term{{B: (location*g.O + o) * g.N}})
				})
			}
		}
	})
}

// eachSeen calls f for every location whose kernel position (kh, kw) lies on an
// input, with the position of that input. A pair stands for the next location and
// input too.
func (g Local) eachSeen(kh, kw int, f func(location, position int, pair bool)) {
	for oh := range g.OH {
		ih := g.StrideH*oh + kh - g.Top
		if ih < 0 || ih >= g.H {
			continue
		}
		for ow := 0; ow < g.OW; ow++ {
			iw := g.StrideW*ow + kw - g.Left
			if iw < 0 || iw >= g.W {
				continue
			}
			pair := g.paired() && ow+1 < g.OW && iw+g.StrideW < g.W
			f(oh*g.OW+ow, ih*g.W+iw, pair)
			if pair {
				ow++
			}
		}
	}
}

// wideGradient is WeightGradient of a convolution with too many weights for
// parts of a sum over locations. A piece of work is some filters and a row of
// their kernel, summed over all locations.
func wideGradient[T Float](g Local, dw, x, dy []T) {
	turned := newTurned(g, x, block{0, g.OH, 0, g.OW}, g.H)
	defer release(turned.numbers)
	Parallel(g.H, func(ih int) { turned.row(ih) })
	terms := make([][]Term, g.KH)
	for kh := range terms {
		for oh := range g.OH {
			ih := g.StrideH*oh + kh - g.Top
			for ow := 0; ow < g.OW && ih >= 0 && ih < g.H; ow++ {
				terms[kh] = append(terms[kh], Term{A: (oh*g.OW + ow) * g.O * g.N, B: turned.at(ih) + g.StrideW*ow*g.C})
			}
		}
	}
	pieces, row := (g.O+wideRows-1)/wideRows, g.KW*g.C
	Parallel(pieces*g.KH, func(i int) {
		kh, o := i/pieces, i%pieces*wideRows
		q := Product{M: min(wideRows, g.O-o), K: g.N, ARow: g.N, AColumn: 1, BRow: turned.rowLength(), CRow: g.field()}
		for k := 0; k < row; k += wideColumns {
			q.N = min(wideColumns, row-k)
			Compute(q, dw[o*g.field()+kh*row+k:], dy[o*g.N:], (*turned.numbers)[k:], terms[kh])
		}
	})
}
