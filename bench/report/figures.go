package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"hypnos/bench/plotting"
	"hypnos/bench/results"
)

// measure is a measure that is drawn against the epoch.
type measure struct{ results.EpochMeasure }

// curves returns a sheet for each measure that is drawn, of those of local weights or of
// the others. A sheet has one panel, with a curve for each variant that has points.
func (c comparison) curves(local bool) []plotting.Sheet {
	var sheets []plotting.Sheet
	for _, m := range results.EpochMeasures {
		if m.Axis != "" && m.Local == local {
			sheets = append(sheets, c.curve(measure{m}))
		}
	}
	return sheets
}

func (c comparison) curve(m measure) plotting.Sheet {
	panel := c.panel(m)
	panel.Y = m.Axis
	value := func(e *results.Epoch) float64 { return *m.Value(e) }
	equal := false
	for i, v := range c.Variants {
		if m.Local && !v.Local {
			continue
		}
		if points := m.points(v.Runs, value); len(points) > 0 {
			panel.Curves = append(panel.Curves, plotting.Curve{Name: plotting.LegendName(v.Name), Style: i, Points: points})
		}
		equal = equal || m.hasEqualWeights(v.Runs, value)
	}
	if m.saysNothing(panel) {
		panel.Curves = nil
	}
	return plotting.Sheet{Name: m.Name, Title: m.Title, Caption: m.caption(panel.Curves, equal), Panels: [][]plotting.Panel{{panel}}}
}

// panel returns a panel for curves of a measure, without the label of its vertical
// axis. The horizontal axis of all panels is from the first to the last epoch of all runs.
func (c comparison) panel(m measure) plotting.Panel {
	p := plotting.Panel{X: "epoch", Log: m.Log, Low: m.Low, High: m.High}
	var epochs []int
	for _, v := range c.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				epochs = append(epochs, e.Epoch)
			}
		}
	}
	if len(epochs) > 0 {
		p.Left, p.Right = float64(slices.Min(epochs)), float64(slices.Max(epochs))
	}
	return p
}

// saysNothing tells whether all values are the measure's ideal, as cosines are when
// weights are shared instantly.
func (m measure) saysNothing(panels ...plotting.Panel) bool {
	for _, panel := range panels {
		for _, c := range panel.Curves {
			for _, p := range c.Points {
				if m.Ideal == 0 || p.Low != m.Ideal || p.High != m.Ideal {
					return false
				}
			}
		}
	}
	return true
}

// hasEqualWeights tells whether in some epoch the weights are equal, so that the value has
// no point in a figure.
func (m measure) hasEqualWeights(runs []results.Run, value func(*results.Epoch) float64) bool {
	for _, run := range runs {
		for _, e := range run.Epochs {
			if m.Equal(value(&e)) {
				return true
			}
		}
	}
	return false
}

const (
	// bandOfSeeds is what a caption says of curves with a band.
	bandOfSeeds = "mean over seeds; the band reaches from the lowest to the highest seed"
	// equalWeights is what it says of points that are missing.
	equalWeights = "; no point where the weights are equal but for rounding, as after a sleep that shares them at small learning rates"
)

// caption says how to read a figure of the measure.
func (m measure) caption(curves []plotting.Curve, equal bool) string {
	caption := "a value for each epoch that was measured"
	for _, c := range curves {
		if slices.ContainsFunc(c.Points, func(p plotting.Point) bool { return p.Low < p.High }) {
			caption = bandOfSeeds
		}
	}
	if m.Local {
		caption += "; variants with local layers only"
	}
	if equal {
		caption += equalWeights
	}
	return caption
}

// points returns a point for each epoch in which a run has a value that can be drawn, in
// the unit of the figure.
func (m measure) points(runs []results.Run, value func(*results.Epoch) float64) []plotting.Point {
	values := map[int][]float64{}
	for _, run := range runs {
		for _, e := range run.Epochs {
			if v := value(&e); m.drawable(v) {
				if m.Percent {
					v *= 100
				}
				values[e.Epoch] = append(values[e.Epoch], v)
			}
		}
	}
	var points []plotting.Point
	for epoch, v := range values {
		points = append(points, plotting.Point{X: float64(epoch), Mean: stat.Mean(v, nil), Low: slices.Min(v), High: slices.Max(v)})
	}
	slices.SortFunc(points, func(a, b plotting.Point) int { return cmp.Compare(a.X, b.X) })
	return points
}

// drawable tells whether a value has a place in a figure. Ratios of equal weights have
// none.
func (m measure) drawable(v float64) bool { return !m.Equal(v) && plotting.Drawable(v, m.Log) }

// layerCurves returns a sheet for each measure of layers. It has a panel for each variant
// with local layers, and in it a curve for each layer.
func (c comparison) layerCurves() []plotting.Sheet {
	var sheets []plotting.Sheet
	for _, m := range results.LayerMeasures {
		var panels []plotting.Panel
		equal := false
		for _, v := range c.Variants {
			panel, hasEqual := c.layerPanel(m, v)
			if len(panel.Curves) > 0 {
				panels = append(panels, panel)
			}
			equal = equal || hasEqual
		}
		if (measure{m.EpochMeasure}).saysNothing(panels...) {
			panels = nil
		}
		s := plotting.Sheet{Name: m.Name + "_layers", Title: m.Title + ", by layer", Caption: bandOfSeeds, Panels: inRows(panels)}
		if equal {
			s.Caption += equalWeights
		}
		sheets = append(sheets, s)
	}
	return sheets
}

// layerPanel returns the panel of a variant, and whether the weights of some layer
// are equal in some epoch.
func (c comparison) layerPanel(of results.LayerMeasure, v results.Variant) (panel plotting.Panel, equal bool) {
	m := measure{of.EpochMeasure}
	panel = c.panel(m)
	panel.Title = plotting.LegendName(v.Name)
	panel.Y, _, _ = strings.Cut(m.Axis, " (") // without the unit: one of several panels is low
	for i, name := range localLayers(v) {
		value := func(e *results.Epoch) float64 {
			for _, l := range e.Layers {
				if l.Name == name {
					return *of.Layer(&l)
				}
			}
			return math.NaN()
		}
		equal = equal || m.hasEqualWeights(v.Runs, value)
		if points := m.points(v.Runs, value); len(points) > 0 {
			panel.Curves = append(panel.Curves, plotting.Curve{Name: plotting.LegendName(name), Style: i, Points: points})
		}
	}
	return panel, equal
}

// inRows divides panels among as few rows as possible, of at most three panels and of
// equal length. The last row ends with empty panels if there are too few.
func inRows(panels []plotting.Panel) [][]plotting.Panel {
	const most = 3
	rows := max((len(panels)+most-1)/most, 1)
	columns := (len(panels) + rows - 1) / rows
	panels = append(panels, make([]plotting.Panel, rows*columns-len(panels))...)
	return slices.Collect(slices.Chunk(panels, max(columns, 1)))
}

// localLayers returns the names of the local layers of a variant; nil if it has not
// finished an epoch.
func localLayers(v results.Variant) []string {
	for _, run := range v.Runs {
		if len(run.Epochs) == 0 {
			continue
		}
		var names []string
		for _, l := range run.Epochs[0].Layers {
			names = append(names, l.Name)
		}
		return names
	}
	return nil
}

// gapFigure returns a figure of the top-1 of each variant with its 95 % interval; the gap
// between lc and conv is shaded.
func (c comparison) gapFigure() []plotting.Figure {
	d := plotting.DotPlot{
		Name: "gap", Title: "What the variants come to", X: c.Headline().Images + " top-1 (%)",
		Caption: "dots are the top-1 of each variant, lines reach as far as twice its standard error",
	}
	top1 := measure{c.Headline().Top1}
	ends := map[string]float64{}
	hasShare := false
	for i, o := range c.outcomes {
		mean := 100 * o.Final[top1.Name].Mean
		if !top1.drawable(mean) {
			continue
		}
		half := 100 * 1.96 * o.Top1Error
		if math.IsNaN(half) {
			half = 0
		}
		row := plotting.DotRow{Name: o.Name, Style: i, Value: mean, Low: mean - half, High: mean + half}
		if !math.IsNaN(o.Share.Value) {
			row.Label = fmt.Sprintf("%s %%", whole(o.Share.Value))
			hasShare = true
		}
		d.Rows = append(d.Rows, row)
		ends[o.Name] = mean
	}
	if c.HasGap() {
		d.Caption += "; between lc and conv it is shaded"
	}
	conv, hasConv := ends[results.Baseline]
	if lc, hasLC := ends[results.Plain]; hasConv && hasLC {
		d.Shaded = &[2]float64{lc, conv}
	}
	if hasShare {
		d.Title = "The gap between lc and conv, and what closes it"
		d.Caption += ", and above a dot stands how much of the gap is won back"
	}
	return []plotting.Figure{d.Figure()}
}
