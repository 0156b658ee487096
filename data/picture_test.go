package data

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// colourful draws an image of any kind: every pixel has colours of its own,
// and alpha where the kind has it.
func colourful(height, width int, kind string) image.Image {
	bounds := image.Rect(0, 0, width, height)
	var m interface {
		image.Image
		Set(x, y int, c color.Color)
	}
	switch kind {
	case "grey":
		m = image.NewGray(bounds)
	case "grey 16":
		m = image.NewGray16(bounds)
	case "palette":
		m = image.NewPaletted(bounds, color.Palette{color.Black, color.RGBA{200, 10, 30, 255}, color.NRGBA{90, 200, 10, 128}, color.White})
	case "alpha":
		m = image.NewNRGBA(bounds)
	case "16":
		m = image.NewRGBA64(bounds)
	case "alpha 16":
		m = image.NewNRGBA64(bounds)
	case "cmyk":
		m = image.NewCMYK(bounds)
	default:
		m = image.NewRGBA(bounds)
	}
	for y := range height {
		for x := range width {
			alpha := uint8(255)
			if kind == "alpha" || kind == "alpha 16" || kind == "palette" {
				alpha = uint8(40 * (x + y))
			}
			m.Set(x, y, color.NRGBA{uint8(37*x + 11*y), uint8(255 - 23*x - 7*y), uint8(5*x*y + height), alpha})
		}
	}
	return m
}

// writePicture writes a picture as the end of its name says.
func writePicture(t testing.TB, path string, m image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, encoded(t, m, filepath.Ext(path) == ".png"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func encoded(t testing.TB, m image.Image, asPNG bool) []byte {
	t.Helper()
	var b bytes.Buffer
	err := error(nil)
	if asPNG {
		err = png.Encode(&b, m)
	} else {
		err = jpeg.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wantPicture compares an image with a picture, pixel by pixel: its colours
// over black, the upper 8 bits.
func wantPicture(t *testing.T, what string, got Image, want image.Image) {
	t.Helper()
	b := want.Bounds()
	if got.Channels != 3 || got.Height != b.Dy() || got.Width != b.Dx() || len(got.Pixels) != 3*b.Dy()*b.Dx() {
		t.Fatalf("%s: %d×%d×%d, want 3×%d×%d", what, got.Channels, got.Height, got.Width, b.Dy(), b.Dx())
	}
	for y := range got.Height {
		for x := range got.Width {
			red, green, blue, _ := want.At(b.Min.X+x, b.Min.Y+y).RGBA()
			for c, v := range []uint32{red, green, blue} {
				if g := got.Pixels[(c*got.Height+y)*got.Width+x]; g != byte(v>>8) {
					t.Fatalf("%s: channel %d at %d, %d: %d, want %d", what, c, y, x, g, v>>8)
				}
			}
		}
	}
}

func TestDecodePicture(t *testing.T) {
	var got Image
	for _, kind := range []string{"", "grey", "grey 16", "palette", "alpha", "16", "alpha 16"} {
		m := colourful(5, 7, kind)
		if err := decodePicture(encoded(t, m, true), &got); err != nil {
			t.Fatal(err)
		}
		wantPicture(t, "PNG "+kind, got, m)
	}
	for _, kind := range []string{"", "grey"} {
		contents := encoded(t, colourful(21, 18, kind), false)
		if err := decodePicture(contents, &got); err != nil {
			t.Fatal(err)
		}
		want, err := jpeg.Decode(bytes.NewReader(contents))
		if err != nil {
			t.Fatal(err)
		}
		wantPicture(t, "JPEG "+kind, got, want)
	}

	// Go writes no JPEG of four colours: make one, of one block each, from one
	// of one colour, as Adobe does, with inverted inks.
	grey := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range grey.Pix {
		grey.Pix[i] = 200
	}
	if err := decodePicture(fourInks(t, encoded(t, grey, false)), &got); err != nil {
		t.Fatal(err)
	}
	want := color.CMYK{255 - 200, 255 - 200, 255 - 200, 255 - 200}
	red, _, _, _ := want.RGBA()
	for i, v := range got.Pixels {
		if d := int(v) - int(red>>8); d < -1 || d > 1 {
			t.Fatalf("CMYK byte %d: %d, want %d", i, v, red>>8)
		}
	}
}

// fourInks makes four channels of a JPEG file of one block in one channel: the
// scan's bits, whose last ones are padding, go without it four times.
func fourInks(t *testing.T, one []byte) []byte {
	t.Helper()
	frame := bytes.Index(one, []byte{0xff, 0xc0})
	scan := bytes.Index(one, []byte{0xff, 0xda})
	end := bytes.LastIndex(one, []byte{0xff, 0xd9})
	if frame < 0 || scan < 0 || end < 0 {
		t.Fatal("no baseline JPEG")
	}
	// A block of one value is its size and bits of the first coefficient, then
	// the code for no other. With the tables of Go's encoder: 200-128 = 72, times
	// 8, over the quantum 8 is 72 again, 7 bits after the code 11110 of 7; 1010.
	bits := "11110" + "1001000" + "1010"
	var packed []byte
	// In the second to fourth channel the difference of the first coefficient
	// is to its own channel's, so that all are the same.
	for all := bits + bits + bits + bits; len(all) > 0; {
		n := min(8, len(all))
		var b byte
		for i := range 8 {
			b <<= 1
			if i >= n || all[i] == '1' {
				b |= 1
			}
		}
		packed, all = append(packed, b), all[n:]
		if b == 0xff {
			packed = append(packed, 0)
		}
	}
	var out []byte
	out = append(out, one[:2]...)
	out = append(out, 0xff, 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0) // no transform
	out = append(out, one[2:frame]...)
	out = append(out, 0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4)
	for c := range byte(4) {
		out = append(out, c+1, 0x11, 0)
	}
	out = append(out, one[frame+2+int(one[frame+3]):scan]...)
	out = append(out, 0xff, 0xda, 0, 14, 4)
	for c := range byte(4) {
		out = append(out, c+1, 0)
	}
	out = append(out, 0, 63, 0)
	out = append(out, packed...)
	return append(out, 0xff, 0xd9)
}

// pngHeader is the beginning of a PNG file of this size.
func pngHeader(width, height uint32) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, 16, 6, 0, 0, 0) // 16 bits, colours and alpha
	file := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\r")
	file = append(file, chunk...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(chunk))
}

func TestDecodePictureErrors(t *testing.T) {
	good := encoded(t, colourful(40, 40, ""), false)
	huge := bytes.Clone(good)
	frame := bytes.Index(huge, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(huge[frame+5:], 0xffff_ffff) // height and width
	for name, c := range map[string]struct {
		contents []byte
		want     string
	}{
		"empty":          {nil, "the file is empty"},
		"text":           {[]byte("hello"), "neither JPEG nor PNG"},
		"GIF":            {[]byte("GIF89a"), "neither JPEG nor PNG"},
		"cut JPEG":       {good[:len(good)/2], "JPEG"},
		"JPEG's magic":   {good[:2], "EOF"},
		"cut PNG":        {encoded(t, colourful(40, 40, ""), true)[:100], "not enough pixel data"},
		"huge JPEG":      {huge, "a picture of 65535×65535 pixels"},
		"huge PNG":       {pngHeader(20000, 20000), "a picture of 20000×20000 pixels in 33 bytes"},
		"overflow":       {pngHeader(1<<31-1, 1<<31-1), ""},
		"no pixels":      {pngHeader(0, 5), ""},
		"just too large": {pngHeader(1<<11, 1<<11+2), "want 1 to 4196416 pixels"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			n := allocated(func() { err = decodePicture(c.contents, new(Image)) })
			wantError(t, err, c.want)
			if n > 1<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
}

// A header that says as much as is believed, of the pictures that take most
// memory, before next to nothing.
func TestPictureMemory(t *testing.T) {
	deep := encoded(t, colourful(40, 40, "alpha 16"), true)
	header := pngHeader(1<<11, 1<<11)
	deep = append(header, deep[len(header):]...)
	progressive := fourInks(t, encoded(t, colourful(40, 40, "grey"), false))
	frame := bytes.Index(progressive, []byte{0xff, 0xc0})
	progressive[frame+1] = 0xc2
	binary.BigEndian.PutUint32(progressive[frame+5:], 1<<11<<16|1<<11)
	scan := bytes.Index(progressive, []byte{0xff, 0xda})
	progressive[scan+2+int(progressive[scan+3])-2] = 0 // the first coefficient alone
	for name, contents := range map[string][]byte{"PNG": deep, "JPEG": progressive} {
		n := allocated(func() { decodePicture(contents, new(Image)) })
		if most := bytesOfPixel*(pixelsOfAny+pixelsOfByte*len(contents)) + 1<<20; n > most || n < pixelsOfAny*8 {
			t.Errorf("%s: %d bytes allocated for %d, want %d to %d", name, n, len(contents), pixelsOfAny*8, most)
		}
	}
}

// FuzzDecodePicture: whatever a file holds, it is a picture or an error, and its
// memory is bounded by the file's.
func FuzzDecodePicture(f *testing.F) {
	for _, kind := range []string{"", "grey", "palette", "alpha 16"} {
		f.Add(encoded(f, colourful(9, 5, kind), true))
	}
	f.Add(encoded(f, colourful(9, 17, ""), false))
	f.Add(encoded(f, colourful(9, 17, "grey"), false))
	f.Add(pngHeader(1<<15, 1<<15))
	f.Fuzz(func(t *testing.T, contents []byte) {
		var m Image
		if err := decodePicture(contents, &m); err != nil {
			return
		}
		if n := m.Height * m.Width; m.Channels != 3 || len(m.Pixels) != 3*n || n < 1 || n > pixelsOfAny+pixelsOfByte*len(contents) {
			t.Errorf("%d×%d×%d in %d bytes", m.Channels, m.Height, m.Width, len(contents))
		}
	})
}
