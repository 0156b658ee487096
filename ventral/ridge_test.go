package ventral

import (
	"math"
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
