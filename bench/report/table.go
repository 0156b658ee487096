package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/format"
	"hypnos/bench/results"
)

// unfinished marks a variant with runs that are not complete.
const unfinished = "*"

// tableColumn is a column of the table that people read: on the terminal, in
// Markdown and in HTML.
type tableColumn struct {
	heading string
	cell    func(*results.Outcome) string
}

// terminalWidth is the length of lines of text on a terminal, in letters.
const terminalWidth = 80

// tableColumns returns the columns of the table of results: what the comparison is about
// comes first, for narrow screens.
func (c comparison) tableColumns() []tableColumn {
	headline := c.Headline()
	columns := []tableColumn{
		{"variant", func(o *results.Outcome) string {
			if !o.Finished() {
				return format.Printable(o.Name) + unfinished
			}
			return format.Printable(o.Name)
		}},
		{headline.Images + " top-1, %", func(o *results.Outcome) string {
			return format.PlusMinus(format.Number("%.1f", 100*o.Final[headline.Top1.Name].Mean), format.Number("%.1f", 100*o.Top1Error))
		}},
	}
	if c.HasGap() && slices.ContainsFunc(c.Variants, func(v results.Variant) bool { return v.ClosesGap() }) {
		columns = append(columns, tableColumn{"gap won back, %", func(o *results.Outcome) string { return share(o.Share) }})
	}
	return append(columns,
		tableColumn{"vs " + results.Baseline + ", points", func(o *results.Outcome) string { return points(o.Difference) }},
		tableColumn{headline.Images + " top-5, %", func(o *results.Outcome) string {
			return format.Number("%.1f", 100*o.Final[headline.Top5.Name].Mean)
		}},
		tableColumn{"weight SNR", func(o *results.Outcome) string {
			mean := o.Final[results.WeightSNR.Name].Mean
			if results.WeightSNR.Equal(mean) {
				return "equal"
			}
			return threeDigits(mean)
		}},
		tableColumn{"parameters", func(o *results.Outcome) string {
			if o.Parameters == 0 {
				return format.Absent
			}
			return format.Grouped(o.Parameters)
		}},
		tableColumn{"s per epoch", func(o *results.Outcome) string { return format.Number("%.3g", o.EpochTime) }})
}

// WriteTable writes text for a terminal: what came out in plain words, the table of
// results and, if there are any, a table of scores of fit to the brain and a list of what
// is missing. Its errors are those of the writer.
func WriteTable(w io.Writer, of *results.Comparison) error {
	c := newComparison(of)
	var text strings.Builder
	if finding := c.finding(); finding != "" {
		text.WriteString(format.Wrap(finding, terminalWidth) + "\n")
	}
	for i, rows := range c.tables() {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(format.Table(rows))
		if note := c.note(); i == 0 && note != "" {
			text.WriteString("\n" + format.Wrap(note, terminalWidth))
		}
	}
	if missing := c.missing(); missing != nil {
		fmt.Fprintf(&text, "\n%s\n", c.missingHeading())
		for _, line := range missing {
			fmt.Fprintf(&text, "%s %s\n", unfinished, line)
		}
	}
	_, err := io.WriteString(w, text.String())
	return errors.Wrap(err, "report: table")
}

// WriteMarkdown writes the same as WriteTable in Markdown. Its errors are those of the writer.
func WriteMarkdown(w io.Writer, of *results.Comparison) error {
	c := newComparison(of)
	var text strings.Builder
	if finding := c.finding(); finding != "" {
		text.WriteString(format.EscapeMarkdown(finding) + "\n\n")
	}
	for i, rows := range c.tables() {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(format.MarkdownTable(rows))
		if note := c.note(); i == 0 && note != "" {
			text.WriteString("\n" + format.EscapeMarkdown(note) + "\n")
		}
	}
	if missing := c.missing(); missing != nil {
		fmt.Fprintf(&text, "\n%s %s\n\n", format.EscapeMarkdown(unfinished), c.missingHeading())
		for _, line := range missing {
			fmt.Fprintf(&text, "- %s\n", format.EscapeMarkdown(line))
		}
	}
	_, err := io.WriteString(w, text.String())
	return errors.Wrap(err, "report: table")
}

// tables returns the cells of the table of results and, if there are any, of that of
// scores of fit to the brain, each with its headings first.
func (c comparison) tables() [][][]string {
	columns := c.tableColumns()
	tables := [][][]string{c.tableRows(columns)}
	if brain := c.brainColumns(); brain != nil {
		tables = append(tables, c.tableRows(append(columns[:1:1], brain...)))
	}
	return tables
}

func (c comparison) tableRows(columns []tableColumn) [][]string {
	headings := make([]string, len(columns))
	for i, column := range columns {
		headings[i] = column.heading
	}
	rows := [][]string{headings}
	for _, o := range c.outcomes {
		row := make([]string, len(columns))
		for i, column := range columns {
			row[i] = column.cell(&o)
		}
		rows = append(rows, row)
	}
	return rows
}

func (c comparison) missingHeading() string {
	if c.Interrupted {
		return "The comparison was interrupted. Missing:"
	}
	return "Not every run is complete. Missing:"
}

// missing returns a line for each planned run that is not complete, and for each variant
// that was not started.
func (c comparison) missing() []string {
	var lines []string
	for _, v := range c.Variants {
		name := format.Printable(v.Name)
		if len(v.Runs) == 0 {
			lines = append(lines, name+": not started")
		}
		for _, run := range v.Runs {
			switch n := len(run.Epochs); {
			case run.Complete:
			case n == 0:
				lines = append(lines, fmt.Sprintf("%s, seed %d: no epoch finished", name, run.Seed))
			default:
				lines = append(lines, fmt.Sprintf("%s, seed %d: stopped after epoch %d", name, run.Seed, run.Epochs[n-1].Epoch))
			}
		}
	}
	return lines
}

// share shows a fraction in percent and its interval, if there is one: 66 (48 to
// 81).
func share(e results.Estimate) string {
	if !e.Known() {
		return whole(e.Value)
	}
	return fmt.Sprintf("%s (%s to %s)", whole(e.Value), whole(e.Low), whole(e.High))
}

// threeDigits shows three digits of a number: 12.3.
func threeDigits(x float64) string {
	exponent := int(math.Floor(math.Log10(math.Abs(x)))) // the exponent of ten: 1 for 12.3
	if exponent < -4 || exponent > 5 {                   // also for 0, NaN and infinities
		return format.Number("%.3g", x)
	}
	return format.Number(fmt.Sprintf("%%.%df", max(0, 2-exponent)), x)
}

// points shows a difference of fractions in percentage points, with its sign.
func points(difference float64) string {
	text := format.Number("%+.1f", 100*difference)
	if text == "+0.0" || text == "-0.0" {
		return "0.0"
	}
	return format.Minus(text)
}
