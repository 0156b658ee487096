package brainreport

import (
	"embed"
	"slices"
	"strconv"
	"strings"

	"hypnos/bench/format"
	"hypnos/bench/report/page"
	"hypnos/bench/results"
)

//go:embed *.html.tmpl
var templateFiles embed.FS

var templates = page.Template(templateFiles)

// brainPage is what the template shows.
type brainPage struct {
	*results.Brain
	page.Head
	Findings    []string
	First       []page.Figure // at the top
	Tables      []regionTable
	Closest     *pageTable // see closestTable; nil if there are regions
	Notes       []string
	Folded      []fold
	Definitions []results.Setting
}

// fold is a part that the page shows when it is unfolded.
type fold struct {
	Title   string
	Figures []page.Figure
	Tables  []pageTable
}

// pageTable is a table, whose title may be "".
type pageTable struct {
	Title    string
	Headings []string
	Rows     [][]string
}

// writePage writes report.html with the parts.
func (b brain) writePage(dir string, parts []part) error {
	p := brainPage{
		Brain: b.Brain, Head: page.NewHead(b.Started, b.Duration),
		Tables: b.regionTables(), Notes: b.notes(),
		Definitions: b.definitions(),
	}
	for _, finding := range b.findings() { // lines do not break within a score
		p.Findings = append(p.Findings, strings.ReplaceAll(finding, " ± ", "\u00a0±\u00a0"))
	}
	if len(b.Regions) == 0 {
		if p.Closest = b.closestTable(); p.Closest != nil {
			p.Closest.Title = "" // the page has a heading
		}
	}
	for _, part := range parts {
		figures, err := page.Figures(part.figures...)
		switch {
		case err != nil:
			return err
		case part.first:
			p.First = figures
		case figures != nil || part.tables != nil:
			p.Folded = append(p.Folded, fold{part.title, figures, part.tables})
		}
	}
	return page.Write(dir, templates, "brain.html.tmpl", p)
}

// tablesOf returns the table, if there is one.
func tablesOf(t *pageTable) []pageTable {
	if t == nil {
		return nil
	}
	return []pageTable{*t}
}

// tablesOfRegions returns the table of each region that has one.
func (b brain) tablesOfRegions(table func(region string) *pageTable) []pageTable {
	var all []pageTable
	for _, region := range b.Regions {
		all = append(all, tablesOf(table(region))...)
	}
	return all
}

// closestTable returns a table of which areas are most alike, nil if there are no pairs.
func (b brain) closestTable() *pageTable {
	rows := b.closestRows()
	if len(rows) < 2 {
		return nil
	}
	return &pageTable{"Which area of another model is most like each area", rows[0], rows[1:]}
}

// ratioTable returns a table of the scores in terms of the noise ceiling, nil if there are
// no such scores.
func (b brain) ratioTable(region string) *pageTable {
	t := b.regionTable(region)
	if t.Normalised == nil {
		return nil
	}
	table := &pageTable{Title: t.Region + ": scores r in terms of the noise ceiling c", Headings: append([]string{"model"}, t.Headings...)}
	for _, r := range t.Normalised {
		table.Rows = append(table.Rows, append([]string{r.Model}, r.Scores...))
	}
	return table
}

// differenceTable returns a table with a row for every two models and the differences of
// their scores by every measure; nil if there are none.
func (b brain) differenceTable(region string) *pageTable {
	const exceeds = " *"
	t := &pageTable{
		Title:    format.Printable(region) + ": the first model's score less the second's ± standard error;" + exceeds + " exceeds its error",
		Headings: []string{"models"},
	}
	rows := map[[2]string]int{}
	measures := slices.DeleteFunc(slices.Clone(b.Measures), func(m string) bool {
		found, _ := b.DifferencesOf(region, m)
		return found == nil
	})
	for j, m := range measures {
		t.Headings = append(t.Headings, format.Printable(m))
		found, limit := b.DifferencesOf(region, m)
		for _, d := range found {
			i, ok := rows[[2]string{d.A, d.B}]
			if !ok {
				i = len(t.Rows)
				rows[[2]string{d.A, d.B}] = i
				t.Rows = append(t.Rows, slices.Repeat([]string{format.Absent}, 1+len(measures)))
				t.Rows[i][0] = format.Printable(d.A + ", " + d.B)
			}
			cell := format.Score(d.Value, d.Error)
			if d.Exceeds(limit) {
				cell += exceeds
			}
			t.Rows[i][1+j] = cell
		}
	}
	if t.Rows == nil {
		return nil
	}
	return t
}

// numbers returns tables of every score.
func (b brain) numbers() []pageTable {
	headings := []string{"measure", "model", "seed", "area", "score", "error", "ceiling, low", "ceiling, high", "error", "p", "r²/c", "(r/c)²"}
	var tables []pageTable
	for _, region := range b.Regions {
		name := format.Printable(region)
		tables = append(tables,
			pageTable{name + ": best areas of every seed", headings, detailRows(region, slices.Concat(b.Best, b.Given))},
			pageTable{name + ": all areas", headings, detailRows(region, b.Areas)})
	}
	return slices.DeleteFunc(tables, func(t pageTable) bool { return t.Rows == nil })
}

func detailRows(region string, scores results.BrainScores) [][]string {
	var rows [][]string
	for _, s := range scores {
		if s.Region != region {
			continue
		}
		row := []string{format.Printable(s.Measure), format.Printable(s.Model), strconv.FormatUint(s.Seed, 10), format.Printable(s.Area)}
		for _, x := range []float64{s.Value, s.Error, s.Low, s.High, s.CeilingError, s.P, s.ExplainedVariance, s.SquaredRatio} {
			row = append(row, format.Decimals(x, 3))
		}
		rows = append(rows, row)
	}
	return rows
}

// definitions says in a line what each measure is, and where it comes from.
func (b brain) definitions() []results.Setting {
	var definitions []results.Setting
	add := func(name, value string) { definitions = append(definitions, results.Setting{Name: name, Value: value}) }
	predictive := false
	for _, m := range results.BrainMeasures {
		if slices.Contains(b.Measures, m.Name) || m.Pairs && len(b.Pairs) > 0 {
			add(m.Name, m.Definition)
			predictive = predictive || m.Predictive
		}
	}
	if len(b.Regions) > 0 {
		ceiling := "What a perfect model would reach, given the noise of the recordings."
		if predictive {
			ceiling += " Of PLS and ridge it is the reliability c of the responses: the correlation of means over halves of the repetitions, corrected for their number (Spearman 1910, Brown 1910); the r of a perfect model is √c."
		}
		add("noise ceiling", ceiling+" Of RSA it has a lower and an upper bound, the mean correlation of each subject with the mean of the others and of all (Nili et al. 2014, PLoS Comput. Biol. 10:e1003553), where there are several subjects; a score is then the mean over subjects.")
	}
	if predictive {
		add("r²/c", "The share of the variance that can be explained which is explained; Brain-Score has it since December 2025.")
		add("(r/c)²", "What Brain-Score had before (Schrimpf et al. 2018); it may be more than 1.")
	}
	return definitions
}
