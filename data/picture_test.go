package data

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// wantPicture compares an image with a picture that is opaque, pixel by pixel.
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

// pngHeader is the beginning of a PNG file of this size, depth and colour type.
func pngHeader(width, height uint32, depth, kind byte) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, width)
	chunk = binary.BigEndian.AppendUint32(chunk, height)
	chunk = append(chunk, depth, kind, 0, 0, 0)
	file := []byte(pngMagic + "\x00\x00\x00\r")
	file = append(file, chunk...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(chunk))
}

// claiming returns a JPEG file whose header says that it has another size.
func claiming(contents []byte, height, width uint16) []byte {
	contents = bytes.Clone(contents)
	frame := bytes.Index(contents, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(contents[frame+5:], height)
	binary.BigEndian.PutUint16(contents[frame+7:], width)
	return contents
}

func TestDecodePictureErrors(t *testing.T) {
	good, goodPNG := encoded(t, colourful(40, 40, ""), false), encoded(t, colourful(40, 40, ""), true)
	refused := func(name string) []byte { return must(os.ReadFile(filepath.Join(picturesFolder, "refused", name))) }
	deep := bytes.Clone(good)
	deep[bytes.Index(deep, []byte{0xff, 0xc0})+4] = 12
	damaged := bytes.Clone(good)
	copy(damaged[len(damaged)-100:], []byte{0xff, 0x01})
	lossless := bytes.Clone(good)
	lossless[bytes.Index(lossless, []byte{0xff, 0xc0})+1] = 0xc3
	large := append(pngHeader(13000, 13000, 16, 6), make([]byte, 12<<17)...) // chunks without a name
	large = append(large, pngEnd...)
	large[28] = 1 // interlaced
	progressive := must(os.ReadFile(filepath.Join(picturesFolder, "progressive.jpg")))
	last := progressive[bytes.LastIndex(progressive, []byte{0xff, jpegScan}) : len(progressive)-2]
	scans := append(progressive[:len(progressive)-2:len(progressive)-2], bytes.Repeat(last, maxScans)...)
	scans = append(scans, 0xff, jpegEnd)
	two := append(pngHeader(30000, 30000, 8, 2), make([]byte, 100)...) // chunks without a name
	binary.BigEndian.PutUint32(two[33:], 88)
	two = append(append(two, pngHeader(1, 1, 8, 2)[len(pngMagic):]...), pngEnd...)
	for name, c := range map[string]struct {
		contents []byte
		want     string
	}{
		"scans":             {scans, "a JPEG file of more than 100 scans: convert it"},
		"two headers":       {two, "a PNG file with two headers"},
		"pointer":           {[]byte("version https://git-lfs.github.com/spec/v1\n"), "neither JPEG nor PNG, but text/plain: this is a pointer of Git LFS"},
		"empty":             {nil, "the file is empty"},
		"text":              {[]byte("hello"), "neither JPEG nor PNG, but text/plain"},
		"page":              {[]byte("<html>404"), "neither JPEG nor PNG, but text/html: this is a web page"},
		"GIF":               {[]byte("GIF89a"), "neither JPEG nor PNG, but image/gif"},
		"cut JPEG":          {good[:len(good)/2], "cut off"},
		"JPEG without end":  {good[:len(good)-2], "cut off"},
		"JPEG's magic":      {good[:2], "cut off"},
		"damaged JPEG":      {damaged, "invalid JPEG format: missing 0xff00 sequence; if other programs open it, convert it"},
		"cut header":        {good[:30], "cut off"},
		"no scan":           {append(good[:2:2], 0xff, 0xd9, 0, 0), "a JPEG file without pixels"},
		"cut PNG":           {goodPNG[:100], "cut off"},
		"PNG's magic":       {goodPNG[:8], "cut off"},
		"PNG's header":      {goodPNG[:33], "cut off"},
		"no pixels":         {append(pngHeader(5, 5, 8, 2), pngEnd...), "png: invalid format"},
		"huge JPEG":         {claiming(good, 65535, 65535), "a picture of 65535×65535 pixels, want at most 178956970"},
		"large JPEG":        {claiming(good, 10000, 10000), "a picture of 10000×10000 pixels, which a file of"},
		"huge PNG":          {append(pngHeader(20000, 20000, 8, 0), pngEnd...), "a picture of 20000×20000 pixels, want at most"},
		"large PNG":         {append(pngHeader(13000, 13000, 1, 0), pngEnd...), "a picture of 13000×13000 pixels, which a file of 45 bytes cannot hold"},
		"overflow":          {append(pngHeader(1<<31-1, 1<<31-1, 16, 6), pngEnd...), "want at most"},
		"too much":          {large, "takes 3064 MB to decode, want at most 2048"},
		"no width":          {append(pngHeader(0, 5, 8, 2), pngEnd...), "without a size"},
		"no height":         {claiming(good, 0, 5), "without a size"},
		"12 bits":           {deep, "a JPEG file of 12 bits a sample, want 8"},
		"lossless":          {lossless, "a JPEG file of lossless, hierarchical or arithmetic coding: convert it"},
		"arithmetic":        {refused("arithmetic.jpg"), "a JPEG file of arithmetic coding: convert it, as by: magick IN.jpg OUT.png"},
		"factor of 3":       {refused("s3x1.jpg"), "a JPEG file with the unusual sampling 3x1,1x1,1x1: convert it, as by: magick IN.jpg OUT.png"},
		"progressive 2x1x1": {refused("s221112progressive.jpg"), "a JPEG file with the unusual sampling 2x2,1x1,1x2: convert it"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			n := allocated(func() { err = decodePicture(c.contents, nil, new(Image)) })
			wantError(t, err, c.want)
			if n > overhead {
				t.Errorf("%d bytes allocated", n)
			}
			if text := err.Error(); len(text) > 200 || strings.Contains(text, "\n") {
				t.Errorf("not a line: %s", text)
			}
		})
	}
}

// A file that lacks nothing but its end, or a part of what is not pixels, is
// whole.
func TestUnfinishedPNG(t *testing.T) {
	m := colourful(40, 40, "")
	whole := encoded(t, m, true)
	end := len(whole) - 12
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-1]++
	for name, contents := range map[string][]byte{
		"no end":         whole[:end],
		"half an end":    whole[:end+6],
		"end's checksum": damaged,
		"half a text":    append(whole[:end:end], "\x00\x00\x00\x09tEXtab"...),
		"more":           append(whole[:len(whole):len(whole)], "more"...),
	} {
		var got Image
		if err := decodePicture(contents, nil, &got); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		wantPicture(t, name, got, m)
	}
}

// A large drawing takes few bytes, and is none the worse for it.
func TestLargeDrawing(t *testing.T) {
	const height, width = 3000, 4000
	m := image.NewGray(image.Rect(0, 0, width, height))
	for y := 1000; y < 2000; y++ {
		for x := 1500; x < 2500; x++ {
			m.Pix[y*m.Stride+x] = 255
		}
	}
	for name, asPNG := range map[string]bool{"drawing.png": true, "drawing.jpg": false} {
		path := filepath.Join(t.TempDir(), name)
		contents := encoded(t, m, asPNG)
		if asPNG && len(contents) > height*width/400 {
			t.Fatalf("%d bytes are not few", len(contents))
		}
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		set, err := Preprocess(must(Pictures(path)), ResizeCrop{Resize: 256, Crop: 224})
		if err != nil {
			t.Fatal(err)
		}
		var got Image
		used := allocated(func() {
			if _, err := read(set, 0, &got); err != nil {
				t.Fatal(err)
			}
		})
		for i, want := range map[int]byte{0: 0, 112*224 + 112: 255} {
			if got.Pixels[i] != want {
				t.Errorf("%s: value %d is %d, want %d", name, i, got.Pixels[i], want)
			}
		}
		// A byte a pixel as decoded, three as an image, and little to resize.
		if most := 4*height*width + 4<<20; used > most {
			t.Errorf("%s: %d bytes allocated, want at most %d", name, used, most)
		}
	}
}

// What is said of memory before a picture is decoded is what it takes at most,
// of the kinds that take most.
func TestPictureMemory(t *testing.T) {
	const side = 1 << 11
	zeros := make([]byte, side*side/64/8+1<<16)
	// A black PNG of this header, of 8 bytes a pixel and so many filters of rows.
	black := func(header []byte, filters int) []byte {
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		if _, err := w.Write(make([]byte, 8*side*side+filters)); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		file := binary.BigEndian.AppendUint32(header, uint32(packed.Len()))
		chunk := append([]byte("IDAT"), packed.Bytes()...)
		file = append(file, chunk...)
		return append(binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(chunk)), pngEnd...)
	}
	interlaced := pngHeader(side, side, 16, 6)
	interlaced[28] = 1
	binary.BigEndian.PutUint32(interlaced[29:], crc32.ChecksumIEEE(interlaced[12:29]))
	progressive := fourInks(t, encoded(t, colourful(40, 40, "grey"), false))
	frame := bytes.Index(progressive, []byte{0xff, 0xc0})
	scan := bytes.Index(progressive, []byte{0xff, 0xda})
	progressive[scan+2+int(progressive[scan+3])-2] = 0 // the first coefficient alone
	progressive = claiming(progressive, side, side)
	progressive[frame+1] = 0xc2
	unusual := claiming(must(os.ReadFile(filepath.Join(picturesFolder, "s221112.jpg"))), side, side)
	for name, c := range map[string]struct {
		contents []byte
		pixel    int // bytes of it that are taken at least
	}{
		"PNG":         {black(pngHeader(side, side, 16, 6), side), 11},
		"interlaced":  {black(interlaced, side*15/8), 19},
		"progressive": {append(progressive[:len(progressive)-2:len(progressive)-2], append(zeros, 0xff, 0xd9)...), 16},
		"unusual":     {append(unusual[:len(unusual)-2:len(unusual)-2], append(zeros, 0xff, 0xd9)...), 8},
	} {
		f, err := readHeader(c.contents)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.smallest() > int64(len(c.contents)) {
			t.Fatalf("%s: %d bytes are too few", name, len(c.contents))
		}
		n := allocated(func() { err = decodePicture(c.contents, nil, new(Image)) })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if most := int(f.memory()); n > most || n < c.pixel*side*side {
			t.Errorf("%s: %d bytes allocated, want %d to %d (%v)", name, n, c.pixel*side*side, most, err)
		}
	}
}

// Pictures that would take too much memory together wait for each other.
func TestPicturesTakeTurns(t *testing.T) {
	contents := encoded(t, colourful(40, 40, ""), true)
	if err := decodedNow.Acquire(t.Context(), maxDecoded-1); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- decodePicture(contents, nil, new(Image)) }()
	select {
	case <-done:
		t.Error("decoded without memory")
	case <-time.After(50 * time.Millisecond):
	}
	decodedNow.Release(maxDecoded - 1)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !decodedNow.TryAcquire(maxDecoded) {
		t.Fatal("memory was not given back")
	}
	decodedNow.Release(maxDecoded)
}

// FuzzDecodePicture: whatever a file holds, it is a picture or an error, and its
// size is bounded by the file's.
func FuzzDecodePicture(f *testing.F) {
	for _, pattern := range []string{"*.png", "*.jpg", "refused/*.jpg"} {
		for _, path := range must(filepath.Glob(filepath.Join(picturesFolder, pattern))) {
			if info := must(os.Stat(path)); info.Size() < 8000 {
				f.Add(must(os.ReadFile(path)))
			}
		}
	}
	f.Add(pngHeader(1<<15, 1<<15, 16, 6))
	f.Fuzz(func(t *testing.T, contents []byte) {
		var m Image
		if err := decodePicture(contents, color.White, &m); err != nil {
			return
		}
		most := len(contents) * max(8*mostInflated, 8*64)
		if n := m.Height * m.Width; m.Channels != 3 || len(m.Pixels) != 3*n || n < 1 || n > most+8*mostInflated {
			t.Errorf("%d×%d×%d in %d bytes", m.Channels, m.Height, m.Width, len(contents))
		}
	})
}
