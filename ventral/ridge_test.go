package ventral

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// normal is ridge by its normal equations, (XᵀX + alpha)·W = XᵀY.
func normal(x, y *mat.Dense, n int, alpha float64) *mat.Dense {
	all, units := x.Dims()
	_, neuroids := y.Dims()
	x, _ = centre(x, n)
	y, mean := centre(y, n)
	train := x.Slice(0, n, 0, units)
	var left, right, w, predicted mat.Dense
	left.Mul(train.T(), train)
	for i := range units {
		left.Set(i, i, left.At(i, i)+alpha)
	}
	right.Mul(train.T(), y.Slice(0, n, 0, neuroids))
	if err := w.Solve(&left, &right); err != nil {
		panic(err)
	}
	predicted.Mul(x.Slice(n, all, 0, units), &w)
	predicted.Apply(func(_, j int, v float64) float64 { return v + mean[j] }, &predicted)
	return &predicted
}

func TestRidgeAgainstNormalEquations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 20).Draw(t, "training stimuli")
		units := rapid.IntRange(1, 40).Draw(t, "units")
		alpha := math.Pow(10, rapid.Float64Range(-3, 3).Draw(t, "decade"))
		x, y := linked(n+4, units, rapid.IntRange(1, 5).Draw(t, "neuroids"), rapid.Uint64().Draw(t, "seed"))
		got, err := Predict(kernelOf(t, x), y, Ridge{Alpha: alpha}, Split{upTo(0, n), upTo(n, n+4)})
		if err != nil {
			t.Fatal(err)
		}
		near(t, got, normal(x, y, n, alpha), 1e-8)
	})
}

// TestRidgeChoosesAlpha leaves out each stimulus and fits again.
func TestRidgeChoosesAlpha(t *testing.T) {
	grid := Decades(-2, 4)
	chosen := map[float64]bool{}
	for seed := range uint64(12) {
		n, units := 15, 20+int(seed)
		x, y := linked(n, units, 3, seed)
		random := source(seed, 0, 0)
		y.Apply(func(_, j int, v float64) float64 { return v + float64(seed*uint64(j))*random.NormFloat64() }, y)
		best, lowest := 0.0, math.Inf(1)
		for _, alpha := range grid {
			loss := 0.0
			for j := range 3 {
				wrong := 0.0
				for i := range n {
					order := append(append(upTo(0, i), upTo(i+1, n)...), i)
					residual := normal(rows(x, order), rows(y, order), n-1, alpha).At(0, j) - y.At(i, j)
					wrong += residual * residual
				}
				_, norm := moments(mat.Col(nil, j, y))
				loss += wrong / (norm * norm)
			}
			if loss < lowest {
				best, lowest = alpha, loss
			}
		}
		_, got, err := predict(kernelOf(t, x), y, Ridge{Alphas: grid}, Split{upTo(0, n), upTo(0, n)})
		if err != nil {
			t.Fatal(err)
		}
		if got != best {
			t.Errorf("seed %d: alpha %g, want %g", seed, got, best)
		}
		chosen[got] = true
	}
	if len(chosen) < 3 {
		t.Errorf("only %v were chosen: the test shows little", chosen)
	}
}

// TestRidgeSolvers: what Cholesky's decomposition gives is what eigenvectors do,
// and in float32 what in float64 but for rounding, also of features of low rank,
// in whose other directions rounding is all there is.
func TestRidgeSolvers(t *testing.T) {
	n, units := 60, 900
	x, y := linked(n, units, 7, 21)
	low := mat.NewDense(n, units, nil) // of rank 5
	random := rand.New(rand.NewPCG(8, 9))
	low.Mul(x.Slice(0, n, 0, 5), noise(5, units, random))
	split := Split{upTo(0, 50), upTo(50, 60)}
	spread := mat.Norm(y, 2) / math.Sqrt(float64(n*7))
	within := func(got, want *mat.Dense) {
		t.Helper()
		var off mat.Dense
		off.Sub(got, want)
		if farthest := max(mat.Max(&off), -mat.Min(&off)); !(farthest < spread/200) {
			t.Errorf("off by %g, responses spread by %g", farthest, spread)
		}
	}
	for name, x := range map[string]*mat.Dense{"full rank": x, "low rank": low} {
		narrow := make([]float32, 0, n*units)
		for i := range n {
			for _, v := range x.RawRowView(i) {
				narrow = append(narrow, float32(v))
			}
		}
		f, err := NewFeatures(n, units, narrow)
		if err != nil {
			t.Fatal(err)
		}
		k, float := kernelOf(t, x), kernelOf(t, f)
		if !(float.rounding > 1e3*k.rounding) {
			t.Errorf("rounding %g in float32, %g in float64", float.rounding, k.rounding)
		}
		for _, alpha := range []float64{1e-6, 0.01, 1, 1000} {
			want, err := Predict(k, y, Ridge{Alphas: []float64{alpha, alpha}}, split)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Predict(k, y, Ridge{Alpha: alpha}, split)
			if err != nil {
				t.Fatal(err)
			}
			near(t, got, want, 1e-7)
			inFloat32, err := Predict(float, y, Ridge{Alpha: alpha}, split)
			if err != nil {
				t.Fatal(err)
			}
			within(inFloat32, want)
		}
		for _, r := range []Regression{PLS{Components: 5}, PLS{}} {
			want, settled, err := predict(k, y, r, split)
			if err != nil {
				t.Fatal(err)
			}
			got, other, err := predict(float, y, r, split)
			if err != nil || other != settled {
				t.Fatalf("%s: %v components in float32, %v in float64, %v", name, other, settled, err)
			}
			within(got, want)
		}
	}
}
