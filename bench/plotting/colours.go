package plotting

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours that a page replaces by its own, for light and dark mode: see
// Figure.Inline.
var (
	ink   = color.NRGBA{0x1c, 0x21, 0x28, 0xff}
	faint = color.NRGBA{0xe3, 0xe6, 0xea, 0xff} // grid
	paper = color.NRGBA{0xff, 0xff, 0xff, 0xff}

	// palette has the colours of Okabe and Ito, which colour-blind readers can tell
	// apart. Ink stands for its black; its yellow is left out, too pale on white.
	palette = []color.NRGBA{
		ink,
		{0x00, 0x72, 0xb2, 0xff}, // blue
		{0xd5, 0x5e, 0x00, 0xff}, // vermillion
		{0x00, 0x9e, 0x73, 0xff}, // bluish green
		{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
		{0xe6, 0x9f, 0x00, 0xff}, // orange
		{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	}

	// dashes tell curves apart when the colours of the palette are used again.
	dashes = [][]vg.Length{nil, {6, 3}, {1.5, 2.5}, {8, 3, 1.5, 3}}
)

// Colours that a page leaves as they are: greys that can be seen in both modes,
// and letters in the cells of a heat map.
var (
	grey       = color.NRGBA{0x8b, 0x95, 0xa1, 0xff}
	bandColour = color.NRGBA{0x8b, 0x95, 0xa1, 0x58}
	onDark     = color.NRGBA{0xf4, 0xf4, 0xf4, 0xff}
	onLight    = color.NRGBA{0x10, 0x10, 0x10, 0xff}
)

func curveColour(style int) color.NRGBA { return palette[style%len(palette)] }
func curveDashes(style int) []vg.Length { return dashes[style/len(palette)%len(dashes)] }

func lineStyle(style int) draw.LineStyle {
	return draw.LineStyle{Color: curveColour(style), Width: vg.Points(1.8), Dashes: curveDashes(style)}
}

func levelStyle(style int) draw.LineStyle {
	return draw.LineStyle{Color: curveColour(style), Width: vg.Points(1.2), Dashes: []vg.Length{3, 2.5}}
}

var hairline = draw.LineStyle{Color: ink, Width: vg.Points(0.5)}

// barColour returns the colour of bars of a style. When the colours of the palette are
// used again they are paler.
func barColour(style int) color.NRGBA {
	if style == Grey {
		return grey
	}
	colour := palette[1+style%(len(palette)-1)]
	if style/(len(palette)-1)%2 == 1 {
		colour.A = 0x80
	}
	return colour
}
