package recordings

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"hypnos/data"
)

// picture is a small PNG file of random colours.
func picture(seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	m := image.NewNRGBA(image.Rect(0, 0, 5, 4))
	for y := range 4 {
		for x := range 5 {
			m.Set(x, y, color.NRGBA{uint8(random.Uint32()), uint8(random.Uint32()), uint8(random.Uint32()), 255})
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		panic(err)
	}
	return file.Bytes()
}

// entry is a file in an archive.
type entry struct {
	name     string
	contents []byte
	size     int // that the archive claims; 0 means the true one
}

// archiveOf writes an archive.
func archiveOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for _, e := range entries {
		var packed bytes.Buffer
		c, err := flate.NewWriter(&packed, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		c.Write(e.contents)
		c.Close()
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(len(e.contents))}
		if e.size > 0 {
			h.UncompressedSize64 = uint64(e.size)
		}
		raw, err := w.CreateRaw(h)
		if err != nil {
			t.Fatal(err)
		}
		raw.Write(packed.Bytes())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// openBytes opens the pictures of an archive in memory.
func openBytes(contents []byte) (*data.Files, error) {
	system, err := openArchive(bytes.NewReader(contents), int64(len(contents)))
	if err != nil {
		return nil, err
	}
	return data.PicturesIn(system, "images.zip")
}

func TestArchiveErrors(t *testing.T) {
	one := picture(1)
	for name, c := range map[string]struct {
		contents []byte
		want     string
	}{
		"no archive":  {one, "not a valid zip file"},
		"empty":       {archiveOf(t), "pictures in images.zip: none"},
		"no pictures": {archiveOf(t, entry{"a.txt", one, 0}, entry{".a.png", one, 0}, entry{"__MACOSX/._a.png", one, 0}), "pictures in images.zip: none"},
		"bomb":        {archiveOf(t, entry{"a.png", one, 0}, entry{"b.png", make([]byte, 10<<20), 0}), "b.png unpacks from "},
		"claims":      {archiveOf(t, entry{"a.png", one, 1 << 62}), "a.png unpacks from "},
		"deep":        {archiveOf(t, entry{strings.Repeat("a/", 33) + "b.png", one, 0}), "lies more than 32 folders deep"},
		"twice":       {archiveOf(t, entry{"a.png", one, 0}, entry{"a.png", one, 0}), "duplicate entries in zip file"},
	} {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			_, err := openBytes(c.contents)
			wantError(t, err, c.want)
			if n := allocated() - before; n > 1<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}

	// What only unpacking can tell.
	for name, e := range map[string]entry{
		"more than it says": {"a.png", make([]byte, 10<<20), 1000},
		"less than it says": {"a.png", one, len(one) + 1},
		"no picture":        {"a.png", []byte("text"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := openBytes(archiveOf(t, e))
			if err != nil {
				t.Fatal(err)
			}
			before := allocated()
			_, err = set.Image(0, new(data.Image))
			wantError(t, err, "images.zip/a.png: ")
			if n := allocated() - before; n > 1<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
}

// FuzzArchive: whatever a file holds, it is pictures or an error, also when they
// are read.
func FuzzArchive(f *testing.F) {
	f.Add(archiveOf(f, entry{"a.png", picture(1), 0}, entry{"b/c.png", picture(2), 0}))
	f.Add(archiveOf(f, entry{"images/a.png", picture(1), 0}))
	f.Add(archiveOf(f, entry{"a.png", make([]byte, 1<<20), 100}))
	f.Fuzz(func(t *testing.T, contents []byte) {
		set, err := openBytes(contents)
		if err != nil {
			return
		}
		if set.Len() < 1 || set.Len() > len(contents)/46 {
			t.Errorf("%d pictures in %d bytes", set.Len(), len(contents))
		}
		for i := range min(set.Len(), 4) {
			var m data.Image
			if _, err := set.Image(i, &m); err == nil && (m.Channels != 3 || len(m.Pixels) != 3*m.Height*m.Width) {
				t.Errorf("%s: %d×%d×%d of %d bytes", set.Name(i), m.Channels, m.Height, m.Width, len(m.Pixels))
			}
		}
	})
}
