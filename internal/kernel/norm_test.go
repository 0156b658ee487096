package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// What a pass writes may lie in the place of what it reads.
func TestInPlace(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 1))
		for _, size := range [][3]int{{3, 5, 4}, {2, 3, 32}, {2, 3, 40}, {9, 40, 30}} {
			for option := range 4 {
				b := Norm[float32]{S: size[0], C: size[1], N: size[2], Training: option&1 > 0, ReLU: option&2 > 0}
				for range b.C {
					b.Scale, b.Shift = append(b.Scale, r.Float32()), append(b.Shift, r.Float32())
					b.Mean, b.InverseDeviation = append(b.Mean, r.NormFloat64()), append(b.InverseDeviation, r.Float64())
				}
				n := b.S * b.C * b.N
				first, second := normal[float32](r, n), normal[float32](r, n)
				sums := [2][]float32{normal[float32](r, b.C), normal[float32](r, b.C)}
				for name, pass := range map[string]func(y, first, second []float32){
					"norm":               func(y, x, _ []float32) { b.Forward(y, x, nil) },
					"norm with shortcut": b.Forward,
					"norm gradient":      func(dx, x, dy []float32) { b.InputGradient(dx, x, dy, sums[0], sums[1]) },
					"relu":               func(y, x, _ []float32) { ReLU(y, x) },
					"relu gradient":      ReLUGradient[float32],
					"add":                Add[float32],
				} {
					want := make([]float32, n)
					pass(want, first, second)
					x, other := slices.Clone(first), slices.Clone(second)
					if pass(x, x, other); !slices.Equal(x, want) {
						t.Errorf("%s of %v: other bits in the place of the first input", name, size)
					}
					x, other = slices.Clone(first), slices.Clone(second)
					if pass(other, x, other); !slices.Equal(other, want) {
						t.Errorf("%s of %v: other bits in the place of the second input", name, size)
					}
				}
			}
		}
	})
}

// An input gradient may lie in the place of what others contributed.
func TestInputGradientInPlace(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(5, 2))
		for _, g := range []Local{
			{C: 3, N: 20, O: 4}, {C: 16, N: 16, O: 8, Shared: true}, {C: 8, N: 8, O: 8, Shared: true}, {C: 5, N: 1, O: 9, Shared: true}, {C: 512, N: 4, O: 256, Shared: true},
		} {
			g.H, g.W, g.OH, g.OW, g.KH, g.KW, g.StrideH, g.StrideW, g.DilationH, g.DilationW, g.Top, g.Left, g.Right, g.Groups = 5, 4, 5, 4, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1
			dy, weight, contributed := normal[float32](r, g.OH*g.OW*g.O*g.N), normal[float32](r, g.weightCount()), normal[float32](r, g.H*g.W*g.C*g.N)
			want := make([]float32, len(contributed))
			InputGradient(NewPlan(g), want, dy, weight, contributed)
			if InputGradient(NewPlan(g), contributed, dy, weight, contributed); !slices.Equal(contributed, want) {
				t.Errorf("%v: other bits in the place of the contribution", NewPlan(g))
			}
		}
	})
}
