package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

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
	if note := b.findingNote(); note != "" {
		notes = append(notes, note)
	}
	return notes
}

// Text returns what a terminal shows: what differs from what, in sentences, and
// tables, of each region of the scores, the areas and the normalised scores or,
// without regions, of which areas are alike.
func (b *Brain) Text() string {
	const width = 100 // letters
	var parts []string
	for _, finding := range b.findings() {
		parts = append(parts, wrapped(finding, width))
	}
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

// Markdown returns Text in Markdown.
func (b *Brain) Markdown() string {
	var text strings.Builder
	paragraph := func(words string) { fmt.Fprintf(&text, "%s\n\n", markdownEscaper.Replace(words)) }
	for _, finding := range b.findings() {
		paragraph(finding)
	}
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
