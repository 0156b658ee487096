package plotting

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"hypnos/bench/format"
)

// LabelledMatrix is a figure of one symmetric matrix, as a heat map of values
// from 0 to 1 whose rows and columns are named. If there are at most 16 rows, the values
// are written into the cells. It is empty if there are fewer than two rows.
type LabelledMatrix struct {
	Name, Title, Caption string // see Figure
	Labels               []string
	Values               mat.Symmetric // as many rows as Labels; NaN is grey; may be nil with fewer than two
	Scale                Scale
}

const (
	longestLabel       = 190 * vg.Length(1)
	mostRowsWithValues = 16 // more rows have no values written into their cells
)

// Figure returns the matrix as a figure.
func (m LabelledMatrix) Figure() Figure {
	f := Figure{Name: m.Name, Title: m.Title, Caption: m.Caption, resolution: resolutionOfSeveral}
	n := len(m.Labels)
	if n < 2 {
		return f
	}
	cell, size := 12*vg.Length(1), 8*vg.Length(1)
	if n <= mostRowsWithValues {
		cell, size = 24, 9
	}
	words := widest(m.Labels, size, longestLabel) + 5
	side := vg.Length(n) * cell
	f.width = 2*margin + words + max(side, matrixSide)
	f.height = 2*margin + words + side + gap + colourBarHeight
	f.paint = onPaper(func(c draw.Canvas) error {
		x, y := c.Min.X+words, c.Max.Y-words
		r := vg.Rectangle{Min: vg.Point{X: x, Y: y - side}, Max: vg.Point{X: x + side, Y: y}}
		c.DrawImage(r, heatImage(n, max(heatPixels, 12*n), m.Values.At))
		frame(c, r)
		upright := letters(size, draw.XLeft, draw.YCenter)
		upright.Rotation = math.Pi / 2
		for i, label := range m.Labels {
			middle := (vg.Length(i) + 0.5) * cell
			c.FillText(letters(size, draw.XRight, draw.YCenter), vg.Point{X: x - 4, Y: y - middle}, fitted(label, size, longestLabel))
			c.FillText(upright, vg.Point{X: x + middle, Y: y + 4}, fitted(label, size, longestLabel))
		}
		if n <= mostRowsWithValues {
			drawValues(c, r, m.Values)
		}
		m.Scale.draw(c, x, r.Min.Y-gap, matrixSide)
		return nil
	})
	return f
}

// drawValues writes the values of a heat map into its cells.
func drawValues(c draw.Canvas, r vg.Rectangle, values mat.Symmetric) {
	n := values.SymmetricDim()
	cell := (r.Max.X - r.Min.X) / vg.Length(n)
	for i := range n {
		for j := range n {
			v := values.At(i, j)
			if math.IsNaN(v) {
				continue
			}
			style := letters(8, draw.XCenter, draw.YCenter)
			style.Color = onDark
			if v > 0.55 {
				style.Color = onLight
			}
			c.FillText(style, vg.Point{X: r.Min.X + (vg.Length(j)+0.5)*cell, Y: r.Max.Y - (vg.Length(i)+0.5)*cell}, format.Decimals(v, 2))
		}
	}
}
