package report

import (
	"slices"
	"strings"
	"unicode"
)

// figures returns the figures, of which some may be empty.
func (b *Brain) figures() []drawing {
	figures := []drawing{b.bestFigure()}
	seen := map[string]bool{}
	for _, region := range b.Regions {
		f := b.areasFigure(region)
		for seen[f.name] { // names that differ by other than letters and digits
			f.name += "_"
		}
		seen[f.name] = true
		figures = append(figures, f)
	}
	return append(figures, b.matrixFigure(), b.alikeFigure())
}

const barCaption = "; ± is that of the tables, drawn as a line, and circles are single seeds; grey is the noise ceiling, a band between its bounds or a dashed line with its error"

// bestFigure is the score of the best area of each model, a block a region.
func (b *Brain) bestFigure() drawing {
	models, scores := b.withGiven(b.Best)
	var blocks []barBlock
	for _, region := range b.Regions {
		block, models := barBlock{title: region}, b.shownWith(region, models)
		for i, model := range models {
			colour := barColour(0)
			if i >= len(b.Models) {
				colour = spareColour
			}
			block.rows = append(block.rows, barRow{group: model, colour: colour})
		}
		for _, m := range b.measuresOf(region, scores) {
			found := scoresOf(scores, region, m)
			panel := barPanel{title: m, ceiling: ceilingOf(found)}
			for _, model := range models {
				panel.bars = append(panel.bars, summariseScores(scoresOfModel(found, model)))
			}
			block.panels = append(block.panels, panel)
		}
		blocks = append(blocks, block)
	}
	caption := "the area of each model that is most like the region, chosen on one half of the stimuli and scored on the other"
	if len(b.Given) > 0 {
		caption += " (" + given + ": one representation, scored on all)"
	}
	return barFigure("best", "Best areas", caption+barCaption, blocks)
}

// areasFigure is the scores of all areas with a region.
func (b *Brain) areasFigure(region string) drawing {
	models, scores := b.withGiven(b.Areas)
	block := barBlock{}
	var names []string // of areas, in the order of their colours
	for _, model := range models {
		seen := map[string]bool{}
		for _, s := range scoresOfModel(scores, model) {
			if s.Region != region || seen[s.Area] {
				continue
			}
			seen[s.Area] = true
			colour := spareColour
			if s.Area != "" {
				if !slices.Contains(names, s.Area) {
					names = append(names, s.Area)
				}
				colour = barColour(slices.Index(names, s.Area))
			}
			block.rows = append(block.rows, barRow{model, s.Area, colour})
		}
	}
	for _, m := range b.measuresOf(region, scores) {
		found := scoresOf(scores, region, m)
		panel := barPanel{title: m, ceiling: ceilingOf(found)}
		for _, r := range block.rows {
			ofArea := slices.DeleteFunc(scoresOfModel(found, r.group), func(s BrainScore) bool { return s.Area != r.name })
			panel.bars = append(panel.bars, summariseScores(ofArea))
		}
		block.panels = append(block.panels, panel)
	}
	return barFigure("areas_"+fileName(region), "All areas and "+printable(region), "scores on all stimuli"+barCaption, []barBlock{block})
}

// fileName is a name, or its start, with "_" for all but letters and digits of
// ASCII.
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
