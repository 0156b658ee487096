package data

import (
	"image"
	"image/color"

	"github.com/pkg/errors"
	"golang.org/x/image/draw"
)

// maxResized bounds the work and memory of resizing one image: the pixels of
// its resized form, and those of it at its new width and old height, which the
// scaler holds in 32 bytes each. It lets a picture of 10,000×30,000 be resized to
// 256, and not one of 1×60,000.
const maxResized = 1 << 23

// resizer is the memory that resizing takes, to be used again.
type resizer struct {
	packed image.RGBA
}

// take fills dst with the cut of an image, its window inside of the image, not
// mirrored.
//
// The scaler is draw.BiLinear, whose kernel is a tent that widens with the
// scale where the image shrinks: every pixel of the image counts and none
// aliases, which is what PIL's BILINEAR does and what networks were trained on
// with it. PIL rounds to bytes between its two passes, so values differ by 1 of
// 255 now and then. (draw.ApproxBiLinear reads four pixels only, as PyTorch's
// interpolate does without antialias.)
func (r *resizer) take(dst, src *Image, c cut) error {
	dst.resize(src.Channels, c.window.Dy(), c.window.Dx())
	if !c.resized() {
		from := c.window.Min.Add(c.region.Min)
		for row := range src.Channels * dst.Height {
			channel, y := row/dst.Height, row%dst.Height
			in := src.Pixels[(channel*src.Height+from.Y+y)*src.Width+from.X:]
			copy(dst.Pixels[row*dst.Width:][:dst.Width], in)
		}
		return nil
	}
	if c.size.X > maxResized/max(c.size.Y, c.region.Dy()) {
		return errors.Errorf("data: an image of %d×%d is too large or too long to be resized to %d×%d",
			c.region.Dy(), c.region.Dx(), c.size.Y, c.size.X)
	}
	// The scaler knows images of three colours, so channels pass through three
	// at a time.
	whole := image.Rectangle{Max: c.size}.Sub(c.window.Min)
	for first := 0; first < src.Channels; first += 3 {
		r.pack(src, first, c.region)
		draw.BiLinear.Scale(planes{dst, first}, whole, &r.packed, r.packed.Rect, draw.Src, nil)
	}
	return nil
}

// pack copies a region of up to three channels.
func (r *resizer) pack(src *Image, first int, region image.Rectangle) {
	height, width := region.Dy(), region.Dx()
	if cap(r.packed.Pix) < 4*height*width {
		r.packed.Pix = make([]byte, 4*height*width)
	}
	r.packed.Pix = r.packed.Pix[:4*height*width]
	r.packed.Stride, r.packed.Rect = 4*width, image.Rect(0, 0, width, height)
	for c := range min(3, src.Channels-first) {
		for y := range height {
			in := src.Pixels[((first+c)*src.Height+region.Min.Y+y)*src.Width+region.Min.X:][:width]
			out := r.packed.Pix[y*4*width:]
			for x, v := range in {
				out[4*x+c] = v
			}
		}
	}
	// Opaque, since colours are no larger than alpha in an image.RGBA.
	for i := 3; i < len(r.packed.Pix); i += 4 {
		r.packed.Pix[i] = 255
	}
}

// planes is three channels of an Image, from the first one on, as the scaler
// draws on them. It rounds to the nearest byte, which image.RGBA does not: that
// drops the lower half of 16 bits.
type planes struct {
	*Image
	first int
}

func (p planes) Bounds() image.Rectangle { return image.Rect(0, 0, p.Width, p.Height) }

func (planes) ColorModel() color.Model { return color.RGBA64Model }

// At and RGBA64At are not called when drawing with draw.Src.
func (p planes) At(x, y int) color.Color { return p.RGBA64At(x, y) }

func (planes) RGBA64At(int, int) color.RGBA64 { return color.RGBA64{} }

func (p planes) Set(x, y int, c color.Color) {
	p.SetRGBA64(x, y, color.RGBA64Model.Convert(c).(color.RGBA64))
}

func (p planes) SetRGBA64(x, y int, c color.RGBA64) {
	plane := p.Height * p.Width
	i := p.first*plane + y*p.Width + x
	for k, v := range [3]uint16{c.R, c.G, c.B} {
		if p.first+k < p.Channels {
			p.Pixels[i+k*plane] = byte((uint32(v) + 128) / 257)
		}
	}
}
