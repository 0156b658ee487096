package kernel

// A batch of just one vector leaves the multipliers waiting for the weights, of
// which each is used once. In a convolution two locations have the same weights:
// they are computed as one product with its twin. No sum changes.

// paired tells whether that is to be done.
func (g Local) paired() bool { return g.Shared && g.Dilation == 1 && twins(g.N) }

// pairedInputGradient is InputGradient of such a batch. Positions a stride apart
// see the same weights.
func pairedInputGradient[T Float](g Local, dx, dy, weight, contributed []T) {
	c, filters, size := g.channels(), g.filters(), g.C*g.N
	Parallel(g.H, func(ih int) {
		var room, roomTwin [49]Term
		if contributed != nil {
			copy(dx[ih*g.W*size:][:g.W*size], contributed[ih*g.W*size:])
		}
		for start := range min(g.Stride, g.W) {
			for iw := start; iw < g.W; iw += g.Stride {
				q := Product{
					M: c, N: g.N, K: filters, ARow: 1, AColumn: g.field(), BRow: g.N, CRow: g.N, Add: contributed != nil,
					BTwin: g.O * g.N, CTwin: g.Stride * size,
				}
				if next := iw + g.Stride; next < g.W {
					q.Twin = twinned(g.gradientTerms(room[:0], ih, iw, 0), g.gradientTerms(roomTwin[:0], ih, next, 0), q.BTwin)
				}
				for group := range g.Groups {
					Compute(q, dx[(ih*g.W+iw)*size+group*c*g.N:], weight, dy, g.gradientTerms(room[:0], ih, iw, group))
				}
				if q.Twin {
					iw += g.Stride
				}
			}
		}
	})
}

// twinned tells whether two lists of terms have the same A, and the second's B
// is so much further on.
func twinned(terms, twin []Term, further int) bool {
	if len(terms) != len(twin) || len(terms) == 0 {
		return false
	}
	for i, t := range terms {
		if twin[i] != (Term{t.A, t.B + further}) {
			return false
		}
	}
	return true
}
