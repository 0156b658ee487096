package graph_test

import (
	"fmt"
	"log"

	"hypnos/graph"
)

// A network is written once; its connectivity is a value.
func Example() {
	for _, local := range []bool{false, true} {
		b := graph.NewBuilder(graph.Options{
			Input:        graph.Size{Channels: 3, Height: 32, Width: 32},
			Connectivity: graph.Connectivity{Local: local, FirstConvolutional: 1},
			Seed:         1,
		})
		x := b.Local("conv1", b.Input(), graph.Local{Channels: 8, Kernel: 3, Padding: 1})
		x = b.ReLU("relu1", b.BatchNorm("bn1", x))
		x = b.Local("conv2", x, graph.Local{Channels: 16, Kernel: 3, Stride: 2, Padding: 1})
		x = b.ReLU("relu2", b.BatchNorm("bn2", x))
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 10))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%v: %d parameters\n", net.Options.Connectivity, net.ParameterCount())
	}
	// Output:
	// convolutional: 1586 parameters
	// locally connected, first 1 convolutional: 295346 parameters
}
