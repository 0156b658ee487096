package brain

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/results"
)

// bestScores are those of the best areas of one model, by one measure of one
// region: a value, an error and draws for each seed.
type bestScores struct {
	model          string
	values, errors []float64
	draws          [][]float64
}

// differences returns how much closer to a region one model is than another, of
// every two models, by every measure.
func (s *Study) differences() []results.BrainDifference {
	var all []results.BrainDifference
	for _, r := range s.regions {
		for _, m := range r.measures {
			models := s.bestScores(r.Name, m.name)
			for i, a := range models {
				for _, b := range models[i+1:] {
					value, err := m.difference(a, b)
					all = append(all, results.BrainDifference{Region: r.Name, Measure: m.name, A: a.model, B: b.model, Value: value, Error: err})
				}
			}
		}
	}
	return all
}

// bestScores returns those of each model that has any, in the order in which
// models were added.
func (s *Study) bestScores(region, measure string) []bestScores {
	var found []bestScores
	for i, row := range s.report.Best {
		if row.Region != region || row.Measure != measure {
			continue
		}
		k := slices.IndexFunc(found, func(b bestScores) bool { return b.model == row.Model })
		if k < 0 {
			k = len(found)
			found = append(found, bestScores{model: row.Model})
		}
		found[k].values = append(found[k].values, row.Value)
		found[k].errors = append(found[k].errors, row.Error)
		found[k].draws = append(found[k].draws, s.draws[i])
	}
	return found
}

// difference returns the difference of two models' means over seeds, and its
// standard error. That has a part from the stimuli, which is of the difference in
// each draw, because both models saw the same ones; without draws the errors of
// both count as independent. Models with several seeds add a part from these.
func (m measure) difference(a, b bestScores) (value, err float64) {
	value = stat.Mean(a.values, nil) - stat.Mean(b.values, nil)
	variance := seedVariance(a.values) + seedVariance(b.values)
	if m.variance != nil {
		variance += m.variance(floats.SubTo(meanDraws(a.draws), meanDraws(a.draws), meanDraws(b.draws)))
	} else {
		variance += math.Pow(stat.Mean(a.errors, nil), 2) + math.Pow(stat.Mean(b.errors, nil), 2)
	}
	return value, math.Sqrt(variance)
}

// seedVariance returns the variance of a mean over seeds by their scatter; of a
// single seed nothing is known of it.
func seedVariance(values []float64) float64 {
	if len(values) < 2 {
		return 0
	}
	return stat.Variance(values, nil) / float64(len(values))
}

// meanDraws returns the mean over seeds of each draw.
func meanDraws(seeds [][]float64) []float64 {
	mean := make([]float64, len(seeds[0]))
	for _, draws := range seeds {
		floats.AddScaled(mean, 1/float64(len(seeds)), draws)
	}
	return mean
}

// overSplits returns the variance of a mean over splits. Splits of 90 and 10 %
// share most stimuli, so that it is larger than that of independent ones (Nadeau
// & Bengio 2003, Mach. Learn. 52:239).
func overSplits(draws []float64) float64 {
	const testedOfFitted = 1. / 9
	return stat.Variance(draws, nil) * (1/float64(len(draws)) + testedOfFitted)
}

// overResamples returns the variance over resamples of the stimuli. A resample
// that has no correlation is NaN.
func overResamples(draws []float64) float64 {
	return stat.Variance(slices.DeleteFunc(slices.Clone(draws), math.IsNaN), nil)
}
