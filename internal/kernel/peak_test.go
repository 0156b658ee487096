package kernel

import "testing"

// Twice the rounds are twice the operations, and none is none.
func TestPeakLoopsCount(t *testing.T) {
	loops := PeakLoops()
	if last := loops[len(loops)-1].Instructions; last != "portable Go" {
		t.Errorf("the last loop is %q", last)
	}
	for _, l := range loops {
		if once, twice := l.Run(100), l.Run(200); once <= 0 || twice != 2*once || l.Run(0) != 0 {
			t.Errorf("%s: %d operations in 100 rounds, %d in 200, %d in none", l.Instructions, once, twice, l.Run(0))
		}
	}
}

func BenchmarkPeakLoops(b *testing.B) {
	for _, l := range PeakLoops() {
		b.Run("instructions="+l.Instructions, func(b *testing.B) {
			operations := 0
			for b.Loop() {
				operations += l.Run(1000)
			}
			b.ReportMetric(float64(operations)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
