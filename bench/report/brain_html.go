package report

import (
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// brainPage is what the template shows.
type brainPage struct {
	*Brain
	Colours       template.CSS
	Started, Took string
	Findings      []string
	First         []pageFigure // what is seen first
	Tables        []regionTable
	Alike         *pageTable // without regions
	Notes         []string
	Folded        []fold
	Definitions   []Setting
}

// fold is what the page shows when asked to.
type fold struct {
	Title   string
	Figures []pageFigure
	Tables  []pageTable
}

// pageTable is a table, whose title may be "".
type pageTable struct {
	Title    string
	Headings []string
	Rows     [][]string
}

func (b *Brain) writeHTML(w io.Writer, figures brainFigures) error {
	p := brainPage{
		Brain:   b,
		Colours: colourVariables(),
		Started: b.Started.Format("2 January 2006, 15:04 MST"),
		Took:    b.Duration.Round(time.Second).String(),
		Tables:  b.regionTables(), Notes: b.notes(),
		Definitions: b.definitions(),
	}
	for _, finding := range b.findings() { // lines do not break within a score
		p.Findings = append(p.Findings, strings.ReplaceAll(finding, " ± ", "\u00a0±\u00a0"))
	}
	first := figures.headlines
	if len(b.Regions) == 0 {
		first = []drawing{figures.alike}
		if p.Alike = b.alikeTable(); p.Alike != nil {
			p.Alike.Title = "" // the page has a heading
		}
	}
	var err error
	if p.First, err = pageFigures(first); err != nil {
		return err
	}
	if p.Folded, err = b.folds(figures); err != nil {
		return err
	}
	return errors.Wrap(pageTemplates.ExecuteTemplate(w, "brain.html.tmpl", p), "template")
}

// folds returns the figures and numbers that are not seen first, without those
// that have nothing to show.
func (b *Brain) folds(figures brainFigures) ([]fold, error) {
	alike := fold{Title: "Model against model"}
	if len(b.Regions) > 0 {
		alike.Tables = tablesOf(b.alikeTable())
	} else {
		figures.alike = drawing{} // it is seen first
	}
	differences := fold{Title: "Which models differ"}
	best, areas, numbers := fold{Title: "Best areas by all measures"}, fold{Title: "All areas"}, fold{Title: "All numbers"}
	for _, region := range b.Regions {
		differences.Tables = append(differences.Tables, tablesOf(b.differenceTable(region))...)
		best.Tables = append(best.Tables, tablesOf(b.ratioTable(region))...)
		numbers.Tables = append(numbers.Tables, b.numbers(region)...)
	}
	parts := []struct {
		fold
		figures []drawing
	}{
		{differences, nil},
		{best, []drawing{figures.best}},
		{areas, figures.areas},
		{fold{Title: "Dissimilarities of the stimuli"}, []drawing{figures.matrices}},
		{alike, []drawing{figures.alike}},
		{numbers, nil},
	}
	var folds []fold
	for _, part := range parts {
		f := part.fold
		var err error
		if f.Figures, err = pageFigures(part.figures); err != nil {
			return nil, err
		}
		if f.Figures != nil || f.Tables != nil {
			folds = append(folds, f)
		}
	}
	return folds, nil
}

// tablesOf is a table, if there is one.
func tablesOf(t *pageTable) []pageTable {
	if t == nil {
		return nil
	}
	return []pageTable{*t}
}

// alikeTable is the areas that are most alike, nil if there are no two.
func (b *Brain) alikeTable() *pageTable {
	rows := b.alikeRows()
	if len(rows) < 2 {
		return nil
	}
	return &pageTable{"Which area of another model is most like each area", rows[0], rows[1:]}
}

// ratioTable is the scores in terms of the ceiling, nil where none has one.
func (b *Brain) ratioTable(region string) *pageTable {
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

// differenceTable is the differences of every two models, a row, by every measure;
// nil if there are none.
func (b *Brain) differenceTable(region string) *pageTable {
	const exceeds = " *"
	t := &pageTable{
		Title:    printable(region) + ": the first model's score less the second's ± standard error;" + exceeds + " exceeds its error",
		Headings: []string{"models"},
	}
	rows := map[[2]string]int{}
	measures := slices.DeleteFunc(slices.Clone(b.Measures), func(m string) bool {
		found, _ := b.differencesOf(region, m)
		return found == nil
	})
	for j, m := range measures {
		t.Headings = append(t.Headings, printable(m))
		found, limit := b.differencesOf(region, m)
		for _, d := range found {
			i, ok := rows[[2]string{d.A, d.B}]
			if !ok {
				i = len(t.Rows)
				rows[[2]string{d.A, d.B}] = i
				t.Rows = append(t.Rows, slices.Repeat([]string{absent}, 1+len(measures)))
				t.Rows[i][0] = printable(d.A + ", " + d.B)
			}
			cell := withSpread(shownScore(d.Value), shownScore(d.Error))
			if d.exceeds(limit) {
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

// numbers returns every score of a region.
func (b *Brain) numbers(region string) []pageTable {
	headings := []string{"measure", "model", "seed", "area", "score", "error", "ceiling, low", "ceiling, high", "error", "p", "r²/c", "(r/c)²"}
	name := printable(region)
	tables := []pageTable{
		{name + ": best areas of every seed", headings, detailRows(region, slices.Concat(b.Best, b.Given))},
		{name + ": all areas", headings, detailRows(region, b.Areas)},
	}
	return slices.DeleteFunc(tables, func(t pageTable) bool { return t.Rows == nil })
}

func detailRows(region string, scores []BrainScore) [][]string {
	var rows [][]string
	for _, s := range scores {
		if s.Region != region {
			continue
		}
		row := []string{printable(s.Measure), printable(s.Model)}
		for _, c := range scoreColumns[3:] { // after region, measure and model
			if x, ok := c.field(&s).(*float64); ok {
				row = append(row, shownScore(*x))
			} else {
				row = append(row, printable(fieldText(c.field(&s))))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// definitions says in a line what each measure is, and where it comes from.
func (b *Brain) definitions() []Setting {
	var definitions []Setting
	add := func(name, value string) { definitions = append(definitions, Setting{name, value}) }
	const (
		regression = " from an area's features to the responses, fitted on 90 % of the stimuli; the score is Pearson's r of predicted and measured responses to the others, its median over neuroids (neurons, recording sites or voxels), its mean over splits"
		similarity = " correlation of the dissimilarities, 1 − Pearson's r, of every two stimuli (Kriegeskorte et al. 2008, Front. Syst. Neurosci. 2:4); p is that of a permutation test."
	)
	known := []Setting{
		{MeasurePLS, "Partial least squares regression with 25 components" + regression + " (Yamins et al. 2014, PNAS 111:8619; Schrimpf et al. 2018, bioRxiv 407007)."},
		{MeasureRidge, "Ridge regression (Hoerl & Kennard 1970, Technometrics 12:55)" + regression + "."},
		{MeasureSpearman, "Representational similarity: Spearman's" + similarity},
		{MeasurePearson, "Representational similarity: Pearson's" + similarity},
		{MeasureCKA, "Linear centred kernel alignment (Kornblith et al. 2019, ICML) with the unbiased estimator (Nguyen et al. 2021, ICLR); near 0 for unrelated representations, also below."},
	}
	predictive := false
	for _, d := range known {
		// Model against model has two measures, whatever those of regions are.
		pairs := len(b.Pairs) > 0 && (d.Name == MeasureCKA || d.Name == MeasureSpearman)
		if slices.Contains(b.Measures, d.Name) || pairs {
			add(d.Name, d.Value)
			predictive = predictive || d.Name == MeasurePLS || d.Name == MeasureRidge
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
