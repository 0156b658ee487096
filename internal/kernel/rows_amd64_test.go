//go:build amd64 && linux && !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Passes over rows give the bits of their portable loops at any length, and
// touch nothing beyond; reductions agree to rounding.
func TestRowsAgainstPortable(t *testing.T) {
	if available < levelAVX2 {
		t.Skip("no AVX2 here")
	}
	defer func() { using = available }()
	r := rand.New(rand.NewPCG(3, 1))
	nan := float32(math.NaN())
	for n := range 75 {
		a, b := normal[float32](r, n), normal[float32](r, n)
		for i := range n {
			if i%11 == 3 {
				a[i], b[n-1-i] = nan, 0
			}
		}
		finite, positive := normal[float32](r, n), normal[float32](r, n)
		for i, v := range positive {
			positive[i] = v * v
		}
		passes := map[string]func(y []float32){
			"relu":                 func(y []float32) { ReLU(y, a) },
			"relu gradient":        func(y []float32) { ReLUGradient(y, a, finite) },
			"add":                  func(y []float32) { Add(y, a, b) },
			"norm":                 func(y []float32) { norm(n, false).Forward(y, a, nil) },
			"norm, shortcut, relu": func(y []float32) { norm(n, true).Forward(y, a, b) },
			"norm gradient":        func(y []float32) { norm(n, false).InputGradient(y, finite, b, []float32{0.4}, []float32{-0.7}) },
			"norm gradient, relu":  func(y []float32) { norm(n, true).InputGradient(y, finite, b, []float32{0.4}, []float32{-0.7}) },
		}
		passes["max"] = func(y []float32) {
			copy(y, b)
			maxRow(y, a)
		}
		passes["scale, each"] = func(y []float32) { scaleRows(y, finite, b, positive) }
		passes["squares"] = func(y []float32) {
			copy(y, b)
			addSquares(y, finite, positive)
		}
		passes["norm gradient, each"] = func(y []float32) { normGradientRows(y, finite, b, positive, a, finite) }
		for i, part := range []string{"settled", "open"} {
			passes[part] = func(y []float32) {
				state := [2][]float32{append([]float32{}, positive...), append([]float32{}, finite...)}
				copy(y, state[i])
				state[i] = y
				claim(state[0], state[1], a, slices.Concat(a[:n/2], b[n/2:]))
			}
		}
		for i, part := range []string{"deviations", "their squares"} {
			passes[part] = func(y []float32) {
				state := [2][]float32{append([]float32{}, positive...), append([]float32{}, finite...)}
				copy(y, state[i])
				state[i] = y
				addDeviations(state[0], state[1], finite, b)
			}
		}
		for i, part := range []string{"sums", "products"} {
			passes[part] = func(y []float32) {
				state := [2][]float32{append([]float32{}, positive...), append([]float32{}, finite...)}
				copy(y, state[i])
				state[i] = y
				addProducts(state[0], state[1], finite, b, positive)
			}
		}
		for i, part := range []string{"adam weights", "adam first moment", "adam second moment"} {
			passes[part] = func(y []float32) {
				state := [3][]float32{append([]float32{}, finite...), append([]float32{}, b...), append([]float32{}, positive...)}
				copy(y, state[i])
				state[i] = y
				Adam{Rate: 0.01, Decay: 0.1, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, Correction1: 0.1, Correction2: 0.001, Decoupled: true}.Step(state[0], state[1], state[2], finite)
			}
		}
		for i, part := range []string{"momentum weights", "momentum velocity"} {
			passes[part] = func(y []float32) {
				state := [2][]float32{append([]float32{}, finite...), append([]float32{}, b...)}
				copy(y, state[i])
				state[i] = y
				Momentum{Rate: 0.01, Decay: 0.1, Momentum: 0.9, Nesterov: n%2 == 0, First: n%3 == 0}.Step(state[0], state[1], positive)
			}
		}
		passes["descent"] = func(y []float32) {
			copy(y, b)
			Momentum{Rate: 0.01, Decay: 0.1}.Step(y, nil, finite)
		}
		passes["share"] = func(y []float32) {
			copy(y, finite)
			PoolMean(y[:n/3*3], y[:n/3*3], Pools(1, 3, [2]int{2, 2}, [2]int{0, 1}, [2]int{0, 3}), n/3)
		}
		for name, pass := range passes {
			want := make([]float32, n)
			using = portable
			pass(want)
			using = available
			for _, atEnd := range []bool{false, true} {
				got := guarded(t, n, atEnd)
				pass(got)
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
						t.Fatalf("%s of %d: element %d is %v, portable %v", name, n, i, got[i], want[i])
					}
				}
			}
		}
		if n == 0 {
			continue
		}
		x, dy := guarded(t, n, true), guarded(t, n, true)
		copy(x, finite)
		copy(dy, positive)
		reductions := func() []float64 {
			mean, squares := []float64{0}, []float64{0}
			Moments(mean, squares, x, 1, 1, n)
			scale, shift := []float32{0}, []float32{0}
			norm(n, n%2 == 0).ParameterGradient(scale, shift, x, dy)
			return []float64{mean[0], squares[0], float64(scale[0]), float64(shift[0])}
		}
		using = portable
		want := reductions()
		using = available
		for i, got := range reductions() {
			if math.Abs(got-want[i]) > 1e-5*float64(n) {
				t.Fatalf("reduction %d of %d numbers is %v, portable %v", i, n, got, want[i])
			}
		}
	}
}

func norm(n int, relu bool) Norm[float32] {
	return Norm[float32]{
		S: 1, C: 1, N: n, Scale: []float32{1.5}, Shift: []float32{0.3}, Mean: []float64{0.2}, InverseDeviation: []float64{0.9},
		Training: true, ReLU: relu,
	}
}

// Passes over channels give the bits of their portable loops and touch nothing
// beyond; sums agree to rounding.
func TestNormAgainstPortable(t *testing.T) {
	if available < levelAVX2 {
		t.Skip("no AVX2 here")
	}
	defer func() { using = available }()
	r := rand.New(rand.NewPCG(3, 2))
	for _, size := range [][3]int{{1, 1, 32}, {1, 3, 40}, {5, 2, 64}, {37, 3, 72}, {2, 1, 20}, {3, 5, 36}} {
		b := Norm[float32]{S: size[0], C: size[1], N: size[2], Training: true}
		for range b.C {
			b.Scale, b.Shift = append(b.Scale, r.Float32()), append(b.Shift, r.Float32())
			b.Mean, b.InverseDeviation = append(b.Mean, r.NormFloat64()), append(b.InverseDeviation, r.Float64())
		}
		n := b.S * b.C * b.N
		input := func() []float32 {
			x := guarded(t, n, true)
			copy(x, normal[float32](r, n))
			return x
		}
		x, dy, shortcut, dscale, dshift := input(), input(), input(), normal[float32](r, b.C), normal[float32](r, b.C)
		shortcut[n/2] = float32(math.NaN())
		for _, b.ReLU = range []bool{false, true} {
			for name, pass := range map[string]func(y []float32){
				"forward":           func(y []float32) { b.Forward(y, x, nil) },
				"forward, shortcut": func(y []float32) { b.Forward(y, x, shortcut) },
				"input gradient":    func(y []float32) { b.InputGradient(y, x, dy, dscale, dshift) },
			} {
				want, got := make([]float32, n), guarded(t, n, true)
				using = portable
				pass(want)
				using = available
				pass(got)
				for i := range want {
					if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
						t.Fatalf("%s of %v, relu %v: element %d is %v, portable %v", name, size, b.ReLU, i, got[i], want[i])
					}
				}
			}
			sums := func() []float64 {
				moments, gradients := make([]float64, 2*b.C), make([]float32, 2*b.C)
				Moments(moments[:b.C], moments[b.C:], x, b.S, b.C, b.N)
				b.ParameterGradient(gradients[:b.C], gradients[b.C:], x, dy)
				for _, v := range gradients {
					moments = append(moments, float64(v))
				}
				return moments
			}
			using = portable
			want := sums()
			using = available
			for i, got := range sums() {
				if math.Abs(got-want[i]) > 1e-6*float64(n) {
					t.Fatalf("sum %d of %v, relu %v is %v, portable %v", i, size, b.ReLU, got, want[i])
				}
			}
		}
	}
}

// A transpose touches nothing beyond its matrices.
func TestTransposeGuard(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		for rows := 1; rows < 42; rows += 3 {
			for _, columns := range []int{1, 7, 8, 9, 17, 40} {
				src, dst := guarded(t, rows*columns, true), guarded(t, rows*columns, true)
				for i := range src {
					src[i] = float32(i)
				}
				Transpose(dst, rows, src, columns, rows, columns)
				for i, v := range dst {
					if want := float32(i%rows*columns + i/rows); v != want {
						t.Fatalf("%d×%d: element %d is %v, want %v", rows, columns, i, v, want)
					}
				}
			}
		}
	})
}
