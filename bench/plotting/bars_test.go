package plotting

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// The band and the bars are at their values on the axis; the grid shows its scale.
func TestBars(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		band      Band
		low, high float64 // of the band; NaN for none
	}{
		"bounds": {Band{0.3, 0.5, nan}, 0.3, 0.5},
		"number": {Band{0.4, 0.4, 0.05}, 0.35, 0.45},
		"none":   {Band{nan, nan, nan}, nan, nan},
		"half":   {Band{0.3, nan, nan}, nan, nan},
	} {
		panel := BarPanel{Band: c.band, Bars: []Bar{{0.25, 0.1, nil}, {-0.125, nan, nil}, {nan, nan, nil}}}
		rows := []BarRow{{"a", "", 0}, {"b", "", 1}, {"c", "", 2}}
		var canvas recorder.Canvas
		panel.draw(draw.NewCanvas(&canvas, 300, 200), vg.Rectangle{Min: vg.Point{X: 20, Y: 30}, Max: vg.Point{X: 280, Y: 190}}, rows, []vg.Length{0, 10, 20})

		var colour color.Color
		grid := []vg.Length{}
		filled := map[color.Color][2]vg.Length{}
		for _, action := range canvas.Actions {
			switch a := action.(type) {
			case *recorder.SetColor:
				colour = a.Color
			case *recorder.Stroke:
				if colour == color.Color(faint) {
					grid = append(grid, a.Path[0].Pos.X)
				}
			case *recorder.Fill:
				left, right := a.Path[0].Pos.X, a.Path[0].Pos.X
				for _, p := range a.Path {
					if p.Type != vg.CloseComp {
						left, right = min(left, p.Pos.X), max(right, p.Pos.X)
					}
				}
				filled[colour] = [2]vg.Length{left, right}
			}
		}
		values := panel.axisRange()
		ticks := (linearTicks{}).Ticks(values.low, values.high)
		if len(grid) != len(ticks) || len(grid) < 2 {
			t.Fatalf("%s: %d lines of %d ticks", name, len(grid), len(ticks))
		}
		scale := (grid[1] - grid[0]) / vg.Length(ticks[1].Value-ticks[0].Value)
		at := func(v float64) vg.Length { return grid[0] + vg.Length(v-ticks[0].Value)*scale }
		want := map[color.Color][2]vg.Length{barColour(0): {at(0), at(0.25)}, barColour(1): {at(-0.125), at(0)}}
		if !math.IsNaN(c.low) {
			want[bandColour] = [2]vg.Length{at(c.low), at(c.high)}
		}
		if len(filled) != len(want) {
			t.Errorf("%s: filled %v, want %v", name, filled, want)
		}
		for colour, edges := range want {
			got := filled[colour]
			if math.Abs(float64(got[0]-edges[0])) > 1e-9 || math.Abs(float64(got[1]-edges[1])) > 1e-9 {
				t.Errorf("%s: %v from %g to %g, want %v", name, colour, got[0], got[1], edges)
			}
		}
	}
}

// Styles beyond the palette have colours of their own.
func TestBarColour(t *testing.T) {
	seen := map[string]bool{}
	for i := range 2 * (len(palette) - 1) {
		seen[fmt.Sprint(barColour(i))] = true
	}
	if len(seen) != 2*(len(palette)-1) {
		t.Errorf("%d colours", len(seen))
	}
}
