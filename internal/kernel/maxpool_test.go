package kernel

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Max pooling and its gradient are what their definition says, on every path:
// for each output one input, the first of the largest, gets the gradient.
func TestMaxAgainstOracle(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			g := Pool{
				H: rapid.IntRange(1, 9).Draw(t, "H"), W: rapid.IntRange(1, 9).Draw(t, "W"),
				C: rapid.IntRange(1, 3).Draw(t, "C"), N: rapid.IntRange(1, 19).Draw(t, "N"),
				KH: rapid.IntRange(1, 4).Draw(t, "KH"), KW: rapid.IntRange(1, 4).Draw(t, "KW"),
				StrideH: rapid.IntRange(1, 3).Draw(t, "stride"), StrideW: rapid.IntRange(1, 3).Draw(t, "column stride"),
			}
			g.Top, g.Left = rapid.IntRange(0, g.KH/2).Draw(t, "top"), rapid.IntRange(0, g.KW/2).Draw(t, "left")
			height := g.Top + g.H + rapid.IntRange(0, g.KH/2).Draw(t, "bottom") - g.KH
			width := g.Left + g.W + rapid.IntRange(0, g.KW/2).Draw(t, "right") - g.KW
			if height < 0 || width < 0 {
				t.Skip("the window does not fit")
			}
			g.OH, g.OW = height/g.StrideH+1, width/g.StrideW+1
			// Few different values, so that many are equal.
			draw := func(n int) []float32 {
				return rapid.SliceOfN(rapid.Map(rapid.IntRange(-2, 2), func(v int) float32 { return float32(v) }), n, n).Draw(t, "values")
			}
			x, dy := draw(g.H*g.W*g.C*g.N), draw(g.OH*g.OW*g.C*g.N)
			y, dx := make([]float32, len(dy)), make([]float32, len(x))
			Max(g, y, x)
			MaxGradient(g, dx, x, y, dy)

			wantY, wantDX := make([]float32, len(y)), make([]float32, len(x))
			size := g.C * g.N
			for i := range wantY {
				oh, ow, rest := i/size/g.OW, i/size%g.OW, i%size
				best := -1
				for ih := g.StrideH*oh - g.Top; ih < g.StrideH*oh-g.Top+g.KH; ih++ {
					for iw := g.StrideW*ow - g.Left; iw < g.StrideW*ow-g.Left+g.KW; iw++ {
						if ih < 0 || ih >= g.H || iw < 0 || iw >= g.W {
							continue
						}
						if at := (ih*g.W+iw)*size + rest; best < 0 || x[at] > x[best] {
							best = at
						}
					}
				}
				wantY[i] = x[best]
				wantDX[best] += dy[i]
			}
			if !slices.Equal(y, wantY) {
				t.Fatalf("%+v: y is %v, want %v", g, y, wantY)
			}
			if !slices.Equal(dx, wantDX) {
				t.Fatalf("%+v: dx is %v, want %v", g, dx, wantDX)
			}
		})
	})
}
