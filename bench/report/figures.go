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

// measure is a measure of epochs that is drawn against the epoch.
type measure struct{ results.EpochMeasure }

// curves returns a sheet for each measure that is drawn, of the whole network or of its
// local weights: one panel, one curve per variant that has points.
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
		equal = equal || m.isEqualIn(v.Runs, value)
	}
	if m.saysNothing(panel) {
		panel.Curves = nil
	}
	return plotting.Sheet{Name: m.Name, Title: m.Title, Caption: m.caption(panel.Curves, equal), Panels: [][]plotting.Panel{{panel}}}
}

// panel returns a panel for curves of a measure, without the label of its vertical
// axis. All are of the same epochs, the first to the last of all runs.
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

// saysNothing says that all values are the measure's ideal, as the cosine is when
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

// isEqualIn says that in some epoch the weights are equal, so that there is no
// point.
func (m measure) isEqualIn(runs []results.Run, value func(*results.Epoch) float64) bool {
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
	// equalWeights is what it says of points that are not there.
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

// points returns the points of values that are in the unit of the measure.
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

// drawable says whether a value has a place in a figure. Ratios of equal weights
// have none.
func (m measure) drawable(v float64) bool { return !m.Equal(v) && plotting.Drawable(v, m.Log) }

// layerCurves returns a sheet for each measure of layers: a panel a variant
// with local layers, a curve a layer.
func (c comparison) layerCurves() []plotting.Sheet {
	var sheets []plotting.Sheet
	for _, m := range results.LayerMeasures {
		var panels []plotting.Panel
		equal := false
		for _, v := range c.Variants {
			panel, has := c.layerPanel(m, v)
			if len(panel.Curves) > 0 {
				panels = append(panels, panel)
			}
			equal = equal || has
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
	panel.Y, _, _ = strings.Cut(m.Axis, " (") // a panel of several is low
	for i, name := range localLayers(v) {
		value := func(e *results.Epoch) float64 {
			for _, l := range e.Layers {
				if l.Name == name {
					return *of.Layer(&l)
				}
			}
			return math.NaN()
		}
		equal = equal || m.isEqualIn(v.Runs, value)
		if points := m.points(v.Runs, value); len(points) > 0 {
			panel.Curves = append(panel.Curves, plotting.Curve{Name: plotting.LegendName(name), Style: i, Points: points})
		}
	}
	return panel, equal
}

// inRows puts panels in rows of up to three, as equal as can be; what is missing
// in the last one stays empty.
func inRows(panels []plotting.Panel) [][]plotting.Panel {
	const most = 3
	rows := max((len(panels)+most-1)/most, 1)
	columns := (len(panels) + rows - 1) / rows
	panels = append(panels, make([]plotting.Panel, rows*columns-len(panels))...)
	return slices.Collect(slices.Chunk(panels, max(columns, 1)))
}

// localLayers returns the names of the local layers of a variant, as far as it
// ran.
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

// gapFigure is the top-1 of each variant with its error, and between conv and lc the
// gap.
func (c comparison) gapFigure() []plotting.Figure {
	d := plotting.DotPlot{
		Name: "gap", Title: "What the variants come to", X: c.Headline().Images + " top-1 (%)",
		Caption: "dots are the top-1 of each variant, lines reach as far as twice its standard error",
	}
	top1 := measure{c.Headline().Top1}
	ends := map[string]float64{}
	won := false
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
			won = true
		}
		d.Rows = append(d.Rows, row)
		ends[o.Name] = mean
	}
	if c.HasGap() {
		d.Caption += "; between lc and conv it is shaded"
	}
	conv, ok := ends[results.Baseline]
	if lc, too := ends[results.Plain]; ok && too {
		d.Shaded = &[2]float64{lc, conv}
	}
	if won {
		d.Title = "The gap between lc and conv, and what closes it"
		d.Caption += ", and above a dot stands how much of the gap is won back"
	}
	return []plotting.Figure{d.Figure()}
}
