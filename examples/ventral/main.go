// Command ventral asks which of two small networks is closer to the inferior
// temporal cortex of monkeys: the convolutional or the locally connected one.
//
//	go run ./examples/ventral
//
// It trains both for a few epochs on the real images that come with hypnos, shows them 92
// pictures that two monkeys have seen, prints how similar the geometry of the answers is,
// and draws a picture. README.md shows both.
package main

import (
	"context"
	"flag"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"log"
	"os"
	"text/tabwriter"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/recordings"
	"hypnos/train"
	"hypnos/ventral"
	"hypnos/zoo"
)

func main() {
	epochs := flag.Int("epochs", 20, "epochs of training")
	width := flag.Int("width", 8, "channels of the networks' first stage")
	picture := flag.String("o", "ventral.png", "`file` to draw to")
	flag.Parse()
	if err := run(os.Stdout, os.Stderr, *epochs, *width, *picture); err != nil {
		log.Fatal(err)
	}
}

func run(out, progress io.Writer, epochs, width int, picture string) error {
	// # What monkeys answer
	//
	// The responses of 674 neurons to 92 pictures, as dissimilarities: 1 minus the
	// correlation of the responses to two of them. Those of humans tell how similar the
	// cortex of two species is.
	const batch, seed = 64, 1
	recording, err := recordings.Open("it92")
	if err != nil {
		return err
	}
	monkey, human := recording.Regions[0], recording.Regions[1]
	species, err := ventral.RSA(human.Dissimilarities, monkey.Dissimilarities, ventral.RSAOptions{})
	if err != nil {
		return err
	}

	// # Two networks
	//
	// The same architecture with shared and with local weights, before and after training,
	// each at the learning rate that suits it.
	images, _, err := data.Open(data.Default, "")
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
	trained := func(name string, net *graph.Network, rate float64) error {
		_, err := train.Run(context.Background(), net, train.Options{
			Epochs: epochs, StepsPerEpoch: perEpoch, Batch: batch,
			Optimiser: train.OptimiserOptions{WeightDecay: 0.01}, Schedule: train.Schedule{Rate: rate},
			Training: train.Batches(loader.Batches(0, epochs*perEpoch)),
			Epoch: func(e train.Epoch) {
				fmt.Fprintf(progress, "  %s, epoch %d: training loss %.3f\n", name, e.Epoch, e.Training.Loss)
			},
		})
		return err
	}

	// # What they answer
	//
	// The pictures are made as small as the images of the training, and normalised in the
	// same way.
	stimuli, err := data.Preprocess(recording.Stimuli, data.ResizeCrop{Resize: 32, Crop: 32})
	if err != nil {
		return err
	}
	var shown graph.Batch
	for all, err := range data.InOrder(stimuli, normalisation, stimuli.Len()) {
		if err != nil {
			return err
		}
		shown = all
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "network\tarea\tRSA with monkey IT\t")
	var bars []bar
	matrices := []matrix{{"monkey IT", monkey.Dissimilarities}}
	verdict := ""
	for _, n := range []struct {
		name  string
		local bool
		rate  float64
	}{{"convolutional", false, 0.04}, {"local", true, 0.005}} {
		net, err := zoo.New("resnet8", zoo.Config{Width: width, Connectivity: graph.Connectivity{Local: n.local}, Seed: seed})
		if err != nil {
			return err
		}
		for _, state := range []string{"untrained", "trained"} {
			name := state + " " + n.name
			if state == "trained" {
				if err := trained(n.name, net, n.rate); err != nil {
					return err
				}
			}
			areas, err := geometry(net, shown)
			if err != nil {
				return err
			}
			for i, area := range net.AreaNames() {
				similarity, err := ventral.RSA(areas[i], monkey.Dissimilarities, ventral.RSAOptions{})
				if err != nil {
					return err
				}
				fmt.Fprintf(table, "%s\t%s\t%.3f ± %.3f\t\n", name, area, similarity.Value, similarity.Error)
				bars = append(bars, bar{name, area, similarity.Score})
			}
			best, err := closest(areas, monkey.Dissimilarities, recording.Categories)
			if err != nil {
				return err
			}
			area := net.AreaNames()[best.Area]
			verdict += fmt.Sprintf("  %s: %s, %.3f ± %.3f\n", name, area, best.Reported.Value, best.Reported.Error)
			if state == "trained" {
				matrices = append(matrices, matrix{n.name + ": " + area, areas[best.Area]})
			}
		}
	}
	fmt.Fprintf(table, "humans\tIT\t%.3f ± %.3f\t\n", species.Value, species.Error)
	if err := table.Flush(); err != nil {
		return err
	}

	// # Which is closer
	//
	// The best of three areas owes something to chance. So it is chosen on one half of the
	// pictures and judged on the other.
	fmt.Fprintf(out, "\nthe area that half of the pictures chose, on the other half:\n%s", verdict)

	// # A picture
	if err := drawAll(picture, matrices, recording.Categories, bars, species.Value); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\npicture: %s\n", picture)
	return err
}

// geometry returns the dissimilarities of the answers of each area.
func geometry(net *graph.Network, shown graph.Batch) ([]*mat.SymDense, error) {
	answers, err := net.Features(shown.Images, net.AreaNames()...)
	if err != nil {
		return nil, err
	}
	areas := make([]*mat.SymDense, len(answers))
	for i, a := range answers {
		features, err := ventral.NewFeatures(len(shown.Labels), len(a.Data)/len(shown.Labels), a.Data)
		if err != nil {
			return nil, err
		}
		if areas[i], err = ventral.Dissimilarities(features); err != nil {
			return nil, err
		}
	}
	return areas, nil
}

// closest returns the area that is most similar to a region.
func closest(areas []*mat.SymDense, region mat.Symmetric, categories []string) (ventral.Best, error) {
	return ventral.BestArea(len(areas), len(categories), ventral.Choice{Categories: categories}, func(area int, stimuli []int) (ventral.Score, error) {
		a, err := ventral.Among(areas[area], stimuli)
		if err != nil {
			return ventral.Score{}, err
		}
		b, err := ventral.Among(region, stimuli)
		if err != nil {
			return ventral.Score{}, err
		}
		s, err := ventral.RSA(a, b, ventral.RSAOptions{Permutations: -1})
		return s.Score, err
	})
}

// matrix is dissimilarities with a title.
type matrix struct {
	title string
	of    mat.Symmetric
}

// bar is how similar to monkey IT an area is.
type bar struct {
	network, area string
	ventral.Score
}

// drawAll draws matrices side by side, and the bars with a line at the height of humans.
func drawAll(path string, matrices []matrix, categories []string, bars []bar, humans float64) error {
	const side, gap = 5.3 * vg.Centimeter, 0.4 * vg.Centimeter
	canvas := vgimg.New(31.5*vg.Centimeter, 6.6*vg.Centimeter)
	rest := draw.Crop(draw.New(canvas), gap, -gap, gap, -gap)
	for i, m := range matrices {
		p := plot.New()
		p.Title.Text = m.title
		p.HideAxes()
		h := plotter.NewHeatMap(percentiles(m.of), moreland.ExtendedBlackBody().Palette(256))
		h.Rasterized = true // no lines between cells
		p.Add(h)
		if i == 0 {
			p.Y.Tick.Marker = names(categories)
		}
		width := side + p.DataCanvas(rest).Min.X - rest.Min.X // of the matrix and its names
		p.Draw(draw.Crop(rest, 0, width-rest.Size().X, 0, 0))
		rest = draw.Crop(rest, width+gap, 0, 0, 0)
	}
	heights, legend, err := barPlot(bars, humans)
	if err != nil {
		return err
	}
	const width = 4.7 * vg.Centimeter // of the legend
	heights.Draw(draw.Crop(rest, 0, -width-gap, 0, 0))
	legend.Draw(draw.Crop(rest, rest.Size().X-width, 0, 0, -gap))
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := png.Encode(file, canvas.Image()); err != nil {
		return err
	}
	return file.Close()
}

// names places the name of each category beside the middle of its stimuli, which follow
// each other. The matrix is drawn from above.
func names(categories []string) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for from, to := 0, 0; from < len(categories); from = to {
		for to < len(categories) && categories[to] == categories[from] {
			to++
		}
		middle := float64(len(categories)) - float64(1+from+to)/2
		ticks = append(ticks, plot.Tick{Value: middle, Label: categories[from]})
	}
	return ticks
}

// colours are those of networks. Colour-blind readers can tell them apart.
var colours = []color.Color{color.RGBA{0xa6, 0xca, 0xe0, 255}, color.RGBA{0x00, 0x72, 0xb2, 255}, color.RGBA{0xf2, 0xbf, 0x98, 255}, color.RGBA{0xd5, 0x5e, 0x00, 255}}

// barPlot draws the bars of all networks side by side, area by area, and returns the legend
// separately.
func barPlot(bars []bar, humans float64) (*plot.Plot, plot.Legend, error) {
	p, legend := plot.New(), plot.NewLegend()
	p.Title.Text = "RSA with monkey IT"
	networks, areas := 4, len(bars)/4
	names := make([]string, areas)
	for n := range networks {
		group := bars[n*areas:][:areas]
		values, errs := make(plotter.Values, areas), struct {
			plotter.XYs
			plotter.YErrors
		}{make(plotter.XYs, areas), make(plotter.YErrors, areas)}
		shift := float64(n) - float64(networks-1)/2
		for i, b := range group {
			names[i], values[i] = b.area, b.Value
			errs.XYs[i] = plotter.XY{X: float64(i) + shift*0.2, Y: b.Value}
			errs.YErrors[i] = struct{ Low, High float64 }{b.Error, b.Error}
		}
		chart, err := plotter.NewBarChart(values, vg.Points(6))
		if err != nil {
			return nil, legend, err
		}
		chart.Color, chart.LineStyle.Width, chart.XMin = colours[n], 0, shift*0.2
		lines, err := plotter.NewYErrorBars(errs)
		if err != nil {
			return nil, legend, err
		}
		lines.CapWidth = 0
		p.Add(chart, lines)
		legend.Add(group[0].network, chart)
	}
	line := plotter.NewFunction(func(float64) float64 { return humans })
	line.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	p.Add(line)
	legend.Add("humans", line)
	legend.Top, legend.Left = true, true
	p.NominalX(names...)
	p.Y.Min, p.Y.Max = min(0, p.Y.Min), max(1.1*humans, p.Y.Max)
	return p, legend, nil
}

// ranked is a matrix, with its rows from below as gonum's heat maps take it.
type ranked struct {
	n      int
	shares []float64
}

func (r ranked) Dims() (columns, rows int) { return r.n, r.n }
func (r ranked) X(column int) float64      { return float64(column) }
func (r ranked) Y(row int) float64         { return float64(row) }
func (r ranked) Z(column, row int) float64 { return r.shares[(r.n-1-row)*r.n+column] }

// percentiles replaces each dissimilarity by the share of pairs of stimuli below it, so
// that matrices of different scales can be compared. A stimulus and itself have 0.
func percentiles(d mat.Symmetric) ranked {
	n := d.SymmetricDim()
	r := ranked{n, make([]float64, n*n)}
	var values []float64
	var pairs [][2]int
	for i := range n {
		for j := range i {
			values, pairs = append(values, d.At(i, j)), append(pairs, [2]int{i, j})
		}
	}
	order := make([]int, len(values))
	floats.ArgsortStable(values, order)
	for rank, pair := range order {
		i, j := pairs[pair][0], pairs[pair][1]
		share := float64(rank) / float64(len(order))
		r.shares[i*n+j], r.shares[j*n+i] = share, share
	}
	return r
}
