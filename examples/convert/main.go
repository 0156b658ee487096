// Command convert turns a PyTorch checkpoint to a locally connected network, and puts it
// to sleep.
//
//	go run ./examples/convert
//
// The checkpoint is a convolutional ResNet-8. In the locally connected network each
// location has a copy of its kernels, so that both answer the same. Then the copies get
// noise, and a sleep averages it away within pools. It prints a table and draws a picture.
// README.md shows both.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"text/tabwriter"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/weightshare"
	"hypnos/zoo"
)

// checkpoint is the state dict of a small ResNet, as torch.save wrote it.
//
//go:embed resnet8w4_conv.pth
var checkpoint []byte

func main() {
	picture := flag.String("o", "convert.png", "`file` to draw to")
	flag.Parse()
	if err := run(os.Stdout, *picture); err != nil {
		log.Fatal(err)
	}
}

func run(out io.Writer, picture string) error {
	// # A checkpoint
	//
	// It comes with the program, and is written to a file, as any other one would be.
	folder, err := os.MkdirTemp("", "hypnos-convert-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "resnet8w4_conv.pth")
	if err := os.WriteFile(file, checkpoint, 0o644); err != nil {
		return err
	}

	// # Images
	//
	// The network is for images of 16x16 pixels. These are the middle of real ones.
	const side, count = 16, 500
	images, test, err := data.Open(data.Default, "")
	if err != nil {
		return err
	}
	normalisation, err := data.NormalisationOf(images)
	if err != nil {
		return err
	}
	middle, err := data.Preprocess(test, data.CentreCrop{Side: side})
	if err != nil {
		return err
	}
	var pixels []float32
	for batch, err := range data.InOrder(middle, normalisation, count) {
		if err != nil {
			return err
		}
		pixels = batch.Images
		break
	}
	logits := func(net *graph.Network) ([]float64, error) {
		inference, err := net.Infer(count)
		if err != nil {
			return nil, err
		}
		answers, err := inference.Logits(pixels)
		if err != nil {
			return nil, err
		}
		wide := make([]float64, len(answers))
		for i, v := range answers {
			wide[i] = float64(v)
		}
		return wide, nil
	}

	// # Two networks of one file
	//
	// Load sees how the network is connected and how that of the file was.
	load := func(c graph.Connectivity, deviation float64) (*graph.Network, error) {
		net, err := zoo.New("resnet8", zoo.Config{
			Width: 4, Input: graph.Size{Channels: 3, Height: side, Width: side}, Connectivity: c, Blank: true,
		})
		if err != nil {
			return nil, err
		}
		return net, net.Load(file, graph.LoadOptions{Deviation: deviation, Seed: 1})
	}
	convolutional, err := load(graph.Connectivity{}, 0)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "resnet8, width 4: %d parameters in the file\n\n", convolutional.ParameterCount())

	// # Do they answer the same?
	//
	// Two measures: how far the logits of a network are from those of the convolutional
	// one, relative to the standard deviation of these, and for how many images of a
	// hundred it answers the same class.
	expected, err := logits(convolutional)
	if err != nil {
		return err
	}
	compare := func(net *graph.Network) (distance, sameClass float64, err error) {
		got, err := logits(net)
		if err != nil {
			return 0, 0, err
		}
		distance = floats.Distance(got, expected, 2) / stat.PopStdDev(expected, nil) / math.Sqrt(float64(len(expected)))
		classes := net.Classes()
		for n := range count {
			if floats.MaxIdx(got[n*classes:][:classes]) == floats.MaxIdx(expected[n*classes:][:classes]) {
				sameClass += 100.0 / count
			}
		}
		return distance, sameClass, nil
	}

	// # Asleep
	//
	// The copy of each location has noise of its own. In the sleep, the neurons of a pool,
	// which lie K apart for a kernel of side K, all get the mean of their weights.
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "noise\tawake: SNR\tdistance\tsame class, %\tafter sleep: SNR\tdistance\tsame class, %\t")
	var awake, slept plotter.XYs
	for _, noise := range []float64{0, 0.01, 0.03, 0.1, 0.3, 1} {
		local, err := load(graph.Connectivity{Local: true}, noise)
		if err != nil {
			return err
		}
		snrAwake := weightshare.MedianSNR(local)
		distanceAwake, sameAwake, err := compare(local)
		if err != nil {
			return err
		}
		if err := weightshare.Share(local); err != nil {
			return err
		}
		distanceSlept, sameSlept, err := compare(local)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%g\t%s\t%.2g\t%.1f\t%s\t%.2g\t%.1f\t\n", noise,
			ratio(snrAwake), distanceAwake, sameAwake, ratio(weightshare.MedianSNR(local)), distanceSlept, sameSlept)
		if noise > 0 {
			awake = append(awake, plotter.XY{X: noise, Y: distanceAwake})
			slept = append(slept, plotter.XY{X: noise, Y: distanceSlept})
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}

	// # A picture
	p := plot.New()
	p.Title.Text = "A convolutional network as a locally connected one"
	p.X.Label.Text = "noise on the copies of a kernel, relative to it"
	p.Y.Label.Text = "distance from its logits"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0.01, 1, 0.001, 1
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	if err := plotutil.AddLinePoints(p, "awake", awake, "after a sleep", slept); err != nil {
		return err
	}
	if err := p.Save(14*vg.Centimeter, 10*vg.Centimeter, picture); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\npicture: %s\n", picture)
	return err
}

// ratio prints a signal-to-noise ratio, which is infinite if weights are equal.
func ratio(x float64) string {
	if math.IsInf(x, 1) {
		return "∞"
	}
	return fmt.Sprintf("%.3g", x)
}
