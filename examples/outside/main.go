// Command outside is what a module of one's own does with hypnos: a network with a layer
// that hypnos does not know learns, sleeps, is saved, and answers.
package main

import (
	"context"
	"fmt"
	"log"

	"gorgonia.org/gorgonia"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/ops"
	"hypnos/train"
	"hypnos/weightshare"
)

// energy squares what is above zero: operators of hypnos and of gorgonia.
func energy(n graph.OpNodes) (*gorgonia.Node, error) {
	return gorgonia.Square(gorgonia.Must(ops.ReLU(n.Inputs[0])))
}

func build() (*graph.Network, error) {
	b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 32, Width: 32}, Connectivity: graph.Connectivity{Local: true}})
	x := b.BatchNorm("norm1", b.Local("conv1", b.Input(), graph.Local{Channels: 8, Kernel: 5, Stride: 2, Padding: 2}))
	x = b.Op("energy", graph.Op{Kind: "energy", Inputs: []*graph.Layer{x}, Apply: energy})
	x = b.GELU("gelu", b.Local("conv2", x, graph.Local{Channels: 16, Kernel: 3, Stride: 2, Padding: 1}))
	b.Area("V2", x)
	return b.Build(b.Linear("decoder", b.GlobalAveragePool("pool", x), 10))
}

func main() {
	const batch, steps = 50, 60
	net, loaded := must(build()), must(build())
	images, _, err := data.Open(data.Default, "")
	loader := must(data.NewLoader(must(images, err), data.LoaderOptions{Batch: batch, Transform: data.RandomCrop{Padding: 4}}))
	sleeper := must(weightshare.New(net, weightshare.Options{Schedule: weightshare.Schedule{Steps: 10}}))
	done := must(train.Run(context.Background(), net, train.Options{
		Epochs: 1, StepsPerEpoch: steps, Batch: batch, Schedule: train.Schedule{Rate: 0.01},
		Training: train.Batches(loader.Batches(0, steps)), Sleep: sleeper.Step,
	}))
	file := "own.safetensors"
	must(file, net.Save(file))
	must(file, loaded.Load(file, graph.LoadOptions{}))
	features := must(loaded.Features(make([]float32, 3*32*32), "V2"))
	fmt.Printf("%d weights, loss %.2f, V2 answers %v\n", net.ParameterCount(), done[0].Training.Loss, features[0].Size)
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
