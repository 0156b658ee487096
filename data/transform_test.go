package data

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// gallery is a data set of pictures of different sizes.
type gallery []Image

func (g gallery) Len() int                            { return len(g) }
func (g gallery) Classes() []string                   { return nil }
func (g gallery) Size() (channels, height, width int) { return g[0].Channels, 0, 0 }

func (g gallery) Image(i int, image *Image) (int, error) {
	if image != nil {
		image.resize(g[i].Channels, g[i].Height, g[i].Width)
		copy(image.Pixels, g[i].Pixels)
	}
	return 0, nil
}

// speckled returns a picture of random bytes.
func speckled(channels, height, width int) Image {
	random := rand.New(rand.NewPCG(uint64(height), uint64(width)))
	m := Image{Channels: channels, Height: height, Width: width, Pixels: make([]byte, channels*height*width)}
	for i := range m.Pixels {
		m.Pixels[i] = byte(random.Uint32())
	}
	return m
}

// slowResize resizes a region of a picture by the definition of a tent that
// widens where the picture shrinks, one output pixel after the other. Values are
// not rounded.
func slowResize(m Image, region image.Rectangle, height, width int) [][]float64 {
	// tent returns the weight of input pixel i for output pixel o.
	tent := func(i, o, in, out int) float64 {
		scale := float64(in) / float64(out)
		distance := math.Abs((float64(o)+0.5)*scale - (float64(i) + 0.5))
		return max(0, 1-distance/max(scale, 1))
	}
	planes := make([][]float64, m.Channels)
	for c := range planes {
		for y := range height {
			for x := range width {
				var sum, total float64
				for i := range region.Dy() {
					down := tent(i, y, region.Dy(), height)
					if down == 0 {
						continue
					}
					for j := range region.Dx() {
						weight := down * tent(j, x, region.Dx(), width)
						sum += weight * float64(m.Pixels[(c*m.Height+region.Min.Y+i)*m.Width+region.Min.X+j])
						total += weight
					}
				}
				planes[c] = append(planes[c], sum/total)
			}
		}
	}
	return planes
}

// roundings is how far a resized value may be from what it is by definition: half
// a level after rows and half a level after columns, and a little for weights.
const roundings = 1.01

func TestResize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 40)
		m := speckled(rapid.SampledFrom([]int{1, 2, 3, 5}).Draw(t, "channels"), size.Draw(t, "height"), size.Draw(t, "width"))
		top, left := rapid.IntRange(0, m.Height-1).Draw(t, "top"), rapid.IntRange(0, m.Width-1).Draw(t, "left")
		bottom, right := rapid.IntRange(top+1, m.Height).Draw(t, "bottom"), rapid.IntRange(left+1, m.Width).Draw(t, "right")
		region := image.Rect(left, top, right, bottom)
		height, width := size.Draw(t, "new height"), size.Draw(t, "new width")
		y, x := rapid.IntRange(0, height-1).Draw(t, "y"), rapid.IntRange(0, width-1).Draw(t, "x")
		window := image.Rect(x, y, width, height)

		var r resizer
		var got Image
		r.take(&got, &m, cut{region: region, size: image.Pt(width, height), window: window})
		if got.Channels != m.Channels || got.Height != height-y || got.Width != width-x {
			t.Fatalf("an image of %d×%d×%d", got.Channels, got.Height, got.Width)
		}
		want := slowResize(m, region, height, width)
		for c := range m.Channels {
			for i := range got.Height {
				for j := range got.Width {
					got := float64(got.Pixels[(c*got.Height+i)*got.Width+j])
					want := want[c][(y+i)*width+x+j]
					if math.Abs(got-want) > roundings {
						t.Fatalf("channel %d at %d, %d: %v, want %v", c, i, j, got, want)
					}
				}
			}
		}
	})
}

// What ResizeCrop takes is the middle of the resized picture.
func TestPreprocess(t *testing.T) {
	pictures := gallery{speckled(3, 60, 40), speckled(3, 33, 91), speckled(3, 20, 20), speckled(3, 7, 9)}
	set, err := Preprocess(pictures, ResizeCrop{Resize: 20, Crop: 16})
	if err != nil {
		t.Fatal(err)
	}
	if c, h, w := set.Size(); c != 3 || h != 16 || w != 16 {
		t.Fatalf("size %d×%d×%d", c, h, w)
	}
	// 20·60/40 = 30, 20·91/33 = 55.15, 20·9/7 = 25.7; half pixels to even.
	for i, r := range []struct{ height, width, top, left int }{
		{30, 20, 7, 2}, {20, 55, 2, 20}, {20, 20, 2, 2}, {20, 25, 2, 4},
	} {
		var got Image
		if _, err := read(set, i, &got); err != nil {
			t.Fatal(err)
		}
		m := pictures[i]
		want := slowResize(m, image.Rect(0, 0, m.Width, m.Height), r.height, r.width)
		for k, v := range got.Pixels {
			c, y, x := k/256, k/16%16, k%16
			if math.Abs(float64(v)-want[c][(r.top+y)*r.width+r.left+x]) > roundings {
				t.Fatalf("picture %d channel %d at %d, %d: %d, want %v", i, c, y, x, v, want[c][(r.top+y)*r.width+r.left+x])
			}
		}
	}

	// Batches are of these images.
	for batch, err := range InOrder(set, Normalisation{}, 3) {
		if err != nil {
			t.Fatal(err)
		}
		if n := len(batch.Labels); len(batch.Images) != n*3*16*16 {
			t.Errorf("%d values of %d images", len(batch.Images), n)
		}
	}
}

func TestCentreCrop(t *testing.T) {
	set := noise(3, 2, 2, 8, 6)
	cropped, err := Preprocess(set, CentreCrop{Side: 5})
	if err != nil {
		t.Fatal(err)
	}
	for i, whole := range pixelsOf(t, set) {
		got := pixelsOf(t, cropped)[i]
		for k := 1; k < len(got); k++ {
			c, y, x := (k-1)/25, (k-1)/5%5, (k-1)%5
			// 3 rows and 1 column are left over: 1.5 is rounded to 2, 0.5 to 0.
			if want := whole[1+c*48+(y+2)*6+x]; got[k] != want {
				t.Fatalf("image %d channel %d at %d, %d: %d, want %d", i, c, y, x, got[k], want)
			}
		}
	}
	if whole, err := Preprocess(set, CentreCrop{}); err != nil || whole != Dataset(set) {
		t.Errorf("whole images are not the set itself: %v", err)
	}
}

// A centre crop of 48+2P and a random crop of 48 in it is one RandomCrop.
func TestRandomCropOfSide(t *testing.T) {
	const side, padding = 5, 2
	set := compass(1) // 9×9
	seen := map[[2]int]bool{}
	o := LoaderOptions{Batch: 1, Transform: RandomCrop{Side: side, Padding: padding}}
	for _, b := range batches(t, set, o, 0, 500) {
		first := int(math.Round(float64(b.Images[0])*255)) - 1
		top, left := first/9, first%9
		for y := range side {
			for x := range side {
				if got := int(math.Round(float64(b.Images[y*side+x]) * 255)); got != 1+(top+y)*9+left+x {
					t.Fatalf("not a window at %d, %d", top, left)
				}
			}
		}
		seen[[2]int{top, left}] = true
	}
	for top := range 9 {
		for left := range 9 {
			// The middle 9×9 pixels of 5+2·2.
			if want := top <= 2*padding && left <= 2*padding; seen[[2]int{top, left}] != want {
				t.Errorf("window at %d, %d: %v, want %v", top, left, !want, want)
			}
		}
	}

	// Of an image that is smaller, the rest is mean.
	small := gallery{Image{1, 2, 3, []byte{255, 255, 255, 255, 255, 255}}}
	b := batches(t, small, LoaderOptions{Batch: 1, Transform: RandomCrop{Side: 5}}, 0, 1)[0]
	want := strings.ReplaceAll("00000 00000 01110 01110 00000", " ", "") // 1.5 rows are rounded to 2
	for i, v := range b.Images {
		if fmt.Sprint(v) != want[i:i+1] {
			t.Fatalf("%v, want %s", b.Images, want)
		}
	}
}

// The parts that RandomResizedCrop draws lie inside, with area and ratio in
// their range, area uniform, and any place as likely as any other.
func TestRandomParts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const height, width = 2000, 2000
	areas, tops, lefts := make([]float64, 20), make([]float64, 10), make([]float64, 10)
	ratios := make([]float64, 10)
	for range 20000 {
		r := drawPart(height, width, random)
		if r.Empty() || !r.In(image.Rect(0, 0, width, height)) {
			t.Fatalf("a part %v", r)
		}
		area := float64(r.Dx()*r.Dy()) / (height * width)
		ratio := float64(r.Dx()) / float64(r.Dy())
		if area < 0.0795 || area > 1 || ratio < 0.748 || ratio > 1.337 {
			t.Fatalf("a part of area %v and ratio %v", area, ratio)
		}
		// Up to 3/4 of the area every ratio fits, so that no draw is repeated:
		// there, area and ratio are what is drawn.
		if area < 0.73 {
			if cell := int((area - 0.08) / 0.65 * 20); cell >= 0 && cell < 20 {
				areas[cell]++
			}
			cell := int((math.Log(ratio)/math.Log(4.0/3) + 1) / 2 * 10)
			ratios[min(max(cell, 0), 9)]++
		}
		if area < 0.5 { // offsets have enough values
			tops[int(float64(r.Min.Y)/float64(height-r.Dy()+1)*10)]++
			lefts[int(float64(r.Min.X)/float64(width-r.Dx()+1)*10)]++
		}
	}
	wantUniform(t, "area", areas)
	wantUniform(t, "logarithm of the ratio", ratios)
	wantUniform(t, "top", tops)
	wantUniform(t, "left", lefts)

	// Nothing that is drawn fits into a long picture.
	for size, want := range map[image.Point]image.Rectangle{
		{X: 1000, Y: 10}: image.Rect(493, 0, 506, 10), // 10·4/3 = 13
		{X: 9, Y: 900}:   image.Rect(0, 444, 9, 456),  // 9/(3/4) = 12
		{X: 1, Y: 1}:     image.Rect(0, 0, 1, 1),
		{X: 500, Y: 1}:   image.Rect(249, 0, 250, 1),
	} {
		if got := drawPart(size.Y, size.X, random); got != want {
			t.Errorf("a part %v of %v, want %v", got, size, want)
		}
	}
}

// The loader resizes the part that is drawn, and mirrors half of them; the
// repetitions of an image differ.
func TestRandomResizedCrop(t *testing.T) {
	pictures := gallery{speckled(3, 60, 40), speckled(3, 33, 91), speckled(3, 50, 50), speckled(3, 16, 12)}
	const repetitions, side = 6, 12
	o := LoaderOptions{Batch: 2 * repetitions, Repetitions: repetitions, Transform: RandomResizedCrop{Side: side, Flip: true}, Seed: 3}
	flips := 0
	for b, got := range batches(t, pictures, o, 0, 20) {
		order := source(o.Seed, shuffling, b/2).Perm(len(pictures))[b%2*2:]
		random := source(o.Seed, translating, b)
		distinct := map[float32]bool{}
		for n := range o.Batch {
			m := pictures[order[n/repetitions]]
			part := drawPart(m.Height, m.Width, random)
			flip := random.IntN(2) == 1
			if flip {
				flips++
			}
			want := slowResize(m, part, side, side)
			for k := range 3 * side * side {
				c, y, x := k/(side*side), k/side%side, k%side
				if flip {
					x = side - 1 - x
				}
				v := float64(got.Images[n*3*side*side+k]) * 255
				if math.Abs(v-want[c][y*side+x]) > roundings+0.01 {
					t.Fatalf("batch %d image %d value %d: %v, want %v", b, n, k, v, want[c][y*side+x])
				}
			}
			distinct[got.Images[n*3*side*side]+1000*got.Images[n*3*side*side+77]] = true
		}
		if len(distinct) < o.Batch-3 {
			t.Errorf("batch %d: %d distinct images of %d", b, len(distinct), o.Batch)
		}
	}
	if flips < 90 || flips > 150 {
		t.Errorf("%d flips of 240", flips)
	}
}

// Images of any size give the same batches with any number of workers.
func TestTransformWorkers(t *testing.T) {
	var pictures gallery
	for i := range 20 {
		pictures = append(pictures, speckled(3, 20+i, 40-i))
	}
	for _, transform := range []Transform{
		RandomCrop{Side: 16, Padding: 3, Flip: true}, CentreCrop{Side: 16},
		ResizeCrop{Resize: 20, Crop: 16}, RandomResizedCrop{Side: 16, Flip: true},
	} {
		o := LoaderOptions{Batch: 6, Repetitions: 2, Transform: transform, Seed: 7}
		want := batches(t, pictures, o, 0, 20)
		for _, o.Workers = range []int{2, 5} {
			if !sameBits(batches(t, pictures, o, 7, 20), want[7:]) {
				t.Errorf("%v: other bits with %d workers", transform, o.Workers)
			}
		}
	}
}

func TestTransformErrors(t *testing.T) {
	set := noise(10, 2, 3, 20, 30)
	any := gallery{speckled(3, 20, 30), speckled(3, 10, 40)}
	for _, c := range []struct {
		set       Dataset
		transform Transform
		want      string // "" if it is fine
	}{
		{set, nil, ""},
		{set, CentreCrop{20}, ""},
		{set, CentreCrop{21}, "an image of 20×30, too small for a crop of 21×21"},
		{set, CentreCrop{-1}, "crops of -1×-1"},
		{set, CentreCrop{1 << 30}, "crops of"},
		{set, RandomCrop{Side: -1}, "crops of -1×-1"},
		{set, RandomCrop{Side: 8, Padding: 8}, "up to 8 pixels of images of 8×8"},
		{set, RandomCrop{Side: 25, Padding: 8}, ""},
		{set, ResizeCrop{20, 21}, "crops of 21 out of images resized to 20"},
		{set, ResizeCrop{20, 0}, "crops of 0"},
		{set, ResizeCrop{1 << 30, 20}, "at most 4096"},
		{set, RandomResizedCrop{}, "resized to 0×0"},
		{set, RandomResizedCrop{Side: 1 << 30}, "want 1 to 4096"},
		{any, nil, "different sizes need a transform"},
		{any, CentreCrop{}, "different sizes need a transform"},
		{any, RandomCrop{Padding: 2}, "different sizes need a transform"},
		{any, CentreCrop{10}, ""},
		{any, CentreCrop{11}, "image 1: data: an image of 10×40, too small for a crop of 11×11"},
		{any, ResizeCrop{12, 11}, ""},
		{gallery{speckled(1, 1, 60000)}, ResizeCrop{256, 224}, ""},
		{gallery{speckled(1, 60000, 1)}, ResizeCrop{256, 224}, ""},
		{gallery{speckled(1, 60000, 1)}, RandomResizedCrop{Side: 224}, ""},
	} {
		check := func(err error) {
			t.Helper()
			if c.want != "" {
				wantError(t, err, "data: ", c.want)
			} else if err != nil {
				t.Errorf("%v: %v", c.transform, err)
			}
		}
		loader, err := NewLoader(c.set, LoaderOptions{Batch: 1, Transform: c.transform})
		if err == nil {
			for _, e := range loader.Batches(0, c.set.Len()) {
				err = e
			}
		}
		check(err)
		p, ok := c.transform.(Preprocessing)
		if !ok {
			continue
		}
		set, err := Preprocess(c.set, p)
		if err == nil {
			for _, e := range InOrder(set, Normalisation{}, 3) {
				err = e
			}
		}
		check(err)
	}
}
