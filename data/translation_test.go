package data

import (
	"maps"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"hypnos/graph"
)

// compass returns n images of 9×9 whose pixels are numbered 1 to 81, so that a
// crop's centre says where it was cut and its right neighbour whether flipped.
func compass(n int) *records {
	set := noise(n, 1, 1, 9, 9)
	for _, record := range set.files {
		for i := range 81 {
			record[1+i] = byte(1 + i)
		}
	}
	return set
}

// readCompass returns the shift of image k in each axis, 0..2P for padding P up
// to 3, and 1 if it is flipped.
func readCompass(b graph.Batch, k, padding int) (top, left, flip int) {
	at := func(x int) int { return int(math.Round(float64(b.Images[k*81+4*9+x]) * 255)) }
	centre := at(4) - 1
	if at(5) < at(4) {
		flip = 1
	}
	return centre/9 - 4 + padding, centre%9 - 4 + padding, flip
}

// wantUniform checks counts for a uniform distribution. Seeds are fixed, so
// the outcome is too.
func wantUniform(t *testing.T, what string, counts []float64) {
	t.Helper()
	expected := make([]float64, len(counts))
	sum := 0.0
	for _, n := range counts {
		sum += n
	}
	for i := range expected {
		expected[i] = sum / float64(len(counts))
	}
	statistic := stat.ChiSquare(counts, expected)
	if p := 1 - (distuv.ChiSquared{K: float64(len(counts) - 1)}).CDF(statistic); p < 0.001 || expected[0] < 20 {
		t.Errorf("%s: χ² = %.1f over %d cells of %.0f, p = %.2g", what, statistic, len(counts), expected[0], p)
	}
}

func TestShiftsUniform(t *testing.T) {
	const padding, side = 3, 7
	o := LoaderOptions{Batch: 64, Repetitions: 4, Transform: RandomCrop{Padding: padding, Flip: true}}
	joint := make([]float64, side*side*2)
	repeated := make([]float64, side*side)    // vertical shifts of two repetitions of one image
	consecutive := make([]float64, side*side) // of the first images of two consecutive batches
	before := -1
	for _, b := range batches(t, compass(64), o, 0, 1000) {
		for k := range b.Labels {
			top, left, flip := readCompass(b, k, padding)
			joint[(top*side+left)*2+flip]++
		}
		first, _, _ := readCompass(b, 0, padding)
		second, _, _ := readCompass(b, 1, padding)
		repeated[first*side+second]++
		if before >= 0 {
			consecutive[before*side+first]++
		}
		before = first
	}
	wantUniform(t, "shifts and flips", joint)
	wantUniform(t, "two repetitions", repeated)
	wantUniform(t, "consecutive batches", consecutive)

	seeds := make([]float64, side*side*2) // of the first image of batch 0
	neighbours := make([]float64, side*side)
	before = -1
	for o.Seed = range uint64(3000) {
		top, left, flip := readCompass(batches(t, compass(1), LoaderOptions{Batch: 1, Transform: RandomCrop{Padding: padding, Flip: true}, Seed: o.Seed}, 0, 1)[0], 0, padding)
		seeds[(top*side+left)*2+flip]++
		if before >= 0 {
			neighbours[before*side+top]++
		}
		before = top
	}
	wantUniform(t, "seeds", seeds)
	wantUniform(t, "consecutive seeds", neighbours)
}

// Each image comes first in as many passes as any other.
func TestShuffleUniform(t *testing.T) {
	counts := make([]float64, 10)
	following := make([]float64, 100) // first images of two consecutive passes
	before := -1
	for _, b := range batches(t, numbered(10), LoaderOptions{Batch: 10}, 0, 5000) {
		first := int(math.Round(float64(b.Images[0]) * 255))
		counts[first]++
		if before >= 0 {
			following[before*10+first]++
		}
		before = first
	}
	wantUniform(t, "first image", counts)
	wantUniform(t, "first images of consecutive passes", following)
}

func TestNeitherMovedNorFlipped(t *testing.T) {
	for _, b := range batches(t, compass(8), LoaderOptions{Batch: 8}, 0, 20) {
		for k := range b.Labels {
			if top, left, flip := readCompass(b, k, 0); top != 0 || left != 0 || flip != 0 {
				t.Fatalf("shift %d, %d, flip %d", top, left, flip)
			}
		}
	}
}

func TestRepetitionsDiffer(t *testing.T) {
	const repetitions = 16
	o := LoaderOptions{Batch: 4 * repetitions, Repetitions: repetitions, Transform: RandomCrop{Padding: 3, Flip: true}}
	for _, b := range batches(t, noise(8, 4, 3, 9, 9), o, 0, 10) {
		for i := range 4 {
			distinct := map[string]bool{}
			for k := range repetitions {
				image := b.Images[(i*repetitions+k)*243 : (i*repetitions+k+1)*243]
				var key []byte
				for _, v := range image {
					key = append(key, byte(math.Round(float64(v)*255)))
				}
				distinct[string(key)] = true
			}
			// 16 draws from 98 have 14.8 distinct ones on average, and fewer
			// than 9 once in 10 million times.
			if len(distinct) < 9 {
				t.Errorf("%d distinct images in %d repetitions", len(distinct), repetitions)
			}
		}
	}
}

// A white image shows its border: padding is exactly 0 after normalisation, and
// nothing else is.
func TestBorderIsZero(t *testing.T) {
	set := compass(16)
	for _, record := range set.files {
		for i := range record[1:] {
			record[1+i] = 255
		}
	}
	o := LoaderOptions{
		Batch: 16, Transform: RandomCrop{Padding: 3},
		Normalisation: Normalisation{Mean: []float64{0.4914}, Std: []float64{0.247}},
	}
	zeros := map[int]bool{}
	for _, b := range batches(t, set, o, 0, 20) {
		for k := range b.Labels {
			n := 0
			for _, v := range b.Images[k*81 : (k+1)*81] {
				if math.Float32bits(v) == 0 {
					n++
				} else if want := float32((1 - 0.4914) / 0.247); v != want {
					t.Fatalf("pixel %v, want 0 or %v", v, want)
				}
			}
			zeros[n] = true
		}
	}
	want := map[int]bool{} // by a move of up to 3 in each axis
	for down := range 4 {
		for across := range 4 {
			want[81-(9-down)*(9-across)] = true
		}
	}
	if !maps.Equal(zeros, want) {
		t.Errorf("pixels of border %v, want %v", zeros, want)
	}
}
