package memory

import "testing"

// Numbers are 0 and can be written, whatever their number and wherever pages begin.
func TestZeros(t *testing.T) {
	for _, n := range []int{0, 1, 1000, hugePage/4 - 1, hugePage/2 + 1, 5*hugePage/4 + 3} {
		s, d := Zeros[float32](n), Zeros[float64](n)
		if len(s) != n || len(d) != n {
			t.Fatalf("%d and %d numbers, want %d", len(s), len(d), n)
		}
		for i := range n {
			if s[i] != 0 || d[i] != 0 {
				t.Fatalf("number %d of %d is not 0", i, n)
			}
			s[i], d[i] = 1, 1
		}
	}
}
