package kernel

// A batch of one image cannot fill the lanes of a vector. Here the lanes of a
// convolution are its channels instead, and the rows of a product the locations of a
// row, which all have the same weights. Sums keep their order, so that forward pass
// and input gradient have the same bits as in a batch.

// singleForward is Forward of a single image.
func singleForward[T Float](g Local, y, x, weight, bias []T) {
	turned := borrow[T](g.weights()) // field × O
	defer release(turned)
	Transpose(*turned, g.O, weight, g.field(), g.O, g.field())
	first, last := g.unpaddedColumns()
	Parallel(g.OH, func(oh int) {
		var room [usualTerms]Term
		for ow := range g.OW {
			fillBias(g, y, bias, oh*g.OW+ow)
		}
		row := func(ow, count int) { // of locations that see the same columns of the kernel
			terms, k := g.forwardTerms(room[:0], oh, ow, 0)
			for i, t := range terms {
				terms[i] = Term{A: t.B, B: t.A * g.O}
			}
			q := Product{M: count, N: g.O, K: k, ARow: g.StrideW * g.C, AColumn: 1, BRow: g.O, CRow: g.O, Add: len(bias) > 0}
			Compute(q, y[(oh*g.OW+ow)*g.O:], x, *turned, terms)
		}
		for ow := range first {
			row(ow, 1)
		}
		row(first, last-first)
		for ow := last; ow < g.OW; ow++ {
			row(ow, 1)
		}
	})
}

// singleInputGradient is InputGradient of a single image, at stride 1 along rows and
// with padding on the left that is less than the kernel.
func singleInputGradient[T Float](g Local, dx, dy, weight, contributed []T) {
	// The gradient is a convolution of dy, with the kernel turned around.
	first, last := Unpadded(g.W, g.KW, 1, g.KW-1-g.Left, g.OW)
	Parallel(g.H, func(ih int) {
		var room [usualTerms]Term
		if contributed != nil {
			copy(dx[ih*g.W*g.C:][:g.W*g.C], contributed[ih*g.W*g.C:])
		}
		row := func(iw, count int) { // of positions that are seen through the same columns
			terms := g.gradientTerms(room[:0], ih, iw, 0)
			for i, t := range terms {
				terms[i] = Term{A: t.B, B: t.A}
			}
			q := Product{M: count, N: g.C, K: g.O, ARow: g.O, AColumn: 1, BRow: g.field(), CRow: g.C, Add: contributed != nil}
			Compute(q, dx[(ih*g.W+iw)*g.C:], dy, weight, terms)
		}
		for iw := range first {
			row(iw, 1)
		}
		row(first, last-first)
		for iw := last; iw < g.W; iw++ {
			row(iw, 1)
		}
	})
}

// singleGradientRow adds to dw the gradient of the weights of the locations of row oh with
// ow0 ≤ ow < ow1, for a single image.
func singleGradientRow[T Float](g Local, dw, x, dy []T, oh, ow0, ow1 int) {
	first, last := g.unpaddedColumns()
	first, last = min(max(first, ow0), ow1), min(max(last, ow0), ow1)
	for kh := range g.KH {
		ih := g.StrideH*oh + kh - g.Top
		if ih < 0 || ih >= g.H {
			continue
		}
		row := func(ow, count int) {
			from, to := inside(g.KW, 1, g.StrideW*ow-g.Left, g.W)
			if from == to || count == 0 {
				return
			}
			q := Product{M: g.O, N: (to - from) * g.C, K: count, ARow: 1, AColumn: g.O, BRow: g.StrideW * g.C, CRow: g.field(), Add: true}
			at := Term{A: (oh*g.OW + ow) * g.O, B: (ih*g.W + g.StrideW*ow - g.Left + from) * g.C}
			Compute(q, dw[(kh*g.KW+from)*g.C:], dy, x, []Term{at})
		}
		for ow := ow0; ow < first; ow++ {
			row(ow, 1)
		}
		row(first, last-first)
		for ow := last; ow < ow1; ow++ {
			row(ow, 1)
		}
	}
}
