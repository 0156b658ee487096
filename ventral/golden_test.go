package ventral

import (
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hypnos/internal/golden"
)

// tester is what testing.T and rapid.T share.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// upTo returns from, …, to-1.
func upTo(from, to int) []int {
	var all []int
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

func matrix(x golden.Tensor) *mat.Dense { return mat.NewDense(x.Shape[0], x.Shape[1], x.Data) }

func kernelOf(t tester, x mat.Matrix) *Kernel {
	t.Helper()
	k, err := NewKernel(x)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestGolden compares with scikit-learn, scipy and numpy.
func TestGolden(t *testing.T) {
	file := golden.Open(t, "ventral")
	x := matrix(file.Tensor("x"))
	repeats := file.Tensor("y_repeats")
	r, err := NewRepetitions(repeats.Shape[0], repeats.Shape[1], repeats.Shape[2], repeats.Data)
	if err != nil {
		t.Fatal(err)
	}
	y, features := r.Mean(), kernelOf(t, x)
	check := func(name string, got []float64, tolerance float64) {
		t.Helper()
		golden.Check(t, name, got, file.Tensor(name).Data, tolerance)
	}

	split := Split{upTo(0, 100), upTo(100, 120)}
	for name, regression := range map[string]Regression{
		"pls5": PLS{Components: 5}, "pls25": PLS{}, "ridge1": Ridge{},
	} {
		predicted, err := Predict(features, y, regression, split)
		if err != nil {
			t.Fatal(err)
		}
		tolerance := 1e-5
		if name == "ridge1" {
			tolerance = 1e-6
		}
		check(name+"_prediction", predicted.RawMatrix().Data, tolerance)
		if file.Has(name + "_r") {
			var correlations []float64
			for j := range repeats.Shape[1] {
				measured := mat.Col(nil, j, y)[100:]
				correlations = append(correlations, stat.Correlation(mat.Col(nil, j, predicted), measured, nil))
			}
			check(name+"_r", correlations, tolerance)
		}
	}

	orders := make([][]int, repeats.Shape[0])
	for i := range orders {
		orders[i] = upTo(0, repeats.Shape[2])
	}
	halves, err := r.halfCorrelations(orders)
	if err != nil {
		t.Fatal(err)
	}
	check("split_half_r", halves, 1e-6)
	for i, v := range halves {
		halves[i] = spearmanBrown(v)
	}
	check("spearman_brown", halves, 1e-6)

	a, err := Dissimilarities(x)
	if err != nil {
		t.Fatal(err)
	}
	check("rdm_x", mat.DenseCopyOf(a).RawMatrix().Data, 1e-6)
	b, err := Dissimilarities(y)
	if err != nil {
		t.Fatal(err)
	}
	check("rdm_y", mat.DenseCopyOf(b).RawMatrix().Data, 1e-6)
	for name, c := range map[string]Correlation{"rsa_spearman": Spearman, "rsa_pearson": Pearson} {
		s, err := RSA(a, b, RSAOptions{Correlation: c, Resamples: -1, Permutations: -1})
		if err != nil {
			t.Fatal(err)
		}
		check(name, []float64{s.Value}, 1e-6)
	}

	responses := kernelOf(t, y)
	for name, measure := range map[string]func(a, b *Kernel) (float64, error){"cka_unbiased": CKA, "cka_biased": BiasedCKA} {
		v, err := measure(features, responses)
		if err != nil {
			t.Fatal(err)
		}
		check(name, []float64{v}, 1e-6)
	}
}
