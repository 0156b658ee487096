package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The program runs, in a short form, and draws its picture.
func TestRun(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "areas.png")
	var out, progress bytes.Buffer
	if err := run(&out, &progress, 1, 2, picture); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"V1 2 16×16", "V2 4 8×8", "V4 8 4×4", "IT 16 2×2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
}

// The nearest is the best correlated, whatever its scale, and not oneself.
func TestNearestAlike(t *testing.T) {
	means := mat.NewDense(4, 3, []float64{
		1, 2, 3,
		10, 20, 31,
		3, 2, 1,
		30, 21, 10,
	})
	for _, c := range []struct {
		labels []int
		want   float64
	}{{[]int{0, 0, 1, 1}, 1}, {[]int{0, 1, 0, 1}, 0}, {[]int{0, 0, 1, 2}, 0.5}} {
		if got := nearestAlike(means, c.labels); got != c.want {
			t.Errorf("%v: %v, want %v", c.labels, got, c.want)
		}
	}
}
