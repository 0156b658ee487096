// Command build builds a network of one's own and trains it in three ways:
// convolutional, locally connected, and locally connected with sleep.
//
//	go run ./examples/build
//	go run ./examples/build -choose
//
// It prints a table of the three, and the layers of the local one. With -choose it prints
// what their learning rates were chosen by. README.md shows all of that.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
)

func main() {
	choose := flag.Bool("choose", false, "try learning rates, on training images that are held back")
	flag.Parse()
	if err := run(os.Stdout, 16, 20, *choose); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, channels, epochs int, choose bool) error {
	// # Images
	//
	// 4,000 real images to train on, moved by up to 4 pixels, and 3,000 to test on. Nothing
	// is chosen by the latter: learning rates are tried on a fifth of the former.
	const batch, seed = 64, 1
	images, test, err := data.Open(data.Default, "")
	if err == nil && choose {
		images, test, err = data.Split(images, 0.2, seed)
	}
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
	// Three areas, each of two layers and a shortcut that is added to them. How layers are
	// connected is an option of the whole network.
	build := func(c graph.Connectivity) (*graph.Network, error) {
		b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 32, Width: 32}, Connectivity: c, Seed: seed})
		area := func(name string, x *graph.Layer, channels int) *graph.Layer {
			y := b.Local(name+".conv1", x, graph.Local{Channels: channels, Kernel: 3, Stride: 2, Padding: 1})
			y = b.ReLU(name+".relu1", b.BatchNorm(name+".norm1", y))
			y = b.Local(name+".conv2", y, graph.Local{Channels: channels, Kernel: 3, Padding: 1})
			shortcut := b.Local(name+".skip", x, graph.Local{Channels: channels, Kernel: 1, Stride: 2})
			y = b.ReLU(name+".relu2", b.Add(name+".add", b.BatchNorm(name+".norm2", y), shortcut))
			b.Area(name, y)
			return y
		}
		v1 := area("V1", b.Input(), channels)
		v4 := area("V4", v1, 2*channels)
		it := area("IT", v4, 4*channels)
		return b.Build(b.Linear("decoder", b.GlobalAveragePool("pool", it), len(images.Classes())))
	}

	// # Shared weights, weights of one's own, and a sleep that shares them
	//
	// A sleep follows every step. In it all neurons of a pool get the mean of their
	// weights. Each network learns at the rate that was best with -choose, on images that
	// were held back.
	var net *graph.Network
	perEpoch := images.Len() / batch
	fmt.Fprintln(out, "connectivity          parameters  learning rate  top-1, %")
	for _, v := range []struct {
		name          string
		local, sleeps bool
		rates         []float64
	}{
		{"convolutional", false, false, []float64{0.04}},
		{"locally connected", true, false, []float64{0.005}},
		{"the same, with sleep", true, true, []float64{0.01}},
	} {
		if choose {
			v.rates = []float64{0.0025, 0.005, 0.01, 0.02, 0.04, 0.08}
		}
		for _, rate := range v.rates {
			if net, err = build(graph.Connectivity{Local: v.local}); err != nil {
				return err
			}
			options := train.Options{
				Epochs: epochs, StepsPerEpoch: perEpoch, Batch: batch,
				Optimiser: train.OptimiserOptions{WeightDecay: 0.01}, Schedule: train.Schedule{Rate: rate},
				Training: train.Batches(loader.Batches(0, epochs*perEpoch)),
				Evaluations: []train.Evaluation{{Every: epochs, Batches: func() train.Batches {
					return train.Batches(data.InOrder(test, normalisation, batch))
				}}},
			}
			if v.sleeps {
				sleeper, err := weightshare.New(net, weightshare.Options{Schedule: weightshare.Schedule{Steps: 1}})
				if err != nil {
					return err
				}
				options.Sleep = sleeper.Step
			}
			done, err := train.Run(context.Background(), net, options)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%-20s %11d %14g %9.1f\n", v.name, net.ParameterCount(), rate, 100*done[epochs-1].Evaluated[0].Top1)
		}
	}
	fmt.Fprintln(out)
	return net.WriteSummary(out, batch)
}
