package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"

	"github.com/gen2brain/jpegn"
	"github.com/pkg/errors"
)

// The markers of JPEG segments that matter here.
const (
	jpegBaseline    = 0xc0
	jpegProgressive = 0xc2
	jpegHuffman     = 0xc4
	jpegReserved    = 0xc8
	jpegArithmetic  = 0xcc
	jpegEnd         = 0xd9
	jpegScan        = 0xda
	jpegAdobe       = 0xee
)

// maxScans is how many scans a progressive JPEG file may have. Each takes time for all
// pixels, even if it has only some bytes. Encoders write about ten.
const maxScans = 100

// component is a plane of a JPEG file, with the number of its samples along each axis
// relative to those of the other planes.
type component struct{ across, down int }

// jpegFile is a JPEG file whose header was read.
type jpegFile struct {
	contents      []byte
	frame         byte // its marker
	height, width int
	components    []component
	adobe         bool // a mark of Adobe says what four components are
	rgb           bool // three components are red, green and blue
	interleaved   bool // the first scan has all components
	usual         bool // Go's decoder reads the sampling of its components
}

// readJPEG reads the segments of a file up to its first scan.
func readJPEG(contents []byte) (*jpegFile, error) {
	f := &jpegFile{contents: contents}
	for at := 2; ; {
		// Decoders pass over bytes that are no marker.
		skip := bytes.IndexByte(contents[at:], 0xff)
		if skip < 0 || at+skip+4 > len(contents) {
			return nil, errCut
		}
		at += skip
		marker := contents[at+1]
		if marker < jpegBaseline || marker >= 0xd0 && marker <= 0xd8 || marker == 0xff {
			at++
			continue
		}
		length := int(binary.BigEndian.Uint16(contents[at+2:]))
		if marker == jpegEnd || length < 2 {
			return nil, errors.New("a JPEG file without pixels")
		}
		if at+2+length > len(contents) {
			return nil, errCut
		}
		body := contents[at+4 : at+2+length]
		at += 2 + length
		switch {
		case marker == jpegHuffman || marker == jpegReserved || marker == jpegArithmetic:
		case marker < 0xd0:
			if err := f.readFrame(marker, body); err != nil {
				return nil, err
			}
		case marker == jpegAdobe:
			if bytes.HasPrefix(body, []byte("Adobe")) && len(body) >= 12 {
				f.adobe, f.rgb = true, f.rgb || body[11] == 0
			}
		case marker == jpegScan:
			if f.frame == 0 {
				return nil, errors.New("a JPEG file without a size")
			}
			f.interleaved = len(body) > 0 && int(body[0]) == len(f.components)
			if !bytes.Contains(contents[at:], []byte{0xff, jpegEnd}) {
				return nil, errCut
			}
			if f.frame == jpegProgressive && bytes.Count(contents[at:], []byte{0xff, jpegScan}) >= maxScans {
				return nil, errors.Errorf("a JPEG file of more than %d scans: %s", maxScans, asPNG)
			}
			_, err := jpeg.DecodeConfig(bytes.NewReader(contents))
			f.usual = err == nil || !strings.Contains(err.Error(), "subsampling")
			return f, nil
		}
	}
}

var errDamaged = errors.New("a JPEG file with a damaged header")

// asPNG says what to do with a file of a kind that is not read.
const asPNG = "convert it, as by: magick IN.jpg OUT.png"

// readFrame reads the segment of the picture's size, coding and components.
func (f *jpegFile) readFrame(marker byte, body []byte) error {
	if marker > jpegProgressive {
		coding := "lossless, hierarchical or arithmetic coding"
		if marker == 0xc9 || marker == 0xca {
			coding = "arithmetic coding"
		}
		return errors.Errorf("a JPEG file of %s: %s", coding, asPNG)
	}
	if f.frame != 0 || len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return errDamaged
	}
	f.frame, f.height, f.width = marker, int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	if body[0] != 8 {
		return errors.Errorf("a JPEG file of %d bits a sample, want 8", body[0])
	}
	if f.height < 1 || f.width < 1 {
		return errors.New("a JPEG file without a size")
	}
	names := ""
	for c := range slices.Chunk(body[6:], 3) {
		names += string(c[:1])
		across, down := int(c[1]>>4), int(c[1]&15)
		if across < 1 || across > 4 || down < 1 || down > 4 {
			return errDamaged
		}
		f.components = append(f.components, component{across, down})
	}
	f.rgb = f.rgb || names == "RGB"
	switch len(f.components) {
	case 1:
		f.components[0] = component{1, 1} // there is no other, so what it says does not matter
	case 3, 4:
	default:
		return errors.Errorf("a JPEG file of %d channels, want 1, 3 or 4", len(f.components))
	}
	return nil
}

func (f *jpegFile) size() (height, width int) { return f.height, f.width }

// finest returns the largest sampling of any component along each axis.
func (f *jpegFile) finest() component {
	var finest component
	for _, c := range f.components {
		finest.across, finest.down = max(finest.across, c.across), max(finest.down, c.down)
	}
	return finest
}

// sampling returns the sampling of the components as cjpeg and ImageMagick write it.
func (f *jpegFile) sampling() string {
	var parts []string
	for _, c := range f.components {
		parts = append(parts, fmt.Sprintf("%dx%d", c.across, c.down))
	}
	return strings.Join(parts, ",")
}

func (f *jpegFile) memory() int64 {
	finest := f.finest()
	units := ceil(f.width, 8*finest.across) * ceil(f.height, 8*finest.down)
	pixels, planes := 64*finest.across*finest.down*units, 0
	for _, c := range f.components {
		planes += 64 * c.across * c.down * units
	}
	total := planes + 3*pixels // 3 for the image
	if f.frame == jpegProgressive {
		total += 4 * planes // coefficients
	}
	if f.rgb || len(f.components) == 4 || !f.usual {
		total += 4 * pixels // for the picture before it is converted
	}
	if !f.usual { // planes enlarged to the picture, and as they were; two copies of the file
		total += planes + 3*pixels + 2*len(f.contents)
	}
	return int64(total) + overhead
}

// ceil returns n/part, rounded up.
func ceil(n, part int) int { return (n + part - 1) / part }

// smallest returns a bit for each block of 8×8 pixels.
func (f *jpegFile) smallest() int64 { return int64(f.height) * int64(f.width) / (64 * 8) }

func (f *jpegFile) decode(background color.Color, into *Image) error {
	if !f.usual {
		return f.decodeUnusual(into)
	}
	contents := f.contents
	if len(f.components) == 4 && !f.adobe {
		contents = f.withoutTransform()
	}
	picture, err := jpeg.Decode(bytes.NewReader(contents))
	if err != nil { // libjpeg reads more files than Go's decoder
		return errors.Errorf("%v; if other programs open it, %s", err, asPNG)
	}
	if picture.Bounds().Size() != image.Pt(f.width, f.height) {
		return errDamaged
	}
	into.resize(3, f.height, f.width)
	switch m := picture.(type) {
	case *image.Gray:
		samples{m.Pix, m.Stride, 1, [3]int{0, 0, 0}, -1}.fill(background, into)
	case *image.RGBA:
		samples{m.Pix, m.Stride, 4, [3]int{0, 1, 2}, -1}.fill(background, into)
	case *image.CMYK:
		fillCMYK(m, into)
	case *image.YCbCr:
		across, down := chromaBlock(m.SubsampleRatio)
		fillYCbCr([3]plane{
			newPlane(m.Y, m.YStride, into, 1, 1),
			newPlane(m.Cb, m.CStride, into, across, down),
			newPlane(m.Cr, m.CStride, into, across, down),
		}, into)
	default:
		return errors.Errorf("a JPEG file decoded as %T", picture)
	}
	return nil
}

// withoutTransform returns the file with a mark of Adobe in front which says that its
// components are colours or inks already, so that decoders do not convert them.
func (f *jpegFile) withoutTransform() []byte {
	mark := []byte{0xff, jpegAdobe, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0}
	return slices.Concat(f.contents[:2], mark, f.contents[2:])
}

// decodeUnusual decodes a file whose sampling Go's decoder does not read, with another
// decoder, which reads all samplings by powers of two. It does so only for a single
// scan: in progressive files that decoder loses blocks without an error.
func (f *jpegFile) decodeUnusual(into *Image) error {
	refused := errors.Errorf("a JPEG file with the unusual sampling %s: %s", f.sampling(), asPNG)
	if len(f.components) != 3 || f.rgb || f.frame != jpegBaseline || !f.interleaved {
		return refused
	}
	// The decoder is told that Y Cb Cr are R G B, so that it does not convert them. It
	// repeats their samples to the size of the picture.
	options := &jpegn.Options{UpsampleMethod: jpegn.NearestNeighbor}
	picture, err := jpegn.Decode(bytes.NewReader(f.withoutTransform()), options)
	if errors.Is(err, jpegn.ErrUnsupported) {
		return refused
	}
	if err != nil {
		return errors.Wrap(err, "a JPEG file")
	}
	m, ok := picture.(*image.RGBA)
	if !ok || m.Rect.Size() != image.Pt(f.width, f.height) {
		return errDamaged
	}
	into.resize(3, f.height, f.width)
	finest := f.finest()
	var planes [3]plane
	for i, c := range f.components {
		across, down := finest.across/c.across, finest.down/c.down
		p := newPlane(nil, ceil(f.width, across), into, across, down)
		p.pix = make([]byte, 0, p.width*p.height)
		for y := range p.height {
			for x := range p.width {
				p.pix = append(p.pix, m.Pix[y*down*m.Stride+4*x*across+i])
			}
		}
		planes[i] = p
	}
	fillYCbCr(planes, into)
	return nil
}
