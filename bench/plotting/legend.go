package plotting

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend is rows of names of curves, each after a piece of its line.
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

// legend returns the legend for a sheet of a width; each name is there once.
func (s Sheet) legend(sheet vg.Length) legend {
	var (
		rows  legend
		style = letters(10, draw.XLeft, draw.YCenter)
		x     = sheet // beyond the end, so that the first entry opens a row
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
	style := letters(10, draw.XLeft, draw.YCenter)
	for i, row := range l {
		y := c.Max.Y - (vg.Length(i)+0.5)*legendRow
		for _, e := range row {
			x := c.Min.X + e.x
			c.StrokeLine2(e.style, x, y, x+legendSample, y)
			c.FillText(style, vg.Point{X: x + legendSample + legendSpace, Y: y}, e.name)
		}
	}
}
