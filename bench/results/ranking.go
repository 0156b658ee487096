package results

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Ranking is the models by their likeness to a region, the most like it first, and
// of which two it can be told that the first is closer.
type Ranking struct {
	Models []RankedModel
	closer map[[2]string]bool
}

// RankedModel is a model with the score of its best area.
type RankedModel struct {
	Name  string
	Score ScoreSummary
	Error float64 // standard error of the mean over seeds
}

// Ranking ranks the best areas of the models that have a score with a region by a
// measure.
func (b *Brain) Ranking(region, measure string) Ranking {
	r := Ranking{closer: map[[2]string]bool{}}
	scores := b.Best.With(region, measure)
	for _, model := range b.Models {
		found := scores.OfModel(model)
		if s := found.Summary(); isScore(s.Mean) {
			r.Models = append(r.Models, RankedModel{model, s, found.errorOfMean()})
		}
	}
	slices.SortStableFunc(r.Models, func(x, y RankedModel) int { return cmp.Compare(y.Score.Mean, x.Score.Mean) })
	differences, limit := b.DifferencesOf(region, measure)
	for _, d := range differences {
		if d.Value < 0 {
			d.A, d.B = d.B, d.A
		}
		r.closer[[2]string{d.A, d.B}] = d.Exceeds(limit)
	}
	return r
}

// Compared says that some difference of two models is known.
func (r Ranking) Compared() bool { return len(r.closer) > 0 }

// CloserThan returns the models that one is closer to the region than.
func (r Ranking) CloserThan(model string) []RankedModel {
	return slices.DeleteFunc(slices.Clone(r.Models), func(other RankedModel) bool {
		return !r.closer[[2]string{model, other.Name}]
	})
}

// isScore is false for NaN, infinities and overflows.
func isScore(v float64) bool { return math.Abs(v) < 1e30 }

// errorOfMean is the standard error of a mean over seeds: by the scatter of these
// and, because all saw the same stimuli, by the error of one.
func (scores BrainScores) errorOfMean() float64 {
	own := scores.SummaryOf(func(s BrainScore) float64 { return s.Error }).Mean
	values := scores.SummaryOf(func(s BrainScore) float64 { return s.Value })
	if len(values.Values) < 2 {
		return own
	}
	return math.Hypot(own, stat.StdErr(values.Error, float64(len(values.Values))))
}

// DifferencesOf returns those of a region and measure, and how many of its errors
// a difference has to be larger than: ErrorLimit of so many.
func (b *Brain) DifferencesOf(region, measure string) (found []BrainDifference, limit float64) {
	for _, d := range b.Differences {
		if d.Region == region && d.Measure == measure {
			found = append(found, d)
		}
	}
	return found, ErrorLimit(len(found))
}

// ErrorLimit is how many standard errors a difference of a number of pairs has to
// be larger than: two or, of several pairs, as many as a normal variable exceeds
// in any of them with a probability of 5 % (Bonferroni).
func ErrorLimit(pairs int) float64 {
	return max(2, distuv.UnitNormal.Quantile(1-0.025/float64(max(pairs, 1))))
}

// Exceeds says that a difference is larger than so many of its errors.
func (d BrainDifference) Exceeds(limit float64) bool { return math.Abs(d.Value) > limit*d.Error }
