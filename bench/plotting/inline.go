package plotting

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"strings"
)

// Inline is a figure as part of an HTML page.
type Inline struct {
	SVG string // an element
	// Width is how many times as wide as a figure of one panel it is.
	Width float64
}

// Inline returns the figure, which is not empty, for a page. Its colours are CSS
// variables: --ink, --faint and --paper, which the page sets for light and dark mode,
// and those that CurveColours declares.
func (f Figure) Inline() (Inline, error) {
	file, err := f.SVG()
	if err != nil {
		return Inline{}, err
	}
	_, svg, _ := bytes.Cut(file, []byte("<svg"))
	return Inline{
		SVG:   `<svg role="img" aria-label="` + html.EscapeString(f.Title) + `"` + pageColours.Replace(string(svg)),
		Width: float64(f.width / sheetWidth),
	}, nil
}

// pageColours replaces the colours of an SVG file by the variables of the page.
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

// CurveColours returns CSS that declares the colours of curves as variables; the first is
// the ink, which depends on the mode of the page.
func CurveColours() string {
	text := "--curve-0: var(--ink);"
	for i, colour := range palette[1:] {
		text += fmt.Sprintf(" --curve-%d: %s;", i+1, hex(colour))
	}
	return text
}

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// LineSample returns a piece of the line of curves of a style, as an SVG element
// in the colours that CurveColours declares.
func LineSample(style int) string {
	var lengths []string
	for _, length := range curveDashes(style) {
		lengths = append(lengths, fmt.Sprint(length.Points()))
	}
	return fmt.Sprintf(
		`<svg class="sample" viewBox="0 0 18 6" aria-hidden="true"><path d="M0 3H18" stroke="var(--curve-%d)" stroke-dasharray="%s"/></svg>`,
		style%len(palette), strings.Join(lengths, " "))
}
