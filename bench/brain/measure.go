package brain

import (
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"hypnos/bench/results"
	"hypnos/recordings"
	"hypnos/ventral"
)

// representation is all that measures need to know of an area.
type representation struct {
	name            string
	kernel          *ventral.Kernel
	dissimilarities *mat.SymDense
}

func represent(a Area) (representation, error) {
	kernel, err := ventral.NewKernel(a.Features)
	if err != nil {
		return representation{}, err
	}
	d, err := ventral.Dissimilarities(a.Features)
	return representation{a.Name, kernel, d}, err
}

// region is a region that was recorded, and how it is measured.
type region struct {
	recordings.Region
	measures []measure
	warnings []string
}

// measure is a way to compare an area with a region.
type measure struct {
	name      string
	geometric bool    // takes dissimilarities only
	undivided bool    // there are too few stimuli to choose on one half and report on the other
	low, high float64 // bounds of the noise ceiling
	ceiling   float64 // the error of low and high
	score     score
	// variance of a mean or difference whose draws these are; nil where scores have none.
	variance func(draws []float64) float64
}

// score compares an area with a region on some stimuli, in rising order. At a glance it
// finds the value alone.
type score func(r representation, stimuli []int, glance bool) (scored, error)

// scored is a score with what else is known of it.
type scored struct {
	ventral.Score
	p float64 // NaN where there is none
	// draws is the score in each split or resample, which are the same for all
	// models and areas; nil where there are none.
	draws []float64
}

// row is a score as the report has it.
func (m measure) row(r region, model Model, area string, s scored) results.BrainScore {
	row := results.BrainScore{
		Region: r.Name, Measure: m.name, Model: model.Name, Seed: model.Seed, Area: area,
		Value: s.Value, Error: s.Error, Low: m.low, High: m.high, CeilingError: m.ceiling, P: s.p,
		ExplainedVariance: none, SquaredRatio: none,
	}
	if results.FindBrainMeasure(m.name).Predictive {
		if n, err := ventral.Normalise(s.Value, m.low); err == nil { // without a ceiling there is nothing
			row.ExplainedVariance, row.SquaredRatio = n.ExplainedVariance, n.SquaredRatio
		}
	}
	return row
}

// newRegion finds the measures that what was recorded allows.
func newRegion(recorded recordings.Region, of *recordings.Recording, o Options) (region, error) {
	r := region{Region: recorded}
	if recorded.Responses != nil {
		if err := r.addResponseMeasures(of, o); err != nil {
			return r, err
		}
	}
	for _, c := range []struct {
		name string
		ventral.Correlation
	}{{results.MeasureSpearman, ventral.Spearman}, {results.MeasurePearson, ventral.Pearson}} {
		m, err := geometry(recorded, c.name, c.Correlation, o)
		if err != nil {
			return r, err
		}
		r.measures = append(r.measures, m)
	}
	return r, nil
}

// addResponseMeasures adds PLS, ridge and CKA, which are of responses.
func (r *region) addResponseMeasures(of *recordings.Recording, o Options) error {
	mean := r.Responses.Mean()
	recorded, err := ventral.NewKernel(mean)
	if err != nil {
		return err
	}
	n := of.Stimuli.Len()
	splits := ventral.Splits{Count: o.Splits, Categories: of.Categories, Seed: o.Seed}
	if _, err := splits.Draw(n); err != nil {
		return err
	}
	unpredictable := predictable(mean, splits, everything(n))
	_, undivided := ventral.BestArea(1, n, ventral.Choice{Categories: of.Categories, Seed: o.Seed}, func(_ int, half []int) (ventral.Score, error) {
		return ventral.Score{}, predictable(mean, splits, half)
	})
	switch {
	case unpredictable != nil:
		r.warn("it has no PLS and ridge: " + unpredictable.Error())
	case undivided != nil:
		r.warn("PLS and ridge have no best areas: " + errors.Cause(undivided).Error() + ", in one half of the stimuli")
	}
	if ceiling := r.ceiling(o.Seed); unpredictable == nil {
		ridge := ventral.Ridge{Alphas: o.Alphas}
		if len(o.Alphas) == 1 {
			ridge = ventral.Ridge{Alpha: o.Alphas[0]}
		}
		pls := measure{
			name: results.MeasurePLS, undivided: undivided != nil, variance: overSplits, score: predictivity(mean, ventral.PLS{}, splits),
			low: ceiling.Value, high: ceiling.Value, ceiling: ceiling.Error,
		}
		withRidge := pls
		withRidge.name, withRidge.score = results.MeasureRidge, predictivity(mean, ridge, splits)
		r.measures = append(r.measures, pls, withRidge)
	}
	r.measures = append(r.measures, measure{name: results.MeasureCKA, low: none, high: none, ceiling: none, score: alignment(recorded, o.Seed)})
	return nil
}

// ceiling is what the best model could reach by PLS and ridge: how well responses repeat.
// Responses that do not have none.
func (r *region) ceiling(seed uint64) ventral.Score {
	if r.Responses.Count() == 1 {
		r.warn("its responses are not repeated, so that they have no ceiling")
		return ventral.Score{Value: none, Error: none}
	}
	reliability, err := ventral.Ceiling(r.Responses, ventral.Halves{Seed: seed})
	if err != nil {
		r.warn("its responses have no ceiling: " + err.Error())
		return ventral.Score{Value: none, Error: none}
	}
	return reliability.Score
}

// predictivity scores how well a regression on an area predicts responses.
func predictivity(responses *mat.Dense, regression ventral.Regression, splits ventral.Splits) score {
	return func(r representation, stimuli []int, _ bool) (scored, error) {
		features, err := r.kernel.Subset(stimuli)
		if err != nil {
			return scored{}, err
		}
		some := splits
		some.Categories = among(splits.Categories, stimuli)
		fit, err := ventral.Predictivity(features, rows(responses, stimuli), regression, some)
		return scored{fit.Score, none, fit.Splits}, err
	}
}

// alignment scores the CKA of an area and responses.
func alignment(recorded *ventral.Kernel, seed uint64) score {
	return func(r representation, stimuli []int, glance bool) (scored, error) {
		of := func(kept []int) (float64, error) {
			some := make([]int, len(kept))
			for i, k := range kept {
				some[i] = stimuli[k]
			}
			a, err := r.kernel.Subset(some)
			if err != nil {
				return none, err
			}
			b, err := recorded.Subset(some)
			if err != nil {
				return none, err
			}
			return ventral.CKA(a, b)
		}
		if glance {
			value, err := of(everything(len(stimuli)))
			return scored{ventral.Score{Value: value, Error: none}, none, nil}, err
		}
		jackknifed, err := ventral.Jackknife(len(stimuli), 0, seed, of)
		return scored{jackknifed, none, nil}, err
	}
}

func (r *region) warn(line string) { r.warnings = append(r.warnings, line) }

// predictable is an error if the splits of some stimuli do not allow PLS and ridge: there
// have to be more stimuli to train on than components, and a neuroid has to vary over
// those that are tested.
func predictable(responses *mat.Dense, s ventral.Splits, stimuli []int) error {
	s.Categories = among(s.Categories, stimuli)
	splits, err := s.Draw(len(stimuli))
	if err != nil {
		return err
	}
	_, neuroids := responses.Dims()
	for i, split := range splits {
		if len(split.Train) <= ventral.DefaultComponents {
			return errors.Errorf("PLS of %d components on %d stimuli to train on, want more", ventral.DefaultComponents, len(split.Train))
		}
		for j := range neuroids {
			varies := false
			for _, test := range split.Test {
				varies = varies || responses.At(stimuli[test], j) != responses.At(stimuli[split.Test[0]], j)
			}
			if !varies {
				return errors.Errorf("neuroid %d responds alike to the %d stimuli that split %d tests", j, len(split.Test), i)
			}
		}
	}
	return nil
}

// geometry is RSA: with subjects the mean over them, which their ceiling bounds.
func geometry(recorded recordings.Region, name string, c ventral.Correlation, o Options) (measure, error) {
	m := measure{name: name, geometric: true, low: none, high: none, ceiling: none, variance: overResamples}
	subjects := []mat.Symmetric{recorded.Dissimilarities}
	if recorded.Subjects != nil {
		subjects = nil
		for _, d := range recorded.Subjects {
			subjects = append(subjects, d)
		}
	}
	if len(subjects) > 1 {
		var err error
		if m.low, m.high, err = ventral.NoiseCeiling(subjects, c); err != nil {
			return m, err
		}
	}
	options := ventral.RSAOptions{Correlation: c, Resamples: o.Resamples, Permutations: o.Resamples, Seed: o.Seed}
	m.score = func(r representation, stimuli []int, glance bool) (scored, error) {
		model, err := ventral.Among(r.dissimilarities, stimuli)
		if err != nil {
			return scored{}, err
		}
		some := make([]mat.Symmetric, len(subjects))
		for i, d := range subjects {
			if some[i], err = ventral.Among(d, stimuli); err != nil {
				return scored{}, err
			}
		}
		o := options
		if glance {
			o.Resamples, o.Permutations = -1, -1
		}
		s, err := ventral.MeanRSA(model, some, o)
		return scored{s.Score, s.P, s.Resampled}, errors.Wrap(err, "dissimilarities")
	}
	return m, nil
}

// among returns what belongs to some stimuli, nil for none.
func among(categories []string, stimuli []int) []string {
	if categories == nil {
		return nil
	}
	some := make([]string, len(stimuli))
	for i, s := range stimuli {
		some[i] = categories[s]
	}
	return some
}

// rows returns the rows of some stimuli.
func rows(m *mat.Dense, stimuli []int) *mat.Dense {
	_, columns := m.Dims()
	some := mat.NewDense(len(stimuli), columns, nil)
	for i, s := range stimuli {
		some.SetRow(i, m.RawRowView(s))
	}
	return some
}
