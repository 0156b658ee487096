// Package plotting draws figures from numbers and labels, as SVG and PNG files
// and for a page: curves (Sheet), bars (Bars), dots with intervals (DotPlot),
// heat maps (Matrices, LabelledMatrix) and images (Picture). It does not
// know what the numbers mean. Equal values give equal bytes.
package plotting

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Sizes. A figure of one panel is narrow and its letters are large, so that it
// can be read on a phone and two stand side by side on a page.
const (
	sheetWidth  = 360 * vg.Length(1) // points, of one panel
	panelWidth  = 240 * vg.Length(1) // of several in a row
	panelHeight = 235 * vg.Length(1) // without the legend
	rowHeight   = 185 * vg.Length(1) // of one of several rows
	gap         = 10 * vg.Length(1)  // between panels
	margin      = 6 * vg.Length(1)

	// Dots per inch of PNG files.
	resolutionOfOne     = 240 // with one panel
	resolutionOfSeveral = 150 // with several
)

// Figure is a figure that is ready to be drawn. The zero Figure is empty.
type Figure struct {
	Name    string // of its files
	Title   string // in a few words
	Caption string // how to read it, without a full stop

	width, height vg.Length
	resolution    int                     // of the PNG file, dots per inch
	paint         func(draw.Canvas) error // nil if there is nothing to draw
}

// Empty tells whether there is nothing to draw.
func (f Figure) Empty() bool { return f.paint == nil }

// SVG returns the figure, which is not empty, as an SVG file.
func (f Figure) SVG() ([]byte, error) { return encodeSVG(f.width, f.height, f.paint) }

// PNG returns the figure, which is not empty, as a PNG file.
func (f Figure) PNG() ([]byte, error) { return encodePNG(f.width, f.height, f.resolution, f.paint) }

// Write writes NAME.svg and NAME.png to the folder, each as a whole, or removes
// them if the figure is empty. The error names the file.
func (f Figure) Write(dir string) error {
	for _, file := range []struct {
		name   string
		encode func() ([]byte, error)
	}{{f.Name + ".svg", f.SVG}, {f.Name + ".png", f.PNG}} {
		path := filepath.Join(dir, file.name)
		if f.Empty() {
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				return errors.Wrapf(err, "plotting: %s of an earlier report", file.name)
			}
			continue
		}
		content, err := file.encode()
		if err == nil {
			err = maybe.WriteFile(path, content, 0o644)
		}
		if err != nil {
			return errors.Wrapf(err, "plotting: %s", file.name)
		}
	}
	return nil
}

// Drawable tells whether a value has a place on an axis, which may be logarithmic. NaN
// and infinities have none, nor, on a logarithmic axis, numbers that are not positive.
// Neither have numbers so large or, on a logarithmic axis, so small that they must come
// from an overflow: all other values would look the same beside them.
func Drawable(v float64, log bool) bool {
	const huge = 1e30
	if log {
		return v > 1/huge && v < huge
	}
	return math.Abs(v) < huge // false for NaN
}

// encodeSVG returns what paint draws as an SVG file.
func encodeSVG(width, height vg.Length, paint func(draw.Canvas) error) ([]byte, error) {
	canvas := vgsvg.New(width, height)
	if err := paint(draw.New(canvas)); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		return nil, err
	}
	// Arial and Helvetica have the metrics of Liberation Sans, which few
	// computers have.
	content := strings.ReplaceAll(file.String(), "font-family:Liberation Sans;", "font-family:Liberation Sans,Arial,Helvetica,sans-serif;")
	return []byte(content), nil
}

// encodePNG returns what paint draws as a PNG file; resolution is in dots per inch.
func encodePNG(width, height vg.Length, resolution int, paint func(draw.Canvas) error) ([]byte, error) {
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(resolution))
	if err := paint(draw.New(canvas)); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(&file)
	return file.Bytes(), err
}

// onPaper returns a function that fills the canvas with the colour of paper and then
// calls paint for the part within the margin.
func onPaper(paint func(draw.Canvas) error) func(draw.Canvas) error {
	return func(c draw.Canvas) error {
		fillRectangle(c, c.Rectangle, paper)
		return paint(draw.Crop(c, margin, -margin, margin, -margin))
	}
}
