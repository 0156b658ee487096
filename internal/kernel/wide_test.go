package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A wide convolution is computed as a narrow one is, to the bit where the order
// of the sum is the same.
func TestWide(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := drawLocal(t)
			g.Shared, g.DilationH, g.DilationW = true, 1, 1
			g = g.fitted(t, rapid.IntRange(0, 3).Draw(t, "below"))
			g.Groups, g.C, g.O = 1, rapid.SampledFrom([]int{1, 3, 70, 2100}).Draw(t, "C"), rapid.SampledFrom([]int{1, 5, 64, 130}).Draw(t, "O")
			if g.C > 100 {
				g.O = 3
				g.N = min(g.N, 8)
			}
			r := rand.New(rand.NewPCG(1, 2))
			x, w, dy := normal[float32](r, g.H*g.W*g.C*g.N), normal[float32](r, g.weights()), normal[float32](r, g.OH*g.OW*g.O*g.N)
			bias := normal[float32](r, []int{0, g.O, g.OH * g.OW * g.O}[g.H%3])
			var contributed []float32
			if g.W%2 == 0 {
				contributed = normal[float32](r, len(x))
			}
			y, wantY := normal[float32](r, len(dy)), make([]float32, len(dy))
			Forward(NewPlan(g), wantY, x, w, bias)
			wideForward(g, y, x, w, bias)
			dx, wantX := normal[float32](r, len(x)), make([]float32, len(x))
			InputGradient(NewPlan(g), wantX, dy, w, contributed)
			wideInputGradient(g, dx, dy, w, contributed)
			dw, wantW := normal[float32](r, len(w)), make([]float64, len(w))
			g.oracle(func(iw, ix, iy int) { wantW[iw] += float64(x[ix]) * float64(dy[iy]) })
			wideGradient(g, dw, x, dy)
			agree(t, "dw", dw, wantW, 2e-5)
			if onlyPortable() {
				agree(t, "y", y, double(wantY), 2e-5)
				agree(t, "dx", dx, double(wantX), 2e-5)
				return
			}
			if !slices.Equal(y, wantY) {
				t.Fatalf("%+v: y is other than that of a narrow convolution", g)
			}
			if !slices.Equal(dx, wantX) {
				t.Fatalf("%+v: dx is other than that of a narrow convolution", g)
			}
		})
	})
}

func double(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
