package data

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// kindsOfPictures are the pictures of testdata/pictures, with how far values may
// be from torchvision's at most and in the mean, of 255: as bench/README.md says.
var kindsOfPictures = []struct {
	files string // names without their ends
	most  int
	mean  float64
}{
	{"rgb.png interlaced.png rgb16.png grey.png grey1.png grey2.png grey4.png grey16.png palette.png palette4.png", 0, 0},
	{"rgba.png greyalpha.png rgba16.png greyalpha16.png palettealpha.png rgbkey.png greykey.png", 0, 0},
	{"size1x1.png size1x40.png size40x1.png size256x256.png size300x257.png size131x340.png", 0, 0},
	{"greyscale.jpg", 1, 0.05},
	{"untransformed.jpg s444.jpg exif.jpg progressive.jpg s420.jpg s422.jpg s440.jpg s411.jpg s410.jpg s222121.jpg", 3, 0.1},
	{"s221112.jpg s112121.jpg s141111.jpg s221122.jpg s222111.jpg s241111.jpg", 3, 0.1},
	{"cmyk.jpg cmykplain.jpg ycck.jpg", 2, 0.2},
}

const (
	picturesFolder = "testdata/pictures"
	everyCropped   = 14 // pixels of a crop, in each axis, that are kept
)

// The pixels of every kind of picture are torchvision's, whole and as networks
// of ImageNet see them.
func TestTorchvision(t *testing.T) {
	tested := map[string]bool{}
	for _, kind := range kindsOfPictures {
		for file := range strings.FieldsSeq(kind.files) {
			name := strings.TrimSuffix(file, filepath.Ext(file))
			wants, err := filepath.Glob(filepath.Join(picturesFolder, "want", name+".*png"))
			if err != nil || len(wants) == 0 {
				t.Fatalf("%s: nothing is known of it (%v)", file, err)
			}
			for _, path := range wants {
				if tested[path] = true; strings.HasSuffix(file, ".jpg") != isJPEG(t, file) {
					t.Errorf("%s is of another kind", file)
				}
				most, mean := distance(t, file, path)
				if most > kind.most || mean > kind.mean {
					t.Errorf("%s is off %s by up to %d and %.3f in the mean, want at most %d and %v", file, filepath.Base(path), most, mean, kind.most, kind.mean)
				}
				t.Logf("%-16s %-32s %d %.3f", file, filepath.Base(path), most, mean)
			}
		}
	}
	all, err := filepath.Glob(filepath.Join(picturesFolder, "want", "*.png"))
	if err != nil || len(all) != len(tested) {
		t.Errorf("%d of %d files compared (%v)", len(tested), len(all), err)
	}
}

func isJPEG(t *testing.T, file string) bool {
	t.Helper()
	_, ok := must(readHeader(must(os.ReadFile(filepath.Join(picturesFolder, file))))).(*jpegFile)
	return ok
}

// distance returns how far the values of a picture are from those in a file, at
// most and in the mean. The name of that says what is to be done to the picture.
func distance(t *testing.T, file, path string) (most int, mean float64) {
	t.Helper()
	set, err := Pictures(filepath.Join(picturesFolder, file))
	if err != nil {
		t.Fatal(err)
	}
	step, prepared := 1, Dataset(set)
	for _, part := range strings.Split(filepath.Base(path), ".")[1:] {
		var c color.NRGBA
		switch n, _ := fmt.Sscanf(part, "%d-%d-%d", &c.R, &c.G, &c.B); {
		case n == 3:
			c.A = 255
			set.Background = c
		case part == "crop":
			step = everyCropped
			if prepared, err = Preprocess(set, ResizeCrop{Resize: 256, Crop: 224}); err != nil {
				t.Fatal(err)
			}
		}
	}
	var got, want Image
	if _, err := read(prepared, 0, &got); err != nil {
		t.Fatal(err)
	}
	if err := decodePicture(must(os.ReadFile(path)), nil, &want); err != nil {
		t.Fatal(err)
	}
	if want.Height != ceil(got.Height, step) || want.Width != ceil(got.Width, step) {
		t.Fatalf("%s: %d×%d, want %d×%d of every %d", file, got.Height, got.Width, want.Height, want.Width, step)
	}
	sum := 0
	for i, w := range want.Pixels {
		c, y, x := i/want.Width/want.Height, i/want.Width%want.Height*step, i%want.Width*step
		d := int(w) - int(got.Pixels[(c*got.Height+y)*got.Width+x])
		most, sum = max(most, d, -d), sum+max(d, -d)
	}
	return most, float64(sum) / float64(len(want.Pixels))
}
