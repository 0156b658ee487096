package data

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"github.com/pkg/errors"
)

const (
	pngMagic = "\x89PNG\r\n\x1a\n"
	pngEnd   = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"

	// mostInflated is how many bytes a byte of deflated data unpacks to at most: a copy
	// of 258 bytes takes two bits.
	mostInflated = 1032
)

// The bits of PNG's colour types. A picture with a palette has that of colour too.
const (
	pngPalette = 1 << iota
	pngColour
	pngAlpha
)

// pngFile is a PNG file whose header was read.
type pngFile struct {
	chunks        []byte // the file without the end chunk, and without one that is cut off
	height, width int
	depth, kind   int // bits of a sample, colour type
	interlaced    bool
	keyed         bool // a colour, or some of the palette, are transparent
}

// readPNG reads the chunks of a file but for their pixels. A file that is cut off after
// its pixels is taken.
func readPNG(contents []byte) (*pngFile, error) {
	f := new(pngFile)
	end, pixels, cut := len(pngMagic), false, false
	for {
		rest := contents[end:]
		if cut = len(rest) < 8; cut {
			break
		}
		length, name := int64(binary.BigEndian.Uint32(rest)), string(rest[4:8])
		if name == "IEND" {
			break
		}
		if cut = length+12 > int64(len(rest)); cut {
			pixels = pixels && name != "IDAT"
			break
		}
		body := rest[8 : 8+length]
		switch {
		case name == "IHDR" && f.width > 0: // the decoder might allocate memory for the first one
			return nil, errors.New("a PNG file with two headers")
		case name == "IHDR" && length == 13:
			f.height, f.width = int(binary.BigEndian.Uint32(body[4:])), int(binary.BigEndian.Uint32(body))
			f.depth, f.kind, f.interlaced = int(body[8]), int(body[9]), body[12] != 0
		case name == "IDAT":
			pixels = true
		case name == "tRNS":
			f.keyed = true
		}
		end += int(length) + 12
	}
	switch {
	case cut && !pixels:
		return nil, errCut
	case f.width < 1 || f.height < 1:
		return nil, errors.New("a PNG file without a size")
	}
	f.chunks = contents[:end]
	return f, nil
}

func (f *pngFile) size() (height, width int) { return f.height, f.width }

// channels returns the number of samples of a pixel.
func (f *pngFile) channels() int {
	n := 1
	if f.kind&pngColour != 0 && f.kind&pngPalette == 0 {
		n = 3
	}
	if f.kind&pngAlpha != 0 {
		n++
	}
	return n
}

func (f *pngFile) memory() int64 {
	pixel := int64(4) // bytes in Go's pictures, where RGB have a fourth one
	switch {
	case f.depth == 16:
		pixel = 8
	case f.kind&pngPalette != 0 || f.channels() == 1 && !f.keyed:
		pixel = 1
	}
	if f.interlaced { // the decoder makes a picture of each pass
		pixel *= 2
	}
	return (pixel+3)*int64(f.height)*int64(f.width) + overhead
}

// overhead is how many bytes decoders take for anything but pixels.
const overhead = 1 << 21

func (f *pngFile) smallest() int64 {
	return int64(f.height) * (int64(f.width) * int64(f.channels()*f.depth) / 8) / mostInflated
}

func (f *pngFile) decode(background color.Color, into *Image) error {
	picture, err := png.Decode(io.MultiReader(bytes.NewReader(f.chunks), strings.NewReader(pngEnd)))
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || strings.HasSuffix(err.Error(), "not enough pixel data") {
			return errCut
		}
		return err
	}
	into.resize(3, f.height, f.width)
	switch m := picture.(type) {
	case *image.Paletted:
		fillPalette(m, background, into)
	case *image.Gray:
		samples{m.Pix, m.Stride, 1, [3]int{0, 0, 0}, -1}.fill(background, into)
	case *image.Gray16:
		samples{m.Pix, m.Stride, 2, [3]int{0, 0, 0}, -1}.fill(background, into)
	case *image.RGBA:
		samples{m.Pix, m.Stride, 4, [3]int{0, 1, 2}, -1}.fill(background, into)
	case *image.NRGBA:
		samples{m.Pix, m.Stride, 4, [3]int{0, 1, 2}, 3}.fill(background, into)
	case *image.RGBA64:
		samples{m.Pix, m.Stride, 8, [3]int{0, 2, 4}, -1}.fill(background, into)
	case *image.NRGBA64:
		samples{m.Pix, m.Stride, 8, [3]int{0, 2, 4}, 6}.fill(background, into)
	default:
		return errors.Errorf("a PNG file decoded as %T", picture)
	}
	return nil
}

// fillPalette fills an image of three channels, whose size is set, with colours of the
// palette.
func fillPalette(m *image.Paletted, background color.Color, into *Image) {
	blended, ground := rgbOf(background)
	var colours [256][3]byte
	for i, c := range m.Palette {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		colours[i] = [3]byte{n.R, n.G, n.B}
		if blended {
			for k, v := range colours[i] {
				colours[i][k] = blend(v, ground[k], n.A)
			}
		}
	}
	plane := into.Height * into.Width
	for y := range into.Height {
		for x, index := range m.Pix[y*m.Stride:][:into.Width] {
			for c, v := range colours[index] {
				into.Pixels[c*plane+y*into.Width+x] = v
			}
		}
	}
}
