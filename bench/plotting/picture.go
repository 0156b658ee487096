package plotting

import (
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Picture is an image between a title and a caption.
type Picture struct {
	Title, Caption string
	Image          image.Image
}

const (
	pictureWidth      = 420 * vg.Length(1) // at least, so that there is room for the words
	pictureMargin     = 8 * vg.Length(1)
	pictureResolution = 144               // dots an inch: pixels of the image are half a point
	titleSize         = 12 * vg.Length(1) // of letters
	captionSize       = 10 * vg.Length(1)
)

// SVG returns the picture as an SVG file.
func (p Picture) SVG() ([]byte, error) {
	width, height := p.size()
	return encodeSVG(width, height, p.draw)
}

// PNG returns the picture as a PNG file, which shows the image pixel by pixel.
func (p Picture) PNG() ([]byte, error) {
	width, height := p.size()
	return encodePNG(width, height, pictureResolution, p.draw)
}

// imageSize is the size of the image on the page.
func (p Picture) imageSize() (width, height vg.Length) {
	size := p.Image.Bounds().Size()
	return vg.Length(size.X) * vg.Inch / pictureResolution, vg.Length(size.Y) * vg.Inch / pictureResolution
}

func (p Picture) size() (width, height vg.Length) {
	width, height = p.imageSize()
	width = max(width, pictureWidth)
	return width + 2*pictureMargin, linesHeight(p.Title, titleSize, width) + height + linesHeight(p.Caption, captionSize, width) + 4*pictureMargin
}

// lineHeight is the height of a line in letters of a size, in whole points, so
// that the pixels of the image fall on dots.
func lineHeight(size vg.Length) vg.Length { return size + 4 }

func linesHeight(text string, size, width vg.Length) vg.Length {
	return vg.Length(len(lines(text, size, width))) * lineHeight(size)
}

// fillLines writes a text below y and returns where it ends.
func fillLines(c draw.Canvas, text string, size, y vg.Length) vg.Length {
	for _, line := range lines(text, size, c.Max.X-c.Min.X) {
		c.FillText(letters(size, draw.XLeft, draw.YTop), vg.Point{X: c.Min.X, Y: y}, line)
		y -= lineHeight(size)
	}
	return y
}

func (p Picture) draw(c draw.Canvas) error {
	fillRectangle(c, c.Rectangle, paper)
	c = draw.Crop(c, pictureMargin, -pictureMargin, pictureMargin, -pictureMargin)
	top := fillLines(c, p.Title, titleSize, c.Max.Y) - pictureMargin
	width, height := p.imageSize()
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: top - height}, Max: vg.Point{X: c.Min.X + width, Y: top}}, p.Image)
	fillLines(c, p.Caption, captionSize, top-height-pictureMargin)
	return nil
}
