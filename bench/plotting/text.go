package plotting

import (
	"slices"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hypnos/bench/format"
)

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// letters returns a style for text in letters of a size, in points. x and y say which
// edge of the text, or its middle, is at the place where it is drawn.
func letters(size vg.Length, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{Color: ink, Font: sans(size), XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler}
}

// textWidth returns the width of a line in letters of a size.
func textWidth(line string, size vg.Length) vg.Length {
	return letters(size, draw.XLeft, draw.YTop).Width(line)
}

// LegendName returns a name as one line, shortened so that it fits a legend.
func LegendName(name string) string {
	const longest = 40
	name = format.Printable(name)
	if utf8.RuneCountInString(name) > longest {
		name = string([]rune(name)[:longest-1]) + "…"
	}
	return name
}

// fitted returns a name as one line of at most a width. Of a name that is too long the
// middle is left out: names often differ at their ends.
func fitted(name string, size, width vg.Length) string {
	name = format.Printable(name)
	runes := []rune(name)
	const most = 200 // letters; a line of more could not be read anyway
	if len(runes) > most {
		runes = slices.Concat(runes[:most/2], runes[len(runes)-most/2:])
		name = string(runes)
	}
	for kept := len(runes) - 1; kept >= 0 && textWidth(name, size) > width; kept-- {
		half := (kept + 1) / 2
		name = string(runes[:half]) + "…" + string(runes[len(runes)-(kept-half):])
	}
	return name
}

// widest returns the width of the widest of the names, or the limit if that is less.
func widest(names []string, size, limit vg.Length) vg.Length {
	width := vg.Length(0)
	for _, name := range names {
		width = max(width, textWidth(format.Printable(name), size))
	}
	return min(width, limit)
}

// lines breaks a text into lines of at most a width, unless a word is longer.
func lines(text string, size, width vg.Length) []string {
	var lines []string
	for _, word := range strings.Fields(format.Printable(text)) {
		if last := len(lines) - 1; last >= 0 && textWidth(lines[last]+" "+word, size) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}
