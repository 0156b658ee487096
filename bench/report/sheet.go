package report

import (
	"bytes"
	"image/color"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sheet is a picture: rows of panels below one legend.
type Sheet struct {
	Name    string // of its files
	Title   string // in a few words
	Caption string // how to read it
	// Panels are rows of equal length, with empty panels where there is nothing
	// to draw. The panels of a row have one vertical axis.
	Panels [][]Panel
	// Level names the levels of the panels in the legend.
	Level string
}

// empty says that there is nothing to draw.
func (s Sheet) empty() bool {
	for _, row := range s.Panels {
		for _, p := range row {
			if !p.empty() {
				return false
			}
		}
	}
	return true
}

// legendName keeps a name in one line that fits the sheet.
func legendName(name string) string {
	const longest = 40
	name = printable(name)
	if utf8.RuneCountInString(name) > longest {
		name = string([]rune(name)[:longest-1]) + "…"
	}
	return name
}

// Colours. The page replaces these by its own, for light and dark mode.
var (
	ink   = color.NRGBA{0x1c, 0x21, 0x28, 0xff}
	faint = color.NRGBA{0xe3, 0xe6, 0xea, 0xff} // grid
	paper = color.NRGBA{0xff, 0xff, 0xff, 0xff}

	// palette is that of Okabe and Ito, which colour-blind readers can tell
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

	// dashes tell the curves apart when the palette starts again.
	dashes = [][]vg.Length{nil, {6, 3}, {1.5, 2.5}, {8, 3, 1.5, 3}}
)

func curveColour(style int) color.NRGBA { return palette[style%len(palette)] }
func curveDashes(style int) []vg.Length { return dashes[style/len(palette)%len(dashes)] }

func lineStyle(style int) draw.LineStyle {
	return draw.LineStyle{Color: curveColour(style), Width: vg.Points(1.8), Dashes: curveDashes(style)}
}

// Sizes. A sheet of one panel is narrow and its letters are large, so that it
// can be read on a phone and two stand side by side on a page.
const (
	sheetWidth  = 360 * vg.Length(1) // points, of one panel
	panelWidth  = 240 * vg.Length(1) // of several in a row
	panelHeight = 235 * vg.Length(1) // without the legend
	rowHeight   = 185 * vg.Length(1) // of one of several rows
	gap         = 10 * vg.Length(1)  // between panels
	margin      = 6 * vg.Length(1)
	resolution  = 240 // of the PNG files of one panel, dots per inch, and of
	resolutions = 150 // those of several
)

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// size is the size of the sheet.
func (s Sheet) size() (width, height vg.Length) {
	width, height = sheetWidth, panelHeight
	if columns := len(s.Panels[0]); columns > 1 {
		width = panelWidth*vg.Length(columns) + 2*margin
	}
	if rows := len(s.Panels); rows > 1 {
		height = rowHeight * vg.Length(rows)
	}
	return width, height + s.legend(width).height() + 2*margin
}

// encodeSVG returns what paint draws as an SVG file.
func encodeSVG(width, height vg.Length, paint func(draw.Canvas) error) ([]byte, error) {
	canvas := vgsvg.New(width, height)
	if err := paint(draw.New(canvas)); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		return nil, err
	}
	// Arial and Helvetica have the metrics of Liberation Sans, which few
	// computers have.
	content := strings.ReplaceAll(file.String(), "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;")
	return []byte(content), nil
}

// encodePNG returns what paint draws as a PNG file, with so many dots an inch.
func encodePNG(width, height vg.Length, dots int, paint func(draw.Canvas) error) ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dots))
	if err := paint(draw.New(canvas)); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(&file)
	return file.Bytes(), err
}

// draw draws the legend above the panels, where it cannot hide any data.
func (s Sheet) draw(c draw.Canvas) error {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)

	plots := make([][]*plot.Plot, len(s.Panels))
	for i, row := range s.Panels {
		heights := emptySpan
		for _, p := range row {
			heights = heights.with(p.heights().low).with(p.heights().high)
		}
		for j, p := range row {
			if j > 0 {
				p.Y = ""
			}
			if i < len(s.Panels)-1 && !s.Panels[i+1][j].empty() {
				p.X = ""
			}
			if p.empty() {
				plots[i] = append(plots[i], nil)
				continue
			}
			panel, err := p.plot(heights)
			if err != nil {
				return errors.Wrapf(err, "panel %d of row %d", j, i)
			}
			plots[i] = append(plots[i], panel)
		}
	}
	legend := s.legend(c.Max.X - c.Min.X + 2*margin)
	area := draw.Crop(c, 0, 0, 0, -legend.height())
	if len(s.Panels) == 1 && len(s.Panels[0]) == 1 {
		plots[0][0].Draw(area)
	} else {
		tiles := draw.Tiles{Rows: len(plots), Cols: len(plots[0]), PadX: gap, PadY: gap}
		for i, row := range plot.Align(plots, tiles, area) {
			for j, canvas := range row {
				if plots[i][j] != nil {
					plots[i][j].Draw(canvas)
				}
			}
		}
	}
	legend.draw(c)
	return nil
}

// A legend is the names of the curves, each after a piece of its line, in rows.
type legend [][]legendEntry

type legendEntry struct {
	name  string
	style draw.LineStyle
	x     vg.Length
}

const (
	legendRow    = 16 * vg.Length(1)
	legendSample = 16 * vg.Length(1) // length of the piece of line
	legendSpace  = 4 * vg.Length(1)  // between line and name
	legendGap    = 11 * vg.Length(1) // between entries
)

func legendStyle() text.Style {
	return text.Style{Color: ink, Font: sans(10), XAlign: draw.XLeft, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
}

// legend returns the legend of a sheet of that width: each name once.
func (s Sheet) legend(sheet vg.Length) legend {
	var (
		rows  legend
		style = legendStyle()
		x     = sheet // no room: the first entry opens a row
		seen  = map[string]bool{}
	)
	add := func(name string, line draw.LineStyle) {
		if name == "" || seen[name] {
			return
		}
		seen[name] = true
		width := legendSample + legendSpace + style.Width(name)
		if x+width > sheet-2*margin {
			rows = append(rows, nil)
			x = 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], legendEntry{name, line, x})
		x += width + legendGap
	}
	for _, row := range s.Panels {
		for _, p := range row {
			for _, c := range p.Curves {
				add(c.Name, lineStyle(c.Style))
			}
		}
	}
	add(s.Level, levelStyle(0))
	return rows
}

func (l legend) height() vg.Length { return vg.Length(len(l))*legendRow + margin }

func (l legend) draw(c draw.Canvas) {
	style := legendStyle()
	for i, row := range l {
		y := c.Max.Y - (vg.Length(i)+0.5)*legendRow
		for _, e := range row {
			x := c.Min.X + e.x
			c.StrokeLine2(e.style, x, y, x+legendSample, y)
			c.FillText(style, vg.Point{X: x + legendSample + legendSpace, Y: y}, e.name)
		}
	}
}
