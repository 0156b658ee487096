package results

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// BrainScores are scores of several areas, models or seeds.
type BrainScores []BrainScore

// With returns the scores with a region by a measure.
func (scores BrainScores) With(region, measure string) BrainScores {
	var found BrainScores
	for _, s := range scores {
		if s.Region == region && s.Measure == measure {
			found = append(found, s)
		}
	}
	return found
}

// OfModel returns the scores of a model.
func (scores BrainScores) OfModel(model string) BrainScores {
	var found BrainScores
	for _, s := range scores {
		if s.Model == model {
			found = append(found, s)
		}
	}
	return found
}

// ScoreSummary is the mean over seeds and how far it can be trusted.
type ScoreSummary struct {
	Mean   float64
	Error  float64   // standard deviation over seeds or, of one seed, the score's own error
	Values []float64 // those of the seeds
}

// Summary summarises scores of one area over seeds. Seeds whose score is NaN do
// not count.
func (scores BrainScores) Summary() ScoreSummary {
	summary := scores.SummaryOf(func(s BrainScore) float64 { return s.Value })
	if len(summary.Values) == 1 {
		for _, s := range scores {
			if !math.IsNaN(s.Value) {
				summary.Error = s.Error
			}
		}
	}
	return summary
}

// SummaryOf summarises a field that has no error of its own: of one seed the
// error is NaN.
func (scores BrainScores) SummaryOf(field func(BrainScore) float64) ScoreSummary {
	var values []float64
	for _, s := range scores {
		if x := field(s); !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	s := summarise(values)
	return ScoreSummary{s.Mean, s.Deviation, values}
}

// NoiseCeiling is what a perfect model would score: between two bounds or, if these are
// equal, one number and its error. What does not exist is NaN.
type NoiseCeiling struct{ Low, High, Error float64 }

// Exists tells whether there is a ceiling.
func (c NoiseCeiling) Exists() bool { return !math.IsNaN(c.Low) && !math.IsNaN(c.High) }

// Ceiling returns the mean noise ceiling of scores of one region and measure. They all have
// the same, unless they are of different stimuli.
func (scores BrainScores) Ceiling() NoiseCeiling {
	mean := func(field func(BrainScore) float64) float64 {
		values := scores.SummaryOf(field).Values
		if len(values) == 0 {
			return math.NaN()
		}
		return stat.Mean(values, nil)
	}
	return NoiseCeiling{
		mean(func(s BrainScore) float64 { return s.Low }),
		mean(func(s BrainScore) float64 { return s.High }),
		mean(func(s BrainScore) float64 { return s.CeilingError }),
	}
}
