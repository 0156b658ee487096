package report

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	matrixSide      = 148 * vg.Length(1) // of a matrix of dissimilarities
	matrixTitle     = 16 * vg.Length(1)  // above it
	mostCategories  = 15                 // that are named
	longestCategory = 90 * vg.Length(1)
)

// matrixFigure is the matrices of dissimilarities side by side, in percentiles.
func (b *Brain) matrixFigure() drawing {
	const most = 4 // in a row
	d := drawing{
		name: "dissimilarities", title: "Dissimilarities of the stimuli", dots: resolutions,
		caption: "the percentile of the dissimilarity (1 − Pearson's r) of each two stimuli among those of the same matrix, as in Kriegeskorte et al. 2008; of models with several seeds, that of the first",
	}
	var matrices []BrainMatrix
	for _, m := range b.Matrices {
		if m.stimuli() > 0 {
			matrices = append(matrices, m)
		}
	}
	if matrices == nil {
		return d
	}
	order, runs := byCategory(b.Categories)
	if len(runs) > 1 {
		d.caption += fmt.Sprintf("; the stimuli are sorted by their %d categories", len(runs))
	}
	named := runs
	if len(runs) < 2 || len(runs) > mostCategories {
		named = nil
	}
	var names []string
	for _, r := range named {
		names = append(names, r.name)
	}
	left := widest(names, 8, longestCategory)
	if left > 0 {
		left += 7 // a tick, and space on both sides of it
	}
	images := make([]image.Image, len(matrices)) // once for all files
	for k, m := range matrices {
		images[k] = matrixImage(m, order)
	}
	rows := (len(matrices) + most - 1) / most
	columns := (len(matrices) + rows - 1) / rows
	const across, down = matrixSide + gap, matrixSide + matrixTitle + gap
	d.width = 2*margin + left + vg.Length(columns)*across - gap
	d.height = 2*margin + vg.Length(rows)*down + colourBarHeight
	d.paint = func(c draw.Canvas) error {
		fillRectangle(c, c.Rectangle, paper)
		c = draw.Crop(c, margin, -margin, margin, -margin)
		for k, m := range matrices {
			x := c.Min.X + left + vg.Length(k%columns)*across
			y := c.Max.Y - vg.Length(k/columns)*down
			c.FillText(letters(9, draw.XLeft, draw.YTop), vg.Point{X: x, Y: y}, fitted(m.Name, 9, matrixSide))
			r := vg.Rectangle{Min: vg.Point{X: x, Y: y - matrixTitle - matrixSide}, Max: vg.Point{X: x + matrixSide, Y: y - matrixTitle}}
			c.DrawImage(r, images[k])
			frame(c, r)
			if k%columns == 0 && m.stimuli() == len(order) {
				drawCategories(c, r, named)
			}
		}
		colourBar(c, c.Min.X+left, c.Min.Y+colourBarHeight, matrixSide, "percentile of dissimilarity", [3]string{"0", "50", "100"})
		return nil
	}
	return d
}

// matrixImage draws the percentiles of a matrix, its stimuli in the order given
// if it is one of them.
func matrixImage(m BrainMatrix, order []int) image.Image {
	shares := percentiles(m.Dissimilarities)
	return heatImage(m.stimuli(), heatPixels, func(i, j int) float64 {
		if len(order) == m.stimuli() {
			i, j = order[i], order[j]
		}
		return shares.At(i, j)
	})
}

// drawCategories names the categories to the left of a matrix. Names that would
// lie on each other move apart.
func drawCategories(c draw.Canvas, r vg.Rectangle, runs []categoryRun) {
	if len(runs) == 0 {
		return
	}
	const size = 8
	side := r.Max.Y - r.Min.Y
	n := vg.Length(runs[len(runs)-1].to)
	at := make([]vg.Length, len(runs)) // of the names, below the upper edge
	for k, run := range runs {
		at[k] = vg.Length(run.from+run.to) / 2 / n * side
		if k > 0 {
			at[k] = max(at[k], at[k-1]+size+1)
		}
	}
	limit := side
	for k := range slices.Backward(at) {
		at[k] = min(at[k], limit)
		limit = at[k] - size - 1
	}
	for k, run := range runs {
		y := r.Max.Y - vg.Length(run.to)/n*side
		if k < len(runs)-1 {
			c.StrokeLine2(hairline, r.Min.X-4, y, r.Min.X, y)
		}
		c.FillText(letters(size, draw.XRight, draw.YCenter), vg.Point{X: r.Min.X - 5, Y: r.Max.Y - at[k]}, fitted(run.name, size, longestCategory))
	}
}

// The letters in the cells of a heat map have these colours, which the page
// leaves as they are.
var (
	onDark  = color.NRGBA{0xf4, 0xf4, 0xf4, 0xff}
	onLight = color.NRGBA{0x10, 0x10, 0x10, 0xff}
)

// alikeFigure is model against model: the CKA of every two areas.
func (b *Brain) alikeFigure() drawing {
	const (
		longest    = 190 // points, of a name
		mostValues = 16  // areas, of which each two have their value written down
	)
	names := b.alikeNames()
	n := len(names)
	d := drawing{name: "models", title: "Model against model", dots: resolutions,
		caption: "CKA (linear, unbiased) of the features of every two areas; a value below 0 has the colour of 0, one that is not there is grey; of models with several seeds, those of the first"}
	if n < 2 {
		return d
	}
	at := map[string]int{}
	for i, name := range names {
		at[name] = i
	}
	alike := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			alike.SetSym(i, j, math.NaN())
		}
		alike.SetSym(i, i, 1)
	}
	for _, p := range b.Pairs {
		alike.SetSym(at[p.A], at[p.B], p.CKA)
	}

	cell, size := 12*vg.Length(1), 8*vg.Length(1)
	if n <= mostValues {
		cell, size = 24, 9
	}
	words := widest(names, size, longest) + 5
	side := vg.Length(n) * cell
	d.width = 2*margin + words + max(side, matrixSide)
	d.height = 2*margin + words + side + gap + colourBarHeight
	d.paint = func(c draw.Canvas) error {
		fillRectangle(c, c.Rectangle, paper)
		c = draw.Crop(c, margin, -margin, margin, -margin)
		x, y := c.Min.X+words, c.Max.Y-words
		r := vg.Rectangle{Min: vg.Point{X: x, Y: y - side}, Max: vg.Point{X: x + side, Y: y}}
		c.DrawImage(r, heatImage(n, max(heatPixels, 12*n), func(i, j int) float64 { return alike.At(i, j) }))
		frame(c, r)
		upright := letters(size, draw.XLeft, draw.YCenter)
		upright.Rotation = math.Pi / 2
		for i, name := range names {
			middle := (vg.Length(i) + 0.5) * cell
			c.FillText(letters(size, draw.XRight, draw.YCenter), vg.Point{X: x - 4, Y: y - middle}, fitted(name, size, longest))
			c.FillText(upright, vg.Point{X: x + middle, Y: y + 4}, fitted(name, size, longest))
		}
		if n <= mostValues {
			drawValues(c, r, alike)
		}
		colourBar(c, x, r.Min.Y-gap, matrixSide, "CKA", [3]string{"0", "0.5", "1"})
		return nil
	}
	return d
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
			c.FillText(style, vg.Point{X: r.Min.X + (vg.Length(j)+0.5)*cell, Y: r.Max.Y - (vg.Length(i)+0.5)*cell}, rounded(v, 2))
		}
	}
}
