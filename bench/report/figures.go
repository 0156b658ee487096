package report

import (
	"bytes"
	"cmp"
	"image/color"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A figure is a measure against the epoch, one curve per variant.
type figure struct {
	measure
	curves []curve // those that have points; none: there is nothing to draw
}

type curve struct {
	variant string
	style   int // position of the variant in the report
	points  []point
}

// point is the mean over the runs that have a value at this epoch, and the
// smallest and largest of these values.
type point struct{ epoch, mean, low, high float64 }

// figures returns a figure for each measure that is drawn.
func (r *Report) figures() []figure {
	var figures []figure
	for _, m := range measures {
		if m.axis == "" {
			continue
		}
		f := figure{measure: m}
		for i, v := range r.Variants {
			if m.local && !v.Local {
				continue
			}
			if points := m.points(v.Runs); len(points) > 0 {
				f.curves = append(f.curves, curve{legendName(v.Name), i, points})
			}
		}
		figures = append(figures, f)
	}
	return figures
}

func (m measure) points(runs []Run) []point {
	values := map[int][]float64{}
	for _, run := range runs {
		for _, e := range run.Epochs {
			if v := *m.value(&e); m.drawable(v) {
				if m.percent {
					v *= 100
				}
				values[e.Epoch] = append(values[e.Epoch], v)
			}
		}
	}
	var points []point
	for epoch, v := range values {
		points = append(points, point{float64(epoch), stat.Mean(v, nil), slices.Min(v), slices.Max(v)})
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.epoch, b.epoch) })
	return points
}

// drawable says whether a value has a place in a figure. NaN, infinities and
// what is not positive on a logarithmic axis have none. Neither have values so
// large, or on a logarithmic axis so small, that they are overflows: they would
// flatten everything else.
func (m measure) drawable(v float64) bool {
	const huge = 1e30
	if m.log {
		return v > 1/huge && v < huge
	}
	return math.Abs(v) < huge // false for NaN
}

// legendName keeps a name in one line that fits the figure.
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

// Sizes. A figure is narrow and its letters are large, so that it can be read
// on a phone and two stand side by side on a page.
const (
	figureWidth = 360 * vg.Length(1) // points
	panelHeight = 235 * vg.Length(1) // without the legend
	margin      = 6 * vg.Length(1)
	resolution  = 240 // of the PNG files, dots per inch
	// markedPoints is the number of points up to which each gets a dot.
	markedPoints = 10
)

func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// svg returns the figure as an SVG file.
func (f figure) svg() ([]byte, error) {
	canvas := vgsvg.New(figureWidth, f.size())
	if err := f.draw(draw.New(canvas)); err != nil {
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

// png returns the figure as a PNG file.
func (f figure) png() ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(figureWidth, f.size()), vgimg.UseDPI(resolution))
	if err := f.draw(draw.New(canvas)); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(&file)
	return file.Bytes(), err
}

// size is the height of the figure.
func (f figure) size() vg.Length {
	return panelHeight + f.legend().height() + 2*margin
}

// draw draws the legend above the panel, where it cannot hide any data.
func (f figure) draw(c draw.Canvas) error {
	c.SetColor(paper)
	c.Fill(c.Rectangle.Path())
	c = draw.Crop(c, margin, -margin, margin, -margin)

	panel := plot.New()
	panel.BackgroundColor = nil
	f.setAxes(panel)
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal = draw.LineStyle{Color: faint, Width: vg.Points(0.75)}
	panel.Add(grid)
	// All bands lie below all lines.
	for _, c := range f.curves {
		if err := f.addBand(panel, c); err != nil {
			return errors.Wrapf(err, "band of %s", c.variant)
		}
	}
	for _, c := range f.curves {
		if err := f.addLine(panel, c); err != nil {
			return errors.Wrapf(err, "line of %s", c.variant)
		}
	}
	legend := f.legend()
	panel.Draw(draw.Crop(c, 0, 0, 0, -legend.height()))
	legend.draw(c)
	return nil
}

// addBand adds the range from the smallest to the largest value: an area, or a
// bar if there is only one point.
func (f figure) addBand(panel *plot.Plot, c curve) error {
	if !slices.ContainsFunc(c.points, func(p point) bool { return p.low < p.high }) {
		return nil
	}
	if len(c.points) == 1 {
		p := c.points[0]
		bar, err := plotter.NewLine(plotter.XYs{{X: p.epoch, Y: f.height(p.low)}, {X: p.epoch, Y: f.height(p.high)}})
		if err != nil {
			return err
		}
		bar.LineStyle = draw.LineStyle{Color: curveColour(c.style), Width: vg.Points(1)}
		panel.Add(bar)
		return nil
	}
	var outline plotter.XYs
	for _, p := range c.points {
		outline = append(outline, plotter.XY{X: p.epoch, Y: f.height(p.high)})
	}
	for _, p := range slices.Backward(c.points) {
		outline = append(outline, plotter.XY{X: p.epoch, Y: f.height(p.low)})
	}
	band, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	colour := curveColour(c.style)
	colour.A = 0x2c
	band.Color = colour
	band.LineStyle.Width = 0
	panel.Add(band)
	return nil
}

func (f figure) addLine(panel *plot.Plot, c curve) error {
	var means plotter.XYs
	for _, p := range c.points {
		means = append(means, plotter.XY{X: p.epoch, Y: f.height(p.mean)})
	}
	line, dots, err := plotter.NewLinePoints(means)
	if err != nil {
		return err
	}
	line.LineStyle = lineStyle(c.style)
	if len(means) > 1 {
		panel.Add(line)
	}
	if len(means) <= markedPoints {
		dots.GlyphStyle = draw.GlyphStyle{Color: curveColour(c.style), Radius: vg.Points(2.6), Shape: draw.CircleGlyph{}}
		panel.Add(dots)
	}
	return nil
}

// A legend is the names of the curves, each after a piece of its line, in rows.
type legend [][]legendEntry

type legendEntry struct {
	curve
	x vg.Length
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

func (f figure) legend() legend {
	var (
		rows  legend
		style = legendStyle()
		x     = figureWidth // no room: the first entry opens a row
	)
	for _, c := range f.curves {
		width := legendSample + legendSpace + style.Width(c.variant)
		if x+width > figureWidth-2*margin {
			rows = append(rows, nil)
			x = 0
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], legendEntry{c, x})
		x += width + legendGap
	}
	return rows
}

func (l legend) height() vg.Length { return vg.Length(len(l))*legendRow + margin }

func (l legend) draw(c draw.Canvas) {
	style := legendStyle()
	for i, row := range l {
		y := c.Max.Y - (vg.Length(i)+0.5)*legendRow
		for _, e := range row {
			x := c.Min.X + e.x
			c.StrokeLine2(lineStyle(e.style), x, y, x+legendSample, y)
			c.FillText(style, vg.Point{X: x + legendSample + legendSpace, Y: y}, e.variant)
		}
	}
}
