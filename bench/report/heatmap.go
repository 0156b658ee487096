package report

import (
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A heat map's colours go from black over blue, purple and orange to white.
// Their lightness rises evenly, so that equal steps look equal, also to
// colour-blind readers and in print without colours.
const heatLevels = 255

// heatColours are those of the levels and, last, that of a value which does not
// exist.
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
	return append(colours, spareColour)
}()

// heatIndex is the place in heatColours of a value from 0 to 1. Values beyond
// have the colour of the end.
func heatIndex(v float64) uint8 {
	if math.IsNaN(v) {
		return heatLevels
	}
	return uint8(math.Round(min(max(v, 0), 1) * (heatLevels - 1)))
}

// heatPixels is how many the side of a heat map has: more cannot be seen.
const heatPixels = 400

// heatImage draws n × n values from 0 to 1 on about so many pixels a side: each
// value as a square of pixels, so that viewers which smooth an image show sharp
// cells or, if they are too many, each pixel as the mean of a square of values.
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

// percentiles returns the share of the pairs of stimuli that are less
// dissimilar, pairs that are equally so counting half; of the diagonal, whose
// dissimilarity is 0 by definition, 0. NaN stays NaN and counts for nothing.
func percentiles(d mat.Symmetric) *mat.SymDense {
	type pair struct {
		i, j int
		d    float64
	}
	n := d.SymmetricDim()
	shares := mat.NewSymDense(n, nil)
	pairs := make([]pair, 0, n*(n-1)/2)
	for i := range n {
		for j := i + 1; j < n; j++ {
			if x := d.At(i, j); math.IsNaN(x) {
				shares.SetSym(i, j, x)
			} else {
				pairs = append(pairs, pair{i, j, x})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		switch {
		case a.d < b.d:
			return -1
		case a.d > b.d:
			return 1
		}
		return 0
	})
	for from := 0; from < len(pairs); {
		to := from
		for to < len(pairs) && pairs[to].d == pairs[from].d {
			to++
		}
		for _, p := range pairs[from:to] {
			shares.SetSym(p.i, p.j, float64(from+to)/2/float64(len(pairs)))
		}
		from = to
	}
	return shares
}

// byCategory returns the order of stimuli in which those of one category lie
// together: categories as they first appear, stimuli within one as they are.
// Runs are where each category starts and ends.
func byCategory(categories []string) (order []int, runs []categoryRun) {
	at := map[string]int{}
	var members [][]int
	for i, c := range categories {
		k, ok := at[c]
		if !ok {
			k = len(members)
			at[c] = k
			members = append(members, nil)
			runs = append(runs, categoryRun{name: c})
		}
		members[k] = append(members[k], i)
	}
	for k, m := range members {
		runs[k].from = len(order)
		order = append(order, m...)
		runs[k].to = len(order)
	}
	return order, runs
}

type categoryRun struct {
	name     string
	from, to int
}

// letters is a style of letters of a size.
func letters(size vg.Length, x text.XAlignment, y text.YAlignment) text.Style {
	style := words(size)
	style.XAlign, style.YAlign = x, y
	return style
}

// fitted is a name in one line of at most a width. What is too long is cut out
// of its middle: names often differ at their ends.
func fitted(name string, size, width vg.Length) string {
	style := words(size)
	name = printable(name)
	runes := []rune(name)
	const most = 200 // letters that could be read
	if len(runes) > most {
		runes = slices.Concat(runes[:most/2], runes[len(runes)-most/2:])
		name = string(runes)
	}
	for kept := len(runes) - 1; kept >= 0 && style.Width(name) > width; kept-- {
		half := (kept + 1) / 2
		name = string(runes[:half]) + "…" + string(runes[len(runes)-(kept-half):])
	}
	return name
}

// widest returns the width of the widest of names, as far as a limit.
func widest(names []string, size, limit vg.Length) vg.Length {
	width := vg.Length(0)
	for _, name := range names {
		width = max(width, words(size).Width(printable(name)))
	}
	return min(width, limit)
}

var hairline = draw.LineStyle{Color: ink, Width: vg.Points(0.5)}

// frame draws the outline of a rectangle.
func frame(c draw.Canvas, r vg.Rectangle) {
	c.StrokeLines(hairline, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min})
}

// fillRectangle fills a rectangle with a colour.
func fillRectangle(c draw.Canvas, r vg.Rectangle, colour color.Color) {
	c.SetColor(colour)
	c.Fill(r.Path())
}

const colourBarHeight = 34 * vg.Length(1) // with its labels

// colourBar draws the scale of a heat map below y: the values 0 to 1 with
// labels at its ends and middle.
func colourBar(c draw.Canvas, x, y, width vg.Length, title string, labels [3]string) {
	const height = 8
	bar := image.NewPaletted(image.Rect(0, 0, heatLevels, height), heatColours)
	for i := range bar.Pix {
		bar.Pix[i] = uint8(i % heatLevels)
	}
	r := vg.Rectangle{Min: vg.Point{X: x, Y: y - height}, Max: vg.Point{X: x + width, Y: y}}
	c.DrawImage(r, bar)
	frame(c, r)
	aligns := [3]text.XAlignment{draw.XLeft, draw.XCenter, draw.XRight}
	for i, label := range labels {
		c.FillText(letters(8, aligns[i], draw.YTop), vg.Point{X: x + vg.Length(i)*width/2, Y: y - height - 2}, label)
	}
	c.FillText(letters(9, draw.XLeft, draw.YTop), vg.Point{X: x, Y: y - height - 13}, title)
}
