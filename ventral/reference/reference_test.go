package reference

import (
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"hypnos/data"
	"hypnos/ventral"
)

// pictures is a data set in memory.
type pictures []data.Image

func (p pictures) Len() int                            { return len(p) }
func (p pictures) Classes() []string                   { return nil }
func (p pictures) Size() (channels, height, width int) { return 3, p[0].Height, p[0].Width }

func (p pictures) Image(i int, image *data.Image) (int, error) {
	*image = p[i]
	return 0, nil
}

// picture returns one of three colours whose pixels are those of a function of
// channel, row and column.
func picture(side int, pixel func(c, y, x int) float64) data.Image {
	p := data.Image{Channels: 3, Height: side, Width: side}
	for i := range 3 * side * side {
		p.Pixels = append(p.Pixels, byte(math.Round(pixel(i/side/side, i/side%side, i%side))))
	}
	return p
}

// noise returns a picture of random pixels.
func noise(side int, seed uint64) data.Image {
	random := rand.New(rand.NewPCG(seed, 0))
	return picture(side, func(int, int, int) float64 { return float64(random.IntN(256)) })
}

// of returns a model's features of one picture.
func of(t rapid.TB, m Model, p data.Image) []float32 {
	t.Helper()
	features := make([]float32, m.Units())
	if err := m.Features(&p, features); err != nil {
		t.Fatal(err)
	}
	return features
}

// models returns small ones of both kinds.
func models(t *testing.T, side int) []Model {
	t.Helper()
	pixels, err := NewPixels(side)
	if err != nil {
		t.Fatal(err)
	}
	gabor, err := NewGabor(GaborOptions{Side: side, Octaves: 3})
	if err != nil {
		t.Fatal(err)
	}
	return []Model{pixels, gabor}
}

func TestPixels(t *testing.T) {
	p, err := NewPixels(0)
	if err != nil || p.Side() != 32 || p.Units() != 3072 {
		t.Fatalf("side %d, %d units, %v", p.Side(), p.Units(), err)
	}
	features := of(t, p, picture(32, func(c, y, x int) float64 { return float64(100*c + y + x/16) }))
	for i, v := range features {
		if want := float32(100*(i/1024)+i/32%32+i%32/16) / 255; v != want {
			t.Fatalf("feature %d is %v, want %v", i, v, want)
		}
	}
}

// The features of many pictures are those of each, in order, on any number of
// threads.
func TestFeatures(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var set pictures
	for i := range 20 {
		set = append(set, noise(16, uint64(i)))
	}
	for _, m := range models(t, 16) {
		var results []*ventral.Features
		for _, threads := range []int{1, 4} {
			runtime.GOMAXPROCS(threads)
			f, err := Features(m, set)
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, f)
		}
		if !mat.Equal(results[0], results[1]) {
			t.Errorf("%s: features depend on the number of threads", m.Name())
		}
		for i, p := range set {
			for j, v := range of(t, m, p) {
				if results[0].At(i, j) != float64(v) {
					t.Fatalf("%s, picture %d: feature %d is %v, alone %v", m.Name(), i, j, results[0].At(i, j), v)
				}
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	newGabor := func(o GaborOptions) func() error {
		return func() error { _, err := NewGabor(o); return err }
	}
	newPixels := func(side int) func() error {
		return func() error { _, err := NewPixels(side); return err }
	}
	for want, f := range map[string]func() error{
		"a side of -1":     newPixels(-1),
		"a side of 1025":   newPixels(1025),
		"a side of 100000": newGabor(GaborOptions{Side: 100_000}),
		"-1 orientations":  newGabor(GaborOptions{Orientations: -1}),
		"181 orientations": newGabor(GaborOptions{Orientations: 181}),
		"-2 frequencies":   newGabor(GaborOptions{Octaves: -2}),
		"200 frequencies: 64 cycles in pictures with a side of 112, want at most 42": newGabor(GaborOptions{Octaves: 200}),
		"side of 2, want at most 0": newGabor(GaborOptions{Side: 2, Octaves: 1}),
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for _, m := range models(t, 16) {
		grey := data.Image{Channels: 1, Height: 16, Width: 16, Pixels: make([]byte, 256)}
		short := noise(16, 1)
		short.Pixels = short.Pixels[1:]
		for want, p := range map[string]data.Image{
			"picture 1 by " + m.Name():                               noise(17, 1),
			"867 bytes of a picture of 3×17×17, want 3×16×16":        noise(17, 1),
			"256 bytes of a picture of 1×16×16, want 3×16×16":        grey,
			"767 bytes of a picture of 3×16×16, want 3×16×16":        short,
			"0 bytes of a picture of 0×0×0, want 3×16×16":            {},
			"reference: features of picture 1 by " + m.Name() + ": ": {},
		} {
			if _, err := Features(m, pictures{noise(16, 1), p}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
		p := noise(16, 1)
		if err := m.Features(&p, make([]float32, 3)); err == nil || !strings.Contains(err.Error(), "room for 3 features, want") {
			t.Errorf("error %v", err)
		}
	}
}
