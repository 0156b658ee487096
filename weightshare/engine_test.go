package weightshare_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
	"hypnos/weightshare"
	"hypnos/zoo"
)

// tolerance is how closely the engines agree, relative to a layer's largest
// weight: they add up in different orders.
const tolerance = 5e-6

// The engines are one: two phases of whole networks end at the same weights and
// say the same of them, for every kind and source of patterns.
func TestEnginesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("dozens of sleeps of whole networks")
	}
	hebbian := weightshare.Reference(weightshare.Hebbian)
	hebbian.Iterations, hebbian.Patterns, hebbian.Gamma = 10, 16, 0.01
	dynamic := weightshare.Reference(weightshare.Dynamic)
	dynamic.Iterations, dynamic.Patterns, dynamic.Gamma = 10, 16, 0.01
	momentum, over := hebbian, dynamic
	momentum.Momentum = 0.5
	over.OverTime, over.Settle, over.Steps, over.Momentum, over.Iterations, over.Tau = true, 5, 15, 0.5, 3, 10
	phases := map[string]weightshare.Phase{"hebbian": hebbian, "hebbian, momentum": momentum, "dynamic": dynamic, "dynamic over time": over}
	for model, size := range map[string]int{"resnet8": 32, "cornet-z": 64} {
		for name, phase := range phases {
			for _, source := range []weightshare.Source{weightshare.Gaussian, weightshare.Patches, weightshare.Pooled} {
				t.Run(fmt.Sprintf("%s, %s, %v", model, name, source), func(t *testing.T) {
					p := phase
					p.Source = source
					var nets [2]*graph.Network
					var changes [2][]weightshare.Change
					for engine := range nets {
						p.Engine = weightshare.Engine(engine)
						nets[engine], changes[engine] = asleep(t, model, size, p)
					}
					for i, fast := range nets[weightshare.Fast].LocalLayers() {
						byGraph := nets[weightshare.Graph].LocalLayers()[i].Field.Weight
						golden.Check(t, fast.Name, byGraph.Data, float64s(fast.Field.Weight.Data), tolerance)
						a, b := changes[weightshare.Fast][i], changes[weightshare.Graph][i]
						same := func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance }
						if a.Layer != b.Layer || !same(a.Spread, b.Spread) || !same(a.Cosine, b.Cosine) {
							t.Errorf("fast says %+v, graph %+v", a, b)
						}
					}
				})
			}
		}
	}
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// asleep is a network of the zoo after two phases, and what the second changed.
func asleep(t *testing.T, model string, size int, p weightshare.Phase) (*graph.Network, []weightshare.Change) {
	t.Helper()
	net, err := zoo.New(model, zoo.Config{Input: graph.Size{Channels: 3, Height: size, Width: size}, Width: 2, Classes: 2, Connectivity: graph.Connectivity{Local: true}, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(net.LocalLayers()[0].Field.Weight.Data)
	sleeper, err := weightshare.New(net, weightshare.Options{Phase: p, Seed: 1, Images: func(phase, n int) ([]float32, error) {
		images := make([]float32, n*3*size*size)
		r := rand.New(rand.NewPCG(1, uint64(phase)))
		for i := range images {
			images[i] = float32(r.NormFloat64())
		}
		return images, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	var changes []weightshare.Change
	for range 2 {
		if changes, err = sleeper.Sleep(); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Equal(before, net.LocalLayers()[0].Field.Weight.Data) {
		t.Fatal("the sleep changes nothing")
	}
	return net, changes
}
