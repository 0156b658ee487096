package ventral

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestErrors: a mistake is named, with what was found and what was wanted.
func TestErrors(t *testing.T) {
	x, y := linked(40, 12, 3, 1)
	k := kernelOf(t, x)
	changed := func(m *mat.Dense, change func(m *mat.Dense)) *mat.Dense {
		m = mat.DenseCopyOf(m)
		change(m)
		return m
	}
	predictivity := func(y mat.Matrix, r Regression, s Splits) error {
		_, err := Predictivity(k, y, r, s)
		return err
	}
	matrices := func(a, b int) error {
		_, err := RSA(dissimilarities(t, x.Slice(0, a, 0, 12)), dissimilarities(t, x.Slice(0, b, 0, 12)), RSAOptions{})
		return err
	}
	last := func(values ...any) error { err, _ := values[len(values)-1].(error); return err }
	nan := math.NaN()
	for _, test := range []struct {
		err  error
		want string
	}{
		{last(NewFeatures(3, 4, make([]float32, 11))), "11 feature values for 3 stimuli × 4 units"},
		{last(NewFeatures(0, 4, nil)), "0 feature values for 0 stimuli × 4 units"},
		{last(NewFeatures(4, 0, nil)), "0 feature values for 4 stimuli × 0 units"},
		{last(NewFeatures(3, 4, make([]float32, 13))), "13 feature values for 3 stimuli × 4 units"},
		{last(NewFeatures(3, 4, make([]float32, 15))), "15 feature values for 3 stimuli × 4 units"},
		{last(NewKernel(changed(x, func(m *mat.Dense) { m.Set(4, 7, nan) }))), "feature 7 of stimulus 4 is NaN"},
		{last(NewKernel(changed(x, func(m *mat.Dense) { m.Set(4, 7, math.Inf(1)) }))), "feature 7 of stimulus 4 is +Inf"},
		{last(NewKernel(mat.NewDense(4, 3, nil))), "the features of all 4 stimuli are the same"},
		{last(NewKernel(x.Slice(0, 1, 0, 12))), "kernel of 1 stimuli"},
		{last(k.Subset([]int{3, 40})), "stimulus 40, want one of 0 to 39"},
		{last(k.Subset(nil)), "no stimuli"},
		{last(Dissimilarities(changed(x, func(m *mat.Dense) { m.SetRow(5, make([]float64, 12)) }))), "the features of stimulus 5 are all 0"},
		{last(Dissimilarities(changed(x, func(m *mat.Dense) { m.Set(1, 2, nan) }))), "feature 2 of stimulus 1 is NaN"},
		{last(Dissimilarities(x.Slice(0, 40, 0, 1))), "over 1 units, want 2"},

		{predictivity(y.Slice(0, 39, 0, 3), PLS{}, Splits{}), "responses to 39 stimuli, features of 40"},
		{predictivity(changed(y, func(m *mat.Dense) { m.Set(4, 2, nan) }), PLS{}, Splits{}), "response of neuroid 2 to stimulus 4 is NaN"},
		{predictivity(changed(y, func(m *mat.Dense) { m.SetCol(1, mat.NewDense(40, 1, nil).RawMatrix().Data) }), PLS{}, Splits{}), "neuroid 1 has no variance"},
		{predictivity(changed(y, func(m *mat.Dense) {
			m.SetCol(1, mat.NewDense(40, 1, nil).RawMatrix().Data)
			m.Set(0, 1, 1)
		}), PLS{}, Splits{}), "neuroid 1 has no variance over the 4 test stimuli of split"},
		{predictivity(y, PLS{}, Splits{Count: 41}), "40 stimuli for 41 splits"},
		{predictivity(y, PLS{}, Splits{Count: -1}), "-1 splits"},
		{predictivity(y, PLS{}, Splits{TestFraction: 1}), "test fraction 1"},
		{predictivity(y, PLS{}, Splits{TestFraction: 0.05}), "2 of 40 stimuli to test"},
		{predictivity(y, PLS{}, Splits{Categories: make([]string, 7)}), "7 categories for 40 stimuli"},
		{predictivity(y, PLS{Components: 36}, Splits{}), "36 components on 36 stimuli, want from 1 to 35"},
		{predictivity(y, PLS{Components: -1}, Splits{}), "-1 components"},
		{predictivity(y, PLS{Tolerance: nan}, Splits{}), "tolerance NaN"},
		{predictivity(y, PLS{Iterations: -1}, Splits{}), "and -1 iterations, want both above 0"},
		{predictivity(y, Ridge{Alpha: -1}, Splits{}), "alpha -1"},
		{predictivity(y, Ridge{Alphas: []float64{1, nan}}, Splits{}), "alpha NaN"},
		{last(Predict(k, y, PLS{}, Split{[]int{0, 1, 2}, []int{-1}})), "stimulus -1"},
		{last(Predict(k, y, PLS{}, Split{[]int{0, 1, 2}, nil})), "without stimuli"},
		{last(Normalise(0.5, 0)), "ceiling of 0"},
		{last(Normalise(nan, 1)), "score NaN"},

		{last(NewRepetitions(2, 2, 3, make([]float64, 11))), "11 responses for 2 stimuli × 2 neuroids × 3 repetitions"},
		{last(NewRepetitions(2, 2, 3, make([]float64, 13))), "13 responses for 2 stimuli × 2 neuroids × 3 repetitions"},
		{last(NewRepetitions(2, 2, 3, make([]float64, 16))), "16 responses for 2 stimuli × 2 neuroids × 3 repetitions"},
		{last(NewRepetitions(0, 2, 3, nil)), "0 responses for 0 stimuli × 2 neuroids × 3 repetitions"},
		{last(NewRepetitions(2, 0, 3, nil)), "0 responses for 2 stimuli × 0 neuroids × 3 repetitions"},
		{last(NewRepetitions(2, 2, 0, nil)), "0 responses for 2 stimuli × 2 neuroids × 0 repetitions"},
		{last(NewRepetitions(1, 2, 2, []float64{1, 2, nan, nan})), "no response of neuroid 1 to stimulus 0 in 2 repetitions"},
		{last(NewRepetitions(1, 1, 2, []float64{1, math.Inf(-1)})), "neuroid 0 to stimulus 0 is infinite"},
		{last(Ceiling(recorded(t, 5, 2, 1, 1, 0, 1), Halves{})), "neuroid 0 has repetitions of 0 stimuli"},
		{last(Ceiling(&Repetitions{4, 1, 2, make([]float64, 8)}, Halves{})), "neuroid 0 has no variance"},
		{last(Ceiling(recorded(t, 5, 2, 4, 1, 0, 1), Halves{Count: -2})), "-2 divisions"},

		{matrices(6, 7), "dissimilarities of 6 and of 7 stimuli"},
		{matrices(3, 3), "dissimilarities of 3 stimuli, want 4"},
		{last(RSA(mat.NewSymDense(5, nil), mat.NewSymDense(5, nil), RSAOptions{})), "all 5 stimuli are equally dissimilar"},
		{last(RSA(mat.NewSymDense(5, nil), mat.NewSymDense(5, nil), RSAOptions{Correlation: 7})), "Correlation(7), want the correlation of Spearman or Pearson"},
		{last(RSA(mat.NewDiagDense(4, []float64{0, 0, 0, nan}), mat.NewSymDense(4, []float64{0, 1, nan, 3, 1, 0, 1, 2, nan, 1, 0, 1, 3, 2, 1, 0}), RSAOptions{})), "equally dissimilar"},
		{last(RSA(mat.NewSymDense(4, []float64{0, 1, nan, 3, 1, 0, 1, 2, nan, 1, 0, 1, 3, 2, 1, 0}), mat.NewSymDense(4, nil), RSAOptions{})), "stimuli 0 and 2 is NaN"},
		{last(NoiseCeiling([]mat.Symmetric{mat.NewSymDense(4, nil)}, Spearman)), "over 1 subjects"},
		{last(MeanRSA(mat.NewSymDense(4, nil), nil, RSAOptions{})), "RSA with no subject"},
		{last(CKA(k, kernelOf(t, x.Slice(0, 7, 0, 12)))), "CKA of 40 and 7 stimuli"},
		{last(CKA(kernelOf(t, x.Slice(0, 3, 0, 12)), kernelOf(t, x.Slice(0, 3, 0, 12)))), "CKA of 3 stimuli, want 4"},
		{last(BestArea(0, 40, Choice{}, nil)), "no area"},
		{last(BestArea(2, 5, Choice{}, nil)), "5 stimuli"},
		{last(BestArea(2, 40, Choice{}, func(int, []int) (Score, error) { return Score{Value: nan}, nil })), "area 0 on 20 stimuli: ventral: score is not a number"},
		{last(Among(mat.NewSymDense(4, nil), []int{4})), "stimulus 4"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("error %v, want %q", test.err, test.want)
		} else if strings.Contains(test.err.Error(), "\n") {
			t.Errorf("more than a line: %v", test.err)
		}
	}
}

// The name of a correlation that does not exist is said with its number.
func TestCorrelationNames(t *testing.T) {
	for want, c := range map[string]Correlation{
		"Spearman": Spearman, "Pearson": Pearson, "Correlation(-1)": -1, "Correlation(2)": Pearson + 1,
	} {
		if got := c.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
