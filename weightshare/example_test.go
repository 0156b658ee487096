package weightshare_test

import (
	"fmt"
	"log"

	"hypnos/graph"
	"hypnos/weightshare"
)

// A layer of independent weights sleeps once, by the Hebbian rule.
func Example() {
	b := graph.NewBuilder(graph.Options{
		Input:        graph.Size{Channels: 3, Height: 32, Width: 32},
		Connectivity: graph.Connectivity{Local: true},
	})
	x := b.Local("conv1", b.Input(), graph.Local{Channels: 8, Kernel: 3, Padding: 1})
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 10))
	if err != nil {
		log.Fatal(err)
	}
	sleeper, err := weightshare.New(net, weightshare.Options{Phase: weightshare.Reference(weightshare.Hebbian)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("awake:  w-SNR %.3f\n", weightshare.PoolSNR(net.LocalLayers()[0]))
	changes, err := sleeper.Sleep()
	if err != nil {
		log.Fatal(err)
	}
	snr := weightshare.PoolSNR(net.LocalLayers()[0])
	fmt.Printf("asleep: w-SNR over a million: %t\n", snr > 1e6)
	fmt.Printf("left of the distance to the fixed point: %.0f %%, cosine of the mean %.3f\n", 100*changes[0].Spread, changes[0].Cosine)
	// Output:
	// awake:  w-SNR 0.010
	// asleep: w-SNR over a million: true
	// left of the distance to the fixed point: 0 %, cosine of the mean 1.000
}
