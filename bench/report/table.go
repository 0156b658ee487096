package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// absent is what people see in place of a value that does not exist.
const absent = "–"

// unfinished marks a variant with runs that are not complete.
const unfinished = "*"

// tableColumn is a column of the table that people read: on the terminal, in
// Markdown and in HTML.
type tableColumn struct {
	heading string
	cell    func(*result) string
}

// tableColumns are the columns of the report's table.
func (r *Report) tableColumns() []tableColumn {
	headline := r.headline()
	return []tableColumn{
		{"variant", func(r *result) string {
			if !r.finished() {
				return printable(r.Name) + unfinished
			}
			return printable(r.Name)
		}},
		{"parameters", func(r *result) string {
			if r.Parameters == 0 {
				return absent
			}
			return grouped(r.Parameters)
		}},
		{headline.images + " top-1, %", func(r *result) string { return r.final[headline.top1.name].percent() }},
		{headline.images + " top-5, %", func(r *result) string { return r.final[headline.top5.name].percent() }},
		{"vs " + Baseline + ", points", func(r *result) string { return points(r.difference) }},
		{"weight SNR", func(r *result) string { return r.final[weightSNR.name].ratio() }},
		{"s per epoch", func(r *result) string { return shown("%.3g", r.epochTime) }},
	}
}

// WriteTable writes the results as a text table for a terminal, followed by one
// of scores of fit to the brain and by what is missing, if anything. Its errors are those of the writer.
func (r *Report) WriteTable(w io.Writer) error {
	var text strings.Builder
	for i, rows := range r.tables() {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(alignedTable(rows))
	}
	if missing := r.missing(); missing != nil {
		fmt.Fprintf(&text, "\n%s\n", r.missingHeading())
		for _, line := range missing {
			fmt.Fprintf(&text, "%s %s\n", unfinished, line)
		}
	}
	_, err := io.WriteString(w, text.String())
	return errors.Wrap(err, "report: table")
}

// WriteMarkdown writes the results as a Markdown table, followed by one of scores
// of fit to the brain and by what is missing, if anything. Its errors are those of the writer.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var text strings.Builder
	for i, rows := range r.tables() {
		if i > 0 {
			text.WriteByte('\n')
		}
		writeMarkdown(&text, rows)
	}
	if missing := r.missing(); missing != nil {
		fmt.Fprintf(&text, "\n%s %s\n\n", markdownEscaper.Replace(unfinished), r.missingHeading())
		for _, line := range missing {
			fmt.Fprintf(&text, "- %s\n", markdownEscaper.Replace(line))
		}
	}
	_, err := io.WriteString(w, text.String())
	return errors.Wrap(err, "report: table")
}

// alignedTable returns rows in columns, the first to the left and the others to
// the right.
func alignedTable(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for j, cell := range row {
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		fmt.Fprintf(&text, "%-*s", widths[0], row[0])
		for j, cell := range row[1:] {
			fmt.Fprintf(&text, "   %*s", widths[j+1], cell)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// writeMarkdown writes rows as a Markdown table, the first as its headings.
func writeMarkdown(text *strings.Builder, rows [][]string) {
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			cells[j] = markdownEscaper.Replace(cell)
		}
		fmt.Fprintf(text, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(text, "| :--- |%s\n", strings.Repeat(" ---: |", len(row)-1))
		}
	}
}

// markdownEscaper takes the special meaning from the characters of a name.
var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "&", `\&`, "|", `\|`, "~", `\~`)

// tables returns the cells of the table, its headings first, and of another one
// of scores of fit to the brain, if there are any.
func (r *Report) tables() [][][]string {
	columns := r.tableColumns()
	tables := [][][]string{r.tableRows(columns)}
	if brain := r.brainColumns(); brain != nil {
		tables = append(tables, r.tableRows(append(columns[:1:1], brain...)))
	}
	return tables
}

func (r *Report) tableRows(columns []tableColumn) [][]string {
	headings := make([]string, len(columns))
	for i, c := range columns {
		headings[i] = c.heading
	}
	rows := [][]string{headings}
	for _, result := range r.results() {
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = c.cell(&result)
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *Report) missingHeading() string {
	if r.Interrupted {
		return "The comparison was interrupted. Missing:"
	}
	return "Not every run is complete. Missing:"
}

// missing names what was planned and is not there.
func (r *Report) missing() []string {
	var lines []string
	for _, v := range r.Variants {
		name := printable(v.Name)
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

// percent shows a fraction, and its spread if there is one: 56.1 ± 0.3.
func (s summary) percent() string {
	return withSpread(shown("%.1f", 100*s.mean), shown("%.1f", 100*s.spread))
}

// ratio shows three digits of the mean, and its spread as exactly: 12.3 ± 0.5.
func (s summary) ratio() string {
	digits := int(math.Floor(math.Log10(math.Abs(s.mean)))) // before the point, less one
	if digits < -4 || digits > 5 {                          // also for 0, NaN and infinities
		return withSpread(shown("%.3g", s.mean), shown("%.2g", s.spread))
	}
	format := fmt.Sprintf("%%.%df", max(0, 2-digits))
	return withSpread(shown(format, s.mean), shown(format, s.spread))
}

func withSpread(mean, spread string) string {
	if mean == absent || spread == absent {
		return mean
	}
	return mean + " ± " + spread
}

// points shows a difference of fractions in percentage points, with its sign.
func points(difference float64) string {
	text := shown("%+.1f", 100*difference)
	if text == "+0.0" || text == "-0.0" {
		return "0.0"
	}
	return strings.Replace(text, "-", "−", 1)
}

func shown(format string, x float64) string {
	switch {
	case math.IsNaN(x):
		return absent
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	}
	return fmt.Sprintf(format, x)
}

// grouped shows a count with a comma between its thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// printable replaces line breaks and other control characters, which would
// break a table, a terminal or an SVG file.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
