package results

import "slices"

// ScoreKey is the region and measure of brain scores of a comparison.
type ScoreKey struct{ Region, Measure string }

// ScoreKeys returns the keys of which some run has a score, in the order of the scores.
func (c *Comparison) ScoreKeys() []ScoreKey {
	var keys []ScoreKey
	for i := range c.Variants {
		for _, s := range slices.Concat(c.Variants[i].Trained(), c.Variants[i].Untrained()) {
			if key := (ScoreKey{s.Region, s.Measure}); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Trained returns the brain scores of the variant's trained networks: of the
// complete runs or, if there is none, of all.
func (v *Variant) Trained() BrainScores {
	return v.runScores(func(r Run) []BrainScore { return r.Brain })
}

// Untrained returns the brain scores of the same networks before training.
func (v *Variant) Untrained() BrainScores {
	return v.runScores(func(r Run) []BrainScore { return r.Untrained })
}

func (v *Variant) runScores(scoresOf func(Run) []BrainScore) BrainScores {
	var scores BrainScores
	for _, run := range v.Runs {
		if run.Complete || v.CompleteRuns() == 0 {
			scores = append(scores, scoresOf(run)...)
		}
	}
	return scores
}

// HasUntrained tells whether some network was scored before training.
func (c *Comparison) HasUntrained() bool {
	return slices.ContainsFunc(c.Variants, func(v Variant) bool { return len(v.Untrained()) > 0 })
}

// OverSeeds summarises the scores with a key over seeds.
func (k ScoreKey) OverSeeds(scores BrainScores) Summary {
	s := scores.With(k.Region, k.Measure).SummaryOf(func(s BrainScore) float64 { return s.Value })
	return Summary{s.Mean, s.Error}
}

// scoreColumns returns the columns of results.csv that are named REGION MEASURE
// and untrained REGION MEASURE.
func (c *Comparison) scoreColumns() []outcomeColumn {
	var columns []outcomeColumn
	for _, k := range c.ScoreKeys() {
		for _, training := range []struct {
			prefix string
			scores func(*Variant) BrainScores
		}{{"", (*Variant).Trained}, {"untrained ", (*Variant).Untrained}} {
			name := training.prefix + k.Region + " " + k.Measure
			columns = append(columns,
				outcomeColumn{name, func(o *Outcome) any { return number(k.OverSeeds(training.scores(o.Variant)).Mean) }},
				outcomeColumn{name + "_sd", func(o *Outcome) any { return number(k.OverSeeds(training.scores(o.Variant)).Deviation) }})
		}
	}
	return columns
}
