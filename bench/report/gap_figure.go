package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// gapRow is a variant in the figure of the gap.
type gapRow struct {
	name  string
	style int
	top1  estimate // in percent
	share estimate
}

const (
	gapRowHeight = 30 * vg.Length(1)
	gapAxis      = 44 * vg.Length(1) // below the rows
)

// gapFigure is the top-1 of each variant with its error, and between conv and lc the
// gap.
func (r *Report) gapFigure(results []result) drawing {
	d := drawing{
		name: "gap", title: "What the variants come to",
		width: sheetWidth, dots: resolution,
	}
	top1 := r.headline().top1
	var rows []gapRow
	for i, v := range results {
		mean := 100 * v.final[top1.name].mean
		if !top1.drawable(mean) {
			continue
		}
		half := 100 * 1.96 * v.top1Error
		if math.IsNaN(half) {
			half = 0
		}
		rows = append(rows, gapRow{legendName(v.Name), i, estimate{mean, mean - half, mean + half}, v.share})
	}
	if len(rows) < 2 {
		return d
	}
	d.caption = "dots are the top-1 of each variant, lines reach as far as twice its standard error"
	if r.hasGap() {
		d.caption += "; between lc and conv it is shaded"
	}
	if slices.ContainsFunc(rows, func(row gapRow) bool { return !math.IsNaN(row.share.value) }) {
		d.title = "The gap between lc and conv, and what closes it"
		d.caption += ", and above a dot stands how much of the gap is won back"
	}
	d.height = gapRowHeight*vg.Length(len(rows)) + gapAxis + 2*margin
	d.paint = func(c draw.Canvas) error {
		fillRectangle(c, c.Rectangle, paper)
		p, err := r.gapPlot(rows)
		if err != nil {
			return err
		}
		p.Draw(draw.Crop(c, margin, -margin, margin, -margin))
		return nil
	}
	return d
}

// gapPlot draws a variant a row, the first on top.
func (r *Report) gapPlot(rows []gapRow) (*plot.Plot, error) {
	p := plot.New()
	p.BackgroundColor = nil
	x := emptySpan
	var names []plot.Tick
	for i, row := range rows {
		x = x.with(row.top1.low).with(row.top1.high)
		names = append(names, plot.Tick{Value: -float64(i), Label: row.name})
	}
	Panel{X: r.headline().images + " top-1 (%)"}.setAxes(p, span{0, 1})
	x = x.padded()
	p.X.Min, p.X.Max = x.low, x.high
	p.X.Tick.Marker = linearTicks{}
	p.Y.Min, p.Y.Max = 0.5-float64(len(rows)), 0.5
	p.Y.Tick.Marker = plot.ConstantTicks(names)
	p.Y.Tick.Label.Font = sans(11)

	if err := addGap(p, rows); err != nil {
		return nil, err
	}
	for i, row := range rows {
		if err := addRow(p, row, -float64(i)); err != nil {
			return nil, errors.Wrap(err, row.name)
		}
	}
	return p, nil
}

// addGap shades the range from lc to conv, if both are there.
func addGap(p *plot.Plot, rows []gapRow) error {
	ends := map[string]float64{}
	for _, row := range rows {
		ends[row.name] = row.top1.value
	}
	conv, ok := ends[Baseline]
	lc, too := ends[Plain]
	if !ok || !too {
		return nil
	}
	bottom, top := p.Y.Min, p.Y.Max
	area, err := plotter.NewPolygon(plotter.XYs{{X: lc, Y: bottom}, {X: conv, Y: bottom}, {X: conv, Y: top}, {X: lc, Y: top}})
	if err != nil {
		return errors.Wrap(err, "gap")
	}
	area.Color, area.LineStyle.Width = faint, 0
	p.Add(area)
	return nil
}

// addRow adds the dot of a variant, its error and its share of the gap.
func addRow(p *plot.Plot, row gapRow, y float64) error {
	bar, err := plotter.NewLine(plotter.XYs{{X: row.top1.low, Y: y}, {X: row.top1.high, Y: y}})
	if err != nil {
		return err
	}
	bar.LineStyle = draw.LineStyle{Color: curveColour(row.style), Width: vg.Points(1.5)}
	dot, err := plotter.NewScatter(plotter.XYs{{X: row.top1.value, Y: y}})
	if err != nil {
		return err
	}
	dot.GlyphStyle = draw.GlyphStyle{Color: curveColour(row.style), Radius: vg.Points(4), Shape: draw.CircleGlyph{}}
	p.Add(bar, dot)
	if math.IsNaN(row.share.value) {
		return nil
	}
	share, err := plotter.NewLabels(plotter.XYLabels{
		XYs:    plotter.XYs{{X: row.top1.value, Y: y}},
		Labels: []string{fmt.Sprintf("%s %%", whole(row.share.value))},
	})
	if err != nil {
		return err
	}
	share.TextStyle = []text.Style{letters(10, draw.XCenter, draw.YBottom)}
	share.Offset = vg.Point{Y: 5}
	p.Add(share)
	return nil
}
