package results

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Ranking is models in the order of their likeness to a region, the most like it first,
// and which of them are closer to it than which others by more than the error.
type Ranking struct {
	Models []RankedModel
	// closer tells for every difference whether the first model is closer by more than
	// the error; the first is the one with the higher score.
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

// Compared tells whether the difference of any two models is known.
func (r Ranking) Compared() bool { return len(r.closer) > 0 }

// CloserThan returns the models that the named one beats: it is closer to the region than
// they are, by more than the error.
func (r Ranking) CloserThan(model string) []RankedModel {
	return slices.DeleteFunc(slices.Clone(r.Models), func(other RankedModel) bool {
		return !r.closer[[2]string{model, other.Name}]
	})
}

// isScore is false for NaN, infinities and overflows.
func isScore(v float64) bool { return math.Abs(v) < 1e30 }

// errorOfMean returns the standard error of the mean over seeds. It combines the scatter
// of the seeds with the error of a single score, which a mean over seeds does not reduce,
// since all seeds saw the same stimuli.
func (scores BrainScores) errorOfMean() float64 {
	own := scores.SummaryOf(func(s BrainScore) float64 { return s.Error }).Mean
	values := scores.SummaryOf(func(s BrainScore) float64 { return s.Value })
	if len(values.Values) < 2 {
		return own
	}
	return math.Hypot(own, stat.StdErr(values.Error, float64(len(values.Values))))
}

// DifferencesOf returns the differences of a region and measure, and the ErrorLimit of so
// many.
func (b *Brain) DifferencesOf(region, measure string) (found []BrainDifference, limit float64) {
	for _, d := range b.Differences {
		if d.Region == region && d.Measure == measure {
			found = append(found, d)
		}
	}
	return found, ErrorLimit(len(found))
}

// ErrorLimit is how many of its standard errors a difference must exceed when so many pairs
// are compared. It is two or, for several pairs, so many that by chance alone any of the
// pairs exceeds it with a probability of at most 5 % (Bonferroni).
func ErrorLimit(pairs int) float64 {
	return max(2, distuv.UnitNormal.Quantile(1-0.025/float64(max(pairs, 1))))
}

// Exceeds tells whether a difference is larger than so many of its errors.
func (d BrainDifference) Exceeds(limit float64) bool { return math.Abs(d.Value) > limit*d.Error }
