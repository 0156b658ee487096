package brainreport

import (
	"fmt"
	"slices"
	"strings"

	"hypnos/bench/format"
	"hypnos/bench/results"
)

// textTable is a table with a heading; the first of its rows are the headings of columns.
type textTable struct {
	heading string
	rows    [][]string
}

// textTables returns the tables for a terminal: for each region the scores, the best areas
// and the normalised scores, apart so that tables stay narrow; without regions, which
// areas are most alike.
func (b brain) textTables() []textTable {
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
	if rows := b.closestRows(); len(b.Regions) == 0 && len(rows) > 1 {
		tables = append(tables, textTable{"Model against model", rows})
	}
	return tables
}

// notes returns paragraphs that say how to read the tables.
func (b brain) notes() []string {
	var notes []string
	if len(b.Best) > 0 {
		notes = append(notes, "The best area is chosen on one half of the stimuli and scored on the other. "+
			"± is the standard deviation over seeds where a model has several, otherwise the error of the score itself: over splits (PLS, ridge), over resamples of the stimuli (RSA) or jackknife (CKA). Noise ceilings are those of all stimuli.")
	}
	if len(b.Given) > 0 {
		notes = append(notes, fmt.Sprintf("%s came with the recording: one representation, scored on all stimuli.", givenMark))
	}
	if note := b.findingNote(); note != "" {
		notes = append(notes, note)
	}
	return notes
}

// Text returns what a terminal shows: which models differ, in sentences; for each region
// tables of the scores, the best areas and the normalised scores or, without regions, a
// table of which areas are most alike; and how to read them.
func Text(of *results.Brain) string {
	b := brain{of}
	const width = 100 // letters
	var parts []string
	for _, finding := range b.findings() {
		parts = append(parts, format.Wrap(finding, width))
	}
	for _, t := range b.textTables() {
		parts = append(parts, t.heading+"\n")
		for _, rows := range format.Narrow(t.rows, width) {
			parts = append(parts, format.Table(rows))
		}
	}
	for _, note := range b.notes() {
		parts = append(parts, format.Wrap(note, width))
	}
	if b.Warning != "" {
		parts = append(parts, format.Wrap(format.Printable(b.Warning), width))
	}
	return strings.Join(parts, "\n")
}

// Markdown returns the same as Text in Markdown.
func Markdown(of *results.Brain) string {
	b := brain{of}
	var text strings.Builder
	paragraph := func(words string) { fmt.Fprintf(&text, "%s\n\n", format.EscapeMarkdown(words)) }
	for _, finding := range b.findings() {
		paragraph(finding)
	}
	for _, t := range b.textTables() {
		paragraph(t.heading)
		text.WriteString(format.MarkdownTable(t.rows))
		text.WriteByte('\n')
	}
	for _, note := range b.notes() {
		paragraph(note)
	}
	if b.Warning != "" {
		paragraph(format.Printable(b.Warning))
	}
	return text.String()
}
