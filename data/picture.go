package data

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"github.com/pkg/errors"
	"golang.org/x/image/draw"
)

// What a picture may have, so that a header cannot ask for memory that its file
// does not account for: 2²² pixels, and 64 more for each byte of the file. No
// photograph is compressed as far as an eighth of a bit a pixel. Decoding
// takes up to 27 bytes a pixel (of a progressive JPEG in four channels), so that
// memory is bounded by 113 MB and 1,728 times the file.
const (
	pixelsOfAny  = 1 << 22
	pixelsOfByte = 64
	bytesOfPixel = 27
)

// decodePicture fills an image with the JPEG or PNG file of these contents, in
// three channels R G B whatever the file has: greys and palettes become colours,
// CMYK is converted, 16 bits lose their lower half, and what is not opaque lies
// over black. The orientation that a camera noted is not applied.
func decodePicture(contents []byte, into *Image) error {
	configuration, decode := jpeg.DecodeConfig, jpeg.Decode
	switch {
	case bytes.HasPrefix(contents, []byte("\xff\xd8")):
	case bytes.HasPrefix(contents, []byte("\x89PNG\r\n\x1a\n")):
		configuration, decode = png.DecodeConfig, png.Decode
	case len(contents) == 0:
		return errors.New("the file is empty, want JPEG or PNG")
	default:
		return errors.New("neither JPEG nor PNG")
	}
	config, err := configuration(bytes.NewReader(contents))
	if err != nil {
		return err
	}
	limit := pixelsOfAny + pixelsOfByte*len(contents)
	if config.Width < 1 || config.Height < 1 || config.Height > limit/config.Width {
		return errors.Errorf("a picture of %d×%d pixels in %d bytes, want 1 to %d pixels",
			config.Height, config.Width, len(contents), limit)
	}
	picture, err := decode(bytes.NewReader(contents))
	if err != nil {
		return err
	}
	// Drawing on image.RGBA, whose colours are multiplied by alpha, is what lays
	// them over black.
	bounds := picture.Bounds()
	colours := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(colours, colours.Rect, picture, bounds.Min, draw.Src)
	into.resize(3, bounds.Dy(), bounds.Dx())
	plane := bounds.Dy() * bounds.Dx()
	for i := range plane {
		rgb := colours.Pix[4*i : 4*i+3]
		into.Pixels[i], into.Pixels[plane+i], into.Pixels[2*plane+i] = rgb[0], rgb[1], rgb[2]
	}
	return nil
}
