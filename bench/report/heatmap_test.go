package report

import (
	"fmt"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// percentiles against counting, with ties and NaN.
func TestPercentiles(t *testing.T) {
	const n = 12
	random := rand.New(rand.NewPCG(5, 6))
	d := mat.NewSymDense(n, nil)
	var all []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			x := float64(random.IntN(20)) / 10
			if random.IntN(10) == 0 {
				x = math.NaN()
			} else {
				all = append(all, x)
			}
			d.SetSym(i, j, x)
		}
	}
	shares := percentiles(d)
	for i := range n {
		for j := range n {
			want := 0.
			for _, x := range all {
				switch {
				case i == j:
				case x < d.At(i, j):
					want += 1 / float64(len(all))
				case x == d.At(i, j):
					want += 0.5 / float64(len(all))
				}
			}
			if math.IsNaN(d.At(i, j)) {
				want = math.NaN()
			}
			if got := shares.At(i, j); !(math.Abs(got-want) < 1e-12) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%d, %d: %g, want %g", i, j, got, want)
			}
		}
	}
}

// The stimuli of one category lie together, in their order.
func TestMatrixOrder(t *testing.T) {
	order, runs := byCategory([]string{"face", "body", "face", "place", "body", "face"})
	if want := []int{0, 2, 5, 1, 4, 3}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if want := []categoryRun{{"face", 0, 3}, {"body", 3, 5}, {"place", 5, 6}}; !slices.Equal(runs, want) {
		t.Errorf("runs %v, want %v", runs, want)
	}
	// Six dissimilarities of four stimuli: those within a category are the least.
	m := BrainMatrix{"IT", mat.NewSymDense(4, []float64{
		0, 5, 1, 6,
		5, 0, 3, 2,
		1, 3, 0, 4,
		6, 2, 4, 0})}
	order, _ = byCategory([]string{"face", "body", "face", "body"})
	img := matrixImage(m, order)
	side := img.Bounds().Dx() / 4
	for i, row := range [4][4]float64{
		{-1, 0, 4, 5},
		{0, -1, 2, 3},
		{4, 2, -1, 1},
		{5, 3, 1, -1},
	} {
		for j, rank := range row {
			share := max(0, (rank+0.5)/6)
			for _, corner := range [][2]int{{0, 0}, {side - 1, side - 1}} {
				got := img.At(j*side+corner[0], i*side+corner[1])
				if want := heatColours[int(math.Round(share*254))]; got != want {
					t.Errorf("row %d, column %d: %v, want %v", i, j, got, want)
				}
			}
		}
	}
}

// What cannot be seen is averaged, and what does not exist has a colour of its
// own.
func TestHeatImage(t *testing.T) {
	img := heatImage(5, 3, func(i, j int) float64 {
		switch {
		case i < 2 && j < 2:
			return []float64{0.1, 0.3, math.NaN(), 0.8}[2*i+j]
		case i < 4 && j >= 4:
			return math.NaN()
		}
		return 7
	})
	if size := img.Bounds().Size(); size.X != 3 || size.Y != 3 {
		t.Fatalf("size %v", size)
	}
	for at, want := range map[[2]int]uint8{{0, 0}: heatIndex(0.4), {2, 1}: heatLevels, {2, 2}: heatLevels - 1, {1, 1}: heatLevels - 1} {
		if got := img.ColorIndexAt(at[0], at[1]); got != want {
			t.Errorf("at %v: colour %d, want %d", at, got, want)
		}
	}
}

// Lightness rises from level to level, so that the map needs no colours.
func TestHeatColours(t *testing.T) {
	last := -1
	for i, c := range heatColours[:heatLevels] {
		y, _, _ := color.RGBToYCbCr(c.(color.NRGBA).R, c.(color.NRGBA).G, c.(color.NRGBA).B)
		if int(y) < last-2 { // luma is not quite lightness
			t.Errorf("level %d is darker than the one before", i)
		}
		last = int(y)
	}
	if last < 250 {
		t.Errorf("the last level has luma %d", last)
	}
}

func TestFitted(t *testing.T) {
	const width = 60 * vg.Length(1)
	long, other := fitted("untrained resnet18, lc-sleep-10", 9, width), fitted("untrained resnet18, lc-sleep-20", 9, width)
	if long == other || words(9).Width(long) > width {
		t.Errorf("%q and %q", long, other)
	}
	if got := fitted("a\nb", 9, width); got != "a�b" {
		t.Errorf("a short name becomes %q", got)
	}
	if got := fitted("wide", 9, 0); got != "…" {
		t.Errorf("no room: %q", got)
	}
}

// The ceiling's band and the bars are at their values on the axis, whose scale
// the grid tells.
func TestBars(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		ceiling   noiseCeiling
		low, high float64 // of the band; NaN for none
	}{
		"bounds": {noiseCeiling{0.3, 0.5, nan}, 0.3, 0.5},
		"number": {noiseCeiling{0.4, 0.4, 0.05}, 0.35, 0.45},
		"none":   {noiseCeiling{nan, nan, nan}, nan, nan},
		"half":   {noiseCeiling{0.3, nan, nan}, nan, nan},
	} {
		panel := barPanel{ceiling: c.ceiling, bars: []scoreSummary{{0.25, 0.1, nil}, {-0.125, nan, nil}, {nan, nan, nil}}}
		rows := []barRow{{"a", "", barColour(0)}, {"b", "", barColour(1)}, {"c", "", barColour(2)}}
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
		values := panel.values()
		ticks := (linearTicks{}).Ticks(values.low, values.high)
		if len(grid) != len(ticks) || len(grid) < 2 {
			t.Fatalf("%s: %d lines of %d ticks", name, len(grid), len(ticks))
		}
		scale := (grid[1] - grid[0]) / vg.Length(ticks[1].Value-ticks[0].Value)
		at := func(v float64) vg.Length { return grid[0] + vg.Length(v-ticks[0].Value)*scale }
		want := map[color.Color][2]vg.Length{barColour(0): {at(0), at(0.25)}, barColour(1): {at(-0.125), at(0)}}
		if !math.IsNaN(c.low) {
			want[ceilingColour] = [2]vg.Length{at(c.low), at(c.high)}
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

// The colours of areas are told apart beyond the palette.
func TestBarColour(t *testing.T) {
	seen := map[string]bool{}
	for i := range 2 * (len(palette) - 1) {
		seen[fmt.Sprint(barColour(i))] = true
	}
	if len(seen) != 2*(len(palette)-1) {
		t.Errorf("%d colours", len(seen))
	}
}
