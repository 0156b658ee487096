package results

import "slices"

// ScoreKey is what brain scores of a comparison are of.
type ScoreKey struct{ Region, Measure string }

// ScoreKeys returns those that some run has a score of, in their order.
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

// Untrained returns those of the same networks before training.
func (v *Variant) Untrained() BrainScores {
	return v.runScores(func(r Run) []BrainScore { return r.Untrained })
}

func (v *Variant) runScores(of func(Run) []BrainScore) BrainScores {
	var scores BrainScores
	for _, run := range v.Runs {
		if run.Complete || v.CompleteRuns() == 0 {
			scores = append(scores, of(run)...)
		}
	}
	return scores
}

// HasUntrained says that some network was scored before training.
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
		for _, of := range []struct {
			prefix string
			scores func(*Variant) BrainScores
		}{{"", (*Variant).Trained}, {"untrained ", (*Variant).Untrained}} {
			name := of.prefix + k.Region + " " + k.Measure
			columns = append(columns,
				outcomeColumn{name, func(o *Outcome) any { return number(k.OverSeeds(of.scores(o.Variant)).Mean) }},
				outcomeColumn{name + "_sd", func(o *Outcome) any { return number(k.OverSeeds(of.scores(o.Variant)).Deviation) }})
		}
	}
	return columns
}
