package plotting

import (
	"image/color"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The rows of one category lie together, in their order.
func TestMatrixOrder(t *testing.T) {
	order, runs := byCategory([]string{"face", "body", "face", "place", "body", "face"})
	if want := []int{0, 2, 5, 1, 4, 3}; !slices.Equal(order, want) {
		t.Errorf("order %v, want %v", order, want)
	}
	if want := []categoryRun{{"face", 0, 3}, {"body", 3, 5}, {"place", 5, 6}}; !slices.Equal(runs, want) {
		t.Errorf("runs %v, want %v", runs, want)
	}
	// Six values of four rows: those within a category are the least.
	m := Matrix{"IT", mat.NewSymDense(4, nil)}
	for i, row := range [4][4]float64{{0, 5, 1, 6}, {5, 0, 3, 2}, {1, 3, 0, 4}, {6, 2, 4, 0}} {
		for j, x := range row {
			m.Values.(*mat.SymDense).SetSym(i, j, max(0, x-0.5)/6)
		}
	}
	order, _ = byCategory([]string{"face", "body", "face", "body"})
	img := m.image(order)
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

// Values that are too many for the pixels are averaged, and a value that does not exist
// has a colour of its own.
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

// Lightness rises from level to level, so that the map can be read without colours.
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
