package plotting

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars is a figure of horizontal bars, one in each row.
type Bars struct {
	Name, Title, Caption string // see Figure
	Blocks               []BarBlock

	// Narrow makes the figure as wide as one panel of curves, unless its bars need
	// more; otherwise it is twice as wide.
	Narrow bool
}

// BarBlock is a block of rows, with a panel for each quantity. The names of the rows
// stand at the left, where long ones can be read.
type BarBlock struct {
	Title  string // or ""
	Rows   []BarRow
	Panels []BarPanel
}

// BarRow names a row. Neighbouring rows of one group have its name once, and no space
// between them.
type BarRow struct {
	Group, Name string // Name may be ""
	Style       int    // the colour of the bars: a number from 0, or Grey
}

// Grey is the style of bars that need no colour of their own.
const Grey = -1

// BarPanel has a bar for each row, and a band behind all of them.
type BarPanel struct {
	Title string
	Bars  []Bar // one for each row of the block
	Band  Band
}

// Bar reaches from 0 to Mean. On it lie a line from Mean-Error to Mean+Error and, if
// there are several Values, a circle for each. Numbers that are not Drawable are left
// out; if Mean is one of them, so is the whole bar.
type Bar struct {
	Mean, Error float64
	Values      []float64
}

// Band is a shaded range from Low to High. Where these are equal it is a dashed line,
// shaded on both sides as far as Error. NaN stands for what does not exist.
type Band struct{ Low, High, Error float64 }

// exists tells whether there is a band.
func (b Band) exists() bool { return !math.IsNaN(b.Low) && !math.IsNaN(b.High) }

// edges returns the ends of the shaded range, NaN if there is none.
func (b Band) edges() (low, high float64) {
	if b.Low == b.High && b.Error >= 0 {
		return b.Low - b.Error, b.High + b.Error
	}
	return b.Low, b.High
}

// empty tells whether no bar can be drawn.
func (b BarBlock) empty() bool {
	return !slices.ContainsFunc(b.Panels, func(p BarPanel) bool {
		return slices.ContainsFunc(p.Bars, func(bar Bar) bool { return Drawable(bar.Mean, false) })
	})
}

const (
	barHeight    = 9 * vg.Length(1)
	barSpace     = 5 * vg.Length(1) // between groups
	barTitle     = 16 * vg.Length(1)
	barLift      = 0.8 // of letters: without it they look too low beside a bar
	barAxis      = 22 * vg.Length(1)
	barBlockGap  = 8 * vg.Length(1)
	barGap       = 18 * vg.Length(1)  // between panels, so that numbers below their axes do not meet
	barsWidth    = 720 * vg.Length(1) // of the figure; less if it has few panels
	widestPanel  = 220 * vg.Length(1)
	narrowest    = 84 * vg.Length(1)
	longestGroup = 150 * vg.Length(1)
	longestRow   = 80 * vg.Length(1)
)

// Figure returns the bars as a figure, the blocks below each other.
func (b Bars) Figure() Figure {
	f := Figure{Name: b.Name, Title: b.Title, Caption: b.Caption, resolution: resolutionOfSeveral}
	blocks := slices.DeleteFunc(slices.Clone(b.Blocks), BarBlock.empty)
	if len(blocks) == 0 {
		return f
	}
	width := vg.Length(barsWidth)
	if b.Narrow {
		width = sheetWidth
	}
	widths, columns := columnWidthsOf(blocks, width)
	f.width = 2*margin + widths.groups + widths.names + vg.Length(columns)*(widths.panel+barGap)
	f.height = 2*margin - barBlockGap
	for _, block := range blocks {
		f.height += block.height() + barBlockGap
	}
	f.paint = onPaper(func(c draw.Canvas) error {
		for _, block := range blocks {
			block.draw(c, widths)
			c.Max.Y -= block.height() + barBlockGap
		}
		return nil
	})
	return f
}

// columnWidths are the widths of the names of groups, of the names of rows and of a panel.
type columnWidths struct{ groups, names, panel vg.Length }

// columnWidthsOf divides a width among the names and the panels, of which there are as
// many columns as the largest block has. Panels have a least width, even if there is no
// room for it.
func columnWidthsOf(blocks []BarBlock, width vg.Length) (widths columnWidths, columns int) {
	var groups, names []string
	for _, b := range blocks {
		columns = max(columns, len(b.Panels))
		for _, r := range b.Rows {
			groups, names = append(groups, r.Group), append(names, r.Name)
		}
	}
	widths = columnWidths{groups: widest(groups, 9, longestGroup) + 6, names: widest(names, 7.5, longestRow)}
	if widths.names > 0 {
		widths.names += 6
	}
	room := (width - 2*margin - widths.groups - widths.names) / vg.Length(columns)
	widths.panel = min(max(room-barGap, narrowest), widestPanel)
	return widths, columns
}

// tops returns how far below the top of the first row each row begins, and the last ends.
func (b BarBlock) tops() (tops []vg.Length, end vg.Length) {
	for i, r := range b.Rows {
		if i > 0 && r.Group != b.Rows[i-1].Group {
			end += barSpace
		}
		tops = append(tops, end)
		end += barHeight
	}
	return tops, end
}

func (b BarBlock) height() vg.Length {
	_, end := b.tops()
	height := barTitle + end + barSpace + barAxis
	if b.Title != "" {
		height += barTitle
	}
	return height
}

func (b BarBlock) draw(c draw.Canvas, widths columnWidths) {
	if b.Title != "" {
		c.FillText(letters(11, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X, Y: c.Max.Y}, fitted(b.Title, 11, c.Max.X-c.Min.X))
		c.Max.Y -= barTitle
	}
	tops, end := b.tops()
	y := c.Max.Y - barTitle - barSpace/2
	right := c.Min.X + widths.groups + widths.names
	for from := 0; from < len(b.Rows); {
		to := from + 1
		for to < len(b.Rows) && b.Rows[to].Group == b.Rows[from].Group {
			to++
		}
		middle := y - (tops[from]+tops[to-1]+barHeight)/2
		c.FillText(letters(9, draw.XRight, draw.YCenter), vg.Point{X: c.Min.X + widths.groups - 6, Y: middle + barLift}, fitted(b.Rows[from].Group, 9, longestGroup))
		from = to
	}
	for i, r := range b.Rows {
		c.FillText(letters(7.5, draw.XRight, draw.YCenter), vg.Point{X: right - 4, Y: y - tops[i] - barHeight/2 + barLift}, fitted(r.Name, 7.5, longestRow))
	}
	for k, p := range b.Panels {
		x := right + vg.Length(k)*(widths.panel+barGap)
		area := vg.Rectangle{Min: vg.Point{X: x, Y: y - end - barSpace/2}, Max: vg.Point{X: x + widths.panel, Y: y + barSpace/2}}
		c.FillText(letters(9, draw.XLeft, draw.YBottom), vg.Point{X: x, Y: area.Max.Y + 3}, fitted(p.Title, 9, widths.panel))
		p.draw(c, area, b.Rows, tops)
	}
}

// axisRange returns the range of the axis: it holds bars, errors, values, the band and 0.
func (p BarPanel) axisRange() span {
	values := emptySpan.with(0)
	add := func(v float64) {
		if Drawable(v, false) {
			values = values.with(v)
		}
	}
	for _, bar := range p.Bars {
		add(bar.Mean)
		add(bar.Mean - bar.Error)
		add(bar.Mean + bar.Error)
		for _, v := range bar.Values {
			add(v)
		}
	}
	low, high := p.Band.edges()
	add(low)
	add(high)
	if values.low == values.high {
		values.high = 1
	}
	extra := 0.05 * (values.high - values.low)
	if values.low < 0 {
		values.low -= extra
	}
	values.high += extra
	return values
}

func (p BarPanel) draw(c draw.Canvas, area vg.Rectangle, rows []BarRow, tops []vg.Length) {
	values := p.axisRange()
	at := func(v float64) vg.Length {
		return area.Min.X + vg.Length((v-values.low)/(values.high-values.low))*(area.Max.X-area.Min.X)
	}
	upright := func(style draw.LineStyle, v float64) {
		c.StrokeLine2(style, at(v), area.Min.Y, at(v), area.Max.Y)
	}
	for _, tick := range (linearTicks{}).Ticks(values.low, values.high) {
		upright(draw.LineStyle{Color: faint, Width: vg.Points(0.75)}, tick.Value)
		c.FillText(letters(8, draw.XCenter, draw.YTop), vg.Point{X: at(tick.Value), Y: area.Min.Y - 3}, tick.Label)
	}
	if low, high := p.Band.edges(); p.Band.exists() && Drawable(low, false) && Drawable(high, false) {
		fillRectangle(c, vg.Rectangle{Min: vg.Point{X: at(low), Y: area.Min.Y}, Max: vg.Point{X: at(high), Y: area.Max.Y}}, bandColour)
		if p.Band.Low == p.Band.High {
			upright(levelStyle(0), p.Band.Low)
		}
	}
	for i, bar := range p.Bars {
		if Drawable(bar.Mean, false) {
			bar.draw(c, barColour(rows[i].Style), at, area.Max.Y-barSpace/2-tops[i])
		}
	}
	upright(draw.LineStyle{Color: ink, Width: vg.Points(0.75)}, 0)
}

// draw draws the bar in the row whose top is y; at returns where a value is on the axis.
func (bar Bar) draw(c draw.Canvas, colour color.NRGBA, at func(float64) vg.Length, y vg.Length) {
	x0, x1 := at(min(0, bar.Mean)), at(max(0, bar.Mean))
	fillRectangle(c, vg.Rectangle{Min: vg.Point{X: x0, Y: y - barHeight + 0.75}, Max: vg.Point{X: x1, Y: y - 0.75}}, colour)
	middle := y - barHeight/2
	if low, high := bar.Mean-bar.Error, bar.Mean+bar.Error; Drawable(low, false) && Drawable(high, false) {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: vg.Points(1)}, at(low), middle, at(high), middle)
	}
	if len(bar.Values) < 2 {
		return
	}
	for _, v := range bar.Values {
		if !Drawable(v, false) {
			continue
		}
		c.DrawGlyph(draw.GlyphStyle{Color: paper, Radius: vg.Points(1.6), Shape: draw.CircleGlyph{}}, vg.Point{X: at(v), Y: middle})
		c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: vg.Points(1.6), Shape: draw.RingGlyph{}}, vg.Point{X: at(v), Y: middle})
	}
}
