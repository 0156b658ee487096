package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// findings says what differs from what beyond its error: a sentence a region or,
// without regions, which areas of models are alike.
func (b *Brain) findings() []string {
	var sentences []string
	add := func(sentence string) {
		if sentence != "" {
			sentences = append(sentences, sentence)
		}
	}
	for _, region := range b.Regions {
		add(b.finding(region))
	}
	if len(b.Regions) == 0 {
		add(b.alikeFinding())
	}
	return sentences
}

// headlineOf returns the measure that a region's finding and first figure are of:
// PLS where there are responses, else Spearman's RSA, as in a comparison; "" if
// nothing was scored.
func (b *Brain) headlineOf(region string) string {
	measures := b.measuresOf(region, b.Best)
	for _, m := range []string{MeasurePLS, MeasureSpearman} {
		if slices.Contains(measures, m) {
			return m
		}
	}
	return append(measures, "")[0]
}

// inWords is a measure as a sentence has it.
func inWords(measure string) string {
	switch measure {
	case MeasurePLS:
		return "PLS predictivity"
	case MeasureSpearman:
		return "Spearman's RSA"
	case MeasurePearson:
		return "Pearson's RSA"
	}
	return printable(measure)
}

// ranking is the models by their likeness to a region, the most like it first, and
// of which two it can be told that the first is closer.
type ranking struct {
	models []contender
	closer map[[2]string]bool
}

type contender struct {
	model    string
	score    scoreSummary
	err      float64 // standard error of the mean over seeds
	decimals int     // that are shown
}

func (b *Brain) ranking(region, measure string) ranking {
	r := ranking{closer: map[[2]string]bool{}}
	scores := scoresOf(b.Best, region, measure)
	for _, model := range b.Models {
		found := scoresOfModel(scores, model)
		if s := summariseScores(found); drawableScore(s.mean) {
			r.models = append(r.models, contender{model, s, errorOfMean(found), 2})
		}
	}
	// Two decimals are enough for all, unless an error would be 0.00.
	if slices.ContainsFunc(r.models, func(c contender) bool { return c.score.spread < 0.005 }) {
		for i := range r.models {
			r.models[i].decimals = 3
		}
	}
	slices.SortStableFunc(r.models, func(x, y contender) int { return cmp.Compare(y.score.mean, x.score.mean) })
	differences, limit := b.differencesOf(region, measure)
	for _, d := range differences {
		if d.Value < 0 {
			d.A, d.B = d.B, d.A
		}
		r.closer[[2]string{d.A, d.B}] = d.exceeds(limit)
	}
	return r
}

// errorOfMean is the standard error of a mean over seeds: by the scatter of these
// and, because all saw the same stimuli, by the error of one.
func errorOfMean(scores []BrainScore) float64 {
	own := summariseOf(scores, func(s BrainScore) float64 { return s.Error }).mean
	values := summariseOf(scores, func(s BrainScore) float64 { return s.Value })
	if len(values.seeds) < 2 {
		return own
	}
	return math.Hypot(own, stat.StdErr(values.spread, float64(len(values.seeds))))
}

// differencesOf returns those of a region and measure, and how many of its errors
// a difference has to be larger than: two or, of several, as many as a normal
// variable exceeds in any of them with a probability of 5 % (Bonferroni).
func (b *Brain) differencesOf(region, measure string) (found []BrainDifference, limit float64) {
	for _, d := range b.Differences {
		if d.Region == region && d.Measure == measure {
			found = append(found, d)
		}
	}
	return found, errorLimit(len(found))
}

func errorLimit(pairs int) float64 {
	return max(2, distuv.UnitNormal.Quantile(1-0.025/float64(max(pairs, 1))))
}

// exceeds says that a difference is larger than so many of its errors.
func (d BrainDifference) exceeds(limit float64) bool { return math.Abs(d.Value) > limit*d.Error }

// than returns the models that one is closer to the region than.
func (r ranking) than(model string) []contender {
	return slices.DeleteFunc(slices.Clone(r.models), func(other contender) bool {
		return !r.closer[[2]string{model, other.model}]
	})
}

// finding says of the model that is closer to a region than most others, than
// which, and of how many more pairs it can be told.
func (b *Brain) finding(region string) string {
	measure := b.headlineOf(region)
	r := b.ranking(region, measure)
	by, region := "By "+inWords(measure)+", ", printable(region)
	n := len(r.models)
	switch {
	case n == 0:
		return ""
	case n == 1:
		only, verb := r.models[0], "is not more than"
		if only.score.mean > errorLimit(1)*only.err {
			verb = "is more than"
		}
		return fmt.Sprintf("%sthe likeness of %s to %s %s twice its error; there is no other model to compare it with.", by, only, region, verb)
	case len(r.closer) == 0: // the differences are not known
		return ""
	}
	var leader contender
	var beaten []contender
	for _, m := range r.models {
		if than := r.than(m.model); len(than) > len(beaten) {
			leader, beaten = m, than
		}
	}
	first, last := r.models[0], r.models[n-1]
	switch {
	case beaten == nil && n == 2:
		return fmt.Sprintf("%sit cannot be told whether %s or %s is closer to %s: their difference does not exceed its error.", by, first, last, region)
	case beaten == nil:
		return fmt.Sprintf("%sit cannot be told which of the %d models is closest to %s: from %s to %s no difference exceeds its error.", by, n, region, first, last)
	}
	return fmt.Sprintf("%s%s is closer to %s than %s%s.", by, leader, region, listed(beaten, n-1), r.further(leader.model, n*(n-1)/2-len(beaten)))
}

// String is the model with its score.
func (c contender) String() string {
	return printable(c.model) + " (" + withSpread(rounded(c.score.mean, c.decimals), rounded(c.score.spread, c.decimals)) + ")"
}

// listed names models, of many the first and the last.
func listed(models []contender, of int) string {
	const most = 3
	n := len(models)
	if n > most {
		share := fmt.Sprintf("%d of the %d others", n, of)
		if n == of {
			share = fmt.Sprintf("all %d others", n)
		}
		return fmt.Sprintf("%s, from %s down to %s", share, models[0], models[n-1])
	}
	var names []string
	for _, m := range models {
		names = append(names, m.String())
	}
	if n == 1 {
		return names[0]
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}

// further says which of the pairs without the leader can be told apart.
func (r ranking) further(leader string, pairs int) string {
	var found []string
	for _, m := range r.models {
		if m.model == leader {
			continue
		}
		for _, other := range r.than(m.model) {
			found = append(found, printable(m.model)+" is closer than "+printable(other.model)+" as well")
		}
	}
	switch n := len(found); {
	case pairs == 0:
		return ""
	case n == 0:
		return "; no other difference exceeds its error"
	case n == pairs && n > 1:
		return "; all other differences exceed their errors as well"
	case n > 1:
		return fmt.Sprintf("; %d of the %d other differences exceed their errors as well", n, pairs)
	case pairs == 1:
		return "; " + found[0]
	}
	return "; " + found[0] + ", and no other difference exceeds its error"
}

// findingNote says from where on a difference counts as beyond its error, and what
// errors of differences are; "" if there are none.
func (b *Brain) findingNote() string {
	pairs := 0 // of a region and measure
	for _, region := range b.Regions {
		for _, m := range b.Measures {
			found, _ := b.differencesOf(region, m)
			pairs = max(pairs, len(found))
		}
	}
	limit := "2 standard errors"
	switch {
	case pairs == 0:
		return ""
	case pairs > 1:
		limit = fmt.Sprintf("%s standard errors, which by chance alone any of %d differences would be in at most one of twenty cases (Bonferroni)", rounded(errorLimit(pairs), 1), pairs)
	}
	return "A difference of two models exceeds its error if it is larger than " + limit +
		". Standard errors of differences are over what both models share: resamples of the stimuli (RSA) or splits, with Nadeau and Bengio's correction for stimuli that splits share (PLS, ridge); of CKA they are both errors in quadrature. Models with several seeds add the standard error over seeds."
}
