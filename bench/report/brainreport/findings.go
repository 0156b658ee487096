package brainreport

import (
	"fmt"
	"slices"
	"strings"

	"hypnos/bench/format"
	"hypnos/bench/results"
)

// findings returns a sentence for each region that says which models differ by more than
// the error of their difference; without regions, one on which areas are most alike.
func (b brain) findings() []string {
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
		add(b.pairFinding())
	}
	return sentences
}

// headlineOf returns the measure of a region's finding and first figure: PLS or, without
// it, Spearman's RSA, as in a comparison, or else the first; "" if nothing was scored.
func (b brain) headlineOf(region string) string {
	measures := b.measuresOf(region, b.Best)
	for _, m := range []string{results.MeasurePLS, results.MeasureSpearman} {
		if slices.Contains(measures, m) {
			return m
		}
	}
	return append(measures, "")[0]
}

// inWords returns what sentences call a measure.
func inWords(measure string) string {
	return format.Printable(results.FindBrainMeasure(measure).Words)
}

// ranking is a ranking for sentences.
type ranking struct {
	results.Ranking
	decimals int // of scores
}

func (b brain) ranking(region, measure string) ranking {
	r := ranking{b.Ranking(region, measure), 2}
	// Two decimals are enough for all, unless an error would be 0.00.
	if slices.ContainsFunc(r.Models, func(m results.RankedModel) bool { return m.Score.Error < 0.005 }) {
		r.decimals = 3
	}
	return r
}

// named returns the name of a model with its score.
func (r ranking) named(m results.RankedModel) string {
	return format.Printable(m.Name) + " (" + format.PlusMinus(format.Decimals(m.Score.Mean, r.decimals), format.Decimals(m.Score.Error, r.decimals)) + ")"
}

// finding names the leader, which is closer to a region than the largest number of other
// models, the models that it is closer than, and how many other pairs differ.
func (b brain) finding(region string) string {
	measure := b.headlineOf(region)
	r := b.ranking(region, measure)
	by, region := "By "+inWords(measure)+", ", format.Printable(region)
	n := len(r.Models)
	switch {
	case n == 0:
		return ""
	case n == 1:
		only, verb := r.Models[0], "is not more than"
		if only.Score.Mean > results.ErrorLimit(1)*only.Error {
			verb = "is more than"
		}
		return fmt.Sprintf("%sthe likeness of %s to %s %s twice its error; there is no other model to compare it with.", by, r.named(only), region, verb)
	case !r.Compared(): // the differences are not known
		return ""
	}
	var leader results.RankedModel
	var beaten []results.RankedModel
	for _, m := range r.Models {
		if others := r.CloserThan(m.Name); len(others) > len(beaten) {
			leader, beaten = m, others
		}
	}
	first, last := r.named(r.Models[0]), r.named(r.Models[n-1])
	switch {
	case beaten == nil && n == 2:
		return fmt.Sprintf("%sit cannot be told whether %s or %s is closer to %s: their difference does not exceed its error.", by, first, last, region)
	case beaten == nil:
		return fmt.Sprintf("%sit cannot be told which of the %d models is closest to %s: from %s to %s no difference exceeds its error.", by, n, region, first, last)
	}
	return fmt.Sprintf("%s%s is closer to %s than %s%s.", by, r.named(leader), region, r.listed(beaten, n-1), r.further(leader.Name, n*(n-1)/2-len(beaten)))
}

// listed names models that are some of so many others; if there are many, the first and
// the last.
func (r ranking) listed(models []results.RankedModel, of int) string {
	const most = 3
	n := len(models)
	if n > most {
		share := fmt.Sprintf("%d of the %d others", n, of)
		if n == of {
			share = fmt.Sprintf("all %d others", n)
		}
		return fmt.Sprintf("%s, from %s down to %s", share, r.named(models[0]), r.named(models[n-1]))
	}
	var names []string
	for _, m := range models {
		names = append(names, r.named(m))
	}
	if n == 1 {
		return names[0]
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}

// further says which differences there are beside those of the finding, of so many pairs.
func (r ranking) further(leader string, pairs int) string {
	var found []string
	for _, m := range r.Models {
		if m.Name == leader {
			continue
		}
		for _, other := range r.CloserThan(m.Name) {
			found = append(found, format.Printable(m.Name)+" is closer than "+format.Printable(other.Name)+" as well")
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

// findingNote says when a difference exceeds its error, and what errors of differences
// are; it is "" if there are no differences.
func (b brain) findingNote() string {
	pairs := 0 // the most that were compared with one region by one measure
	for _, region := range b.Regions {
		for _, m := range b.Measures {
			found, _ := b.DifferencesOf(region, m)
			pairs = max(pairs, len(found))
		}
	}
	limit := "2 standard errors"
	switch {
	case pairs == 0:
		return ""
	case pairs > 1:
		limit = fmt.Sprintf("%s standard errors, which by chance alone any of %d differences would be in at most one of twenty cases (Bonferroni)", format.Decimals(results.ErrorLimit(pairs), 1), pairs)
	}
	return "A difference of two models exceeds its error if it is larger than " + limit +
		". Standard errors of differences are over what both models share: resamples of the stimuli (RSA) or splits, with Nadeau and Bengio's correction for stimuli that splits share (PLS, ridge); of CKA they are both errors in quadrature. Models with several seeds add the standard error over seeds."
}
