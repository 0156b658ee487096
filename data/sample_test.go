package data

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	train, test, err := Open(Default, "")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, part := range []struct {
		set      Dataset
		perClass int
	}{{train, 400}, {test, 300}} {
		if got := part.set.Classes(); !slices.Equal(got, cifar10Classes) {
			t.Errorf("classes %v", got)
		}
		if c, h, w := part.set.Size(); c != 3 || h != 32 || w != 32 {
			t.Errorf("size %d×%d×%d, want 3×32×32", c, h, w)
		}
		counts := make([]int, 10)
		for _, image := range pixelsOf(t, part.set) {
			if seen[image[1:]] {
				t.Fatal("an image is there twice")
			}
			seen[image[1:]] = true
			counts[image[0]]++
			if slices.Max(counts)-slices.Min(counts) > 1 {
				t.Fatalf("the first %d images are not even over the classes: %v", len(seen), counts)
			}
		}
		for class, n := range counts {
			if n != part.perClass {
				t.Errorf("%d images of class %d, want %d", n, class, part.perClass)
			}
		}
	}

	// The whole of CIFAR-10 has these published values: channels are in order.
	n, err := NormalisationOf(train)
	if err != nil {
		t.Fatal(err)
	}
	for c, want := range [][2]float64{{0.4914, 0.2470}, {0.4822, 0.2435}, {0.4465, 0.2616}} {
		if math.Abs(n.Mean[c]-want[0]) > 0.006 || math.Abs(n.Std[c]-want[1]) > 0.006 {
			t.Errorf("channel %d: mean %.4f and deviation %.4f, want about %v", c, n.Mean[c], n.Std[c], want)
		}
	}
}

// The published numbers of the default comparison are of these pixels.
func TestSamplePixels(t *testing.T) {
	train, test, err := Open(Default, "")
	if err != nil {
		t.Fatal(err)
	}
	for set, want := range map[Dataset]string{
		train: "90b9960f795744eb60655e58367fd889cd3ca0ea46114163540fbfb81a5c6e3a",
		test:  "d0f739f4808031eaf7702a355a57f600051d8ec5c975c461c5f75f942258e4e2",
	} {
		if got := fmt.Sprintf("%x", sha256.Sum256(set.(*records).files[0])); got != want {
			t.Errorf("%d images have checksum %s, want %s", set.Len(), got, want)
		}
	}
}

func TestSampleArchive(t *testing.T) {
	if len(sampleZip) > 8e6 {
		t.Errorf("%d bytes are embedded, want at most 8 MB", len(sampleZip))
	}
	archive, err := zip.NewReader(strings.NewReader(sampleZip), int64(len(sampleZip)))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range archive.File {
		if f.Method != zip.Store {
			t.Errorf("%s is compressed", f.Name)
		}
		names[f.Name] = true
	}
	if len(names) != 7000 {
		t.Errorf("%d entries, want 7000", len(names))
	}
}

func TestDecodeErrors(t *testing.T) {
	encode := func(side int) []byte {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, side, side)), nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		name     string
		contents []byte
		want     string // "" if there is no error
	}{
		{"train/ship/0.jpg", encode(32), ""},
		{"train/ship/1.jpg", encode(32)[:200], "train/ship/1.jpg: unexpected EOF"},
		{"train/ship/2.jpg", encode(33), "train/ship/2.jpg: image of 33×33, want 32×32"},
		{"train/shrimp/3.jpg", encode(32), "train/shrimp/3.jpg: class shrimp is not one of CIFAR-10"},
	} {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, err := w.Create(c.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(c.contents); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		records, err := decodeAll(r.File)
		if c.want != "" {
			wantError(t, err, c.want)
		} else if err != nil || len(records) != cifar10.record() || records[0] != 8 {
			t.Errorf("%s: %d bytes, %v", c.name, len(records), err)
		}
	}
}
