package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// A Regression predicts responses from features: PLS or Ridge.
type Regression interface {
	// fit takes a centred kernel n × n and centred responses n × neuroids, of which it
	// may change neither. rounding is how large an eigenvalue of the kernel may be by
	// rounding alone, as a share of its trace.
	fit(kernel, responses *mat.Dense, rounding float64) (fitted, error)
}

// fitted is the coefficients of each neuroid over the training stimuli, and the setting
// that the regression chose: PLS its number of components, ridge its alpha.
type fitted struct {
	dual    *mat.Dense
	setting float64
}

// Predict fits a regression on the training stimuli of a split and returns its
// predictions of the responses to the test stimuli, test × neuroids. Responses
// are stimuli × neuroids. It is an error if they are not of the kernel's number
// of stimuli, if one is not finite, if the split names a stimulus that does not
// exist, or if the regression cannot be fitted.
func Predict(features *Kernel, responses mat.Matrix, r Regression, s Split) (*mat.Dense, error) {
	y, err := checked(features, responses)
	if err != nil {
		return nil, err
	}
	predicted, _, err := predict(features, y, r, s)
	return predicted, err
}

func predict(features *Kernel, y *mat.Dense, r Regression, s Split) (*mat.Dense, float64, error) {
	for _, part := range [][]int{s.Train, s.Test} {
		if err := within(part, features.Stimuli()); err != nil {
			return nil, 0, err
		}
		if len(part) == 0 {
			return nil, 0, errors.New("ventral: split without stimuli to train on or to test")
		}
	}
	_, neuroids := y.Dims()
	train := rows(y, s.Train)
	mean := make([]float64, neuroids)
	for j := range mean {
		mean[j] = stat.Mean(mat.Col(nil, j, train), nil)
	}
	train.Apply(func(_, j int, v float64) float64 { return v - mean[j] }, train)
	fit, err := r.fit(features.centred(s.Train, s.Train), train, features.rounding)
	if err != nil {
		return nil, 0, err
	}
	var predicted mat.Dense
	predicted.Mul(features.centred(s.Test, s.Train), fit.dual)
	predicted.Apply(func(_, j int, v float64) float64 { return v + mean[j] }, &predicted)
	return &predicted, fit.setting, nil
}

// rows returns a copy of some rows of a matrix.
func rows(y *mat.Dense, which []int) *mat.Dense {
	_, columns := y.Dims()
	some := mat.NewDense(len(which), columns, nil)
	for i, row := range which {
		some.SetRow(i, y.RawRowView(row))
	}
	return some
}

// checked returns a copy of responses to the stimuli of a kernel.
func checked(features *Kernel, responses mat.Matrix) (*mat.Dense, error) {
	n, neuroids := responses.Dims()
	if n != features.Stimuli() {
		return nil, errors.Errorf("ventral: responses to %d stimuli, features of %d", n, features.Stimuli())
	}
	if neuroids == 0 {
		return nil, errors.New("ventral: responses of no neuroid")
	}
	y := mat.DenseCopyOf(responses)
	for i := range n {
		for j, v := range y.RawRowView(i) {
			if v-v != 0 {
				return nil, errors.Errorf("ventral: response of neuroid %d to stimulus %d is %v", j, i, v)
			}
		}
	}
	return y, nil
}

// Fit is how well a regression predicts responses.
type Fit struct {
	Score              // mean over splits of the median over neuroids of Pearson's r
	Splits   []float64 // the median over neuroids in each split
	Neuroids []float64 // the mean over splits of each neuroid's r
	Settings []float64 // what the regression chose in each split: PLS its number of components, ridge its alpha
}

// Predictivity returns how well a regression from features predicts responses,
// stimuli × neuroids, to stimuli that it was not fitted on. A prediction that is
// the same for all test stimuli of a split counts as r = 0.
//
// It is an error if responses are not of the kernel's number of stimuli, if one
// is not finite, if the responses of a neuroid do not vary, over all stimuli or
// over the test stimuli of a split, or if the splits or the regression do not
// suit the number of stimuli.
func Predictivity(features *Kernel, responses mat.Matrix, r Regression, s Splits) (Fit, error) {
	y, err := checked(features, responses)
	if err != nil {
		return Fit{}, err
	}
	n, neuroids := y.Dims()
	for j := range neuroids {
		if column := mat.Col(nil, j, y); constant(column) {
			return Fit{}, errors.Errorf("ventral: neuroid %d has no variance: it responds with %v to all %d stimuli", j, column[0], n)
		}
	}
	splits, err := s.Draw(n)
	if err != nil {
		return Fit{}, err
	}
	fit := Fit{Splits: make([]float64, len(splits)), Settings: make([]float64, len(splits))}
	correlations := make([][]float64, len(splits))
	err = parallel(len(splits), func(i int) error {
		predicted, setting, err := predict(features, y, r, splits[i])
		if err != nil {
			return errors.Wrapf(err, "split %d", i)
		}
		measured := rows(y, splits[i].Test)
		correlations[i] = make([]float64, neuroids)
		for j := range neuroids {
			a, b := mat.Col(nil, j, predicted), mat.Col(nil, j, measured)
			if constant(b) {
				return errors.Errorf("ventral: neuroid %d has no variance over the %d test stimuli of split %d", j, len(b), i)
			}
			if !constant(a) {
				correlations[i][j] = stat.Correlation(a, b, nil)
			}
		}
		fit.Splits[i], fit.Settings[i] = median(correlations[i]), setting
		return nil
	})
	if err != nil {
		return Fit{}, err
	}
	fit.Score, fit.Neuroids = over(fit.Splits), meanRows(correlations)
	return fit, nil
}

// Normalised is a predictivity in terms of what can be predicted.
type Normalised struct {
	R, Ceiling float64 // as they are

	// ExplainedVariance is r²/c: what is explained, as a share of the variance that can
	// be explained (Brain-Score since December 2025).
	ExplainedVariance float64

	// SquaredRatio is (r/c)² (Brain-Score before). It may be more than 1: the
	// true model has r = √c.
	SquaredRatio float64
}

// Normalise returns the predictivity r under a ceiling, which is a reliability
// as Ceiling gives. The squares lose the sign of r. It is an error if r is not a
// number or if the ceiling is not above 0.
func Normalise(r, ceiling float64) (Normalised, error) {
	if math.IsNaN(r) || !(ceiling > 0) {
		return Normalised{}, errors.Errorf("ventral: score %g under a ceiling of %g, want a number and a ceiling above 0", r, ceiling)
	}
	return Normalised{r, ceiling, r * r / ceiling, r / ceiling * (r / ceiling)}, nil
}
