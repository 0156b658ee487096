// Command build builds a network of one's own, convolutional and locally
// connected, and trains both.
//
//	go run ./examples/build
//
// It prints the layers of the local one and a table of the two: README.md has
// both.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
)

func main() {
	if err := run(os.Stdout, 16, 15); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, channels, epochs int) error {
	// # Images
	//
	// 4,000 real images to train on, moved by up to 4 pixels, and 3,000 to test.
	const batch, seed = 64, 1
	images, test, err := data.Open(data.Default, "")
	if err != nil {
		return err
	}
	normalisation, err := data.NormalisationOf(images)
	if err != nil {
		return err
	}
	loader, err := data.NewLoader(images, data.LoaderOptions{
		Batch: batch, Transform: data.RandomCrop{Padding: 4}, Normalisation: normalisation, Seed: seed,
	})
	if err != nil {
		return err
	}

	// # A network of one's own
	//
	// Two areas, of which the second adds what it made of the first to a
	// shortcut. Nothing here says how layers are connected: options do.
	build := func(c graph.Connectivity) (*graph.Network, error) {
		b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 32, Width: 32}, Connectivity: c, Seed: seed})
		x := b.Local("V1.conv", b.Input(), graph.Local{Channels: channels, Kernel: 5, Stride: 2, Padding: 2})
		v1 := b.ReLU("V1.relu", b.BatchNorm("V1.norm", x))
		b.Area("V1", v1)
		x = b.Local("V2.conv", v1, graph.Local{Channels: 2 * channels, Kernel: 3, Stride: 2, Padding: 1})
		shortcut := b.Local("V2.skip", v1, graph.Local{Channels: 2 * channels, Kernel: 1, Stride: 2})
		v2 := b.ReLU("V2.relu", b.Add("V2.add", b.BatchNorm("V2.norm", x), shortcut))
		b.Area("V2", v2)
		return b.Build(b.Linear("decoder", b.GlobalAveragePool("pool", v2), len(images.Classes())))
	}

	// # Convolutional beside local
	table := "connectivity        parameters   top-1, %\n"
	for _, c := range []graph.Connectivity{{}, {Local: true}} {
		net, err := build(c)
		if err != nil {
			return err
		}
		perEpoch := images.Len() / batch
		epochs, err := train.Run(context.Background(), net, train.Options{
			Epochs: epochs, StepsPerEpoch: perEpoch, Batch: batch,
			Optimiser: train.OptimiserOptions{WeightDecay: 0.01}, Schedule: train.Schedule{Rate: 0.01},
			Training: train.Batches(loader.Batches(0, epochs*perEpoch)),
			Evaluations: []train.Evaluation{{Batches: func() train.Batches {
				return train.Batches(data.InOrder(test, normalisation, batch))
			}}},
		})
		if err != nil {
			return err
		}
		if c.Local {
			if err := net.WriteSummary(out, batch); err != nil {
				return err
			}
		}
		table += fmt.Sprintf("%-18v %11d %10.1f\n", c, net.ParameterCount(), 100*epochs[len(epochs)-1].Evaluated[0].Top1)
	}
	_, err = fmt.Fprint(out, "\n", table)
	return err
}
