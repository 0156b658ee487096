package data

import (
	"bytes"
	"math/rand/v2"
	"runtime"
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

func (f faulty) Image(i int, image *Image) (int, error) {
	if i == f.bad {
		return len(f.Classes()), f.err
	}
	return f.Dataset.Image(i, image)
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

// allocated returns how many bytes a function allocates.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// pixelsOf returns all images of a data set, each with its label in front.
func pixelsOf(t *testing.T, set Dataset) []string {
	t.Helper()
	var images []string
	var image Image
	for i := range set.Len() {
		label, err := read(set, i, &image)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, string(byte(label))+string(image.Pixels))
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
			// Whatever memory comes in, it is used where it is enough.
			var with int
			for _, n := range []int{0, 23, 24, 25} {
				image := Image{Channels: 9, Pixels: make([]byte, n)}
				before := image.Pixels
				var err error
				if with, err = set.Image(1, &image); err != nil {
					t.Fatal(err)
				}
				if image.Channels != 2 || image.Height != 3 || image.Width != 4 || len(image.Pixels) != 24 {
					t.Errorf("an image of %d×%d×%d in %d bytes", image.Channels, image.Height, image.Width, len(image.Pixels))
				}
				if n >= 24 && &image.Pixels[0] != &before[0] {
					t.Errorf("%d bytes are not used again", n)
				}
			}
			if alone, err := set.Image(1, nil); err != nil || alone != with {
				t.Errorf("label alone %d (%v), with pixels %d", alone, err, with)
			}
		})
	}
}

// sized is a data set whose image 0 has this size, whatever the set says.
type sized struct {
	Dataset
	size Image
}

func (s sized) Image(i int, image *Image) (int, error) {
	label, err := s.Dataset.Image(i, image)
	if i == 0 && image != nil {
		*image = s.size
	}
	return label, err
}

// A Dataset may be anybody's: what it answers is checked.
func TestWrongImages(t *testing.T) {
	for _, c := range []struct {
		height, width int // of all images, by the set
		image         Image
		want          string // "" if it is fine
	}{
		{3, 4, Image{2, 3, 4, make([]byte, 24)}, ""},
		{3, 4, Image{2, 4, 3, make([]byte, 24)}, "image 0: 24 bytes and a size of 2×4×3, want 2×3×4"},
		{3, 4, Image{1, 3, 4, make([]byte, 12)}, "want 2×3×4"},
		{3, 4, Image{2, 3, 4, make([]byte, 23)}, ": 23 bytes"},
		{0, 0, Image{2, 5, 1, make([]byte, 10)}, ""},
		{0, 0, Image{3, 5, 1, make([]byte, 15)}, "want 2×5×1"},
		{0, 0, Image{2, 5, 0, nil}, "want 2×5×1"},
		{0, 0, Image{2, -5, -1, make([]byte, 10)}, "want 2×1×1"},
		{0, 0, Image{2, 5, 1, make([]byte, 11)}, ": 11 bytes"},
	} {
		set := noise(2, 2, 2, 3, 4)
		set.height, set.width = c.height, c.width
		set.files = [][]byte{make([]byte, 2*set.recordLen())}
		_, err := read(sized{set, c.image}, 0, new(Image))
		if c.want != "" {
			wantError(t, err, c.want)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestSubset(t *testing.T) {
	set := noise(6, 3, 1, 2, 2)
	all := pixelsOf(t, set)
	if got := pixelsOf(t, &subset{set, []int{5, 1, 0}}); !slices.Equal(got, []string{all[5], all[1], all[0]}) {
		t.Error("a subset's images are not those of its indices")
	}
}
