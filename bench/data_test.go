package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeFolder writes pictures of two classes, red and blue, of sizes of their
// own, and returns the folder and one of the files.
func writeFolder(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	for part, n := range map[string]int{"train": 8, "val": 3} {
		for class, c := range map[string]color.Color{"red": color.RGBA{200, 0, 0, 255}, "blue": color.RGBA{0, 0, 200, 255}} {
			for i := range n {
				m := image.NewRGBA(image.Rect(0, 0, 30+i, 40-i))
				for p := range m.Rect.Dx() * m.Rect.Dy() {
					m.Set(p%m.Rect.Dx(), p/m.Rect.Dx(), c)
				}
				file = filepath.Join(dir, part, class, fmt.Sprintf("%d.png", i))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				f, err := os.Create(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := png.Encode(f, m); err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir, filepath.Join(dir, "train", "red", "2.png")
}

func TestTrainOnFolder(t *testing.T) {
	dir, file := writeFolder(t)
	train := func(more ...string) (status int, stdout, stderr string) {
		return bench(t.Context(), append([]string{"train", "-data", "folder", "-data-dir", dir, "-image-size", "16", "-epochs", "2", "-width", "1", "-batch", "8"}, more...)...)
	}
	for _, variant := range []string{"conv", "lc-translate-2", "lc-sleep-1"} {
		if status, stdout, stderr := train("-variant", variant, "-sleep", "hebbian", "-sleep-source", "patches", "-sleep-iterations", "2", "-sleep-patterns", "4"); status != 0 || !strings.Contains(stdout, variant) {
			t.Errorf("%s: status %d, %s", variant, status, stderr)
		}
	}
	if err := os.WriteFile(file, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := train(); status != 1 || !strings.Contains(stderr, file+": neither JPEG nor PNG") || strings.Count(stderr, "\n") > 2 {
		t.Errorf("a file that is no picture: status %d, %s", status, stderr)
	}
	// A bad image is counted once, however often it is drawn.
	status, _, stderr := train("-skip-bad-images")
	if want := "skipped 1: training image 10: " + file + ": neither"; status != 0 || strings.Count(stderr, want) != 1 || strings.Contains(stderr, "skipped 2") {
		t.Errorf("-skip-bad-images: status %d, %s", status, stderr)
	}
	if status, _, stderr := train("-skip-bad-images", "-validation", "0.25"); status != 0 {
		t.Errorf("-validation: status %d, %s", status, stderr)
	}
}

func TestDataFlags(t *testing.T) {
	dir, _ := writeFolder(t)
	for args, want := range map[string]string{
		"-data sample -image-size 32":                    "only folder takes a side, of 32",
		"-data folder":                                   "folder needs a folder",
		"-data folder -image-size -1 -data-dir " + dir:   "-1×-1",
		"-data imagenet -image-size 16 -data-dir " + dir: "only folder takes a side",
		"-data mnist -data-dir " + dir:                   "train-images-idx3-ubyte",
		"-data folder -data-dir " + dir + "/train":       "train/train",
		"-data folder -download -data-dir " + dir:        "nothing to download for folder",
	} {
		status, stdout, stderr := bench(t.Context(), append([]string{"train"}, strings.Fields(args)...)...)
		if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want one line with %q", args, status, stdout, stderr, want)
		}
	}
}
