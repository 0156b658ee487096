// Command areas looks into a network of the ventral stream: what V1, V2, V4 and IT of a
// small CORnet-S answer to pictures.
//
//	go run ./examples/areas
//
// It trains the network for a few epochs on the real images that come with hypnos, prints
// how well each area tells classes apart, and draws a picture. README.md shows both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log"
	"math"
	"os"
	"text/tabwriter"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/zoo"
)

func main() {
	epochs := flag.Int("epochs", 10, "epochs of training")
	width := flag.Int("width", 8, "channels of V1")
	picture := flag.String("o", "areas.png", "`file` to draw to")
	flag.Parse()
	if err := run(os.Stdout, os.Stderr, *epochs, *width, *picture); err != nil {
		log.Fatal(err)
	}
}

func run(out, progress io.Writer, epochs, width int, picture string) error {
	// # Images
	//
	// CORnets are made for large images. These have 32x32 pixels, and are made twice as
	// large.
	const side, batch, seed = 64, 64, 1
	larger := data.ResizeCrop{Resize: side, Crop: side}
	images, test, err := data.Open(data.Default, "")
	if err != nil {
		return err
	}
	normalisation, err := data.NormalisationOf(images)
	if err != nil {
		return err
	}
	if images, err = data.Preprocess(images, larger); err != nil {
		return err
	}
	if test, err = data.Preprocess(test, larger); err != nil {
		return err
	}

	// # A CORnet-S at an eighth of its published width
	net, err := zoo.New("cornet-s", zoo.Config{
		Classes: len(images.Classes()), Width: width, Input: graph.Size{Channels: 3, Height: side, Width: side}, Seed: seed,
	})
	if err != nil {
		return err
	}
	loader, err := data.NewLoader(images, data.LoaderOptions{
		Batch: batch, Transform: data.RandomCrop{Padding: 8, Flip: true}, Normalisation: normalisation, Seed: seed,
	})
	if err != nil {
		return err
	}
	perEpoch := images.Len() / batch
	if _, err := train.Run(context.Background(), net, train.Options{
		Epochs: epochs, StepsPerEpoch: perEpoch, Batch: batch,
		Optimiser: train.OptimiserOptions{WeightDecay: 0.01}, Schedule: train.Schedule{Rate: 0.01},
		Training: train.Batches(loader.Batches(0, epochs*perEpoch)),
		Epoch: func(e train.Epoch) {
			fmt.Fprintf(progress, "  epoch %d: training loss %.3f\n", e.Epoch, e.Training.Loss)
		},
	}); err != nil {
		return err
	}

	// # What its areas answer
	//
	// One call returns the answers to the whole test set, which the network has not seen.
	areas := net.AreaNames()
	var shown graph.Batch
	for all, err := range data.InOrder(test, normalisation, test.Len()) {
		if err != nil {
			return err
		}
		shown = all
	}
	features, err := net.Features(shown.Images, areas...)
	if err != nil {
		return err
	}

	// # What can be read from the answers
	//
	// An image is described by the mean of each channel over the map. How often is the
	// nearest other image, by correlation, of the same class?
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "area\tchannels\tmap\tnearest image of the same class, %\t")
	means := make([]*mat.Dense, len(areas))
	for i, f := range features {
		means[i] = overMaps(f, len(shown.Labels))
		fmt.Fprintf(table, "%s\t%d\t%d×%d\t%.1f\t\n", f.Name, f.Size.Channels, f.Size.Height, f.Size.Width, 100*nearestAlike(means[i], shown.Labels))
	}
	if err := table.Flush(); err != nil {
		return err
	}

	// # A picture
	//
	// Above: an image, and the mean over channels of what each area answers to it. Below:
	// the images of three classes along the first two principal components of the means.
	const one = 0
	classes := []string{"airplane", "frog", "truck"}
	first, err := photo(test, one)
	if err != nil {
		return err
	}
	above, below := []*plot.Plot{first}, []*plot.Plot{legend(classes)}
	for i, f := range features {
		scatter, err := plane(means[i], shown.Labels, test.Classes(), classes)
		if err != nil {
			return err
		}
		above, below = append(above, heat(f, one)), append(below, scatter)
	}
	canvas := vgimg.New(27*vg.Centimeter, 10.8*vg.Centimeter)
	tiles := draw.Tiles{Rows: 2, Cols: 1 + len(areas), PadX: 4 * vg.Millimeter, PadY: 4 * vg.Millimeter}
	plots := [][]*plot.Plot{above, below}
	for row, canvases := range plot.Align(plots, tiles, draw.New(canvas)) {
		for column, c := range canvases {
			plots[row][column].Draw(c)
		}
	}
	file, err := os.Create(picture)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := png.Encode(file, canvas.Image()); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\npicture: %s\n", picture)
	return err
}

// overMaps returns the mean of each channel over the map, in a row for each image.
func overMaps(f graph.Features, images int) *mat.Dense {
	means := mat.NewDense(images, f.Size.Channels, nil)
	places := f.Size.Height * f.Size.Width
	means.Apply(func(n, channel int, _ float64) float64 {
		sum := 0.0
		for _, v := range f.Data[(n*f.Size.Channels+channel)*places:][:places] {
			sum += float64(v)
		}
		return sum / float64(places)
	}, means)
	return means
}

// nearestAlike returns the share of images whose nearest other image is of their class.
func nearestAlike(means *mat.Dense, labels []int) float64 {
	// Rows are standardised, so that the product of two is their correlation.
	images, channels := means.Dims()
	standard := mat.DenseCopyOf(means)
	for n := range images {
		row := standard.RawRowView(n)
		mean, deviation := stat.PopMeanStdDev(row, nil)
		for i := range row {
			row[i] = (row[i] - mean) / max(deviation*math.Sqrt(float64(channels)), 1e-12)
		}
	}
	var correlations mat.Dense
	correlations.Mul(standard, standard.T())
	inClass := 0.0
	for n := range images {
		row := correlations.RawRowView(n)
		row[n] = -1 // not itself
		if labels[floats.MaxIdx(row)] == labels[n] {
			inClass++
		}
	}
	return inClass / float64(images)
}

// photo draws an image of a data set.
func photo(set data.Dataset, i int) (*plot.Plot, error) {
	var m data.Image
	label, err := set.Image(i, &m)
	if err != nil {
		return nil, err
	}
	shown := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	places := m.Width * m.Height
	for at := range places {
		shown.Set(at%m.Width, at/m.Width, color.RGBA{m.Pixels[at], m.Pixels[places+at], m.Pixels[2*places+at], 255})
	}
	p := plot.New()
	p.Title.Text = set.Classes()[label]
	p.HideAxes()
	p.Add(plotter.NewImage(shown, 0, 0, 1, 1))
	return p, nil
}

// heat draws the mean over channels of an area's answers to an image.
func heat(f graph.Features, i int) *plot.Plot {
	h := plotter.NewHeatMap(activity{f, i}, moreland.BlackBody().Palette(256))
	h.Max += 0.15 * (h.Max - h.Min) // no value is as white as the paper
	p := plot.New()
	p.Title.Text = f.Name
	p.HideAxes()
	p.Add(h)
	return p
}

// activity is the mean over channels of the answers to one image, with its rows from below
// as gonum's heat maps take it.
type activity struct {
	graph.Features
	image int
}

func (a activity) Dims() (columns, rows int) { return a.Size.Width, a.Size.Height }
func (a activity) X(column int) float64      { return float64(column) }
func (a activity) Y(row int) float64         { return float64(row) }
func (a activity) Z(column, row int) float64 {
	s := a.Size
	sum := 0.0
	for channel := range s.Channels {
		sum += float64(a.Data[((a.image*s.Channels+channel)*s.Height+s.Height-1-row)*s.Width+column])
	}
	return sum / float64(s.Channels)
}

// colours are those of classes. Colour-blind readers can tell them apart.
var colours = []color.Color{color.RGBA{0x00, 0x72, 0xb2, 255}, color.RGBA{0x00, 0x9e, 0x73, 255}, color.RGBA{0xd5, 0x5e, 0x00, 255}}

func glyph(class int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colours[class], Radius: vg.Points(1.8), Shape: draw.CircleGlyph{}}
}

// legend says which class has which colour.
func legend(classes []string) *plot.Plot {
	p := plot.New()
	p.HideAxes()
	for i, class := range classes {
		p.Legend.Add(class, &plotter.Scatter{GlyphStyle: glyph(i)})
	}
	return p
}

// plane draws a point for each image of some classes, along the first two principal
// components of the means of all images.
func plane(means *mat.Dense, labels []int, names, classes []string) (*plot.Plot, error) {
	var components stat.PC
	if !components.PrincipalComponents(means, nil) {
		return nil, errors.New("areas: no principal components")
	}
	var axes, at mat.Dense
	components.VectorsTo(&axes)
	_, channels := means.Dims()
	at.Mul(means, axes.Slice(0, channels, 0, 2))
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "component 1", "component 2"
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks{}, plot.ConstantTicks{}
	for i, class := range classes {
		var points plotter.XYs
		for n, label := range labels {
			if names[label] == class {
				points = append(points, plotter.XY{X: at.At(n, 0), Y: at.At(n, 1)})
			}
		}
		p.Add(&plotter.Scatter{XYs: points, GlyphStyle: glyph(i)})
	}
	return p, nil
}
