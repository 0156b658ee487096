package look

import (
	"fmt"
	"testing"
)

// Locations that are shown stand for equal parts of the map.
func TestSpread(t *testing.T) {
	for want, got := range map[string][]int{
		"[0 1 2]": evenly(3, 5), "[5 16 26]": evenly(32, 3), "[3]": evenly(7, 1), "[0]": evenly(1, 9),
	} {
		if fmt.Sprint(got) != want {
			t.Errorf("places %v, want %s", got, want)
		}
	}
	for n, want := range map[int]int{1: 1, 2: 2, 8: 4, 16: 4, 32: 8, 64: 8, 7: 3, 13: 4} {
		if got := nearSquare(n); got != want {
			t.Errorf("a grid of %d has %d columns, want %d", n, got, want)
		}
	}
}
