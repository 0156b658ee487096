package brainreport

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"hypnos/bench/format"
	"hypnos/bench/results"
)

// givenMark marks models that are known by their dissimilarities alone.
const givenMark = "†"

// regionTable is what people read of a region: a table with a row for each model and a
// column for each measure.
type regionTable struct {
	Region   string
	Measures []string // those by which something was scored
	Ceilings []string // of each measure
	Rows     []regionRow

	// Normalised is a second table, whose columns Headings name: scores in terms of the
	// reliability of the responses, by the measures that have one; nil if none has.
	Headings   []string
	Normalised []regionRow
}

type regionRow struct {
	Model  string
	Scores []string
	Areas  []string // the best area by each measure
}

// regionTables returns a table for each region.
func (b brain) regionTables() []regionTable {
	var tables []regionTable
	for _, region := range b.Regions {
		tables = append(tables, b.regionTable(region))
	}
	return tables
}

func (b brain) regionTable(region string) regionTable {
	t := regionTable{Region: format.Printable(region)}
	models, all := b.withGiven(b.Best)
	models = b.shownWith(region, models)
	var normalised []string // measures
	for _, m := range b.measuresOf(region, all) {
		scores := all.With(region, m)
		t.Measures = append(t.Measures, format.Printable(m))
		t.Ceilings = append(t.Ceilings, shownCeiling(scores.Ceiling()))
		if slices.ContainsFunc(scores, func(s results.BrainScore) bool {
			return !math.IsNaN(s.ExplainedVariance) || !math.IsNaN(s.SquaredRatio)
		}) {
			normalised = append(normalised, m)
			t.Headings = append(t.Headings, format.Printable(m)+" r²/c", format.Printable(m)+" (r/c)²")
		}
	}
	for i, model := range models {
		scores := all.OfModel(model)
		row, ratios := regionRow{Model: format.Printable(model)}, regionRow{Model: format.Printable(model)}
		for _, m := range b.measuresOf(region, all) {
			found := scores.With(region, m)
			row.Scores = append(row.Scores, shownSummary(found.Summary()))
			row.Areas = append(row.Areas, areaOf(found))
		}
		for _, m := range normalised {
			found := scores.With(region, m)
			ratios.Scores = append(ratios.Scores,
				shownSummary(found.SummaryOf(func(s results.BrainScore) float64 { return s.ExplainedVariance })),
				shownSummary(found.SummaryOf(func(s results.BrainScore) float64 { return s.SquaredRatio })))
		}
		t.Rows = append(t.Rows, row)
		if normalised != nil && i < len(b.Models) {
			t.Normalised = append(t.Normalised, ratios)
		}
	}
	return t
}

// withGiven returns the names of all models and their scores. Those that came with the
// recording are last, and their names are marked.
func (b brain) withGiven(scores results.BrainScores) (models []string, all results.BrainScores) {
	models, all = slices.Clone(b.Models), slices.Clone(scores)
	for _, s := range b.Given {
		s.Model += givenMark
		if !slices.Contains(models, s.Model) {
			models = append(models, s.Model)
		}
		all = append(all, s)
	}
	return models, all
}

// shownWith returns the models without those that came with other regions alone.
func (b brain) shownWith(region string, models []string) []string {
	return slices.DeleteFunc(slices.Clone(models), func(model string) bool {
		return !slices.Contains(b.Models, model) && !slices.ContainsFunc(b.Given, func(s results.BrainScore) bool {
			return s.Model+givenMark == model && s.Region == region
		})
	})
}

// measuresOf returns the measures by which something was scored with a region.
func (b brain) measuresOf(region string, scores results.BrainScores) []string {
	return slices.DeleteFunc(slices.Clone(b.Measures), func(m string) bool { return len(scores.With(region, m)) == 0 })
}

// areaOf names the area of scores of a model, one for each seed. If seeds chose different
// areas, it names the area that most seeds chose, or all that as many chose, and says how
// many did. It is "" for models without areas.
func areaOf(scores results.BrainScores) string {
	const most = 3 // that are named
	var names []string
	seeds := map[string]int{}
	for _, s := range scores {
		if seeds[s.Area]++; seeds[s.Area] == 1 {
			names = append(names, s.Area)
		}
	}
	if len(names) < 2 {
		return format.Printable(strings.Join(names, ""))
	}
	votes := 0
	for _, n := range seeds {
		votes = max(votes, n)
	}
	names = slices.DeleteFunc(names, func(name string) bool { return seeds[name] < votes })
	each := ""
	if len(names) > 1 {
		each = " each"
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return fmt.Sprintf("%s, %d of %d seeds%s", format.Printable(strings.Join(names, ", ")), votes, len(scores), each)
}

// shownCeiling shows bounds, or one number with its error.
func shownCeiling(c results.NoiseCeiling) string {
	switch {
	case !c.Exists():
		return format.Absent
	case c.Low != c.High:
		return format.Decimals(c.Low, 3) + " to " + format.Decimals(c.High, 3)
	}
	return format.Score(c.Low, c.Error)
}

func shownSummary(s results.ScoreSummary) string { return format.Score(s.Mean, s.Error) }
