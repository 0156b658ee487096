package data

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
)

// noise returns a data set of n images of random bytes, with classes in turn.
func noise(n, classes, channels, height, width int) *records {
	set := &records{channels: channels, height: height, width: width, header: 1}
	for c := range classes {
		set.classes = append(set.classes, string(rune('a'+c)))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		record := make([]byte, set.recordLen())
		for j := range record {
			record[j] = byte(random.Uint32())
		}
		record[0] = byte(i % classes)
		set.files = append(set.files, record)
	}
	return set
}

// faulty is a data set whose image number bad cannot be read, or has label
// classes if err is nil.
type faulty struct {
	Dataset
	bad int
	err error
}

func (f faulty) Image(i int, pixels []byte) (int, error) {
	if i == f.bad {
		return len(f.Classes()), f.err
	}
	return f.Dataset.Image(i, pixels)
}

var errDisk = errors.New("disk on fire")

// wantError checks that err is one line that holds all parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of more than one line: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q has no %q", err, part)
		}
	}
}

// pixelsOf returns all images of a data set, each with its label in front.
func pixelsOf(t *testing.T, set Dataset) []string {
	t.Helper()
	length, err := imageLen(set)
	if err != nil {
		t.Fatal(err)
	}
	var images []string
	pixels := make([]byte, length)
	for i := range set.Len() {
		label, err := set.Image(i, pixels)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, string(byte(label))+string(pixels))
	}
	return images
}

func TestRecordsOverFiles(t *testing.T) {
	set := noise(6, 3, 2, 3, 4)
	// The same six records in files of 1, 3 and 2.
	all := bytes.Join(set.files, nil)
	size := set.recordLen()
	set.files = [][]byte{all[:size], all[size : 4*size], all[4*size:]}
	if set.Len() != 6 {
		t.Fatalf("%d images, want 6", set.Len())
	}
	if got := strings.Join(pixelsOf(t, set), ""); got != string(all) {
		t.Error("images differ from the records")
	}
}

func TestImage(t *testing.T) {
	set := noise(6, 3, 2, 3, 4)
	for name, set := range map[string]Dataset{"records": set, "subset": &subset{set, []int{5, 1, 0}}} {
		t.Run(name, func(t *testing.T) {
			for _, i := range []int{-1, set.Len()} {
				_, err := set.Image(i, nil)
				wantError(t, err, "data: image", "of a data set of")
			}
			for _, n := range []int{0, 23, 25} {
				_, err := set.Image(0, make([]byte, n))
				wantError(t, err, "2×3×4 = 24 bytes")
			}
			pixels := make([]byte, 24)
			with, err := set.Image(1, pixels)
			if err != nil {
				t.Fatal(err)
			}
			if alone, err := set.Image(1, nil); err != nil || alone != with {
				t.Errorf("label alone %d (%v), with pixels %d", alone, err, with)
			}
		})
	}
}

func TestSubset(t *testing.T) {
	set := noise(6, 3, 1, 2, 2)
	all := pixelsOf(t, set)
	if got := pixelsOf(t, &subset{set, []int{5, 1, 0}}); !slices.Equal(got, []string{all[5], all[1], all[0]}) {
		t.Error("a subset's images are not those of its indices")
	}
}
