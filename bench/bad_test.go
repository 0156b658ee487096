package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hypnos/zoo"
)

// damage cuts a file short.
func damage(t *testing.T, path string) {
	t.Helper()
	if err := os.Truncate(path, 40); err != nil {
		t.Fatal(err)
	}
}

// With -skip-bad-images, every command answers as if a bad image were not there,
// and lists it; without, it stops and names it.
func TestSkipBadImages(t *testing.T) {
	dir, paths := writePictures(t, 8)
	bad := paths[2]
	data, _ := writeFolder(t)
	badTest := filepath.Join(data, "val", "blue", "1.png")
	_, weights := writeWeights(t, "resnet8", zoo.Config{Width: 1, Classes: 2, Seed: 5})
	model := []string{"resnet8", "-width", "1", "-classes", "2", "-weights", weights}
	recording := t.TempDir()
	stimuli, _ := writePictures(t, 8)
	if err := os.Rename(stimuli, filepath.Join(recording, "images")); err != nil {
		t.Fatal(err)
	}
	badStimulus := filepath.Join(recording, "images", filepath.Base(bad))
	damage(t, bad)
	damage(t, badStimulus)
	damage(t, badTest)
	for _, c := range []struct {
		command, bad string
		args         []string
		result       func(out string, stdout string) string
	}{
		{"predict", bad, append(slices.Clone(model), "-images", dir), func(_, stdout string) string { return stdout }},
		{"features", bad, append(slices.Clone(model), "-images", dir, "-areas", "layer3", "-o", "OUT.npz"), func(out, _ string) string { return string(read(t, out+".npz")) }},
		{"eval", badTest, append(slices.Clone(model), "-data", "folder", "-data-dir", data, "-image-size", "16"), func(_, stdout string) string { return stdout }},
		{"brain", badStimulus, []string{"-models", "pixels,gabor", "-resamples", "10", "-data", recording, "-out", "OUT"}, func(out, stdout string) string {
			table, _, _ := strings.Cut(stdout, "\nreport:")
			return strings.TrimSpace(strings.Replace(table, "1 of 8 pictures cannot be read and are left out", "", 1))
		}},
	} {
		t.Run(c.command, func(t *testing.T) {
			run := func(more ...string) (status int, result, stderr string) {
				out := filepath.Join(t.TempDir(), "out")
				args := append([]string{c.command}, c.args...)
				for i := range args {
					args[i] = strings.Replace(args[i], "OUT", out, 1)
				}
				status, stdout, stderr := bench(t.Context(), append(args, more...)...)
				if status == 0 {
					result = c.result(out, stdout)
				}
				return status, result, stderr
			}
			if status, _, stderr := run(); status != 1 || !strings.Contains(stderr, c.bad) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("without: status %d, %q", status, stderr)
			}
			status, got, stderr := run("-skip-bad-images")
			if status != 0 || strings.Count(stderr, c.bad) != 1 || !strings.Contains(stderr, "skipped 1: ") || !strings.Contains(stderr, "1 of ") {
				t.Fatalf("status %d, %q", status, stderr)
			}
			aside := filepath.Join(t.TempDir(), "aside")
			if err := os.Rename(c.bad, aside); err != nil {
				t.Fatal(err)
			}
			defer os.Rename(aside, c.bad)
			if status, want, stderr := run(); status != 0 || got != want {
				t.Errorf("status %d, %q\nwithout the image\n%s\nwith it skipped\n%s", status, stderr, want, got)
			}
		})
	}

	// A training is of the same test images as eval.
	status, _, stderr := bench(t.Context(), "train", "-data", "folder", "-data-dir", data, "-image-size", "16", "-epochs", "1", "-width", "1", "-batch", "8", "-skip-bad-images")
	if status != 0 || strings.Count(stderr, badTest) != 1 || !strings.Contains(stderr, "1 of 6 test images cannot be read and are left out") {
		t.Errorf("train: status %d, %q", status, stderr)
	}

	// A comparison looks at the recording's pictures before it trains.
	_, _, stderr = bench(t.Context(), "compare", "-brain", recording, "-variants", "conv", "-batch", "8", "-data", "folder", "-data-dir", data, "-image-size", "16", "-epochs", "1", "-width", "1", "-out", t.TempDir(), "-skip-bad-images")
	if strings.Count(stderr, badStimulus) != 1 || !strings.Contains(stderr, "1 of 8 images cannot be read and are left out") {
		t.Errorf("compare: %q", stderr)
	}
}

// What stands in files cannot break a line or tell a terminal what to do.
func TestOneLine(t *testing.T) {
	recording := t.TempDir()
	stimuli, _ := writePictures(t, 2)
	if err := os.Rename(stimuli, filepath.Join(recording, "images")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(recording, "stimuli.csv"), []byte("file\n\"a\nb\x1b[31m\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantLine(t, []string{"brain", "-models", "pixels", "-data", recording}, "line 2: a?b?[31m is no picture")
}
