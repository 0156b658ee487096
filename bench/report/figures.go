package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// curves returns a sheet for each measure of the whole network that is drawn: one
// panel, one curve per variant that has points.
func (r *Report) curves() []Sheet {
	var figures []Sheet
	for _, m := range measures {
		if m.axis != "" && !m.local {
			figures = append(figures, r.curve(m))
		}
	}
	return figures
}

// weightCurves returns the same of the weights, and then by layer.
func (r *Report) weightCurves() []Sheet {
	var figures []Sheet
	for _, m := range measures {
		if m.axis != "" && m.local {
			figures = append(figures, r.curve(m))
		}
	}
	return append(figures, r.layerFigures()...)
}

func (r *Report) curve(m measure) Sheet {
	panel := Panel{X: "epoch", Y: m.axis, Log: m.log, Low: m.low, High: m.high}
	panel.Left, panel.Right = r.epochs()
	equal := false
	for i, v := range r.Variants {
		if m.local && !v.Local {
			continue
		}
		if points := m.points(v.Runs); len(points) > 0 {
			panel.Curves = append(panel.Curves, Curve{legendName(v.Name), i, points})
		}
		equal = equal || m.isEqualIn(v.Runs, func(e *Epoch) float64 { return *m.value(e) })
	}
	if m.saysNothing(panel) {
		panel.Curves = nil
	}
	return Sheet{Name: m.name, Title: m.title, Caption: m.caption(panel.Curves, equal), Panels: [][]Panel{{panel}}}
}

// epochs returns the first and the last epoch of all runs, so that all figures are of
// the same ones, or 0 and 0.
func (r *Report) epochs() (first, last float64) {
	all := emptySpan
	for _, v := range r.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				all = all.with(float64(e.Epoch))
			}
		}
	}
	if all == emptySpan {
		return 0, 0
	}
	return all.low, all.high
}

// saysNothing says that all values are the measure's ideal, as the cosine is when
// weights are shared instantly.
func (m measure) saysNothing(panels ...Panel) bool {
	for _, panel := range panels {
		for _, c := range panel.Curves {
			for _, p := range c.Points {
				if m.ideal == 0 || p.Low != m.ideal || p.High != m.ideal {
					return false
				}
			}
		}
	}
	return true
}

// isEqualIn says that in some epoch the weights are equal, so that there is no
// point.
func (m measure) isEqualIn(runs []Run, value func(*Epoch) float64) bool {
	for _, run := range runs {
		for _, e := range run.Epochs {
			if m.equal(value(&e)) {
				return true
			}
		}
	}
	return false
}

// equalWeights is what the caption says of points that are not there.
const equalWeights = "; no point where the weights are equal but for rounding, as after a sleep that shares them at small learning rates"

// caption says how to read a figure of the measure.
func (m measure) caption(curves []Curve, equal bool) string {
	caption := "a value for each epoch that was measured"
	for _, c := range curves {
		for _, p := range c.Points {
			if p.Low < p.High {
				caption = "mean over seeds; the band reaches from the lowest to the highest seed"
			}
		}
	}
	if m.local {
		caption += "; variants with local layers only"
	}
	if equal {
		caption += equalWeights
	}
	return caption
}

func (m measure) points(runs []Run) []Point {
	return m.pointsOf(runs, func(e *Epoch) float64 { return *m.value(e) })
}

// pointsOf returns the points of values that are in the unit of the measure.
func (m measure) pointsOf(runs []Run, value func(*Epoch) float64) []Point {
	values := map[int][]float64{}
	for _, run := range runs {
		for _, e := range run.Epochs {
			if v := value(&e); m.drawable(v) {
				if m.percent {
					v *= 100
				}
				values[e.Epoch] = append(values[e.Epoch], v)
			}
		}
	}
	var points []Point
	for epoch, v := range values {
		points = append(points, Point{float64(epoch), stat.Mean(v, nil), slices.Min(v), slices.Max(v)})
	}
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return points
}

// drawable says whether a value has a place in a figure. NaN, infinities, ratios of
// equal weights and what is not positive on a logarithmic axis have none. Neither have values so
// large, or on a logarithmic axis so small, that they are overflows: they would
// flatten everything else.
func (m measure) drawable(v float64) bool {
	const huge = 1e30
	if m.equal(v) {
		return false
	}
	if m.log {
		return v > 1/huge && v < huge
	}
	return math.Abs(v) < huge // false for NaN
}

// layerFigures returns a sheet for each measure of layers: a panel a variant
// with local layers, a curve a layer.
func (r *Report) layerFigures() []Sheet {
	var figures []Sheet
	for _, m := range layerMeasures {
		s := Sheet{
			Name: m.name + "_layers", Title: m.title + ", by layer",
			Caption: "mean over seeds; the band reaches from the lowest to the highest seed",
		}
		var panels []Panel
		equal := false
		label, _, _ := strings.Cut(m.axis, " (") // a panel of several is low
		for _, v := range r.Variants {
			panel := Panel{Title: legendName(v.Name), X: "epoch", Y: label, Log: m.log, Low: m.low, High: m.high}
			panel.Left, panel.Right = r.epochs()
			for i, name := range v.layers() {
				value := func(e *Epoch) float64 {
					for _, l := range e.Layers {
						if l.Name == name {
							return *m.layer(&l)
						}
					}
					return math.NaN()
				}
				equal = equal || m.isEqualIn(v.Runs, value)
				points := m.pointsOf(v.Runs, value)
				if len(points) > 0 {
					panel.Curves = append(panel.Curves, Curve{legendName(name), i, points})
				}
			}
			if len(panel.Curves) > 0 {
				panels = append(panels, panel)
			}
		}
		if m.saysNothing(panels...) {
			panels = nil
		}
		if equal {
			s.Caption += equalWeights
		}
		s.Panels = inRows(panels)
		figures = append(figures, s)
	}
	return figures
}

// inRows puts panels in rows of up to three, as equal as can be; what is missing
// in the last one stays empty.
func inRows(panels []Panel) [][]Panel {
	const most = 3
	rows := max((len(panels)+most-1)/most, 1)
	columns := (len(panels) + rows - 1) / rows
	panels = append(panels, make([]Panel, rows*columns-len(panels))...)
	return slices.Collect(slices.Chunk(panels, max(columns, 1)))
}

// layers returns the names of the local layers of a variant, as far as it ran.
func (v *Variant) layers() []string {
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
