package data

import (
	"bytes"
	"context"
	"image/color"
	"net/http"
	"strings"

	"github.com/pkg/errors"
	"golang.org/x/sync/semaphore"
)

// What decoding a picture may take. PIL has the same limit of pixels; a page of A3 at 600
// dpi has 70 million. Pictures that are decoded at the same time share the memory, so
// that large ones may have to wait.
const (
	maxPixels  = 178_956_970
	maxDecoded = 2 << 30 // bytes of all pictures together
)

var decodedNow = semaphore.NewWeighted(maxDecoded)

// format is a picture file whose header was read. It tells what has to be known before
// memory is allocated for pixels.
type format interface {
	// size returns the height and width in pixels, at least 1.
	size() (height, width int)

	// memory returns how many bytes decode takes at most, with those of the image that
	// it fills.
	memory() int64

	// smallest returns how many bytes a file of such a picture has at least, however
	// well it is compressed.
	smallest() int64

	// decode fills the image.
	decode(background color.Color, into *Image) error
}

// decodePicture fills an image with the JPEG or PNG file of these contents, in three
// channels R G B. Its values are those of torchvision's default loader, which is PIL's
// convert("RGB"): greys and palettes become colours, CMYK is converted, and 16 bits lose
// their lower half. Where the picture is transparent, it shows the background or, if that
// is nil, the colour that the file has there. The orientation that a camera noted is not
// applied.
func decodePicture(contents []byte, background color.Color, into *Image) error {
	f, err := readHeader(contents)
	if err != nil {
		return err
	}
	height, width := f.size()
	if height > maxPixels/width {
		return errors.Errorf("a picture of %d×%d pixels, want at most %d in all", height, width, maxPixels)
	}
	if f.smallest() > int64(len(contents)) {
		return errors.Errorf("a picture of %d×%d pixels, which a file of %d bytes cannot hold", height, width, len(contents))
	}
	memory := f.memory()
	if memory > maxDecoded {
		return errors.Errorf("a picture of %d×%d pixels takes %d MB to decode, want at most %d: make it smaller, or save it with 8 bits a sample and neither interlaced nor progressive",
			height, width, memory>>20, maxDecoded>>20)
	}
	if err := decodedNow.Acquire(context.Background(), memory); err != nil {
		return err
	}
	defer decodedNow.Release(memory)
	return f.decode(background, into)
}

func readHeader(contents []byte) (format, error) {
	switch {
	case bytes.HasPrefix(contents, []byte("\xff\xd8")):
		return readJPEG(contents)
	case bytes.HasPrefix(contents, []byte(pngMagic)):
		return readPNG(contents)
	case len(contents) == 0:
		return nil, errors.New("the file is empty, want JPEG or PNG")
	}
	kind, _, _ := strings.Cut(http.DetectContentType(contents), ";")
	return nil, errors.Errorf("neither JPEG nor PNG, but %s%s", kind, sentInstead(contents))
}

// errCut is the error of a file that was copied or downloaded in part.
var errCut = errors.New("the file is cut off: it ends before its picture does")

// samples are pixels as a decoder returns them, with their colours side by side.
type samples struct {
	pix          []byte
	stride, step int    // bytes from row to row and from pixel to pixel
	rgb          [3]int // at which bytes of a pixel its colours are, the upper halves of 16 bits
	alpha        int    // at which byte alpha is, -1 if the picture is opaque
}

// fill fills an image of three channels, whose size is set, over a background.
func (s samples) fill(background color.Color, into *Image) {
	blended, ground := rgbOf(background)
	plane := into.Height * into.Width
	for y := range into.Height {
		for x := range into.Width {
			in := s.pix[y*s.stride+x*s.step:]
			i := y*into.Width + x
			for c, at := range s.rgb {
				v := in[at]
				if blended && s.alpha >= 0 {
					v = blend(v, ground[c], in[s.alpha])
				}
				into.Pixels[c*plane+i] = v
			}
		}
	}
}

// rgbOf returns the colours of a background in 8 bits, and whether there is one.
func rgbOf(background color.Color) (ok bool, rgb [3]byte) {
	if background == nil {
		return false, rgb
	}
	c := color.NRGBAModel.Convert(background).(color.NRGBA)
	return true, [3]byte{c.R, c.G, c.B}
}

// blend lays a value over that of the ground, with this alpha, rounded to the nearest.
func blend(value, ground, alpha byte) byte {
	return byte((int(value)*int(alpha) + int(ground)*(255-int(alpha)) + 127) / 255)
}
