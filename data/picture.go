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

// What decoding a picture may take. PIL refuses the same number of pixels; a page
// of A3 at 600 dpi has 70 million. Pictures that are decoded at the same time
// share the memory, so that of many large ones some wait.
const (
	maxPixels  = 178_956_970
	maxDecoded = 2 << 30 // bytes, all pictures together
)

var decodedNow = semaphore.NewWeighted(maxDecoded)

// format is a picture file whose header was read: what there is to know before
// memory is set aside for pixels.
type format interface {
	// size returns the height and width, pixels, at least 1.
	size() (height, width int)

	// memory returns the most bytes that decode takes, those of the image that it
	// fills included.
	memory() int64

	// smallest returns a number of bytes below which no file holds such a
	// picture, however well it is compressed.
	smallest() int64

	// decode fills the image.
	decode(background color.Color, into *Image) error
}

// decodePicture fills an image with the JPEG or PNG file of these contents, in
// three channels R G B, with the values that torchvision's default loader has,
// which is PIL's convert("RGB"): greys and palettes become colours, CMYK is
// converted, and 16 bits lose their lower half. What is transparent shows the
// background, or if that is nil the colour that the file has there. The
// orientation that a camera noted is not applied.
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

// errCut is the error of a file that was not copied or loaded to its end.
var errCut = errors.New("the file is cut off: it ends before its picture does")

// samples is the pixels of a decoder, interleaved.
type samples struct {
	pix          []byte
	stride, step int    // bytes from row to row and from pixel to pixel
	rgb          [3]int // where in a pixel the colours are, the upper bytes
	alpha        int    // likewise; -1 if all is opaque
}

// fill fills an image of three channels, whose size is set.
func (s samples) fill(background color.Color, into *Image) {
	over, ground := onto(background)
	plane := into.Height * into.Width
	for y := range into.Height {
		for x := range into.Width {
			in := s.pix[y*s.stride+x*s.step:]
			i := y*into.Width + x
			for c, at := range s.rgb {
				v := in[at]
				if over && s.alpha >= 0 {
					v = blend(v, ground[c], in[s.alpha])
				}
				into.Pixels[c*plane+i] = v
			}
		}
	}
}

// onto returns a background's colours in 8 bits, and whether there is one.
func onto(background color.Color) (over bool, rgb [3]byte) {
	if background == nil {
		return false, rgb
	}
	c := color.NRGBAModel.Convert(background).(color.NRGBA)
	return true, [3]byte{c.R, c.G, c.B}
}

// blend lays a value of this alpha over another one, rounded to the nearest.
func blend(value, ground, alpha byte) byte {
	return byte((int(value)*int(alpha) + int(ground)*(255-int(alpha)) + 127) / 255)
}
