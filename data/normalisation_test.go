package data

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func TestNormalisationOf(t *testing.T) {
	set := noise(7, 3, 3, 4, 5)
	for _, record := range set.files { // channel 1 is constant, channel 2 dark
		for i := range 20 {
			record[1+20+i] = 77
			record[1+40+i] /= 16
		}
	}
	n, err := NormalisationOf(set)
	if err != nil {
		t.Fatal(err)
	}
	for c := range 3 {
		var values []float64
		for _, record := range set.files {
			for _, v := range record[1+20*c : 1+20*(c+1)] {
				values = append(values, float64(v)/255)
			}
		}
		mean, std := stat.PopMeanStdDev(values, nil)
		if c == 1 {
			std = 1
		}
		if math.Abs(n.Mean[c]-mean) > 1e-12 || math.Abs(n.Std[c]-std) > 1e-12 {
			t.Errorf("channel %d: mean %v and deviation %v, want %v and %v", c, n.Mean[c], n.Std[c], mean, std)
		}
	}

	// Normalised by it, every channel has mean 0 and deviation 1; the constant
	// one is 0.
	for batch, err := range InOrder(set, n, 7) {
		if err != nil {
			t.Fatal(err)
		}
		for c := range 3 {
			var values []float64
			for i := range 7 {
				for _, v := range batch.Images[(i*3+c)*20 : (i*3+c+1)*20] {
					values = append(values, float64(v))
				}
			}
			mean, std := stat.PopMeanStdDev(values, nil)
			want := 1.0
			if c == 1 {
				want = 0
			}
			if math.Abs(mean) > 1e-6 || math.Abs(std-want) > 1e-6 {
				t.Errorf("channel %d normalised: mean %v and deviation %v, want 0 and %v", c, mean, std, want)
			}
		}
	}
}

func TestNormalisationOfErrors(t *testing.T) {
	_, err := NormalisationOf(noise(0, 3, 3, 4, 5))
	wantError(t, err, "data: ", "0 images")
	_, err = NormalisationOf(noise(2, 3, 3, 0, 5))
	wantError(t, err, "data: ", "3×0×5")
	_, err = NormalisationOf(faulty{noise(3, 2, 1, 2, 2), 2, errDisk})
	wantError(t, err, "data: normalisation: image 2: disk on fire")
	_, err = NormalisationOf(faulty{noise(3, 2, 1, 2, 2), 2, nil})
	wantError(t, err, "data: normalisation: image 2: label 2, want 0 to 1")
}

var badNormalisations = []Normalisation{
	{Mean: []float64{0}, Std: []float64{1}},
	{Mean: []float64{0, 0}},
	{Std: []float64{1, 1}},
	{Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1}},
	{Mean: []float64{0, 0}, Std: []float64{1, 0}},
	{Mean: []float64{0, 0}, Std: []float64{1, -1}},
	{Mean: []float64{0, 0}, Std: []float64{1, math.NaN()}},
	{Mean: []float64{0, 0}, Std: []float64{1, math.Inf(1)}},
	{Mean: []float64{0, math.NaN()}, Std: []float64{1, 1}},
	{Mean: []float64{0, math.Inf(-1)}, Std: []float64{1, 1}},
}

func TestBadNormalisation(t *testing.T) {
	set := noise(4, 2, 2, 3, 3)
	for _, n := range badNormalisations {
		_, err := NewLoader(set, LoaderOptions{Batch: 2, Normalisation: n})
		wantError(t, err, "data: normalisation of")
		elements := 0
		for _, err := range InOrder(set, n, 2) {
			wantError(t, err, "data: normalisation of")
			elements++
		}
		if elements != 1 {
			t.Errorf("%d elements, want the error alone", elements)
		}
	}
}

func TestInOrder(t *testing.T) {
	set := noise(7, 3, 2, 3, 4)
	norm := Normalisation{Mean: []float64{0.5, 0.25}, Std: []float64{0.25, 2}}
	for _, size := range []int{1, 3, 7, 8, math.MaxInt} {
		i := 0
		for batch, err := range InOrder(set, norm, size) {
			if err != nil {
				t.Fatal(err)
			}
			n := min(size, 7-i)
			if len(batch.Labels) != n || len(batch.Images) != n*24 {
				t.Fatalf("batch of %d labels and %d values, want %d images", len(batch.Labels), len(batch.Images), n)
			}
			for k := range n {
				if batch.Labels[k] != int(set.files[i][0]) {
					t.Errorf("image %d: label %d", i, batch.Labels[k])
				}
				for j, v := range set.files[i][1:] {
					c := j / 12
					want := float32((float64(v)/255 - norm.Mean[c]) / norm.Std[c])
					if got := batch.Images[k*24+j]; got != want {
						t.Fatalf("image %d value %d: %v, want %v", i, j, got, want)
					}
				}
				i++
			}
		}
		if i != 7 {
			t.Errorf("%d images in batches of %d, want 7", i, size)
		}
	}
	for range InOrder(set, norm, 2) {
		break // must not panic
	}
	for range InOrder(noise(0, 3, 2, 3, 4), norm, 2) {
		t.Error("a batch of no images")
	}
}

func TestInOrderErrors(t *testing.T) {
	collect := func(set Dataset, size int) (batches int, last error) {
		for _, err := range InOrder(set, Normalisation{}, size) {
			if last != nil {
				t.Error("an element after an error")
			}
			batches, last = batches+1, err
		}
		return batches - 1, last
	}
	set := noise(7, 3, 2, 3, 4)
	for _, size := range []int{0, -1} {
		_, err := collect(set, size)
		wantError(t, err, "data: batch of", "want 1 or more")
	}
	batches, err := collect(faulty{set, 5, errDisk}, 2)
	wantError(t, err, "data: ", "image 5: disk on fire")
	if batches != 2 {
		t.Errorf("%d batches before the error, want 2", batches)
	}
	_, err = collect(noise(2, 1, 0, 3, 4), 2)
	wantError(t, err, "data: images of size 0×3×4")
}
