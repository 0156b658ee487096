package ventral

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// noise returns normally distributed values.
func noise(rows, columns int, random *rand.Rand) *mat.Dense {
	x := mat.NewDense(rows, columns, nil)
	x.Apply(func(_, _ int, _ float64) float64 { return random.NormFloat64() }, x)
	return x
}

// linked returns features and responses that are partly a linear function of
// them.
func linked(n, units, neuroids int, seed uint64) (x, y *mat.Dense) {
	random := rand.New(rand.NewPCG(seed, 3))
	x = noise(n, units, random)
	y = new(mat.Dense)
	y.Mul(x, noise(units, neuroids, random))
	y.Apply(func(i, j int, v float64) float64 {
		return 3 + v + math.Sqrt(float64(units))*random.NormFloat64()/2
	}, y)
	return x, y
}

// rotation returns a random orthogonal matrix.
func rotation(n int, random *rand.Rand) *mat.Dense {
	var qr mat.QR
	qr.Factorize(noise(n, n, random))
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

// near fails the test unless two matrices agree, relative to the largest value.
func near(t tester, got, want *mat.Dense, tolerance float64) {
	t.Helper()
	var difference mat.Dense
	difference.Sub(got, want)
	if largest := mat.Norm(want, math.Inf(1)); !(mat.Norm(&difference, math.Inf(1)) <= tolerance*largest) {
		t.Fatalf("differ by %g, of %g", mat.Norm(&difference, math.Inf(1)), largest)
	}
}

// centre takes the mean of the first n rows off each column.
func centre(x *mat.Dense, n int) (*mat.Dense, []float64) {
	_, columns := x.Dims()
	mean := make([]float64, columns)
	for j := range mean {
		for i := range n {
			mean[j] += x.At(i, j) / float64(n)
		}
	}
	centred := mat.DenseCopyOf(x)
	centred.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, centred)
	return centred, mean
}

// nipals is PLS as textbooks have it, on features: trained on the first n
// stimuli, it predicts the others.
func nipals(x, y *mat.Dense, n int, p PLS) *mat.Dense {
	all, units := x.Dims()
	_, neuroids := y.Dims()
	x, _ = centre(x, n)
	y, mean := centre(y, n)
	train, responses := mat.DenseCopyOf(x.Slice(0, n, 0, units)), mat.DenseCopyOf(y.Slice(0, n, 0, neuroids))
	test := mat.DenseCopyOf(x.Slice(n, all, 0, units))
	predicted := mat.NewDense(all-n, neuroids, nil)
	for range p.Components {
		u := mat.VecDenseCopyOf(responses.ColView(0))
		var w, t, q, change, loadings mat.VecDense
		for i := range p.Iterations {
			before := mat.VecDenseCopyOf(u)
			if i > 0 {
				before = mat.VecDenseCopyOf(&w)
			}
			w.MulVec(train.T(), u)
			w.ScaleVec(1/mat.Norm(&w, 2), &w)
			t.MulVec(train, &w)
			q.MulVec(responses.T(), &t)
			u.MulVec(responses, &q)
			if i > 0 {
				change.SubVec(&w, before)
			}
			if neuroids == 1 || i > 0 && mat.Dot(&change, &change) < p.Tolerance {
				break
			}
		}
		square := mat.Dot(&t, &t)
		loadings.MulVec(train.T(), &t)
		loadings.ScaleVec(1/square, &loadings)
		q.ScaleVec(1/square, &q)
		var scores mat.VecDense
		scores.MulVec(test, &w)
		predicted.RankOne(predicted, 1, &scores, &q)
		train.RankOne(train, -1, &t, &loadings)
		test.RankOne(test, -1, &scores, &loadings)
		responses.RankOne(responses, -1, &t, &q)
	}
	predicted.Apply(func(_, j int, v float64) float64 { return v + mean[j] }, predicted)
	return predicted
}

func TestPLSAgainstNIPALS(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 24).Draw(t, "training stimuli")
		units := rapid.IntRange(2, 60).Draw(t, "units")
		neuroids := rapid.IntRange(1, 6).Draw(t, "neuroids")
		x, y := linked(n+5, units, neuroids, rapid.Uint64().Draw(t, "seed"))
		p := PLS{
			Components: rapid.IntRange(1, max(1, min(n-1, units)/2)).Draw(t, "components"),
			Tolerance:  rapid.SampledFrom([]float64{1e-6, 1e-12}).Draw(t, "tolerance"),
			Iterations: 2000,
		}
		got, err := Predict(kernelOf(t, x), y, p, Split{upTo(0, n), upTo(n, n+5)})
		if err != nil {
			t.Fatal(err)
		}
		near(t, got, nipals(x, y, n, p), 1e-8)
	})
}

// TestPLSConverged: with a low tolerance the predictions turn with the neuroids.
func TestPLSConverged(t *testing.T) {
	x, y := linked(40, 100, 6, 4)
	p := PLS{Components: 5, Tolerance: 1e-20, Iterations: 10000}
	split := Split{upTo(0, 30), upTo(30, 40)}
	plain, err := Predict(kernelOf(t, x), y, p, split)
	if err != nil {
		t.Fatal(err)
	}
	q := rotation(6, rand.New(rand.NewPCG(5, 6)))
	var turned, want mat.Dense
	turned.Mul(y, q)
	want.Mul(plain, q)
	got, err := Predict(kernelOf(t, x), &turned, p, split)
	if err != nil {
		t.Fatal(err)
	}
	near(t, got, &want, 1e-8)
}

// TestPLSExhausted: with more components than the features have dimensions PLS
// is least squares, as ridge is with a penalty of next to nothing, also if a
// neuroid is one of the features.
func TestPLSExhausted(t *testing.T) {
	x, y := linked(60, 4, 8, 5)
	y.SetCol(0, mat.Col(nil, 2, x))
	k, split := kernelOf(t, x), Split{upTo(0, 50), upTo(50, 60)}
	got, setting, err := predict(k, y, PLS{}, split)
	if err != nil {
		t.Fatal(err)
	}
	if setting != 4 {
		t.Errorf("%v components of features of rank 4", setting)
	}
	want, err := Predict(k, y, Ridge{Alpha: 1e-10}, split)
	if err != nil {
		t.Fatal(err)
	}
	near(t, got, want, 1e-8)
}
