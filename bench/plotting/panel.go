package plotting

import (
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Panel is one pair of axes with its curves.
type Panel struct {
	Title string // above it, or ""
	X, Y  string // labels of the axes
	Log   bool   // a logarithmic vertical axis
	// If they differ, the vertical axis reaches at least from Low to High.
	Low, High float64
	// Likewise the horizontal axis, from Left to Right.
	Left, Right float64
	Curves      []Curve
	Levels      []Level
}

// empty tells whether there is nothing to draw.
func (p Panel) empty() bool { return len(p.Curves) == 0 }

// Curve is a quantity that was measured several times.
type Curve struct {
	Name   string // in the legend
	Style  int    // its colour and dashes; curves of one name have the same
	Points []Point
}

// Point is the mean of the values at X, the smallest (Low) and the largest (High).
type Point struct{ X, Mean, Low, High float64 }

// Level is a dashed line across the panel, in the colour of a curve.
type Level struct {
	Y     float64
	Style int
}

// markedPoints is the largest number of points of a curve that get a dot each.
const markedPoints = 10

// plot returns the panel as a plot of the library, with a vertical axis of that range.
func (p Panel) plot(heights span) (*plot.Plot, error) {
	panel := plot.New()
	panel.BackgroundColor = nil
	if p.Title != "" {
		panel.Title.Text = p.Title
		panel.Title.TextStyle.Color, panel.Title.TextStyle.Font = ink, sans(11)
		panel.Title.Padding = vg.Points(4)
	}
	p.setAxes(panel, heights)
	grid := plotter.NewGrid()
	grid.Vertical.Color = nil
	grid.Horizontal = draw.LineStyle{Color: faint, Width: vg.Points(0.75)}
	panel.Add(grid)
	// All bands lie below all lines.
	for _, c := range p.Curves {
		if err := p.addBand(panel, c); err != nil {
			return nil, errors.Wrapf(err, "band of %s", c.Name)
		}
	}
	for _, l := range p.Levels {
		line, err := plotter.NewLine(plotter.XYs{{X: panel.X.Min, Y: p.height(l.Y)}, {X: panel.X.Max, Y: p.height(l.Y)}})
		if err != nil {
			return nil, errors.Wrap(err, "level")
		}
		line.LineStyle = levelStyle(l.Style)
		panel.Add(line)
	}
	for _, c := range p.Curves {
		if err := p.addLine(panel, c); err != nil {
			return nil, errors.Wrapf(err, "line of %s", c.Name)
		}
	}
	return panel, nil
}

// addBand adds the range from the smallest to the largest value: an area, or a
// bar if there is only one point.
func (p Panel) addBand(panel *plot.Plot, c Curve) error {
	if !slices.ContainsFunc(c.Points, func(p Point) bool { return p.Low < p.High }) {
		return nil
	}
	if len(c.Points) == 1 {
		only := c.Points[0]
		bar, err := plotter.NewLine(plotter.XYs{{X: only.X, Y: p.height(only.Low)}, {X: only.X, Y: p.height(only.High)}})
		if err != nil {
			return err
		}
		bar.LineStyle = draw.LineStyle{Color: curveColour(c.Style), Width: vg.Points(1)}
		panel.Add(bar)
		return nil
	}
	var outline plotter.XYs
	for _, at := range c.Points {
		outline = append(outline, plotter.XY{X: at.X, Y: p.height(at.High)})
	}
	for _, at := range slices.Backward(c.Points) {
		outline = append(outline, plotter.XY{X: at.X, Y: p.height(at.Low)})
	}
	band, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	colour := curveColour(c.Style)
	colour.A = 0x2c
	band.Color = colour
	band.LineStyle.Width = 0
	panel.Add(band)
	return nil
}

func (p Panel) addLine(panel *plot.Plot, c Curve) error {
	var means plotter.XYs
	for _, at := range c.Points {
		means = append(means, plotter.XY{X: at.X, Y: p.height(at.Mean)})
	}
	line, dots, err := plotter.NewLinePoints(means)
	if err != nil {
		return err
	}
	line.LineStyle = lineStyle(c.Style)
	if len(means) > 1 {
		panel.Add(line)
	}
	if len(means) <= markedPoints {
		dots.GlyphStyle = draw.GlyphStyle{Color: curveColour(c.Style), Radius: vg.Points(2.6), Shape: draw.CircleGlyph{}}
		panel.Add(dots)
	}
	return nil
}
