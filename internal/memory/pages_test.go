package memory

import (
	"os"
	"testing"
)

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

// Zeros asks for whole pages, which the system would otherwise refuse.
func TestAdviseHuge(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("a system without huge pages")
	}
	for _, n := range []int{hugePage / 2, hugePage, 5*hugePage/4 + 3} {
		if pages := hugePages(make([]float32, n)); len(pages) == 0 || len(pages)%hugePage != 0 || len(pages) > 4*n || adviseHuge(pages) != nil {
			t.Errorf("%d bytes of pages of %d numbers: %v", len(pages), n, adviseHuge(pages))
		}
	}
	if pages := hugePages(make([]float32, hugePage/4)); len(pages) != 0 {
		t.Errorf("%d bytes of pages of %d numbers", len(pages), hugePage/4)
	}
}
