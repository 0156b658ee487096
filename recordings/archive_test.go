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

// archiveWith writes an archive of one file, whose header is changed before that.
func archiveWith(t testing.TB, name string, change func(h *zip.FileHeader)) []byte {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	h := &zip.FileHeader{Name: name, CompressedSize64: 4, UncompressedSize64: 4}
	change(h)
	raw, err := w.CreateRaw(h)
	if err != nil {
		t.Fatal(err)
	}
	raw.Write([]byte("text"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
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

// Names are those that other programs wrote: with backslashes, in the code page of
// DOS, in or below folders, beside what systems hide.
func TestArchiveNames(t *testing.T) {
	one, two := picture(1), picture(2)
	for name, c := range map[string]struct {
		names []string // of the first picture, the second, and others
		want  []string
	}{
		"plain":             {[]string{"a.png", "b.png"}, []string{"a.png", "b.png"}},
		"numbers":           {[]string{"img2.png", "img10.png"}, []string{"img2.png", "img10.png"}},
		"backslashes":       {[]string{`images\a.png`, `images\b\b.png`}, []string{"a.png", "b/b.png"}},
		"folder, backslash": {[]string{`images\a.png`, `images\b.png`, `images\`}, []string{"a.png", "b.png"}},
		"dot":               {[]string{"./a.png", "./b.png"}, []string{"a.png", "b.png"}},
		"root":              {[]string{"/a.png", "/b.png"}, []string{"a.png", "b.png"}},
		"capitals":          {[]string{"Images/a.png", "Images/b.png", "more.txt"}, []string{"a.png", "b.png"}},
		"a folder":          {[]string{"set/a.png", "set/b.png", "set/"}, []string{"set/a.png", "set/b.png"}},
		"a folder's images": {[]string{"set/images/a.png", "set/images/b.png", "set/stimuli.csv", "set/other.png"}, []string{"a.png", "b.png"}},
		"code page 437":     {[]string{"caf\x82.png", "\x84.png"}, []string{"café.png", "ä.png"}},
		"form D":            {[]string{"cafe\u0301.png", "z.png"}, []string{"cafe\u0301.png", "z.png"}},
		"hidden":            {[]string{"a.png", "b.png", "__MACOSX/._a.png", "__MACOSX/a.png", ".DS_Store", "Thumbs.db"}, []string{"a.png", "b.png"}},
	} {
		entries := []entry{{c.names[0], one, 0}, {c.names[1], two, 0}}
		for _, other := range c.names[2:] {
			entries = append([]entry{{other, nil, 0}}, entries...)
		}
		set, err := openBytes(archiveOf(t, entries...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		pictures := map[string]string{}
		for i, pixels := range images(t, set) {
			pictures[set.Name(i)] = pixels
		}
		alone := func(contents []byte) string {
			return images(t, must(openBytes(archiveOf(t, entry{"a.png", contents, 0}))))[0]
		}
		if len(pictures) != 2 || pictures["images.zip/"+c.want[0]] != alone(one) || pictures["images.zip/"+c.want[1]] != alone(two) {
			t.Errorf("%s: %d pictures of %q, want %q", name, len(pictures), c.names, c.want)
		}
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
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
		"outside":     {archiveOf(t, entry{"../a.png", one, 0}), "../a.png lies outside of it"},
		"backwards":   {archiveOf(t, entry{`a\..\..\a.png`, one, 0}), "a/../../a.png lies outside of it"},
		"deep, back":  {archiveOf(t, entry{strings.Repeat(`a\`, 33) + "b.png", one, 0}), "lies more than 32 folders deep"},
		"encrypted":   {archiveWith(t, "a.png", func(h *zip.FileHeader) { h.Flags |= 1 }), "a.png is encrypted: make the archive without a password"},
		"Deflate64":   {archiveWith(t, "a.png", func(h *zip.FileHeader) { h.Method = 9 }), "a.png is packed by method 9 (Deflate64), want Deflate"},
		"unknown":     {archiveWith(t, "a.png", func(h *zip.FileHeader) { h.Method = 77 }), "a.png is packed by method 77, want Deflate"},
		"two forms":   {archiveOf(t, entry{"caf\u00e9.png", one, 0}, entry{"cafe\u0301.png", one, 0}), "is in it twice"},
		"two slashes": {archiveOf(t, entry{"a/b.png", one, 0}, entry{`a\b.png`, one, 0}), "a/b.png is in it twice"},
		"twice":       {archiveOf(t, entry{"a.png", one, 0}, entry{"a.png", one, 0}), "a.png is in it twice"},
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
	f.Add(archiveOf(f, entry{`set\images\caf\x82.png`, picture(1), 0}, entry{"__MACOSX/._a.png", nil, 0}))
	f.Add(archiveWith(f, "a.png", func(h *zip.FileHeader) { h.Flags |= 1 }))
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
