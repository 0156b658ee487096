package report

import (
	"embed"
	"fmt"
	"html/template"
	"image/color"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

//go:embed *.html.tmpl
var templates embed.FS

var pageTemplates = template.Must(template.ParseFS(templates, "*.html.tmpl"))

// page is what the template shows.
type page struct {
	*Report
	Colours        template.CSS // of the curves, as CSS variables
	Started, Took  string
	MissingHeading string
	Missing        []string
	Finding, Note  string // above and below the table
	Images         string // which the results are of
	RateChoice     string // without a full stop
	Results        pageResults
	BrainResults   pageResults
	Spread         bool // some result is a mean over several runs
	GapFigure      []pageFigure
	Curves         []pageFigure
	WeightFigures  []pageFigure
	BrainFigures   []pageFigure
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

type pageFigure struct {
	Picture        template.HTML
	Title, Caption string
	// Width is how wide it may become, so that the letters of all figures are
	// of one size; Wide, that it takes a row of its own.
	Width template.CSS
	Wide  bool
}

type pageVariant struct {
	Sample                    template.HTML
	Name, Description         string
	Kind, LearningRate, Seeds string
}

func (r *Report) writeHTML(w io.Writer, figures reportFigures, results []result) error {
	p := page{
		Report:  r,
		Colours: colourVariables(),
		Started: r.Started.Format("2 January 2006, 15:04 MST"),
		Took:    r.Duration.Round(time.Second).String(),
		Missing: r.missing(),
		Finding: unbroken(r.finding(results)), Note: r.note(results), Images: r.headline().images,
		RateChoice: strings.TrimSuffix(r.LearningRateChoice, "."),
	}
	if r.Interrupted || p.Missing != nil {
		p.MissingHeading = r.missingHeading()
	}

	tables := r.tables(results)
	p.Results = resultsTable(tables[0])
	if len(tables) > 1 {
		p.BrainResults = resultsTable(tables[1])
	}

	for i, v := range r.Variants {
		var seeds []string
		for _, run := range v.Runs {
			seeds = append(seeds, strconv.FormatUint(run.Seed, 10))
		}
		kind := "convolutional"
		if v.Local {
			kind = "locally connected"
		}
		p.Variants = append(p.Variants, pageVariant{
			lineSample(i), printable(v.Name), v.Description,
			kind, shown("%g", v.LearningRate), strings.Join(seeds, ", "),
		})
		p.Spread = p.Spread || len(v.lastEpochs()) > 1
	}

	for _, part := range []struct {
		of   *[]pageFigure
		from []drawing
	}{
		{&p.GapFigure, []drawing{figures.gap}}, {&p.Curves, figures.curves},
		{&p.WeightFigures, figures.weights}, {&p.BrainFigures, []drawing{figures.brain}},
	} {
		var err error
		if *part.of, err = pageFigures(part.from); err != nil {
			return err
		}
	}
	return errors.Wrap(pageTemplates.ExecuteTemplate(w, "report.html.tmpl", p), "template")
}

// unbroken keeps percent signs with what is before them, and top-1 in one piece.
func unbroken(text string) string { return unbreakable.Replace(text) }

var unbreakable = strings.NewReplacer(" %", "\u00a0%", "top-", "top\u2011")

// pageColours replaces the colours of a figure by the variables of the page.
var pageColours = func() *strings.Replacer {
	var pairs []string
	add := func(colour color.NRGBA, variable string) {
		for _, property := range []string{"fill:", "stroke:"} {
			pairs = append(pairs, property+hex(colour), property+"var(--"+variable+")")
		}
	}
	add(ink, "ink")
	add(faint, "faint")
	add(paper, "paper")
	for i, colour := range palette[1:] {
		add(colour, fmt.Sprintf("curve-%d", i+1))
	}
	return strings.NewReplacer(pairs...)
}()

// colourVariables declares the colours of the curves; the first is the ink,
// which depends on the mode of the page.
func colourVariables() template.CSS {
	text := "--curve-0: var(--ink);"
	for i, colour := range palette[1:] {
		text += fmt.Sprintf(" --curve-%d: %s;", i+1, hex(colour))
	}
	return template.CSS(text)
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// lineSample returns a piece of the line that stands for a variant in the
// figures.
func lineSample(style int) template.HTML {
	var lengths []string
	for _, length := range curveDashes(style) {
		lengths = append(lengths, fmt.Sprint(length.Points()))
	}
	return template.HTML(fmt.Sprintf(
		`<svg class="sample" viewBox="0 0 18 6" aria-hidden="true"><path d="M0 3H18" stroke="var(--curve-%d)" stroke-dasharray="%s"/></svg>`,
		style%len(palette), strings.Join(lengths, " ")))
}
