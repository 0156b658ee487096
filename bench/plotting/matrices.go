package plotting

import (
	"image"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Matrices is a figure of symmetric matrices side by side, as heat maps of values
// from 0 to 1. It is empty if there are none.
type Matrices struct {
	Name, Title, Caption string // see Figure
	Matrices             []Matrix
	Scale                Scale

	// Categories are the categories of the rows, which are also the columns. A matrix
	// of as many rows is drawn with the rows of each category together. If there are 2
	// to 15 categories, they are named.
	Categories []string
}

// Matrix is a symmetric matrix of at least one row, drawn below its title. NaN is grey.
type Matrix struct {
	Title  string
	Values mat.Symmetric
}

const (
	matrixSide      = 148 * vg.Length(1)
	matrixTitle     = 16 * vg.Length(1) // height of the title above it
	matricesInRow   = 4                 // at most
	mostCategories  = 15                // that are named
	longestCategory = 90 * vg.Length(1)
)

// Figure returns the matrices as a figure.
func (m Matrices) Figure() Figure {
	f := Figure{Name: m.Name, Title: m.Title, Caption: m.Caption, resolution: resolutionOfSeveral}
	if len(m.Matrices) == 0 {
		return f
	}
	order, named := byCategory(m.Categories)
	if len(named) < 2 || len(named) > mostCategories {
		named = nil
	}
	left := categoriesWidth(named)
	images := make([]image.Image, len(m.Matrices)) // drawn once for all files
	for k, one := range m.Matrices {
		images[k] = one.image(order)
	}
	rows := (len(m.Matrices) + matricesInRow - 1) / matricesInRow
	columns := (len(m.Matrices) + rows - 1) / rows
	const across, down = matrixSide + gap, matrixSide + matrixTitle + gap
	f.width = 2*margin + left + vg.Length(columns)*across - gap
	f.height = 2*margin + vg.Length(rows)*down + colourBarHeight
	f.paint = onPaper(func(c draw.Canvas) error {
		for k, one := range m.Matrices {
			x := c.Min.X + left + vg.Length(k%columns)*across
			y := c.Max.Y - vg.Length(k/columns)*down
			c.FillText(letters(9, draw.XLeft, draw.YTop), vg.Point{X: x, Y: y}, fitted(one.Title, 9, matrixSide))
			r := vg.Rectangle{Min: vg.Point{X: x, Y: y - matrixTitle - matrixSide}, Max: vg.Point{X: x + matrixSide, Y: y - matrixTitle}}
			c.DrawImage(r, images[k])
			frame(c, r)
			if k%columns == 0 && one.Values.SymmetricDim() == len(order) {
				drawCategories(c, r, named)
			}
		}
		m.Scale.draw(c, c.Min.X+left, c.Min.Y+colourBarHeight, matrixSide)
		return nil
	})
	return f
}

// image draws the matrix, with its rows in the given order if that is of as many rows.
func (m Matrix) image(order []int) image.Image {
	n := m.Values.SymmetricDim()
	return heatImage(n, heatPixels, func(i, j int) float64 {
		if len(order) == n {
			i, j = order[i], order[j]
		}
		return m.Values.At(i, j)
	})
}

// byCategory returns an order of rows in which those of one category lie together, and
// where in it each category begins and ends. Categories come in the order of their first
// rows; rows of one category keep their order.
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

// categoryRun is a category and its rows from..to-1.
type categoryRun struct {
	name     string
	from, to int
}

// categoriesWidth returns the width of the names of categories beside a matrix.
func categoriesWidth(runs []categoryRun) vg.Length {
	var names []string
	for _, r := range runs {
		names = append(names, r.name)
	}
	width := widest(names, 8, longestCategory)
	if width > 0 {
		width += 7 // a tick, and space on both sides of it
	}
	return width
}

// drawCategories names the categories to the left of a matrix. Names that would overlap
// are moved apart.
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
