package kernel

import (
	"slices"
	"testing"
	"unsafe"
)

// While the locations of a run are computed, the memory that each next one needs is
// fetched: its weights, new columns of the input, its output. Where there are not as many
// steps as lines, the output is left out first.
func TestForwardFetches(t *testing.T) {
	for name, c := range map[string]struct {
		g            Local
		lines, steps int // of a location, and that a location has
	}{
		"convolution":          {Local{StrideW: 1, StrideH: 1, KH: 3, KW: 3, Shared: true}, 3*128 + 128, 3 * 48 * 4 * 2},
		"local":                {Local{StrideW: 1, StrideH: 1, KH: 3, KW: 3}, 144 + 3*128 + 128, 3 * 48 * 4 * 2},
		"strided, little room": {Local{StrideW: 2, StrideH: 2, KH: 1, KW: 1, Shared: true}, 160, 160},
	} {
		g := c.g
		g.H, g.W, g.C, g.N, g.O, g.DilationH, g.DilationW, g.Groups = 64, 64, 16, 128, 16, 1, 1, 1
		g.OH, g.OW, g.Top, g.Left, g.Right = 64/g.StrideH, 64/g.StrideW, g.KH/2, g.KW/2, g.KW/2
		x, y := make([]float32, g.H*g.W*g.C*g.N), make([]float32, g.OH*g.OW*g.O*g.N)
		weight := make([]float32, g.weightCount())
		next := borrowFetching()
		const at, count = 3, 10 // in the middle of a row
		location := 2*g.OW + at
		forwardAhead(g, next, y, x, weight, location, count, c.steps)
		if got := linesOf(next.left()); got != count*c.lines {
			t.Errorf("%s: %d lines, want %d", name, got, count*c.lines)
		}
		line := func(s []float32, i int) uintptr { return uintptr(unsafe.Pointer(&s[i])) &^ (lineBytes - 1) }
		last := g.StrideH*2 + g.KH - 1 - g.Top // the last row that the locations see
		for i := 1; i <= count; i++ {
			column := g.StrideW*(at+i) - g.Left + g.KW - 1
			for at, s := range map[int][]float32{((last*g.W+column)*g.C + 5) * g.N: x, g.location(2, at+i): weight} {
				if len(s) == len(weight) && g.Shared {
					continue
				}
				if !slices.ContainsFunc(next.left(), func(f stretch) bool { return f.holds(line(s, at)) }) {
					t.Errorf("%s: location %d: number %d of %d is not fetched", name, i, at, len(s))
				}
			}
		}
	}
}

func linesOf(list []stretch) (lines int) {
	for _, s := range list {
		lines += s.lines
	}
	return lines
}

func (s stretch) holds(line uintptr) bool {
	for i := range s.lines {
		if s.at+uintptr(i*s.step) == line {
			return true
		}
	}
	return false
}

// What has been fetched is taken off the list, and the rest goes on where it was.
func TestFetchingDone(t *testing.T) {
	f := borrowFetching()
	f.lines = 100
	for _, s := range []stretch{{1000, 3, 64}, {5000, 2, 256}, {9000, 1, 64}} {
		f.add(s)
	}
	f.done(1)
	f.done(3)
	if want := []stretch{{5256, 1, 256}, {9000, 1, 64}}; !slices.Equal(f.left(), want) {
		t.Errorf("left %v, want %v", f.left(), want)
	}
	f.done(7)
	if len(f.left()) != 0 {
		t.Errorf("left %v", f.left())
	}
}
