package format

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable replaces line breaks and other control characters, which would
// break a table, a terminal or an SVG file.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

// Wrap breaks a text into lines of at most width letters, unless a word is longer. The
// result ends with a line break.
func Wrap(text string, width int) string {
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

// Table writes rows of equally many cells in aligned columns, the first to the left and
// the others to the right. There must be at least one row of at least one cell.
func Table(rows [][]string) string {
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

// Narrow divides a table that Table would write wider than width letters into several.
// Each has the first column and some of the others. It leaves the table as it is if not
// even two columns fit beside the first.
func Narrow(rows [][]string, width int) [][][]string {
	columns := len(rows[0])
	for n := columns; n > 2; n-- {
		head := make([][]string, len(rows))
		for i, row := range rows {
			head[i] = row[:n]
		}
		line, _, _ := strings.Cut(Table(head), "\n")
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
		return append([][][]string{head}, Narrow(rest, width)...)
	}
	return [][][]string{rows}
}

// MarkdownTable writes rows of equally many cells as a table in Markdown, the
// first as its headings.
func MarkdownTable(rows [][]string) string {
	var text strings.Builder
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, cell := range row {
			cells[j] = EscapeMarkdown(cell)
		}
		fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(&text, "| :--- |%s\n", strings.Repeat(" ---: |", len(row)-1))
		}
	}
	return text.String()
}

// EscapeMarkdown escapes the characters of a text that have a meaning in Markdown.
func EscapeMarkdown(text string) string { return markdownEscaper.Replace(text) }

var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "&", `\&`, "|", `\|`, "~", `\~`)
