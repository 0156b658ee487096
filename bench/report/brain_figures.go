package report

import (
	"slices"
	"strings"
	"unicode"
)

// figures returns all figures, of which some may be empty.
func (b *Brain) figures() brainFigures {
	f := brainFigures{best: b.bestFigure(), matrices: b.matrixFigure(), alike: b.alikeFigure()}
	heads, areas := map[string]bool{}, map[string]bool{}
	for _, region := range b.Regions {
		head, all := b.headlineFigure(region), b.areasFigure(region)
		head.name, all.name = unlike(heads, head.name), unlike(areas, all.name)
		f.headlines, f.areas = append(f.headlines, head), append(f.areas, all)
	}
	return f
}

// brainFigures are the figures by what they show.
type brainFigures struct {
	headlines, areas      []drawing // of each region
	best, matrices, alike drawing
}

// all returns the figures in the order of the page.
func (f brainFigures) all() []drawing {
	return slices.Concat(f.headlines, []drawing{f.best}, f.areas, []drawing{f.matrices, f.alike})
}

// unlike is a name that was not seen: those of regions may differ by other than
// letters and digits.
func unlike(seen map[string]bool, name string) string {
	for seen[name] {
		name += "_"
	}
	seen[name] = true
	return name
}

const barCaption = "; ± is that of the tables, drawn as a line, and circles are single seeds; grey is the noise ceiling, a band between its bounds or a dashed line with its error"

// headlineFigure is the score of the best area of each model with a region, by the
// measure that the finding is of.
func (b *Brain) headlineFigure(region string) drawing {
	measure := b.headlineOf(region)
	models, scores := b.withGiven(b.Best)
	block := b.bestBlock(region, models, scores, func(m string) bool { return m == measure })
	caption := "how like it the best area of each model is"
	for _, p := range block.panels {
		if slices.ContainsFunc(p.bars, func(s scoreSummary) bool { return len(s.seeds) > 1 }) {
			caption += "; circles are single seeds, lines their standard deviation or, of one seed, the error of its score"
		} else {
			caption += "; lines are errors"
		}
		if slices.ContainsFunc(b.Given, func(s BrainScore) bool { return s.Region == region && s.Measure == measure }) {
			caption += "; grey bars (" + given + ") came with the recording"
		}
		switch {
		case !p.ceiling.exists():
		case p.ceiling.low == p.ceiling.high:
			caption += "; the dashed line is the noise ceiling"
		default:
			caption += "; the grey band is the noise ceiling"
		}
	}
	return barFigureOf(sheetWidth, "best_"+fileName(region), printable(region)+" by "+inWords(measure), caption, []barBlock{block})
}

// bestFigure is the score of the best area of each model, a block a region.
func (b *Brain) bestFigure() drawing {
	models, scores := b.withGiven(b.Best)
	var blocks []barBlock
	for _, region := range b.Regions {
		blocks = append(blocks, b.bestBlock(region, models, scores, func(string) bool { return true }))
	}
	caption := "the area of each model that is most like the region, chosen on one half of the stimuli and scored on the other"
	if len(b.Given) > 0 {
		caption += " (" + given + ": one representation, scored on all)"
	}
	return barFigure("best", "Best areas", caption+barCaption, blocks)
}

// bestBlock is the best areas of models by some measures, of those that have any.
func (b *Brain) bestBlock(region string, models []string, scores []BrainScore, by func(measure string) bool) barBlock {
	block := barBlock{title: region}
	models = slices.DeleteFunc(slices.Clone(models), func(model string) bool {
		return !slices.ContainsFunc(scores, func(s BrainScore) bool { return s.Model == model && s.Region == region && by(s.Measure) })
	})
	for _, model := range models {
		colour := barColour(0)
		if !slices.Contains(b.Models, model) {
			colour = spareColour
		}
		block.rows = append(block.rows, barRow{group: model, colour: colour})
	}
	for _, m := range b.measuresOf(region, scores) {
		if !by(m) {
			continue
		}
		found := scoresOf(scores, region, m)
		panel := barPanel{title: m, ceiling: ceilingOf(found)}
		for _, model := range models {
			panel.bars = append(panel.bars, summariseScores(scoresOfModel(found, model)))
		}
		block.panels = append(block.panels, panel)
	}
	return block
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
