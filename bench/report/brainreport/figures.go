package brainreport

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"hypnos/bench/format"
	"hypnos/bench/plotting"
	"hypnos/bench/results"
)

const barCaption = "; ± is that of the tables, drawn as a line, and circles are single seeds; grey is the noise ceiling, a band between its bounds or a dashed line with its error"

// headlineFigure returns a figure of the score of the best area of each model with a
// region, by the measure of the region's finding.
func (b brain) headlineFigure(region string) plotting.Figure {
	measure := b.headlineOf(region)
	models, scores := b.withGiven(b.Best)
	block := b.bestBlock(region, models, scores, func(m string) bool { return m == measure })
	caption := "how like it the best area of each model is"
	for _, p := range block.Panels {
		if slices.ContainsFunc(p.Bars, func(bar plotting.Bar) bool { return len(bar.Values) > 1 }) {
			caption += "; circles are single seeds, lines their standard deviation or, of one seed, the error of its score"
		} else {
			caption += "; lines are errors"
		}
		if slices.ContainsFunc(b.Given, func(s results.BrainScore) bool { return s.Region == region && s.Measure == measure }) {
			caption += "; grey bars (" + givenMark + ") came with the recording"
		}
		switch {
		case !results.NoiseCeiling(p.Band).Exists():
		case p.Band.Low == p.Band.High:
			caption += "; the dashed line is the noise ceiling"
		default:
			caption += "; the grey band is the noise ceiling"
		}
	}
	return plotting.Bars{
		Name: "best_" + fileName(region), Title: format.Printable(region) + " by " + inWords(measure), Caption: caption,
		Blocks: []plotting.BarBlock{block}, Narrow: true,
	}.Figure()
}

// bestFigure returns a figure of the scores of the best area of each model, with a block
// for each region.
func (b brain) bestFigure() plotting.Figure {
	models, scores := b.withGiven(b.Best)
	var blocks []plotting.BarBlock
	for _, region := range b.Regions {
		blocks = append(blocks, b.bestBlock(region, models, scores, func(string) bool { return true }))
	}
	caption := "the area of each model that is most like the region, chosen on one half of the stimuli and scored on the other"
	if len(b.Given) > 0 {
		caption += " (" + givenMark + ": one representation, scored on all)"
	}
	return plotting.Bars{Name: "best", Title: "Best areas", Caption: caption + barCaption, Blocks: blocks}.Figure()
}

// bestBlock returns a block of the best areas of models, with a panel for each measure
// that is wanted. Models without a score by these measures are left out.
func (b brain) bestBlock(region string, models []string, scores results.BrainScores, wanted func(measure string) bool) plotting.BarBlock {
	block := plotting.BarBlock{Title: region}
	models = slices.DeleteFunc(slices.Clone(models), func(model string) bool {
		return !slices.ContainsFunc(scores, func(s results.BrainScore) bool { return s.Model == model && s.Region == region && wanted(s.Measure) })
	})
	for _, model := range models {
		row := plotting.BarRow{Group: model}
		if !slices.Contains(b.Models, model) {
			row.Style = plotting.Grey
		}
		block.Rows = append(block.Rows, row)
	}
	for _, m := range b.measuresOf(region, scores) {
		if !wanted(m) {
			continue
		}
		found := scores.With(region, m)
		panel := plotting.BarPanel{Title: m, Band: plotting.Band(found.Ceiling())}
		for _, model := range models {
			panel.Bars = append(panel.Bars, plotting.Bar(found.OfModel(model).Summary()))
		}
		block.Panels = append(block.Panels, panel)
	}
	return block
}

// areasFigure returns a figure of the scores of all areas with a region.
func (b brain) areasFigure(region string) plotting.Figure {
	models, scores := b.withGiven(b.Areas)
	block := plotting.BarBlock{}
	var names []string // of areas, in the order of their colours
	for _, model := range models {
		seen := map[string]bool{}
		for _, s := range scores.OfModel(model) {
			if s.Region != region || seen[s.Area] {
				continue
			}
			seen[s.Area] = true
			row := plotting.BarRow{Group: model, Name: s.Area, Style: plotting.Grey}
			if s.Area != "" {
				if !slices.Contains(names, s.Area) {
					names = append(names, s.Area)
				}
				row.Style = slices.Index(names, s.Area)
			}
			block.Rows = append(block.Rows, row)
		}
	}
	for _, m := range b.measuresOf(region, scores) {
		found := scores.With(region, m)
		panel := plotting.BarPanel{Title: m, Band: plotting.Band(found.Ceiling())}
		for _, r := range block.Rows {
			ofArea := slices.DeleteFunc(found.OfModel(r.Group), func(s results.BrainScore) bool { return s.Area != r.Name })
			panel.Bars = append(panel.Bars, plotting.Bar(ofArea.Summary()))
		}
		block.Panels = append(block.Panels, panel)
	}
	return plotting.Bars{
		Name: "areas_" + fileName(region), Title: "All areas and " + format.Printable(region), Caption: "scores on all stimuli" + barCaption,
		Blocks: []plotting.BarBlock{block},
	}.Figure()
}

// matrixFigure returns a figure of the matrices of dissimilarities, in percentiles, side
// by side.
func (b brain) matrixFigure() plotting.Figure {
	m := plotting.Matrices{
		Name: "dissimilarities", Title: "Dissimilarities of the stimuli", Categories: b.Categories,
		Caption: "the percentile of the dissimilarity (1 − Pearson's r) of each two stimuli among those of the same matrix, as in Kriegeskorte et al. 2008; of models with several seeds, that of the first",
		Scale:   plotting.Scale{Title: "percentile of dissimilarity", Ticks: [3]string{"0", "50", "100"}},
	}
	for _, one := range b.Matrices {
		if one.Stimuli() > 0 {
			m.Matrices = append(m.Matrices, plotting.Matrix{Title: one.Name, Values: one.Percentiles()})
		}
	}
	categories := slices.Clone(b.Categories)
	slices.Sort(categories)
	if n := len(slices.Compact(categories)); n > 1 {
		m.Caption += fmt.Sprintf("; the stimuli are sorted by their %d categories", n)
	}
	return m.Figure()
}

// fileName returns the beginning of a name with "_" in place of all but ASCII letters and
// digits.
func fileName(name string) string {
	const longest = 60
	name = strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), longest)]
}
