package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
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
	for variant, flags := range map[string][]string{"conv": nil, "lc-translate-2": nil, "lc-sleep-1": append(asleep("hebbian"), "-sleep-source", "patches")} {
		if status, stdout, stderr := train(append(flags, "-variant", variant)...); status != 0 || !strings.Contains(stdout, variant) {
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

// In validation mode nobody looks at the test images.
func TestModeValidation(t *testing.T) {
	dir, _ := writeFolder(t)
	tests, err := filepath.Glob(filepath.Join(dir, "val", "*", "*"))
	if err != nil || len(tests) != 6 {
		t.Fatalf("%q, %v", tests, err)
	}
	for _, path := range tests {
		if err := os.WriteFile(path, []byte("no picture"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	flags := []string{"-data", "folder", "-data-dir", dir, "-image-size", "16", "-epochs", "1", "-width", "1", "-batch", "4", "-validation", "0.25"}
	if status, _, stderr := bench(t.Context(), append([]string{"train"}, flags...)...); status != 1 || !strings.Contains(stderr, "neither JPEG nor PNG") {
		t.Errorf("bad test images: status %d, %s", status, stderr)
	}
	status, stdout, stderr := bench(t.Context(), append([]string{"train", "-mode", "validation"}, flags...)...)
	if status != 0 || !strings.Contains(stdout, "validation top-1, %") || !strings.Contains(stderr, "validation top-1") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if status, _, stderr := bench(t.Context(), append([]string{"search", "-variants", "conv", "-rates", "0.01"}, flags...)...); status != 0 {
		t.Errorf("search: status %d, %s", status, stderr)
	}
}

// What is measured when: test and validation images every two of five epochs,
// training images every three, and all at the end. It changes no weight.
func TestEvaluateEvery(t *testing.T) {
	data, dir, other := digits(t), t.TempDir(), t.TempDir()
	trained(t, tiny(data, "-out", other, "-epochs", "5", "-validation", "0.2", "-mode", "validation")...)
	stdout, stderr := trained(t, tiny(data, "-out", dir, "-epochs", "5", "-validation", "0.2", "-evaluate-every", "2", "-evaluate-training-every", "3")...)
	if !strings.Contains(stdout, "test top-1, %") || strings.Count(stderr, "validation top-1") != 3 || strings.Count(stderr, "test top-1") != 3 {
		t.Errorf("stdout %q, stderr %q", stdout, stderr)
	}
	if weights := "checkpoint-5.safetensors"; !slices.Equal(read(t, filepath.Join(dir, weights)), read(t, filepath.Join(other, weights))) {
		t.Error("evaluation changes the training")
	}
	rows := withoutSeconds(t, filepath.Join(dir, "epochs.csv"))
	for prefix, epochs := range map[string][]int{"test": {2, 4, 5}, "validation": {2, 4, 5}, "train_eval": {3, 5}} {
		for _, suffix := range []string{"_loss", "_top1", "_top5"} {
			column := slices.Index(rows[0], prefix+suffix)
			var got []int
			for i, row := range rows[1:] {
				if row[column] != "NaN" {
					got = append(got, i+1)
				}
			}
			if !slices.Equal(got, epochs) {
				t.Errorf("%s%s is measured at epochs %v, want %v", prefix, suffix, got, epochs)
			}
		}
	}
	page := string(read(t, filepath.Join(dir, "report.html")))
	for _, want := range []string{"48 training, 20 test and 12 validation images", "Test top-1", "Validation top-1", "Training images, evaluated: top-1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

func TestDataFlags(t *testing.T) {
	dir, _ := writeFolder(t)
	for args, want := range map[string]string{
		"-data sample -image-size 32":                      "only folder takes a side, of 32",
		"-data folder":                                     "folder needs a folder",
		"-data folder -image-size -1 -data-dir " + dir:     "-1×-1",
		"-data imagenet -image-size 16 -data-dir " + dir:   "only folder takes a side",
		"-data mnist -data-dir " + dir:                     "train-images-idx3-ubyte",
		"-data folder -data-dir " + dir + "/train/nowhere": "no folder " + dir + "/train/nowhere",
		"-data folder -padding 4 -data-dir " + dir:         "-padding has no effect: training images of -data folder are random parts",
		"-data imagenet -flip=false -data-dir " + dir:      "-flip has no effect: training images of -data imagenet are random parts",
		"-mode validation":                                 "-mode validation needs -validation",
		"-mode training":                                   "want test or validation",
		"-evaluate-every 0":                                "-evaluate-every 0, want at least 1",
		"-evaluate-training-every -1":                      "-evaluate-training-every -1, want at least 0",
		"-data folder -download -data-dir " + dir:          "nothing to download for folder",
	} {
		status, stdout, stderr := bench(t.Context(), append([]string{"train"}, strings.Fields(args)...)...)
		if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want one line with %q", args, status, stdout, stderr, want)
		}
	}
}
