package kernel

// Local is the geometry of a locally connected layer, or of a convolution:
//
//	y[h,w,o,n] = bias[o] + Σ_{i,j,c} W[l,o,i,j,c] · x[row, column, c, n]
//
//	row    = StrideH·h + DilationH·i - Top
//	column = StrideW·w + DilationW·j - Left
//
// with l = h·OW + w, or l = 0 where Shared. Each of Groups groups of output
// channels sees its own group of input channels.
type Local struct {
	H, W, C, N           int // input map, channels, batch
	OH, OW, O            int // output map, channels
	KH, KW               int // kernel
	StrideH, StrideW     int
	DilationH, DilationW int
	Top, Left, Right     int // zeros around the map; how many are below it, OH says
	Groups               int
	Shared               bool // a convolution: all locations share one set of weights
}

func (g Local) channels() int { return g.C / g.Groups }             // input channels a neuron sees
func (g Local) filters() int  { return g.O / g.Groups }             // output channels of a group
func (g Local) field() int    { return g.KH * g.KW * g.channels() } // weights of a neuron
func (g Local) weights() int  { return g.O * g.field() }            // weights of a location
func (g Local) patched() bool { return g.Groups == 1 && g.DilationH == 1 && g.DilationW == 1 }

// windowHeight and windowWidth are how many rows and columns of the input a location
// sees, gaps included.
func (g Local) windowHeight() int { return g.DilationH*(g.KH-1) + 1 }
func (g Local) windowWidth() int  { return g.DilationW*(g.KW-1) + 1 }

// unpaddedColumns returns the range of columns of the output that see no padding to
// the left or right.
func (g Local) unpaddedColumns() (from, to int) {
	return Unpadded(g.OW, g.windowWidth(), g.StrideW, g.Left, g.W)
}

// Unpadded returns the range of outputs along an axis, of an input of length size,
// that see no padding: from..to-1. window is the length of their receptive fields,
// gaps included, and the first one begins before inputs before the first.
func Unpadded(outputs, window, stride, before, size int) (from, to int) {
	from = min((before+stride-1)/stride, outputs)
	if size+before < window { // even the first ends beyond the last input
		return from, from
	}
	return from, max(min((size+before-window)/stride+1, outputs), from)
}

// location returns where the weights of location (oh, ow) begin.
func (g Local) location(oh, ow int) int {
	if g.Shared {
		return 0
	}
	return (oh*g.OW + ow) * g.weights()
}

// Forward computes y (OH OW O N) of x (H W C N), weight (L O KH KW C/g) and
// bias, which has length 0 (none), O (one a channel) or OH·OW·O.
func Forward[T Float](p Plan, y, x, weight, bias []T) {
	g, paired := p.Local, p.Forward == ByPairs
	switch p.Forward {
	case ByChannels:
		singleForward(g, y, x, weight, bias)
		return
	case ByBlocks:
		wideForward(g, y, x, weight, bias)
		return
	}
	first, last := g.unpaddedColumns()
	Parallel(g.OH, func(oh int) {
		var room [usualTerms]Term
		next := borrowFetching()
		defer fetchings.Put(next)
		for ow := 0; ow < g.OW; {
			count := 1
			if ow >= first && ow < last {
				count = min(last-ow, mostRuns)
			}
			q := Product{M: g.filters(), N: g.N, ARow: g.field(), AColumn: 1, BRow: g.N, CRow: g.N, Add: len(bias) > 0}
			switch b, c := g.StrideW*g.C*g.N, g.O*g.N; {
			case paired && count > 1:
				count = 2
				q.Twin, q.BTwin, q.CTwin = true, b, c
			case !paired:
				q.Runs, q.ARun, q.BRun, q.CRun = count, g.location(0, 1), b, c
			default:
				count = 1
			}
			for i := range count {
				fillBias(g, y, bias, oh*g.OW+ow+i)
			}
			next.empty()
			q.ahead = next
			for group := range g.Groups {
				var terms []Term
				terms, q.K = g.forwardTerms(room[:0], oh, ow, group)
				if group == 0 {
					forwardAhead(g, next, y, x, weight, oh*g.OW+ow, count, g.Groups*q.steps(len(terms)))
				}
				Compute(q, y[((oh*g.OW+ow)*g.O+group*g.filters())*g.N:], weight, x, terms)
			}
			ow += count
		}
	})
}

// mostRuns is how many locations of a row are computed as one product.
const mostRuns = 16

// forwardAhead lists what to fetch while count locations are computed, in so many steps
// each: what the one after each of them needs.
func forwardAhead[T Float](g Local, next *fetching, y, x, weight []T, location, count, steps int) {
	for i := range count {
		next.lines += steps
		fetchLocation(g, next, y, x, weight, location+i+1)
	}
}

// fetchLocation lists the memory that a location needs and the one before it did not:
// the weights of a local layer, new columns of the input or, where a row begins, its new
// rows, and last the output, which nothing waits for.
func fetchLocation[T Float](g Local, next *fetching, y, x, weight []T, location int) {
	oh, ow := location/g.OW, location%g.OW
	if oh == g.OH {
		return
	}
	if !g.Shared {
		fetch(next, weight, g.location(oh, ow), g.weights())
	}
	to := g.StrideW*ow - g.Left + g.windowWidth()
	from, kh := to-min(g.StrideW, g.windowWidth()), 0
	if ow == 0 {
		from, kh = -g.Left, max(g.KH-g.StrideH, 0)
	}
	from, to = max(from, 0), min(to, g.W)
	for last := g.KH - 1; last >= kh; last-- {
		if ih := g.StrideH*oh + g.DilationH*last - g.Top; ih >= 0 && ih < g.H {
			fetch(next, x, (ih*g.W+from)*g.C*g.N, (to-from)*g.C*g.N)
		}
	}
	fetch(next, y, location*g.O*g.N, g.O*g.N)
}

// fillBias sets the outputs of one location to its bias.
func fillBias[T Float](g Local, y, bias []T, location int) {
	if len(bias) == 0 {
		return
	}
	if len(bias) > g.O {
		bias = bias[location*g.O:]
	}
	for o := range g.O {
		row := y[(location*g.O+o)*g.N:][:g.N]
		for n := range row {
			row[n] = bias[o]
		}
	}
}

// forwardTerms lists the parts of the receptive field of a location that lie
// inside the input, and their length K. Without groups and dilation the
// columns of a kernel row lie side by side and make one term.
func (g Local) forwardTerms(terms []Term, oh, ow, group int) ([]Term, int) {
	c := g.channels()
	weight := g.location(oh, ow) + group*g.filters()*g.field()
	from, to := inside(g.KW, g.DilationW, g.StrideW*ow-g.Left, g.W)
	step, k := 1, c
	if g.patched() {
		step, k = max(to-from, 1), (to-from)*c
	}
	for kh := range g.KH {
		ih := g.StrideH*oh + g.DilationH*kh - g.Top
		if ih < 0 || ih >= g.H {
			continue
		}
		for kw := from; kw < to; kw += step {
			iw := g.StrideW*ow + g.DilationW*kw - g.Left
			terms = append(terms, Term{A: weight + (kh*g.KW+kw)*c, B: ((ih*g.W+iw)*g.C + group*c) * g.N})
		}
	}
	return terms, k
}

// inside returns the range of kernel positions k in 0..kernel-1 for which
// origin + dilation·k lies in 0..size-1.
func inside(kernel, dilation, origin, size int) (from, to int) {
	to = kernel
	for from < to && origin+dilation*from < 0 {
		from++
	}
	for to > from && origin+dilation*(to-1) >= size {
		to--
	}
	return from, to
}

// InputGradient computes dx (H W C N) of dy (OH OW O N): each input gathers
// from the locations that see it, so that no two goroutines share a sum. What
// other branches of a network contributed (H W C N), unless it is nil, is added.
func InputGradient[T Float](p Plan, dx, dy, weight, contributed []T) {
	g := p.Local
	switch p.InputGradient {
	case ByChannels:
		singleInputGradient(g, dx, dy, weight, contributed)
		return
	case ByBlocks:
		wideInputGradient(g, dx, dy, weight, contributed)
		return
	case ByPairs:
		pairedInputGradient(g, dx, dy, weight, contributed)
		return
	}
	c, filters, size := g.channels(), g.filters(), g.C*g.N
	q := Product{M: c, N: g.N, K: filters, ARow: 1, AColumn: g.field(), BRow: g.N, CRow: g.N, Add: contributed != nil}
	q.ARun, q.BRun, q.CRun = g.location(0, 1), g.O*g.N, g.StrideW*size
	Parallel(g.H, func(ih int) {
		q := q
		var room [usualTerms]Term
		q.ahead = borrowFetching()
		defer fetchings.Put(q.ahead)
		if contributed != nil {
			copy(dx[ih*g.W*size:][:g.W*size], contributed[ih*g.W*size:])
		}
		// Positions a stride apart are seen through the same weights.
		for phase := range min(g.StrideW, g.W) {
			for iw := phase; iw < g.W; iw += g.StrideW * q.Runs {
				q.Runs = g.sameColumns(iw)
				if len(g.gradientTerms(room[:0], ih, iw, 0)) == 0 { // nothing sees these positions
					for i := 0; i < q.Runs && contributed == nil; i++ {
						clear(dx[(ih*g.W+iw+i*g.StrideW)*size:][:size])
					}
					continue
				}
				q.ahead.empty()
				for group := range g.Groups {
					terms := g.gradientTerms(room[:0], ih, iw, group)
					for i := 0; group == 0 && i < q.Runs; i++ {
						q.ahead.lines += g.Groups * q.steps(len(terms))
						fetchPosition(g, q.ahead, dx, dy, weight, ih, iw+g.StrideW*(i+1), terms, i+1)
					}
					Compute(q, dx[(ih*g.W+iw)*size+group*c*g.N:], weight, dy, terms)
				}
			}
		}
	})
}

// sameColumns returns how many positions of a row of the input, from iw on and a
// stride apart, are all seen through the same columns of the kernel, at most
// mostRuns.
func (g Local) sameColumns(iw int) int {
	count := min((g.W-1-iw)/g.StrideW+1, mostRuns)
	for kw := range g.KW {
		at := iw + g.Left - g.DilationW*kw
		switch {
		case at%g.StrideW != 0 || at >= g.OW*g.StrideW: // seen by none
		case at < 0:
			count = min(count, -at/g.StrideW)
		default:
			count = min(count, g.OW-at/g.StrideW)
		}
	}
	return count
}

// fetchPosition lists the memory that an input position needs and those before it did
// not: the result, a new column of the output gradient, the weights of a local layer, of
// which there may be too many. The position is run positions after the one whose terms
// these are.
func fetchPosition[T Float](g Local, next *fetching, dx, dy, weight []T, ih, iw int, terms []Term, run int) {
	if iw >= g.W { // then a row begins, which the next row of outputs may see
		if oh, ok := seenBy(ih+1+g.Top, g.StrideH, g.OH); ok {
			fetch(next, dy, oh*g.OW*g.O*g.N, min(g.Left/g.StrideW+1, g.OW)*g.O*g.N)
		}
		return
	}
	fetch(next, dx, (ih*g.W+iw)*g.C*g.N, g.C*g.N)
	if len(terms) > 0 { // the last column, of the last row, is the one to come
		fetch(next, dy, terms[0].B+run*g.O*g.N, g.O*g.N)
	}
	for _, t := range terms {
		if g.Shared || g.Groups > 1 {
			break
		}
		fetchColumn(next, weight, t.A+run*g.weights(), g.C, g.O, g.field())
	}
}

// gradientTerms lists, for one input position, the weights and outputs of the
// locations that see it.
func (g Local) gradientTerms(terms []Term, ih, iw, group int) []Term {
	for kh := range g.KH {
		oh, ok := seenBy(ih+g.Top-g.DilationH*kh, g.StrideH, g.OH)
		if !ok {
			continue
		}
		for kw := range g.KW {
			ow, ok := seenBy(iw+g.Left-g.DilationW*kw, g.StrideW, g.OW)
			if !ok {
				continue
			}
			terms = append(terms, Term{
				A: g.location(oh, ow) + group*g.filters()*g.field() + (kh*g.KW+kw)*g.channels(),
				B: ((oh*g.OW+ow)*g.O + group*g.filters()) * g.N,
			})
		}
	}
	return terms
}

// seenBy returns which of so many outputs, a stride apart along an axis, is the one at
// position at, and whether there is one.
func seenBy(at, stride, outputs int) (int, bool) {
	return at / stride, at >= 0 && at%stride == 0 && at/stride < outputs
}

// BiasGradient computes the gradient of a bias: of one value a channel or, if dbias
// is longer than that, of one a location and channel.
func BiasGradient[T Float](g Local, dbias, dy []T) {
	Parallel(g.O, func(o int) {
		var sum T
		for location := range g.OH * g.OW {
			var here T
			for _, v := range dy[(location*g.O+o)*g.N:][:g.N] {
				here += v
			}
			if len(dbias) > g.O {
				dbias[location*g.O+o] = here
			}
			sum += here
		}
		if len(dbias) == g.O {
			dbias[o] = sum
		}
	})
}
