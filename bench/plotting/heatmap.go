package plotting

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// heatLevels is the number of colours of a heat map. They go from black over blue,
// purple and orange to white. Their lightness rises evenly, so that equal steps look
// equal, also to colour-blind readers and in print without colours.
const heatLevels = 255

// heatColours are the colours of the levels and, last, that of values that do not exist.
var heatColours = func() color.Palette {
	levels := moreland.ExtendedBlackBody()
	levels.SetMin(0)
	levels.SetMax(1)
	colours := make(color.Palette, heatLevels, heatLevels+1)
	for i := range colours {
		c, err := levels.At(float64(i) / (heatLevels - 1))
		if err != nil {
			panic(err) // 0 <= i/(n-1) <= 1
		}
		colours[i] = color.NRGBAModel.Convert(c)
	}
	return append(colours, grey)
}()

// heatIndex returns the place in heatColours of a value from 0 to 1. Values outside of
// this range have the colour of its nearer end.
func heatIndex(v float64) uint8 {
	if math.IsNaN(v) {
		return heatLevels
	}
	return uint8(math.Round(min(max(v, 0), 1) * (heatLevels - 1)))
}

// heatPixels is about how many pixels a heat map has a side: more cannot be seen.
const heatPixels = 400

// heatImage draws n × n values from 0 to 1 on an image of about so many pixels a side.
// Each value is a square of pixels, so that cells look sharp even where a viewer smooths
// images. If there are more values than pixels, each pixel is the mean of a square of
// values.
func heatImage(n, pixels int, value func(i, j int) float64) *image.Paletted {
	if n > pixels {
		f := (n + pixels - 1) / pixels
		return heatImage((n+f-1)/f, pixels, func(i, j int) float64 {
			sum, count := 0., 0.
			for k := i * f; k < min(n, (i+1)*f); k++ {
				for l := j * f; l < min(n, (j+1)*f); l++ {
					if v := value(k, l); !math.IsNaN(v) {
						sum, count = sum+v, count+1
					}
				}
			}
			return sum / count
		})
	}
	size := pixels / n
	img := image.NewPaletted(image.Rect(0, 0, n*size, n*size), heatColours)
	for i := range n {
		for j := range n {
			index := heatIndex(value(i, j))
			for y := i * size; y < (i+1)*size; y++ {
				for x := j * size; x < (j+1)*size; x++ {
					img.Pix[y*img.Stride+x] = index
				}
			}
		}
	}
	return img
}

// frame draws the outline of a rectangle.
func frame(c draw.Canvas, r vg.Rectangle) {
	c.StrokeLines(hairline, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min})
}

// fillRectangle fills a rectangle with a colour.
func fillRectangle(c draw.Canvas, r vg.Rectangle, colour color.Color) {
	c.SetColor(colour)
	c.Fill(r.Path())
}

const colourBarHeight = 34 * vg.Length(1) // of a Scale with its labels

// Scale is the scale of a heat map, a bar of the colours from 0 to 1.
type Scale struct {
	Title string
	Ticks [3]string // labels of 0, 0.5 and 1
}

// draw draws the scale below y.
func (s Scale) draw(c draw.Canvas, x, y, width vg.Length) {
	const height = 8
	bar := image.NewPaletted(image.Rect(0, 0, heatLevels, height), heatColours)
	for i := range bar.Pix {
		bar.Pix[i] = uint8(i % heatLevels)
	}
	r := vg.Rectangle{Min: vg.Point{X: x, Y: y - height}, Max: vg.Point{X: x + width, Y: y}}
	c.DrawImage(r, bar)
	frame(c, r)
	aligns := [3]text.XAlignment{draw.XLeft, draw.XCenter, draw.XRight}
	for i, label := range s.Ticks {
		c.FillText(letters(8, aligns[i], draw.YTop), vg.Point{X: x + vg.Length(i)*width/2, Y: y - height - 2}, label)
	}
	c.FillText(letters(9, draw.XLeft, draw.YTop), vg.Point{X: x, Y: y - height - 13}, s.Title)
}
