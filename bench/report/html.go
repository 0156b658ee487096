package report

import (
	"embed"
	"html/template"
	"strconv"
	"strings"

	"hypnos/bench/format"
	"hypnos/bench/plotting"
	"hypnos/bench/report/page"
	"hypnos/bench/results"
)

//go:embed *.html.tmpl
var templateFiles embed.FS

var templates = page.Template(templateFiles)

// comparisonPage is what the template shows.
type comparisonPage struct {
	*results.Comparison
	page.Head
	MissingHeading string
	Missing        []string
	Finding, Note  string // above and below the table
	Images         string // those that the results are of: test or validation
	RateChoice     string // how learning rates were chosen, without a full stop
	Results        pageResults
	BrainResults   pageResults
	OverSeeds      bool                     // some variant has results of several seeds
	Figures        map[string][]page.Figure // by the part of the page
	Variants       []pageVariant
}

type pageResults struct {
	Headings []string
	Rows     []pageRow
}

func resultsTable(rows [][]string) pageResults {
	var t pageResults
	for _, heading := range rows[0] {
		t.Headings = append(t.Headings, unbroken(heading))
	}
	for i, cells := range rows[1:] {
		t.Rows = append(t.Rows, pageRow{lineSample(i), cells[0], cells[1:]})
	}
	return t
}

type pageRow struct {
	Sample  template.HTML
	Variant string
	Cells   []string
}

type pageVariant struct {
	Sample                    template.HTML
	Name, Description         string
	Kind, LearningRate, Seeds string
}

// writePage writes report.html with figures.
func (c comparison) writePage(dir string, figures [][]plotting.Figure) error {
	p := comparisonPage{
		Comparison: c.Comparison, Head: page.NewHead(c.Started, c.Duration),
		Missing: c.missing(),
		Finding: unbroken(c.finding()), Note: c.note(), Images: c.Headline().Images,
		RateChoice: strings.TrimSuffix(c.LearningRateChoice, "."), Figures: map[string][]page.Figure{},
	}
	if c.Interrupted || p.Missing != nil {
		p.MissingHeading = c.missingHeading()
	}
	tables := c.tables()
	p.Results = resultsTable(tables[0])
	if len(tables) > 1 {
		p.BrainResults = resultsTable(tables[1])
	}
	for i, v := range c.Variants {
		p.Variants = append(p.Variants, newPageVariant(i, v))
		p.OverSeeds = p.OverSeeds || len(v.LastEpochs()) > 1
	}
	for i, d := range drawings {
		drawn, err := page.Figures(figures[i]...)
		if err != nil {
			return err
		}
		p.Figures[d.part] = append(p.Figures[d.part], drawn...)
	}
	return page.Write(dir, templates, "report.html.tmpl", p)
}

func newPageVariant(i int, v results.Variant) pageVariant {
	var seeds []string
	for _, run := range v.Runs {
		seeds = append(seeds, strconv.FormatUint(run.Seed, 10))
	}
	kind := "convolutional"
	if v.Local {
		kind = "locally connected"
	}
	return pageVariant{
		lineSample(i), format.Printable(v.Name), v.Description,
		kind, format.Number("%g", v.LearningRate), strings.Join(seeds, ", "),
	}
}

// lineSample returns a piece of the line that stands for the i-th variant in the
// figures.
func lineSample(i int) template.HTML { return template.HTML(plotting.LineSample(i)) }

// unbroken keeps lines from breaking before percent signs and within top-1.
func unbroken(text string) string { return unbreakable.Replace(text) }

var unbreakable = strings.NewReplacer(" %", "\u00a0%", "top-", "top\u2011")
