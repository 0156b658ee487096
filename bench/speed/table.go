package speed

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// absent is what people see in place of a value that does not exist.
const absent = "–"

// table is what people read: a title, headings, and rows of as many cells.
// The first columns, as many as left says, are text.
type table struct {
	title    string
	headings []string
	left     int
	rows     [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// text writes the table for a terminal.
func (t *table) text(w *strings.Builder) {
	all := append([][]string{t.headings}, t.rows...)
	widths := make([]int, len(t.headings))
	for _, row := range all {
		for j, cell := range row {
			widths[j] = max(widths[j], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintf(w, "%s\n\n", t.title)
	for _, row := range all {
		var line strings.Builder
		for j, cell := range row {
			if j < t.left {
				fmt.Fprintf(&line, "%-*s   ", widths[j], cell)
			} else {
				fmt.Fprintf(&line, "%*s   ", widths[j], cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// markdown writes the table as Markdown.
func (t *table) markdown(w *strings.Builder) {
	fmt.Fprintf(w, "%s\n\n", t.title)
	line := func(cells []string) { fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | ")) }
	line(t.headings)
	fmt.Fprintf(w, "|%s%s\n", strings.Repeat(" :--- |", t.left), strings.Repeat(" ---: |", len(t.headings)-t.left))
	for _, row := range t.rows {
		line(row)
	}
}

// WriteTables writes the result for people: as aligned text, or as Markdown.
// Its errors are those of the writer.
func (r *Result) WriteTables(w io.Writer, markdown bool) error {
	var out strings.Builder
	for i, t := range r.tables() {
		if i > 0 {
			out.WriteByte('\n')
		}
		if markdown {
			t.markdown(&out)
		} else {
			t.text(&out)
		}
	}
	for i, note := range r.Notes {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintln(&out, note)
	}
	_, err := io.WriteString(w, out.String())
	return errors.Wrap(err, "speed: tables")
}

// tables returns those that have rows.
func (r *Result) tables() []*table {
	var some []*table
	for _, t := range []*table{r.machineTable(), r.layerTable(), r.passTable(), r.dataTable(), r.stepTable(), r.fitTable(), r.aimTable()} {
		if len(t.rows) > 0 {
			some = append(some, t)
		}
	}
	return some
}

// section returns the rows of a section.
func (r *Result) section(name string) []Row {
	var rows []Row
	for _, row := range r.Rows {
		if row.Section == name {
			rows = append(rows, row)
		}
	}
	return rows
}

func (r *Result) machineTable() *table {
	t := &table{title: "The machine", headings: []string{"measure", "threads", "rate", ""}, left: 1}
	for _, row := range r.section("machine") {
		t.add(row.Phase, count(row.Threads), digits(row.Rate), row.Unit)
	}
	return t
}

// layerTable has a row a layer, its phases beside each other.
func (r *Result) layerTable() *table {
	t := &table{headings: []string{"variant", "layer", "geometry", "computed by", "layers"}, left: 4}
	phases := []string{forward, inputGradient, weightGradient}
	for _, phase := range phases {
		t.headings = append(t.headings, phase+", ms", "GFLOP/s", "of peak")
	}
	rows := r.section("layers")
	for i, row := range rows {
		t.title = fmt.Sprintf("Layers, batch %d, caches emptied before each call", row.Batch)
		same := func(other Row) bool { return other.Variant == row.Variant && other.Layer == row.Layer }
		if i > 0 && same(rows[i-1]) {
			continue
		}
		var paths, cells []string
		for _, phase := range phases {
			here := []string{absent, absent, absent}
			for _, other := range rows {
				if same(other) && other.Phase == phase {
					paths = append(paths, other.Path)
					here = []string{digits(other.Milliseconds), digits(other.Rate), percent(other.Share)}
				}
			}
			cells = append(cells, here...)
		}
		t.add(append([]string{row.Variant, row.Layer, row.Geometry, strings.Join(paths, ", "), count(row.Count)}, cells...)...)
	}
	return t
}

func (r *Result) passTable() *table {
	t := &table{title: "Passes over numbers, caches emptied before each", headings: []string{"pass", "variant", "layer", "geometry", "computed by", "layers", "batch", "ms", "rate", "", "of copy bandwidth"}, left: 5}
	for _, row := range r.section("passes") {
		t.add(row.Phase, dash(row.Variant), dash(row.Layer), dash(row.Geometry), dash(row.Path), count(row.Count), count(row.Batch),
			digits(row.Milliseconds), digits(row.Rate), row.Unit, percent(row.Share))
	}
	return t
}

func (r *Result) stepTable() *table {
	t := &table{title: "Whole steps, each in a process of its own, in turns", headings: []string{"step", "variant", "program", "batch", "threads", "ms", "images/s", "GFLOP/s", "of peak", "times hypnos", "heap a step, MB", "peak memory, MB"}, left: 3}
	for _, row := range r.section("steps") {
		t.add(row.Phase, row.Variant, row.Version, count(row.Batch), count(row.Threads), digits(row.Milliseconds), digits(row.Rate),
			digits(row.gigaflops()), percent(row.Share), digits(row.Ratio), megabytes(row.HeapBytes), megabytes(row.PeakBytes))
	}
	return t
}

func dash(s string) string {
	if s == "" {
		return absent
	}
	return s
}

func count(n int) string {
	if n == 0 {
		return absent
	}
	return fmt.Sprint(n)
}

// digits shows three digits, and all those before the point.
func digits(x float64) string {
	switch {
	case x == 0 || math.IsNaN(x):
		return absent
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// percent shows a share that exists.
func percent(x float64) string {
	if x == 0 || math.IsNaN(x) {
		return absent
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

// megabytes shows bytes, of which there may be none.
func megabytes(x float64) string {
	if math.IsNaN(x) {
		return absent
	}
	if x == 0 {
		return "0"
	}
	return digits(x / 1e6)
}
