package report

import (
	"fmt"
	"io"
	"math"
	"slices"
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

// terminalWidth is how long lines of text become on a terminal, letters.
const terminalWidth = 80

// tableColumns are the columns of the report's table: what the comparison is about
// first, for a narrow screen.
func (r *Report) tableColumns() []tableColumn {
	headline := r.headline()
	columns := []tableColumn{
		{"variant", func(r *result) string {
			if !r.finished() {
				return printable(r.Name) + unfinished
			}
			return printable(r.Name)
		}},
		{headline.images + " top-1, %", func(r *result) string {
			return summary{r.final[headline.top1.name].mean, r.top1Error}.percent()
		}},
	}
	if r.hasGap() && slices.ContainsFunc(r.Variants, func(v Variant) bool { return v.closesGap() }) {
		columns = append(columns, tableColumn{"gap won back, %", func(r *result) string { return r.share.percent() }})
	}
	return append(columns,
		tableColumn{"vs " + Baseline + ", points", func(r *result) string { return points(r.difference) }},
		tableColumn{headline.images + " top-5, %", func(r *result) string { return shown("%.1f", 100*r.final[headline.top5.name].mean) }},
		tableColumn{"weight SNR", func(r *result) string {
			if mean := r.final[weightSNR.name].mean; !weightSNR.equal(mean) {
				return summary{mean, math.NaN()}.ratio()
			}
			return "equal"
		}},
		tableColumn{"parameters", func(r *result) string {
			if r.Parameters == 0 {
				return absent
			}
			return grouped(r.Parameters)
		}},
		tableColumn{"s per epoch", func(r *result) string { return shown("%.3g", r.epochTime) }})
}

// WriteTable writes what came out in plain words and the results as a text table for
// a terminal, followed by one of scores of fit to the brain and by what is missing, if
// anything. Its errors are those of the writer.
func (r *Report) WriteTable(w io.Writer) error {
	var text strings.Builder
	results := r.results()
	if finding := r.finding(results); finding != "" {
		text.WriteString(wrapped(finding, terminalWidth) + "\n")
	}
	for i, rows := range r.tables(results) {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(alignedTable(rows))
		if note := r.note(results); i == 0 && note != "" {
			text.WriteString("\n" + wrapped(note, terminalWidth))
		}
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

// WriteMarkdown writes the same in Markdown. Its errors are those of the writer.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var text strings.Builder
	results := r.results()
	if finding := r.finding(results); finding != "" {
		text.WriteString(markdownEscaper.Replace(finding) + "\n\n")
	}
	for i, rows := range r.tables(results) {
		if i > 0 {
			text.WriteByte('\n')
		}
		writeMarkdown(&text, rows)
		if note := r.note(results); i == 0 && note != "" {
			text.WriteString("\n" + markdownEscaper.Replace(note) + "\n")
		}
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
func (r *Report) tables(results []result) [][][]string {
	columns := r.tableColumns()
	tables := [][][]string{tableRows(columns, results)}
	if brain := r.brainColumns(); brain != nil {
		tables = append(tables, tableRows(append(columns[:1:1], brain...), results))
	}
	return tables
}

func tableRows(columns []tableColumn, results []result) [][]string {
	headings := make([]string, len(columns))
	for i, c := range columns {
		headings[i] = c.heading
	}
	rows := [][]string{headings}
	for _, result := range results {
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

// percent shows a fraction and its interval, if there is one: 66 (48 to 81).
func (e estimate) percent() string {
	if !e.known() {
		return whole(e.value)
	}
	return fmt.Sprintf("%s (%s to %s)", whole(e.value), whole(e.low), whole(e.high))
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
	return signed(text)
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
