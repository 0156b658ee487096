package report

import (
	"slices"
	"strings"

	"hypnos/bench/format"
	"hypnos/bench/plotting"
	"hypnos/bench/results"
)

// brainColumns returns the columns of the table of scores: for each region and measure
// one of the trained networks and, if they were scored too, one of the untrained ones.
func (c comparison) brainColumns() []tableColumn {
	var columns []tableColumn
	keys := c.ScoreKeys()
	for _, k := range keys {
		// RSA (Spearman) is called RSA if there is no other RSA.
		measure, _, _ := strings.Cut(k.Measure, " (")
		for _, other := range keys {
			if other.Measure != k.Measure && strings.HasPrefix(other.Measure, measure+" (") {
				measure = k.Measure
			}
		}
		columns = append(columns, tableColumn{format.Printable(k.Region + " " + measure), func(o *results.Outcome) string {
			return overSeeds(k, o.Trained())
		}})
		if c.HasUntrained() {
			columns = append(columns, tableColumn{"untrained", func(o *results.Outcome) string {
				return overSeeds(k, o.Untrained())
			}})
		}
	}
	return columns
}

// overSeeds shows the mean over seeds of the scores with a key, and their deviation.
func overSeeds(k results.ScoreKey, scores results.BrainScores) string {
	s := k.OverSeeds(scores)
	return format.Score(s.Mean, s.Deviation)
}

// brainFigure returns a figure of the scores of trained and untrained networks side by
// side, with a block for each region.
func (c comparison) brainFigure() []plotting.Figure {
	keys := c.ScoreKeys()
	var blocks []plotting.BarBlock
	for _, key := range keys {
		if slices.ContainsFunc(blocks, func(b plotting.BarBlock) bool { return b.Title == key.Region }) {
			continue
		}
		block := plotting.BarBlock{Title: key.Region}
		for _, v := range c.Variants {
			if c.HasUntrained() {
				block.Rows = append(block.Rows, plotting.BarRow{Group: v.Name, Name: "trained"}, plotting.BarRow{Group: v.Name, Name: "untrained", Style: plotting.Grey})
			} else {
				block.Rows = append(block.Rows, plotting.BarRow{Group: v.Name})
			}
		}
		for _, k := range keys {
			if k.Region == key.Region {
				block.Panels = append(block.Panels, c.brainPanel(k))
			}
		}
		blocks = append(blocks, block)
	}
	return []plotting.Figure{plotting.Bars{
		Name: "brain", Title: "Fit to recordings of the brain", Blocks: blocks,
		Caption: "the area of each network that is most like the region; bars are means over seeds, lines their standard deviation or, of one seed, the error of the score, circles single seeds; grey is the noise ceiling",
	}.Figure()}
}

func (c comparison) brainPanel(k results.ScoreKey) plotting.BarPanel {
	panel := plotting.BarPanel{Title: k.Measure}
	var all results.BrainScores
	add := func(scores results.BrainScores) {
		found := scores.With(k.Region, k.Measure)
		panel.Bars = append(panel.Bars, plotting.Bar(found.Summary()))
		all = append(all, found...)
	}
	for i := range c.Variants {
		add(c.Variants[i].Trained())
		if c.HasUntrained() {
			add(c.Variants[i].Untrained())
		}
	}
	panel.Band = plotting.Band(all.Ceiling())
	return panel
}
