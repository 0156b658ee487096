package report

import (
	"slices"
	"strings"
)

// brainKey is what the brain scores of a comparison are of.
type brainKey struct{ region, measure string }

// brainKeys returns those that some run has a score of, in their order.
func (r *Report) brainKeys() []brainKey {
	var keys []brainKey
	for i := range r.Variants {
		for _, s := range slices.Concat(r.Variants[i].brain(), r.Variants[i].untrained()) {
			if key := (brainKey{s.Region, s.Measure}); !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// brain returns the scores of the variant's trained networks: of the complete
// runs or, if there is none, of all.
func (v *Variant) brain() []BrainScore {
	return v.runScores(func(r Run) []BrainScore { return r.Brain })
}

// untrained returns those of the same networks before training.
func (v *Variant) untrained() []BrainScore {
	return v.runScores(func(r Run) []BrainScore { return r.Untrained })
}

func (v *Variant) runScores(of func(Run) []BrainScore) []BrainScore {
	var scores []BrainScore
	for _, run := range v.Runs {
		if run.Complete || v.complete() == 0 {
			scores = append(scores, of(run)...)
		}
	}
	return scores
}

// overSeeds is the mean and spread of a field of the scores with a key.
func (k brainKey) overSeeds(scores []BrainScore) summary {
	s := summariseOf(scoresOf(scores, k.region, k.measure), func(s BrainScore) float64 { return s.Value })
	return summary{s.mean, s.spread}
}

// brainColumns returns the columns of the table: of each region and measure the
// trained networks and, if there are such scores, the untrained ones.
func (r *Report) brainColumns() []tableColumn {
	var columns []tableColumn
	keys := r.brainKeys()
	for _, k := range keys {
		// RSA (Spearman) is RSA where there is no other.
		measure, _, _ := strings.Cut(k.measure, " (")
		for _, other := range keys {
			if other.measure != k.measure && strings.HasPrefix(other.measure, measure+" (") {
				measure = k.measure
			}
		}
		columns = append(columns, tableColumn{printable(k.region + " " + measure), func(r *result) string {
			return scoreText(k.overSeeds(r.brain()))
		}})
		if r.hasUntrained() {
			columns = append(columns, tableColumn{"untrained", func(r *result) string {
				return scoreText(k.overSeeds(r.untrained()))
			}})
		}
	}
	return columns
}

func scoreText(s summary) string { return withSpread(shownScore(s.mean), shownScore(s.spread)) }

// hasUntrained says that some network was scored before training.
func (r *Report) hasUntrained() bool {
	return slices.ContainsFunc(r.Variants, func(v Variant) bool { return len(v.untrained()) > 0 })
}

// brainResults returns the columns of results.csv, named REGION MEASURE and
// untrained REGION MEASURE.
func (r *Report) brainResults() []resultColumn {
	var columns []resultColumn
	for _, k := range r.brainKeys() {
		for _, of := range []struct {
			prefix string
			scores func(*Variant) []BrainScore
		}{{"", (*Variant).brain}, {"untrained ", (*Variant).untrained}} {
			name := of.prefix + k.region + " " + k.measure
			columns = append(columns,
				resultColumn{name, func(r *result) any { return number(k.overSeeds(of.scores(r.Variant)).mean) }},
				resultColumn{name + "_sd", func(r *result) any { return number(k.overSeeds(of.scores(r.Variant)).spread) }})
		}
	}
	return columns
}

// brainFigure is the scores of trained and untrained networks side by side, a
// block a region.
func (r *Report) brainFigure() drawing {
	keys := r.brainKeys()
	untrained := r.hasUntrained()
	var blocks []barBlock
	for _, key := range keys {
		if slices.ContainsFunc(blocks, func(b barBlock) bool { return b.title == key.region }) {
			continue
		}
		block := barBlock{title: key.region}
		for _, v := range r.Variants {
			if untrained {
				block.rows = append(block.rows, barRow{v.Name, "trained", barColour(0)}, barRow{v.Name, "untrained", spareColour})
			} else {
				block.rows = append(block.rows, barRow{v.Name, "", barColour(0)})
			}
		}
		for _, k := range keys {
			if k.region == key.region {
				block.panels = append(block.panels, r.brainPanel(k, untrained))
			}
		}
		blocks = append(blocks, block)
	}
	caption := "the area of each network that is most like the region; bars are means over seeds, lines their standard deviation or, of one seed, the error of the score, circles single seeds; grey is the noise ceiling"
	return barFigure("brain", "Fit to recordings of the brain", caption, blocks)
}

func (r *Report) brainPanel(k brainKey, untrained bool) barPanel {
	panel := barPanel{title: k.measure}
	var all []BrainScore
	add := func(scores []BrainScore) {
		found := scoresOf(scores, k.region, k.measure)
		panel.bars = append(panel.bars, summariseScores(found))
		all = append(all, found...)
	}
	for i := range r.Variants {
		add(r.Variants[i].brain())
		if untrained {
			add(r.Variants[i].untrained())
		}
	}
	panel.ceiling = ceilingOf(all)
	return panel
}
