package kernel

// Local is the geometry of a locally connected layer, or of a convolution:
//
//	y[h,w,o,n] = bias[o] + Σ_{i,j,c} W[l,o,i,j,c] · x[s·h+d·i-p, s·w+d·j-p, c, n]
//
// with l = h·OW + w, or l = 0 where Shared. Each of Groups groups of output
// channels sees its own group of input channels.
type Local struct {
	H, W, C, N      int // input map, channels, batch
	OH, OW, O       int // output map, channels
	KH, KW          int // kernel
	Stride, Padding int
	Dilation        int
	Groups          int
	Shared          bool // a convolution: all locations share one set of weights
}

func (g Local) channels() int { return g.C / g.Groups }             // input channels a neuron sees
func (g Local) filters() int  { return g.O / g.Groups }             // output channels of a group
func (g Local) field() int    { return g.KH * g.KW * g.channels() } // weights of a neuron
func (g Local) weights() int  { return g.O * g.field() }            // weights of a location
func (g Local) patched() bool { return g.Groups == 1 && g.Dilation == 1 }

// location returns where the weights of location (oh, ow) begin.
func (g Local) location(oh, ow int) int {
	if g.Shared {
		return 0
	}
	return (oh*g.OW + ow) * g.weights()
}

// Forward computes y (OH OW O N) of x (H W C N), weight (L O KH KW C/g) and
// bias, which has length 0 (none), O (one a channel) or OH·OW·O.
func Forward[T Float](g Local, y, x, weight, bias []T) {
	if g.single() {
		singleForward(g, y, x, weight, bias)
		return
	}
	if g.wide() {
		wideForward(g, y, x, weight, bias)
		return
	}
	first, last := interior(g.OW, g.KW, g.Stride, g.Padding, g.W)
	if !g.paired() {
		last = 0
	}
	Parallel(g.OH, func(oh int) {
		var room [49]Term
		var ahead [64]stretch
		for ow := 0; ow < g.OW; ow++ {
			fillBias(g, y, bias, oh*g.OW+ow)
			q := Product{M: g.filters(), N: g.N, ARow: g.field(), AColumn: 1, BRow: g.N, CRow: g.N, Add: len(bias) > 0}
			if ow >= first && ow+1 < last {
				fillBias(g, y, bias, oh*g.OW+ow+1)
				q.Twin, q.BTwin, q.CTwin = true, g.Stride*g.C*g.N, g.O*g.N
			}
			for group := range g.Groups {
				var terms []Term
				terms, q.K = g.forwardTerms(room[:0], oh, ow, group)
				if group == 0 {
					q.ahead = forwardAhead(g, ahead[:0], y, x, weight, oh*g.OW+ow+1)
				}
				Compute(q, y[((oh*g.OW+ow)*g.O+group*g.filters())*g.N:], weight, x, terms)
			}
			if q.Twin {
				ow++
			}
		}
	})
}

// forwardAhead lists what a location needs that the one before it did not: the
// weights of a local layer, new columns of the input or, where a row begins, its
// new rows, and the output.
func forwardAhead[T Float](g Local, list []stretch, y, x, weight []T, location int) []stretch {
	oh, ow := location/g.OW, location%g.OW
	if oh == g.OH {
		return list
	}
	if !g.Shared {
		list = fetch(list, weight, g.location(oh, ow), g.weights())
	}
	to := g.Stride*ow - g.Padding + g.Dilation*(g.KW-1) + 1
	from, kh := to-g.Stride, 0
	if ow == 0 {
		from, kh = -g.Padding, max(g.KH-g.Stride, 0)
	}
	from, to = max(from, 0), min(to, g.W)
	for ; kh < g.KH && len(list) < cap(list)-1; kh++ {
		if ih := g.Stride*oh + g.Dilation*kh - g.Padding; ih >= 0 && ih < g.H {
			list = fetch(list, x, (ih*g.W+from)*g.C*g.N, (to-from)*g.C*g.N)
		}
	}
	return fetch(list, y, location*g.O*g.N, g.O*g.N)
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
	from, to := inside(g.KW, g.Dilation, g.Stride*ow-g.Padding, g.W)
	step, k := 1, c
	if g.patched() {
		step, k = max(to-from, 1), (to-from)*c
	}
	for kh := range g.KH {
		ih := g.Stride*oh + g.Dilation*kh - g.Padding
		if ih < 0 || ih >= g.H {
			continue
		}
		for kw := from; kw < to; kw += step {
			iw := g.Stride*ow + g.Dilation*kw - g.Padding
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
func InputGradient[T Float](g Local, dx, dy, weight, contributed []T) {
	if g.single() && g.Stride == 1 && g.Padding < g.KW {
		singleInputGradient(g, dx, dy, weight, contributed)
		return
	}
	if g.wide() {
		wideInputGradient(g, dx, dy, weight, contributed)
		return
	}
	if g.paired() {
		pairedInputGradient(g, dx, dy, weight, contributed)
		return
	}
	c, filters := g.channels(), g.filters()
	q := Product{M: c, N: g.N, K: filters, ARow: 1, AColumn: g.field(), BRow: g.N, CRow: g.N, Add: contributed != nil}
	Parallel(g.H, func(ih int) {
		q := q
		var room, roomAhead [49]Term
		var ahead [64]stretch
		terms, next := g.gradientTerms(room[:0], ih, 0, 0), roomAhead[:0]
		for iw := range g.W {
			if contributed != nil {
				at := (ih*g.W + iw) * g.C * g.N
				copy(dx[at:][:g.C*g.N], contributed[at:])
			}
			for group := range g.Groups {
				next = next[:0]
				q.ahead = nil
				if group+1 < g.Groups {
					next = g.gradientTerms(next, ih, iw, group+1)
				} else if at := ih*g.W + iw + 1; at < g.H*g.W {
					next = g.gradientTerms(next, at/g.W, at%g.W, 0)
					q.ahead = gradientAhead(g, ahead[:0], dx, dy, weight, contributed, at, next)
				}
				Compute(q, dx[((ih*g.W+iw)*g.C+group*c)*g.N:], weight, dy, terms)
				terms, next = next, terms
			}
		}
	})
}

// gradientAhead lists what an input position, whose terms are given, needs that
// the one before it did not: a new column of the output gradient or, where a row
// begins, its new row, the result, and the weights of a local layer.
func gradientAhead[T Float](g Local, list []stretch, dx, dy, weight, contributed []T, position int, terms []Term) []stretch {
	ih, iw := position/g.W, position%g.W
	to := (iw+g.Padding)/g.Stride + 1
	from := to - 1
	if iw == 0 {
		from = 0
	}
	if to = min(to, g.OW); iw > 0 && (iw+g.Padding)%g.Stride != 0 {
		to = from
	}
	for kh := range g.KH {
		if oh, ok := g.seenBy(ih, kh, g.OH); ok {
			list = fetch(list, dy, (oh*g.OW+from)*g.O*g.N, (to-from)*g.O*g.N)
			if iw == 0 {
				break // the row before saw the others
			}
		}
	}
	size := g.C * g.N
	if contributed != nil {
		list = fetch(list, contributed, position*size, size)
	}
	list = fetch(list, dx, position*size, size)
	lines := g.C*4/lineBytes + 1 // of one filter
	for _, t := range terms {
		if !g.Shared && g.Groups == 1 && len(list)+lines <= cap(list) {
			list = fetchColumn(list, weight, t.A, g.C, g.O, g.field())
		}
	}
	return list
}

// gradientTerms lists, for one input position, the weights and outputs of the
// locations that see it.
func (g Local) gradientTerms(terms []Term, ih, iw, group int) []Term {
	for kh := range g.KH {
		oh, ok := g.seenBy(ih, kh, g.OH)
		if !ok {
			continue
		}
		for kw := range g.KW {
			ow, ok := g.seenBy(iw, kw, g.OW)
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

// seenBy returns the output position, of outputs along this axis, whose kernel
// position k lies on input position i.
func (g Local) seenBy(i, k, outputs int) (int, bool) {
	at := i + g.Padding - g.Dilation*k
	return at / g.Stride, at >= 0 && at%g.Stride == 0 && at/g.Stride < outputs
}

// BiasGradient computes the gradient of a bias of one value a channel or, where
// dbias is longer, one a location and channel.
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
