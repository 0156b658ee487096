package weightshare_test

import (
	"fmt"
	"testing"

	"hypnos/graph"
	"hypnos/weightshare"
	"hypnos/zoo"
)

// BenchmarkSleep is one phase, with the reference's values, of a locally
// connected ResNet-20 of full width, and what an iteration of it comes to.
func BenchmarkSleep(b *testing.B) {
	for _, kind := range []weightshare.Kind{weightshare.Instant, weightshare.Hebbian, weightshare.Dynamic} {
		b.Run(kind.String(), func(b *testing.B) { benchmarkSleep(b, "resnet20", weightshare.Reference(kind)) })
	}
}

// BenchmarkEngines is the same of a ResNet-8, by both engines, and of a few
// iterations: the graph takes seconds for one of a dynamic phase.
func BenchmarkEngines(b *testing.B) {
	for _, kind := range []weightshare.Kind{weightshare.Hebbian, weightshare.Dynamic} {
		for _, engine := range []weightshare.Engine{weightshare.Fast, weightshare.Graph} {
			phase := weightshare.Reference(kind)
			phase.Engine, phase.Iterations = engine, 5
			b.Run(fmt.Sprintf("%v/%v", kind, engine), func(b *testing.B) { benchmarkSleep(b, "resnet8", phase) })
		}
	}
}

func benchmarkSleep(b *testing.B, model string, phase weightshare.Phase) {
	net, err := zoo.New(model, zoo.Config{Connectivity: graph.Connectivity{Local: true}, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
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
}
