package plotting

import (
	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// DotPlot is a figure of values with intervals: a dot in each row, the first on
// top, and a line through it. It is empty if it has fewer than two rows.
type DotPlot struct {
	Name, Title, Caption string // see Figure
	X                    string // label of the axis
	Rows                 []DotRow

	// Shaded is a range of values that is shaded in all rows, nil for none.
	Shaded *[2]float64
}

// DotRow is a dot at a value, with a line from Low to High.
type DotRow struct {
	Name             string // at the left, shortened by LegendName
	Style            int    // its colour: that of a Curve of this style
	Value, Low, High float64
	Label            string // above the dot, or ""
}

const (
	dotRowHeight = 30 * vg.Length(1)
	dotAxis      = 44 * vg.Length(1) // below the rows
)

// Figure returns the plot as a figure as wide as one panel of curves.
func (d DotPlot) Figure() Figure {
	f := Figure{Name: d.Name, Title: d.Title, Caption: d.Caption, width: sheetWidth, resolution: resolutionOfOne}
	if len(d.Rows) < 2 {
		return f
	}
	f.height = dotRowHeight*vg.Length(len(d.Rows)) + dotAxis + 2*margin
	f.paint = onPaper(func(c draw.Canvas) error {
		p, err := d.plot()
		if err != nil {
			return err
		}
		p.Draw(c)
		return nil
	})
	return f
}

// plot returns the figure as a plot of the library.
func (d DotPlot) plot() (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = nil
	x := emptySpan
	var names []plot.Tick
	for i, row := range d.Rows {
		x = x.with(row.Low).with(row.High)
		names = append(names, plot.Tick{Value: -float64(i), Label: LegendName(row.Name)})
	}
	Panel{X: d.X}.setAxes(p, span{0, 1})
	x = x.padded()
	p.X.Min, p.X.Max = x.low, x.high
	p.X.Tick.Marker = linearTicks{}
	p.Y.Min, p.Y.Max = 0.5-float64(len(d.Rows)), 0.5
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Label.Font = sans(11)

	if err := d.shade(p); err != nil {
		return nil, errors.Wrap(err, "shaded range")
	}
	for i, row := range d.Rows {
		if err := row.add(p, -float64(i)); err != nil {
			return nil, errors.Wrap(err, row.Name)
		}
	}
	return p, nil
}

// shade adds the shaded range, if there is one.
func (d DotPlot) shade(p *plot.Plot) error {
	if d.Shaded == nil {
		return nil
	}
	from, to := d.Shaded[0], d.Shaded[1]
	bottom, top := p.Y.Min, p.Y.Max
	area, err := plotter.NewPolygon(plotter.XYs{{X: from, Y: bottom}, {X: to, Y: bottom}, {X: to, Y: top}, {X: from, Y: top}})
	if err != nil {
		return err
	}
	area.Color, area.LineStyle.Width = faint, 0
	p.Add(area)
	return nil
}

// add adds the dot with its line and label at a height.
func (r DotRow) add(p *plot.Plot, y float64) error {
	line, err := plotter.NewLine(plotter.XYs{{X: r.Low, Y: y}, {X: r.High, Y: y}})
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{Color: curveColour(r.Style), Width: vg.Points(1.5)}
	dot, err := plotter.NewScatter(plotter.XYs{{X: r.Value, Y: y}})
	if err != nil {
		return err
	}
	dot.GlyphStyle = draw.GlyphStyle{Color: curveColour(r.Style), Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
	p.Add(line, dot)
	if r.Label == "" {
		return nil
	}
	label, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: r.Value, Y: y}}, Labels: []string{r.Label}})
	if err != nil {
		return err
	}
	label.TextStyle = []text.Style{letters(10, draw.XCenter, draw.YBottom)}
	label.Offset = vg.Point{Y: 5}
	p.Add(label)
	return nil
}
