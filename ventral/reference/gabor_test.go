package reference

import (
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hypnos/data"
)

// oracle is the formula in Gabor's comment, filter by filter and pixel by pixel.
func oracle(o GaborOptions, p data.Image) []float64 {
	var features []float64
	n := o.Side * o.Side
	for octave := range o.Octaves {
		f := math.Exp2(float64(octave)) / float64(o.Side)      // cycles per pixel
		sigma := 3 * math.Sqrt(2*math.Ln2) / (2 * math.Pi * f) // half the height at 2/3 and 4/3 of f
		for orientation := range o.Orientations {
			theta := math.Pi * float64(orientation) / float64(o.Orientations)
			for row := range 1 << octave {
				for column := range 1 << octave {
					over := func(g func(w, l, wave float64)) {
						for i := range n {
							x := float64(i%o.Side) + 0.5 - (float64(column)+0.5)/f
							y := float64(i/o.Side) + 0.5 - (float64(row)+0.5)/f
							l := (0.299*float64(p.Pixels[i]) + 0.587*float64(p.Pixels[n+i]) + 0.114*float64(p.Pixels[2*n+i])) / 255
							g(math.Exp(-(x*x+y*y)/(2*sigma*sigma)), l, 2*math.Pi*f*(x*math.Cos(theta)+y*math.Sin(theta)))
						}
					}
					var sum, mean float64
					over(func(w, l, _ float64) { sum += w; mean += w * l })
					mean /= sum
					var z complex128
					over(func(w, l, wave float64) { z += complex(2*w/sum*(l-mean), 0) * cmplx.Exp(complex(0, wave)) })
					features = append(features, cmplx.Abs(z))
				}
			}
		}
	}
	return features
}

func TestGaborOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := GaborOptions{
			Side:         rapid.IntRange(11, 24).Draw(t, "side"),
			Octaves:      rapid.IntRange(1, 3).Draw(t, "octaves"),
			Orientations: rapid.IntRange(1, 5).Draw(t, "orientations"),
		}
		g, err := NewGabor(o)
		if err != nil {
			t.Fatal(err)
		}
		p := noise(o.Side, rapid.Uint64().Draw(t, "seed"))
		got, want := of(t, g, p), oracle(o, p)
		if len(got) != len(want) {
			t.Fatalf("%d features, want %d", len(got), len(want))
		}
		for i := range got {
			if !(math.Abs(float64(got[i])-want[i]) < 1e-5*slices.Max(want)) {
				t.Fatalf("feature %d is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

func TestGaborDefaults(t *testing.T) {
	g, err := NewGabor(GaborOptions{})
	if err != nil || g.Side() != 112 || g.Units() != 8*(1+4+16+64+256+1024) {
		t.Errorf("side %d, %d units, %v", g.Side(), g.Units(), err)
	}
}

// gratingAmplitude is that of the gratings below.
const gratingAmplitude = 120.0 / 255

// grating returns one of so many cycles per picture and of an orientation in
// parts of 8.
func grating(side int, cycles, orientation, phase float64) data.Image {
	sin, cos := math.Sincos(math.Pi * orientation / 8)
	return picture(side, func(_, y, x int) float64 {
		along := (float64(x)+0.5)*cos + (float64(y)+0.5)*sin
		return 128 + 255*gratingAmplitude*math.Sin(2*math.Pi*cycles*along/float64(side)+phase)
	})
}

// In the middle of a picture, a grating with the wave vector k' gives the filter
// of k the energy a·exp(-σ²·‖k-k'‖²/2) at every phase. What is left of its mirror
// image and of its mean under the Gaussian is 0.2 % of a each, the Gaussian ends
// at the border, and pixels are whole numbers.
func TestGratings(t *testing.T) {
	const side, octaves = 64, 4
	g, err := NewGabor(GaborOptions{Side: side, Octaves: octaves})
	if err != nil {
		t.Fatal(err)
	}
	const cycles = 8
	first := g.Units() - 8*cycles*cycles // of the highest frequency
	for _, c := range []struct{ cycles, orientation float64 }{{8, 0}, {8, 1}, {8, 2}, {8, 6.5}, {10, 3}, {6.5, 7}} {
		for phase := range 7 {
			features := of(t, g, grating(side, c.cycles, c.orientation, float64(phase)))
			for orientation := range 8 {
				turn := math.Pi * (c.orientation - float64(orientation)) / 8
				apart := 2 * math.Pi * math.Sqrt(cycles*cycles+c.cycles*c.cycles-2*cycles*c.cycles*math.Abs(math.Cos(turn))) / cycles
				want := gratingAmplitude * math.Exp(-0.5*math.Pow(0.5622*apart, 2))
				for _, position := range []int{3*cycles + 3, 4*cycles + 4} {
					got := float64(features[first+orientation*cycles*cycles+position])
					if !(math.Abs(got-want) < 0.02*gratingAmplitude) {
						t.Errorf("%v, phase %d: filter of orientation %d has energy %.4f, want %.4f", c, phase, orientation, got, want)
					}
				}
			}
		}
	}
}

// The filter that answers most to a grating has its frequency and orientation.
func TestPreferred(t *testing.T) {
	g, err := NewGabor(GaborOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cycles := range []int{2, 4, 8, 16, 32} {
		for orientation := range 8 {
			features := of(t, g, grating(112, float64(cycles), float64(orientation), 1))
			total := map[[2]int]float64{} // of each frequency and orientation, a mean over positions
			most := [2]int{}
			from := 8 // after those of one cycle, of which a picture is too small a part
			for _, f := range []int{2, 4, 8, 16, 32} {
				for o := range 8 {
					for _, v := range features[from:][:f*f] {
						total[[2]int{f, o}] += float64(v) / float64(f*f)
					}
					from += f * f
					if total[[2]int{f, o}] > total[most] {
						most = [2]int{f, o}
					}
				}
			}
			if most != [2]int{cycles, orientation} {
				t.Errorf("%d cycles, orientation %d: most by %v", cycles, orientation, most)
			}
		}
	}
}

// A uniform picture gives 0 everywhere, the border too, whatever its colour.
func TestUniform(t *testing.T) {
	g, err := NewGabor(GaborOptions{Side: 48, Octaves: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, colour := range [][3]float64{{0, 0, 0}, {255, 255, 255}, {10, 200, 77}} {
		features := of(t, g, picture(48, func(c, _, _ int) float64 { return colour[c] }))
		if i := slices.IndexFunc(features, func(v float32) bool { return v != 0 }); i >= 0 {
			t.Errorf("colour %v: feature %d is %v", colour, i, features[i])
		}
	}
}

// Energy is proportional to contrast, whatever the luminance around which it is.
func TestContrast(t *testing.T) {
	g, err := NewGabor(GaborOptions{Side: 20, Octaves: 3})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		pattern := noise(20, rapid.Uint64().Draw(t, "seed")).Pixels
		offset, times := rapid.IntRange(0, 127).Draw(t, "offset"), rapid.IntRange(2, 8).Draw(t, "times")
		of := func(times int) []float32 {
			return of(t, g, picture(20, func(c, y, x int) float64 { return float64(offset + times*int(pattern[(c*20+y)*20+x]%16)) }))
		}
		once, more := of(1), of(times)
		for i := range once {
			if !(math.Abs(float64(more[i])-float64(times)*float64(once[i])) < 1e-5) {
				t.Fatalf("feature %d is %v, and %v at %d times the contrast", i, once[i], more[i], times)
			}
		}
	})
}

func BenchmarkGabor(b *testing.B) {
	g, err := NewGabor(GaborOptions{})
	if err != nil {
		b.Fatal(err)
	}
	p := noise(112, 1)
	features := make([]float32, g.Units())
	for b.Loop() {
		if err := g.Features(&p, features); err != nil {
			b.Fatal(err)
		}
	}
}
