package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

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

// areaOf returns the area of all scores, "several" or, of models without areas,
// "".
func areaOf(scores []BrainScore) string {
	switch {
	case len(scores) == 0:
		return ""
	case slices.ContainsFunc(scores, func(s BrainScore) bool { return s.Area != scores[0].Area }):
		return "several"
	}
	return printable(scores[0].Area)
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

// textTable is a heading and rows, their headings first.
type textTable struct {
	heading string
	rows    [][]string
}

// textTables returns the tables of a terminal, which are no wider than one
// column a measure: scores, areas and normalised scores of each region or,
// without regions, which areas are alike.
func (b *Brain) textTables() []textTable {
	var tables []textTable
	for _, t := range b.regionTables() {
		scores := [][]string{append([]string{"model"}, t.Measures...), append([]string{"noise ceiling"}, t.Ceilings...)}
		areas := scores[:1:1]
		for _, r := range t.Rows {
			scores = append(scores, append([]string{r.Model}, r.Scores...))
			if slices.ContainsFunc(r.Areas, func(area string) bool { return area != "" }) {
				areas = append(areas, append([]string{r.Model}, r.Areas...))
			}
		}
		tables = append(tables, textTable{t.Region + ": the best area of each model, on stimuli that did not choose it", scores})
		if len(areas) > 1 {
			tables = append(tables, textTable{t.Region + ": which area that is", areas})
		}
		if t.Normalised != nil {
			normalised := [][]string{append([]string{"model"}, t.Headings...)}
			for _, r := range t.Normalised {
				normalised = append(normalised, append([]string{r.Model}, r.Scores...))
			}
			tables = append(tables, textTable{t.Region + ": scores r in terms of the ceiling c", normalised})
		}
	}
	if rows := b.alikeRows(); len(b.Regions) == 0 && len(rows) > 1 {
		tables = append(tables, textTable{"Model against model", rows})
	}
	return tables
}

// alikeRows says of each area which area of another model is most like it or,
// if there is only one model, which other area.
func (b *Brain) alikeRows() [][]string {
	modelOf := func(area string) string {
		if i := strings.LastIndex(area, ": "); i >= 0 {
			return area[:i]
		}
		return area
	}
	several := slices.ContainsFunc(b.Alike, func(p BrainPair) bool { return modelOf(p.A) != modelOf(p.B) })
	rows := [][]string{{"area", "most like it", "CKA", MeasureSpearman}}
	for _, name := range b.alikeNames() {
		best := BrainPair{CKA: math.Inf(-1)}
		for _, p := range b.Alike {
			if p.B == name {
				p.A, p.B = p.B, p.A
			}
			if p.A == name && p.B != name && (!several || modelOf(p.B) != modelOf(name)) && p.CKA > best.CKA {
				best = p
			}
		}
		if best.A != "" {
			rows = append(rows, []string{printable(name), printable(best.B), shownScore(best.CKA), shownScore(best.RSA)})
		}
	}
	return rows
}

// alikeNames returns the names of the areas that were compared, each once.
func (b *Brain) alikeNames() []string {
	var names []string
	seen := map[string]bool{}
	for _, p := range b.Alike {
		for _, name := range []string{p.A, p.B} {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// notes say how to read the tables.
func (b *Brain) notes() []string {
	var notes []string
	if len(b.Best) > 0 {
		notes = append(notes, "The best area is chosen on one half of the stimuli and scored on the other. "+
			"± is the standard deviation over seeds where a model has several, otherwise the error of the score itself: over splits (PLS, ridge), over resamples of the stimuli (RSA) or jackknife (CKA). Noise ceilings are those of all stimuli.")
	}
	if len(b.Given) > 0 {
		notes = append(notes, fmt.Sprintf("%s came with the recording: one representation, scored on all stimuli.", given))
	}
	return notes
}

// Text returns the tables for a terminal: of each region the scores, the areas
// and the normalised scores or, without regions, which areas are alike.
func (b *Brain) Text() string {
	const width = 100 // letters
	var parts []string
	for _, t := range b.textTables() {
		parts = append(parts, t.heading+"\n")
		for _, rows := range narrowed(t.rows, width) {
			parts = append(parts, alignedTable(rows))
		}
	}
	for _, note := range b.notes() {
		parts = append(parts, wrapped(note, width))
	}
	if b.Warning != "" {
		parts = append(parts, wrapped(printable(b.Warning), width))
	}
	return strings.Join(parts, "\n")
}

// narrowed divides the columns of a table, where it would be wider than a number
// of letters, among tables that share the first column.
func narrowed(rows [][]string, width int) [][][]string {
	columns := len(rows[0])
	for n := columns; n > 2; n-- {
		head := make([][]string, len(rows))
		for i, row := range rows {
			head[i] = row[:n]
		}
		line, _, _ := strings.Cut(alignedTable(head), "\n")
		if utf8.RuneCountInString(line) > width {
			continue
		}
		if n == columns {
			break
		}
		rest := make([][]string, len(rows))
		for i, row := range rows {
			rest[i] = append([]string{row[0]}, row[n:]...)
		}
		return append([][][]string{head}, narrowed(rest, width)...)
	}
	return [][][]string{rows}
}

// wrapped breaks a text into lines of at most a number of letters.
func wrapped(text string, width int) string {
	var broken strings.Builder
	length := 0
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case length == 0:
		case length+1+n > width:
			broken.WriteByte('\n')
			length = 0
		default:
			broken.WriteByte(' ')
			length++
		}
		broken.WriteString(word)
		length += n
	}
	broken.WriteByte('\n')
	return broken.String()
}

// Markdown returns the tables of Text in Markdown.
func (b *Brain) Markdown() string {
	var text strings.Builder
	paragraph := func(words string) { fmt.Fprintf(&text, "%s\n\n", markdownEscaper.Replace(words)) }
	for _, t := range b.textTables() {
		paragraph(t.heading)
		writeMarkdown(&text, t.rows)
		text.WriteByte('\n')
	}
	for _, note := range b.notes() {
		paragraph(note)
	}
	if b.Warning != "" {
		paragraph(printable(b.Warning))
	}
	return text.String()
}
