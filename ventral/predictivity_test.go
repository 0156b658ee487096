package ventral

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hypnos/internal/golden"
)

// TestPredictivity goes through the definition of the score step by step.
func TestPredictivity(t *testing.T) {
	x, y := linked(60, 90, 7, 8)
	k := kernelOf(t, x)
	s := Splits{Count: 5, Seed: 2}
	fit, err := Predictivity(k, y, PLS{Components: 3}, s)
	if err != nil {
		t.Fatal(err)
	}
	splits, err := s.Draw(60)
	if err != nil {
		t.Fatal(err)
	}
	var medians []float64
	neuroids := make([]float64, 7)
	for _, split := range splits {
		predicted, err := Predict(k, y, PLS{Components: 3}, split)
		if err != nil {
			t.Fatal(err)
		}
		var all []float64
		for j := range 7 {
			r := stat.Correlation(mat.Col(nil, j, predicted), mat.Col(nil, j, rows(y, split.Test)), nil)
			all = append(all, r)
			neuroids[j] += r / 5
		}
		medians = append(medians, stat.Quantile(0.5, stat.Empirical, sorted(all), nil))
	}
	golden.Check(t, "splits", fit.Splits, medians, 1e-12)
	golden.Check(t, "neuroids", fit.Neuroids, neuroids, 1e-12)
	mean, deviation := stat.MeanStdDev(medians, nil)
	golden.Check(t, "score", []float64{fit.Value, fit.Error}, []float64{mean, deviation / math.Sqrt(5)}, 1e-12)
	golden.Check(t, "settings", fit.Settings, []float64{3, 3, 3, 3, 3}, 0)
}

func sorted(values []float64) []float64 {
	all := make([]float64, 0, len(values))
	for _, i := range rising(values) {
		all = append(all, values[i])
	}
	return all
}

// TestPredictivityExtremes: responses that are features are predicted, and those
// to shuffled stimuli are not.
func TestPredictivityExtremes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	x := noise(200, 20, random)
	y := mat.DenseCopyOf(x.Slice(0, 200, 3, 15))
	shuffled := rows(y, random.Perm(200))
	for name, r := range map[string]Regression{"PLS": PLS{}, "ridge": Ridge{Alpha: 1e-3}, "ridge by cross-validation": Ridge{Alphas: Decades(-4, 4)}} {
		same, err := Predictivity(kernelOf(t, x), y, r, Splits{})
		if err != nil {
			t.Fatal(err)
		}
		if !(same.Value > 0.9999) {
			t.Errorf("%s: r of identical data is %v", name, same.Value)
		}
		other, err := Predictivity(kernelOf(t, x), shuffled, r, Splits{})
		if err != nil {
			t.Fatal(err)
		}
		if !(math.Abs(other.Value) < 0.15) {
			t.Errorf("%s: r of shuffled data is %v", name, other.Value)
		}
	}
}

// TestFeatures: features in float32, in float64 and as any matrix are the same,
// over several blocks and panels.
func TestFeatures(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	n, units := panel+9, columns+70
	values := make([]float32, n*units)
	wide := mat.NewDense(n, units, nil)
	for i := range values {
		values[i] = float32(random.NormFloat64() + 5)
		wide.Set(i/units, i%units, float64(values[i]))
	}
	narrow, err := NewFeatures(n, units, values)
	if err != nil {
		t.Fatal(err)
	}
	centred, _ := centre(wide, n)
	var want mat.Dense
	want.Mul(centred, centred.T())
	for _, x := range []mat.Matrix{narrow, wide, narrow.T().T(), mat.Transpose{Matrix: wide.T()}} {
		tolerance := 1e-12
		if x == mat.Matrix(narrow) { // multiplied in float32
			tolerance = blockRounding
		}
		k := kernelOf(t, x)
		var off mat.Dense
		off.Sub(k.products, &want)
		if farthest := max(mat.Max(&off), -mat.Min(&off)); farthest > tolerance*mat.Max(&want) {
			t.Errorf("products off by %g, of %g", farthest, mat.Max(&want))
		}
		d, err := Dissimilarities(x)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			i, j := random.IntN(n), random.IntN(n)
			if r := stat.Correlation(wide.RawRowView(i), wide.RawRowView(j), nil); math.Abs(d.At(i, j)-(1-r)) > tolerance {
				t.Fatalf("dissimilarity of %d and %d is %v, want %v", i, j, d.At(i, j), 1-r)
			}
		}
	}
	some := []int{5, 2, 99}
	subset, err := kernelOf(t, wide).Subset(some)
	if err != nil {
		t.Fatal(err)
	}
	near(t, subset.centred(upTo(0, 3), upTo(0, 3)), kernelOf(t, rows(wide, some)).products, 1e-11)
}

// TestFeaturesOutOfRange: squares that float32 does not hold are multiplied in
// float64.
func TestFeaturesOutOfRange(t *testing.T) {
	n, units := 8, 100
	random := rand.New(rand.NewPCG(5, 6))
	for _, scale := range []float64{1e-22, 1e25} {
		values := make([]float32, n*units)
		plain := mat.NewDense(n, units, nil)
		for i := range values {
			values[i] = float32(scale * random.NormFloat64())
			plain.Set(i/units, i%units, float64(values[i]))
		}
		f, err := NewFeatures(n, units, values)
		if err != nil {
			t.Fatal(err)
		}
		near(t, kernelOf(t, f).products, kernelOf(t, plain).products, 1e-12)
	}
}

// TestThreads: the number of threads changes no bit.
func TestThreads(t *testing.T) {
	x, y := linked(150, 700, 9, 11)
	single := make([]float32, 0, 150*700)
	for i := range 150 {
		for _, v := range x.RawRowView(i) {
			single = append(single, float32(v))
		}
	}
	narrow, err := NewFeatures(150, 700, single)
	if err != nil {
		t.Fatal(err)
	}
	measure := func() any {
		inFloat32 := kernelOf(t, narrow)
		k, err := NewKernel(x)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Dissimilarities(x)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Dissimilarities(y)
		if err != nil {
			t.Fatal(err)
		}
		fit, err := Predictivity(k, y, PLS{}, Splits{})
		if err != nil {
			t.Fatal(err)
		}
		ridge, err := Predictivity(k, y, Ridge{Alphas: Decades(0, 4)}, Splits{})
		if err != nil {
			t.Fatal(err)
		}
		rsa, err := RSA(a, b, RSAOptions{Resamples: 20, Permutations: 20})
		if err != nil {
			t.Fatal(err)
		}
		return []any{inFloat32.products.RawMatrix().Data, k.products.RawMatrix().Data, a.RawSymmetric().Data, fit, ridge, rsa}
	}
	threads := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(threads)
	one := measure()
	runtime.GOMAXPROCS(4)
	if !reflect.DeepEqual(one, measure()) {
		t.Error("results depend on the number of threads")
	}
}

func TestNormalise(t *testing.T) {
	got, err := Normalise(0.6, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "normalised", []float64{got.R, got.Ceiling, got.ExplainedVariance, got.SquaredRatio},
		[]float64{0.6, 0.9, 0.4, 4.0 / 9}, 1e-15)
}
