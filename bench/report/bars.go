package report

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// barBlock is bars that lie in rows, a panel of them for each measure. The rows
// have their names at the left, where long ones can be read.
type barBlock struct {
	title  string
	rows   []barRow
	panels []barPanel
}

// barRow is the name of a row. Rows of one group lie together under one name.
type barRow struct {
	group, name string // name may be ""
	colour      color.NRGBA
}

// barPanel is a bar for each row and the noise ceiling of all.
type barPanel struct {
	title   string
	bars    []scoreSummary // of each row; nothing is drawn where the mean is not finite
	ceiling noiseCeiling
}

// empty says that there is nothing to draw.
func (b barBlock) empty() bool {
	return !slices.ContainsFunc(b.panels, func(p barPanel) bool {
		return slices.ContainsFunc(p.bars, func(s scoreSummary) bool { return drawableScore(s.mean) })
	})
}

// drawableScore is false for what has no place in a figure: NaN, infinities and
// overflows.
func drawableScore(v float64) bool { return measure{}.drawable(v) }

const (
	barHeight    = 9 * vg.Length(1)
	barSpace     = 5 * vg.Length(1) // between groups
	barTitle     = 16 * vg.Length(1)
	barLift      = 0.8 // of letters, which else look too low beside a bar
	barAxis      = 22 * vg.Length(1)
	barBlockGap  = 8 * vg.Length(1)
	barGap       = 18 * vg.Length(1)  // between panels, so that their numbers do not meet
	barsWidth    = 720 * vg.Length(1) // of a sheet, at most if the panels are few
	widestPanel  = 220 * vg.Length(1)
	narrowest    = 84 * vg.Length(1)
	longestGroup = 150 * vg.Length(1)
	longestRow   = 80 * vg.Length(1)
)

// Greys that can be seen in both modes of the page, which leaves them as they
// are: of what is not one of several, and of the noise ceiling.
var (
	spareColour   = color.NRGBA{0x8b, 0x95, 0xa1, 0xff}
	ceilingColour = color.NRGBA{0x8b, 0x95, 0xa1, 0x58}
)

// barColour is that of the i-th of several kinds of bars. When the palette
// starts again its colours are paler.
func barColour(i int) color.NRGBA {
	colour := palette[1+i%(len(palette)-1)]
	if i/(len(palette)-1)%2 == 1 {
		colour.A = 0x80
	}
	return colour
}

// barFigure draws blocks below each other.
func barFigure(name, title, caption string, blocks []barBlock) drawing {
	return barFigureOf(barsWidth, name, title, caption, blocks)
}

// barFigureOf is not wider than a width, unless its panels would be too narrow.
func barFigureOf(width vg.Length, name, title, caption string, blocks []barBlock) drawing {
	d := drawing{name: name, title: title, caption: caption, dots: resolutions}
	blocks = slices.DeleteFunc(slices.Clone(blocks), barBlock.empty)
	if len(blocks) == 0 {
		return d
	}
	var groups, names []string
	columns := 0
	for _, b := range blocks {
		columns = max(columns, len(b.panels))
		d.height += b.height() + barBlockGap
		for _, r := range b.rows {
			groups, names = append(groups, r.group), append(names, r.name)
		}
	}
	place := barPlace{groups: widest(groups, 9, longestGroup) + 6, names: widest(names, 7.5, longestRow)}
	if place.names > 0 {
		place.names += 6
	}
	room := (width - 2*margin - place.groups - place.names) / vg.Length(columns)
	place.panel = min(max(room-barGap, narrowest), widestPanel)
	d.width = 2*margin + place.groups + place.names + vg.Length(columns)*(place.panel+barGap)
	d.height += 2*margin - barBlockGap
	d.paint = func(c draw.Canvas) error {
		fillRectangle(c, c.Rectangle, paper)
		c = draw.Crop(c, margin, -margin, margin, -margin)
		for _, b := range blocks {
			b.draw(c, place)
			c.Max.Y -= b.height() + barBlockGap
		}
		return nil
	}
	return d
}

// barPlace is how wide the columns of a sheet are.
type barPlace struct{ groups, names, panel vg.Length }

// tops returns where the rows start, below the first, and where the last ends.
func (b barBlock) tops() (tops []vg.Length, end vg.Length) {
	for i, r := range b.rows {
		if i > 0 && r.group != b.rows[i-1].group {
			end += barSpace
		}
		tops = append(tops, end)
		end += barHeight
	}
	return tops, end
}

func (b barBlock) height() vg.Length {
	_, end := b.tops()
	height := barTitle + end + barSpace + barAxis
	if b.title != "" {
		height += barTitle
	}
	return height
}

func (b barBlock) draw(c draw.Canvas, place barPlace) {
	if b.title != "" {
		c.FillText(letters(11, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X, Y: c.Max.Y}, fitted(b.title, 11, c.Max.X-c.Min.X))
		c.Max.Y -= barTitle
	}
	tops, end := b.tops()
	y := c.Max.Y - barTitle - barSpace/2
	right := c.Min.X + place.groups + place.names
	for from := 0; from < len(b.rows); {
		to := from + 1
		for to < len(b.rows) && b.rows[to].group == b.rows[from].group {
			to++
		}
		middle := y - (tops[from]+tops[to-1]+barHeight)/2
		c.FillText(letters(9, draw.XRight, draw.YCenter), vg.Point{X: c.Min.X + place.groups - 6, Y: middle + barLift}, fitted(b.rows[from].group, 9, longestGroup))
		from = to
	}
	for i, r := range b.rows {
		c.FillText(letters(7.5, draw.XRight, draw.YCenter), vg.Point{X: right - 4, Y: y - tops[i] - barHeight/2 + barLift}, fitted(r.name, 7.5, longestRow))
	}
	for k, p := range b.panels {
		x := right + vg.Length(k)*(place.panel+barGap)
		area := vg.Rectangle{Min: vg.Point{X: x, Y: y - end - barSpace/2}, Max: vg.Point{X: x + place.panel, Y: y + barSpace/2}}
		c.FillText(letters(9, draw.XLeft, draw.YBottom), vg.Point{X: x, Y: area.Max.Y + 3}, fitted(p.title, 9, place.panel))
		p.draw(c, area, b.rows, tops)
	}
}

// values is the range of the axis: of bars, errors, seeds, the ceiling and 0.
func (p barPanel) values() span {
	values := emptySpan.with(0)
	add := func(v float64) {
		if drawableScore(v) {
			values = values.with(v)
		}
	}
	for _, s := range p.bars {
		add(s.mean)
		add(s.mean - s.spread)
		add(s.mean + s.spread)
		for _, v := range s.seeds {
			add(v)
		}
	}
	low, high := p.ceiling.band()
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

// band is the range of the ceiling with its error; NaN where there is none.
func (c noiseCeiling) band() (low, high float64) {
	if c.low == c.high && c.spread >= 0 {
		return c.low - c.spread, c.high + c.spread
	}
	return c.low, c.high
}

func (p barPanel) draw(c draw.Canvas, area vg.Rectangle, rows []barRow, tops []vg.Length) {
	values := p.values()
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
	if low, high := p.ceiling.band(); p.ceiling.exists() && drawableScore(low) && drawableScore(high) {
		fillRectangle(c, vg.Rectangle{Min: vg.Point{X: at(low), Y: area.Min.Y}, Max: vg.Point{X: at(high), Y: area.Max.Y}}, ceilingColour)
		if p.ceiling.low == p.ceiling.high {
			upright(levelStyle(0), p.ceiling.low)
		}
	}
	for i, s := range p.bars {
		if drawableScore(s.mean) {
			p.drawBar(c, s, rows[i].colour, at, area.Max.Y-barSpace/2-tops[i])
		}
	}
	upright(draw.LineStyle{Color: ink, Width: vg.Points(0.75)}, 0)
}

// drawBar draws the mean as a bar below y, the spread as a line and seeds, if
// there are several, as dots.
func (p barPanel) drawBar(c draw.Canvas, s scoreSummary, colour color.NRGBA, at func(float64) vg.Length, y vg.Length) {
	x0, x1 := at(min(0, s.mean)), at(max(0, s.mean))
	fillRectangle(c, vg.Rectangle{Min: vg.Point{X: x0, Y: y - barHeight + 0.75}, Max: vg.Point{X: x1, Y: y - 0.75}}, colour)
	middle := y - barHeight/2
	if low, high := s.mean-s.spread, s.mean+s.spread; drawableScore(low) && drawableScore(high) {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: vg.Points(1)}, at(low), middle, at(high), middle)
	}
	if len(s.seeds) < 2 {
		return
	}
	for _, v := range s.seeds {
		if !drawableScore(v) {
			continue
		}
		c.DrawGlyph(draw.GlyphStyle{Color: paper, Radius: vg.Points(1.6), Shape: draw.CircleGlyph{}}, vg.Point{X: at(v), Y: middle})
		c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: vg.Points(1.6), Shape: draw.RingGlyph{}}, vg.Point{X: at(v), Y: middle})
	}
}
