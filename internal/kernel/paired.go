package kernel

// With a batch of just one vector, each weight that is loaded is used only once, and
// the multipliers wait for the next. Locations of a convolution share weights: two of
// them are computed at once, as a product and its twin. No sum changes.

// pairedInputGradient is InputGradient in pairs: of positions a stride apart, which
// are seen through the same weights.
func pairedInputGradient[T Float](g Local, dx, dy, weight, contributed []T) {
	c, filters, size := g.channels(), g.filters(), g.C*g.N
	Parallel(g.H, func(ih int) {
		var room, roomTwin [usualTerms]Term
		if contributed != nil {
			copy(dx[ih*g.W*size:][:g.W*size], contributed[ih*g.W*size:])
		}
		for start := range min(g.StrideW, g.W) {
			for iw := start; iw < g.W; iw += g.StrideW {
				q := Product{
					M: c, N: g.N, K: filters, ARow: 1, AColumn: g.field(), BRow: g.N, CRow: g.N, Add: contributed != nil,
					BTwin: g.O * g.N, CTwin: g.StrideW * size,
				}
				if next := iw + g.StrideW; next < g.W {
					q.Twin = twinned(g.gradientTerms(room[:0], ih, iw, 0), g.gradientTerms(roomTwin[:0], ih, next, 0), q.BTwin)
				}
				for group := range g.Groups {
					Compute(q, dx[(ih*g.W+iw)*size+group*c*g.N:], weight, dy, g.gradientTerms(room[:0], ih, iw, group))
				}
				if q.Twin {
					iw += g.StrideW
				}
			}
		}
	})
}

// twinned tells whether the terms of twin are those of a product's twin: A is the
// same, and B lies distance further on.
func twinned(terms, twin []Term, distance int) bool {
	if len(terms) != len(twin) || len(terms) == 0 {
		return false
	}
	for i, t := range terms {
		if twin[i] != (Term{t.A, t.B + distance}) {
			return false
		}
	}
	return true
}
