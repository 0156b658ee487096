package plotting

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// height returns the coordinate of a value on the vertical axis. A logarithmic axis is
// a linear one of logarithms: the library's own logarithmic axis misplaces its label
// and panics at 0.
func (p Panel) height(v float64) float64 {
	if p.Log {
		return math.Log10(v)
	}
	return v
}

// heights returns the range of the vertical axis: it holds curves, bands and levels.
func (p Panel) heights() span {
	y := emptySpan
	for _, c := range p.Curves {
		for _, at := range c.Points {
			y = y.with(p.height(at.Low)).with(p.height(at.High))
		}
	}
	for _, l := range p.Levels {
		y = y.with(p.height(l.Y))
	}
	if p.Low != p.High {
		y = y.with(p.height(p.Low)).with(p.height(p.High))
	}
	return y
}

// setAxes sets the range, ticks and style of both axes; y is the range of heights.
func (p Panel) setAxes(panel *plot.Plot, y span) {
	x := emptySpan
	for _, c := range p.Curves {
		for _, at := range c.Points {
			x = x.with(at.X)
		}
	}
	if p.Left != p.Right {
		x = x.with(p.Left).with(p.Right)
	}

	panel.X.Label.Text = p.X
	panel.X.LineStyle = draw.LineStyle{Color: ink, Width: vg.Points(0.75)}
	panel.X.Tick.Marker = linearTicks{whole: true}
	if x.low == x.high {
		x = x.padded()
	}
	panel.X.Min, panel.X.Max = x.low, x.high

	panel.Y.Label.Text = p.Y
	panel.Y.LineStyle.Width = 0 // the grid is enough
	if p.Log {
		panel.Y.Tick.Marker = logTicks{}
		y = y.paddedLog()
	} else {
		panel.Y.Tick.Marker = linearTicks{}
		y = y.padded()
	}
	panel.Y.Min, panel.Y.Max = y.low, y.high

	for _, axis := range []*plot.Axis{&panel.X, &panel.Y} {
		axis.Padding = vg.Points(4)
		axis.Label.Padding = vg.Points(4)
		axis.Label.TextStyle.Color = ink
		axis.Label.TextStyle.Font = sans(11)
		axis.Tick.Label.Color = ink
		axis.Tick.Label.Font = sans(10)
		axis.Tick.Length = 0
	}
	panel.X.Tick.LineStyle = panel.X.LineStyle
	panel.X.Tick.Length = vg.Points(4)
}

// span is the range of an axis.
type span struct{ low, high float64 }

var emptySpan = span{math.Inf(1), math.Inf(-1)}

func (s span) with(v float64) span { return span{min(s.low, v), max(s.high, v)} }

// padded adds a little at both ends. Where the values hardly differ, it adds enough for
// ticks to differ.
func (s span) padded() span {
	centre := s.low/2 + s.high/2
	if s.high-s.low <= 1e-6*math.Abs(centre) {
		half := max(1, 0.1*math.Abs(centre))
		return span{centre - half, centre + half}
	}
	extra := 0.04 * (s.high - s.low)
	return span{s.low - extra, s.high + extra}
}

// paddedLog is padded for a span of logarithms. The result covers at least a factor of
// six, in which there are at least two ticks.
func (s span) paddedLog() span {
	extra := max(0.04*(s.high-s.low), (math.Log10(6)-(s.high-s.low))/2)
	return span{s.low - extra, s.high + extra}
}

// linearTicks are about five ticks at multiples of 1, 2 or 5 times a power of ten; if
// whole, at whole numbers only.
type linearTicks struct{ whole bool }

func (t linearTicks) Ticks(low, high float64) []plot.Tick {
	step := roundStep((high - low) / 5)
	if t.whole {
		step = max(1, step)
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	first := math.Ceil(low/step - 1e-9)
	for i := range 10 { // there are at most six
		v := (first + float64(i)) * step
		if v > high+1e-9*step {
			break
		}
		label := strconv.FormatFloat(v, 'f', decimals, 64)
		if math.Abs(v) >= 1e6 {
			label = strconv.FormatFloat(v, 'g', 7, 64)
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: label})
	}
	return ticks
}

// roundStep returns the smallest of 1, 2 and 5 times a power of ten that is not
// smaller than step.
func roundStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= step {
			return m * power
		}
	}
	return 10 * power
}

// logTicks are ticks at 1, 2 and 5 times the powers of ten, or on a wide axis at about
// six powers of ten. The coordinates are logarithms: see height.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) []plot.Tick {
	multiples, stride := []int{1, 2, 5}, 1
	first, last := int(math.Floor(low)), int(math.Ceil(high))
	if high-low > 2.5 {
		multiples, stride = multiples[:1], (last-first+5)/6
	}
	var ticks []plot.Tick
	for power := first; power <= last; power += stride {
		for _, m := range multiples {
			v := math.Log10(float64(m)) + float64(power)
			if v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: decimal(m, power)})
			}
		}
	}
	return ticks
}

// decimal writes m times ten to the power.
func decimal(m, power int) string {
	v, _ := strconv.ParseFloat(strconv.Itoa(m)+"e"+strconv.Itoa(power), 64) // no error: |power| <= 31
	return strconv.FormatFloat(v, 'g', -1, 64)
}
