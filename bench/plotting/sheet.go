package plotting

import (
	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sheet is a figure of curves: rows of panels below one legend.
type Sheet struct {
	Name    string // of its files
	Title   string // in a few words
	Caption string // how to read it
	// Panels are rows of equal length, with empty panels where there is nothing
	// to draw. The panels of a row share a vertical axis.
	Panels [][]Panel
	// Level names the levels of the panels in the legend.
	Level string
}

// Figure returns the sheet as a figure, which is empty if no panel has a curve.
func (s Sheet) Figure() Figure {
	f := Figure{Name: s.Name, Title: s.Title, Caption: s.Caption}
	if s.empty() {
		return f
	}
	f.paint, f.resolution = onPaper(s.draw), resolutionOfOne
	f.width, f.height = s.size()
	if len(s.Panels) > 1 {
		f.resolution = resolutionOfSeveral
	}
	return f
}

// empty tells whether there is nothing to draw.
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

// size returns the size of the sheet.
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

// draw draws the legend above the panels, where it cannot hide any data.
func (s Sheet) draw(c draw.Canvas) error {
	plots, err := s.plots()
	if err != nil {
		return err
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

// plots returns the panels as plots of the library, nil for those that are empty. Only
// the first panel of a row has a label on its vertical axis, and only the lowest of a
// column one on its horizontal axis.
func (s Sheet) plots() ([][]*plot.Plot, error) {
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
				return nil, errors.Wrapf(err, "panel %d of row %d", j, i)
			}
			plots[i] = append(plots[i], panel)
		}
	}
	return plots, nil
}
