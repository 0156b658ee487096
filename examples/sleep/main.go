// Command sleep puts a trained network to sleep in three ways, and shows what
// becomes of its weights and of its answers.
//
//	go run ./examples/sleep
//
// First it composes the two slow kinds of sleep from operators, for one layer: see
// byhand.go.
//
// Then it trains a locally connected ResNet-8 for a few epochs on the real images that
// come with hypnos. From there it goes on four times: without a sleep, and after an
// instant, a Hebbian and a dynamic one. It prints a table, which README.md shows.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"text/tabwriter"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
	"hypnos/zoo"
)

func main() {
	epochs := flag.Int("epochs", 8, "epochs before the sleep")
	further := flag.Int("further", 3, "epochs after it")
	width := flag.Int("width", 8, "channels of the network's first stage")
	flag.Parse()
	if err := byHand(os.Stdout, 20); err != nil {
		log.Fatal(err)
	}
	fmt.Println()
	if err := run(os.Stdout, os.Stderr, *epochs, *further, *width); err != nil {
		log.Fatal(err)
	}
}

func run(out, progress io.Writer, epochs, further, width int) error {
	// # Images
	//
	// 4,000 images to train on and 3,000 to test on, in batches of 64. The loader moves
	// each image by up to 4 pixels.
	const batch, seed = 64, 1
	images, test, err := data.Open(data.Default, "")
	if err != nil {
		return err
	}
	normalisation, err := data.NormalisationOf(images)
	if err != nil {
		return err
	}
	loader, err := data.NewLoader(images, data.LoaderOptions{Batch: batch, Transform: data.RandomCrop{Padding: 4}, Normalisation: normalisation, Seed: seed})
	if err != nil {
		return err
	}
	perEpoch := images.Len() / batch
	tests := func() train.Batches { return train.Batches(data.InOrder(test, normalisation, batch)) }

	// # A network whose locations have weights of their own
	//
	// Each arm of the study starts from a copy of the same trained network.
	newNetwork := func() (*graph.Network, error) {
		return zoo.New("resnet8", zoo.Config{Width: width, Connectivity: graph.Connectivity{Local: true}, Seed: seed})
	}
	awake, err := newNetwork()
	if err != nil {
		return err
	}
	trainFrom := func(net *graph.Network, first, epochs int, rate float64) error {
		_, err := train.Run(context.Background(), net, train.Options{
			Epochs: epochs, StepsPerEpoch: perEpoch, Batch: batch,
			Optimiser: train.OptimiserOptions{WeightDecay: 0.01}, Schedule: train.Schedule{Rate: rate},
			Training: train.Batches(loader.Batches(first*perEpoch, (first+epochs)*perEpoch)),
			Epoch: func(e train.Epoch) {
				fmt.Fprintf(progress, "  epoch %d: training loss %.3f\n", e.Epoch, e.Training.Loss)
			},
		})
		return err
	}
	fmt.Fprintln(progress, "training awake")
	if err := trainFrom(awake, 0, epochs, 0.005); err != nil {
		return err
	}

	// # What we measure
	//
	// The signal-to-noise ratio of weights, over a layer and within its pools (medians over
	// layers), and the share of test images that are recognised.
	ratios := func(net *graph.Network) (snr, pools float64) {
		var all, within []float64
		for _, m := range weightshare.Measure(net) {
			all, within = append(all, m.SNR), append(within, m.PoolSNR)
		}
		return weightshare.Median(all), weightshare.Median(within)
	}
	top1 := func(net *graph.Network) (float64, error) {
		inference, err := net.Infer(batch)
		if err != nil {
			return 0, err
		}
		metrics, err := train.Evaluate(inference, tests())
		return 100 * metrics.Top1, err
	}
	snrBefore, poolsBefore := ratios(awake)
	top1Before, err := top1(awake)
	if err != nil {
		return err
	}

	// # Four nights
	//
	// One of them without sleep. The others are as in the reference implementation, the
	// last two with 100 iterations of 128 Gaussian patterns.
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "sleep\tSNR before\tafter\tw-SNR before\tafter\ttop-1 before, %\tafter\tafter training\t")
	nights := []string{"none", "instant", "hebbian", "dynamic"}
	for _, night := range nights {
		fmt.Fprintln(progress, "sleep:", night)
		net, err := newNetwork()
		if err != nil {
			return err
		}
		for _, p := range append(net.Parameters(), net.Moments()...) {
			copy(p.Data, awake.Parameter(p.Name).Data)
		}
		if night != "none" {
			kind, err := weightshare.ParseKind(night)
			if err != nil {
				return err
			}
			sleeper, err := weightshare.New(net, weightshare.Options{Phase: weightshare.Reference(kind), Seed: seed})
			if err != nil {
				return err
			}
			changes, err := sleeper.Sleep()
			if err != nil {
				return err
			}
			for _, c := range changes {
				fmt.Fprintf(progress, "  %-24s spread %.3f, cosine %.4f\n", c.Layer, c.Spread, c.Cosine)
			}
		}
		snrAfter, poolsAfter := ratios(net)
		top1After, err := top1(net)
		if err != nil {
			return err
		}

		// # The next day
		//
		// The norms expect the weights before the sleep. Training adapts them.
		if err := trainFrom(net, epochs, further, 0.0025); err != nil {
			return err
		}
		top1Later, err := top1(net)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%.3g\t%s\t%.3g\t%s\t%.1f\t%.1f\t%.1f\t\n",
			night, snrBefore, ratio(snrAfter), poolsBefore, ratio(poolsAfter), top1Before, top1After, top1Later)
	}
	return table.Flush()
}

// ratio prints a signal-to-noise ratio, which is infinite if weights are equal.
func ratio(x float64) string {
	if math.IsInf(x, 1) {
		return "∞"
	}
	return fmt.Sprintf("%.3g", x)
}
