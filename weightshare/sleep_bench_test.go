package weightshare_test

import (
	"testing"

	"hypnos/graph"
	"hypnos/weightshare"
	"hypnos/zoo"
)

// BenchmarkSleep is one phase, with the reference's values, of a locally
// connected ResNet-20 of full width, and what an iteration of it comes to.
func BenchmarkSleep(b *testing.B) {
	for _, kind := range []weightshare.Kind{weightshare.Instant, weightshare.Hebbian, weightshare.Dynamic} {
		b.Run(kind.String(), func(b *testing.B) {
			net, err := zoo.New("resnet20", zoo.Config{Connectivity: graph.Connectivity{Local: true}, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			phase := weightshare.Reference(kind)
			sleeper, err := weightshare.New(net, weightshare.Options{Phase: phase, Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sleeper.Sleep(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N*max(phase.Iterations, 1)), "s/iteration")
		})
	}
}
