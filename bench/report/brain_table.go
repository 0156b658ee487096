package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// given marks models that are known by their dissimilarities alone.
const given = "†"

// regionTable is what people read of a region: a row a model, a column a
// measure.
type regionTable struct {
	Region   string
	Measures []string // those that something was scored by
	Ceilings []string // of each measure
	Rows     []regionRow

	// Normalised holds what Headings name, of measures with a reliability.
	Headings   []string
	Normalised []regionRow
}

type regionRow struct {
	Model  string
	Scores []string
	Areas  []string // the best area by each measure
}

// regionTables returns one table a region.
func (b *Brain) regionTables() []regionTable {
	var tables []regionTable
	for _, region := range b.Regions {
		tables = append(tables, b.regionTable(region))
	}
	return tables
}

func (b *Brain) regionTable(region string) regionTable {
	t := regionTable{Region: printable(region)}
	models, all := b.withGiven(b.Best)
	models = b.shownWith(region, models)
	var normalised []string // measures
	for _, m := range b.measuresOf(region, all) {
		scores := scoresOf(all, region, m)
		t.Measures = append(t.Measures, printable(m))
		t.Ceilings = append(t.Ceilings, ceilingOf(scores).String())
		if slices.ContainsFunc(scores, func(s BrainScore) bool { return !math.IsNaN(s.ExplainedVariance) || !math.IsNaN(s.SquaredRatio) }) {
			normalised = append(normalised, m)
			t.Headings = append(t.Headings, printable(m)+" r²/c", printable(m)+" (r/c)²")
		}
	}
	for i, model := range models {
		scores := scoresOfModel(all, model)
		row, ratios := regionRow{Model: printable(model)}, regionRow{Model: printable(model)}
		for _, m := range b.measuresOf(region, all) {
			found := scoresOf(scores, region, m)
			row.Scores = append(row.Scores, summariseScores(found).String())
			row.Areas = append(row.Areas, areaOf(found))
		}
		for _, m := range normalised {
			found := scoresOf(scores, region, m)
			ratios.Scores = append(ratios.Scores,
				summariseOf(found, func(s BrainScore) float64 { return s.ExplainedVariance }).String(),
				summariseOf(found, func(s BrainScore) float64 { return s.SquaredRatio }).String())
		}
		t.Rows = append(t.Rows, row)
		if normalised != nil && i < len(b.Models) {
			t.Normalised = append(t.Normalised, ratios)
		}
	}
	return t
}

// withGiven returns the names of all models, with those that are given last and
// marked, and their scores.
func (b *Brain) withGiven(scores []BrainScore) (models []string, all []BrainScore) {
	models, all = slices.Clone(b.Models), slices.Clone(scores)
	for _, s := range b.Given {
		s.Model += given
		if !slices.Contains(models, s.Model) {
			models = append(models, s.Model)
		}
		all = append(all, s)
	}
	return models, all
}

// shownWith returns the models without those that came with other regions.
func (b *Brain) shownWith(region string, models []string) []string {
	return slices.DeleteFunc(slices.Clone(models), func(model string) bool {
		return !slices.Contains(b.Models, model) && !slices.ContainsFunc(b.Given, func(s BrainScore) bool {
			return s.Model+given == model && s.Region == region
		})
	})
}

// measuresOf returns the measures by which something was scored with a region.
func (b *Brain) measuresOf(region string, scores []BrainScore) []string {
	return slices.DeleteFunc(slices.Clone(b.Measures), func(m string) bool { return len(scoresOf(scores, region, m)) == 0 })
}

func scoresOf(scores []BrainScore, region, measure string) []BrainScore {
	var found []BrainScore
	for _, s := range scores {
		if s.Region == region && s.Measure == measure {
			found = append(found, s)
		}
	}
	return found
}

func scoresOfModel(scores []BrainScore, model string) []BrainScore {
	var found []BrainScore
	for _, s := range scores {
		if s.Model == model {
			found = append(found, s)
		}
	}
	return found
}

// scoreSummary is the mean over seeds and how far it can be trusted.
type scoreSummary struct {
	mean   float64
	spread float64   // standard deviation over seeds or, of one seed, the score's own error
	seeds  []float64 // the single values
}

// summariseScores ignores seeds whose score is NaN.
func summariseScores(scores []BrainScore) scoreSummary {
	s := summariseOf(scores, func(s BrainScore) float64 { return s.Value })
	if len(s.seeds) == 1 {
		for _, score := range scores {
			if !math.IsNaN(score.Value) {
				s.spread = score.Error
			}
		}
	}
	return s
}

// summariseOf summarises a field that has no error of its own.
func summariseOf(scores []BrainScore, field func(BrainScore) float64) scoreSummary {
	var values []float64
	for _, s := range scores {
		if x := field(s); !math.IsNaN(x) {
			values = append(values, x)
		}
	}
	s := summarise(values)
	return scoreSummary{s.mean, s.spread, values}
}

func (s scoreSummary) String() string { return withSpread(shownScore(s.mean), shownScore(s.spread)) }

// shownScore shows three decimals.
func shownScore(x float64) string { return rounded(x, 3) }

// rounded shows a number of decimals or, of numbers that no score is, the order
// of magnitude.
func rounded(x float64, decimals int) string {
	const large = 1e4
	if math.Abs(x) >= large {
		return strings.ReplaceAll(shown("%.0e", x), "-", "−")
	}
	text := shown(fmt.Sprintf("%%.%df", decimals), x)
	if strings.Trim(text, "-0.") == "" {
		text = strings.TrimPrefix(text, "-") // no −0.000
	}
	return strings.Replace(text, "-", "−", 1)
}

// areaOf returns the best area of all scores, which are of one seed each: where
// seeds chose several, that of most of them, or those of equally many, and of how
// many. Of models without areas it is "".
func areaOf(scores []BrainScore) string {
	const most = 3 // that are named
	var names []string
	seeds := map[string]int{}
	for _, s := range scores {
		if seeds[s.Area]++; seeds[s.Area] == 1 {
			names = append(names, s.Area)
		}
	}
	if len(names) < 2 {
		return printable(strings.Join(names, ""))
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
	return fmt.Sprintf("%s, %d of %d seeds%s", printable(strings.Join(names, ", ")), votes, len(scores), each)
}

// noiseCeiling is bounds, which may be equal; NaN where there is none.
type noiseCeiling struct{ low, high, spread float64 }

// ceilingOf returns the mean ceiling of scores of one region and measure, which
// is that of each of them unless they are of different stimuli.
func ceilingOf(scores []BrainScore) noiseCeiling {
	mean := func(field func(BrainScore) float64) float64 {
		values := summariseOf(scores, field).seeds
		if len(values) == 0 {
			return math.NaN()
		}
		return stat.Mean(values, nil)
	}
	return noiseCeiling{
		mean(func(s BrainScore) float64 { return s.Low }),
		mean(func(s BrainScore) float64 { return s.High }),
		mean(func(s BrainScore) float64 { return s.CeilingError }),
	}
}

// exists says that there is a ceiling.
func (c noiseCeiling) exists() bool { return !math.IsNaN(c.low) && !math.IsNaN(c.high) }

func (c noiseCeiling) String() string {
	low, high := shownScore(c.low), shownScore(c.high)
	switch {
	case !c.exists():
		return absent
	case low != high:
		return low + " to " + high
	}
	return withSpread(low, shownScore(c.spread))
}
