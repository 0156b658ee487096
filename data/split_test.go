package data

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		labels := rapid.SliceOfN(rapid.ByteRange(0, 4), 2, 60).Draw(t, "labels")
		fraction := rapid.Float64Range(0.001, 0.999).Draw(t, "fraction")
		seed := rapid.Uint64().Draw(t, "seed")
		set := noise(len(labels), 5, 1, 1, 1)
		inClass := make([]int, 5)
		for i, label := range labels {
			set.files[i][0] = label
			inClass[label]++
		}
		total := int(math.Round(fraction * float64(len(labels))))

		train, validation, err := Split(set, fraction, seed)
		if total == 0 || total == len(labels) {
			if err == nil || !strings.Contains(err.Error(), " for validation, want 1 or more") {
				t.Fatalf("an empty part: error %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if validation.Len() != total {
			t.Fatalf("%d images for validation, want %d", validation.Len(), total)
		}
		a, b := train.(*subset).indices, validation.(*subset).indices
		if !slices.IsSorted(a) || !slices.IsSorted(b) {
			t.Error("not in the set's order")
		}
		all := slices.Sorted(slices.Values(slices.Concat(a, b)))
		for i, index := range all {
			if i != index {
				t.Fatalf("not every image once: %v", all)
			}
		}
		if len(all) != len(labels) {
			t.Fatalf("%d images of %d", len(all), len(labels))
		}
		drawn := make([]int, 5)
		for _, i := range b {
			drawn[labels[i]]++
		}
		for class, n := range drawn {
			if share := fraction * float64(inClass[class]); math.Abs(float64(n)-share) > 1+1e-9 {
				t.Errorf("class %d: %d images for validation, want %v", class, n, share)
			}
		}
		again, _, err := Split(set, fraction, seed)
		if err != nil || !slices.Equal(a, again.(*subset).indices) {
			t.Errorf("another split by the same seed: %v", err)
		}
	})
}

func TestSplitSeeds(t *testing.T) {
	set := noise(100, 10, 1, 1, 1)
	_, a, err := Split(set, 0.3, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, b, err := Split(set, 0.3, 2)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(a.(*subset).indices, b.(*subset).indices) {
		t.Error("two seeds, one split")
	}
	counts := make([]int, 10)
	for _, i := range a.(*subset).indices {
		counts[i%10]++
	}
	if slices.Max(counts) != 3 || slices.Min(counts) != 3 {
		t.Errorf("validation images per class %v, want 3 each", counts)
	}
}

// The images that rounding down leaves over go where it took most.
func TestSplitShares(t *testing.T) {
	for _, c := range []struct {
		labels   string
		fraction float64
		want     [3]int
	}{
		{"aaaabbbbbb", 0.25, [3]int{1, 2, 0}},   // shares 1 and 1.5
		{"aaabbbccc", 0.5, [3]int{2, 2, 1}},     // shares 1.5 each, 4.5 rounds to 5
		{"aaaabbbbbcc", 0.3, [3]int{1, 1, 1}},   // shares 1.2, 1.5 and 0.6
		{"aabbbbbbbbbb", 0.75, [3]int{2, 7, 0}}, // shares 1.5 and 7.5
	} {
		set := noise(len(c.labels), 3, 1, 1, 1)
		for i, label := range c.labels {
			set.files[i][0] = byte(label - 'a')
		}
		_, validation, err := Split(set, c.fraction, 1)
		if err != nil {
			t.Fatal(err)
		}
		var got [3]int
		for _, image := range pixelsOf(t, validation) {
			got[image[0]]++
		}
		if got != c.want {
			t.Errorf("%v of %s: %v, want %v", c.fraction, c.labels, got, c.want)
		}
	}
}

func TestSplitErrors(t *testing.T) {
	set := noise(10, 2, 1, 1, 1)
	for _, fraction := range []float64{0, 1, -0.1, 1.5, math.NaN(), math.Inf(1)} {
		_, _, err := Split(set, fraction, 0)
		wantError(t, err, "data: validation fraction", "more than 0 and less than 1")
	}
	_, _, err := Split(set, 0.01, 0)
	wantError(t, err, "data: validation fraction 0.01 of 10 images leaves 10 for training and 0 for validation")
	_, _, err = Split(set, 0.99, 0)
	wantError(t, err, "leaves 0 for training and 10 for validation")
	_, _, err = Split(noise(0, 2, 1, 1, 1), 0.5, 0)
	wantError(t, err, "of 0 images")
	_, _, err = Split(faulty{set, 4, errDisk}, 0.5, 0)
	wantError(t, err, "data: split: image 4: disk on fire")
	_, _, err = Split(faulty{set, 4, nil}, 0.5, 0)
	wantError(t, err, "data: split: image 4: label 2, want 0 to 1")
}
