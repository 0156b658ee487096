package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/data"
	"hypnos/zoo"
)

// A picture of one transparent colour is that colour to every command, or the
// background.
func TestBackground(t *testing.T) {
	write := func(path string, c color.NRGBA) {
		m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
		for i := 0; i < len(m.Pix); i += 4 {
			copy(m.Pix[i:], []byte{c.R, c.G, c.B, c.A})
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(at("clear.png"), color.NRGBA{200, 40, 90, 0})
	write(at("dropped.png"), color.NRGBA{200, 40, 90, 255})
	write(at("over.png"), color.NRGBA{10, 250, 30, 255})
	_, weights := writeWeights(t, "resnet8", zoo.Config{Width: 2, Classes: 3, Seed: 5})
	model := []string{"resnet8", "-width", "2", "-classes", "3", "-weights", weights}

	predict := func(picture string, more ...string) []look.Answer {
		t.Helper()
		out := at("out.json")
		status, _, stderr := bench(t.Context(), append(append([]string{"predict"}, model...), append(more, "-images", at(picture), "-o", out)...)...)
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d: %s", picture, status, stderr)
		}
		var got []look.Predicted
		if err := json.Unmarshal(read(t, out), &got); err != nil {
			t.Fatal(err)
		}
		return got[0].Answers
	}
	features := func(picture string, more ...string) []float32 {
		t.Helper()
		out := at("out.npz")
		status, _, stderr := bench(t.Context(), append(append([]string{"features"}, model...), append(more, "-areas", "conv1", "-images", at(picture), "-o", out)...)...)
		if status != 0 || stderr != "" {
			t.Fatalf("%s: status %d: %s", picture, status, stderr)
		}
		arrays, _ := readNPZ(t, out)
		return arrays["conv1"].Data().([]float32)
	}
	for _, c := range []struct {
		like string
		more []string
	}{{"dropped.png", nil}, {"over.png", []string{"-background", "#0afa1e"}}} {
		if got, want := predict("clear.png", c.more...), predict(c.like); got[0] != want[0] {
			t.Errorf("predict %v: %v, want %v", c.more, got, want)
		}
		if got, want := features("clear.png", c.more...), features(c.like); got[0] != want[0] || got[len(got)-1] != want[len(got)-1] {
			t.Errorf("features %v: %v …, want %v …", c.more, got[0], want[0])
		}
	}
	if predict("dropped.png")[0] == predict("over.png")[0] {
		t.Error("the two colours are one to the network")
	}

	// Stimuli that nothing shows of are the same.
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 8 {
		c := color.NRGBA{byte(random.Uint32()), byte(random.Uint32()), byte(random.Uint32()), 0}
		write(filepath.Join(dir, "recording", "images", fmt.Sprint(i, ".png")), c)
	}
	for _, more := range [][]string{nil, {"-background", "white"}} {
		args := []string{"brain", "-models", "pixels", "-resamples", "10", "-data", at("recording"), "-out", at("brain")}
		status, stdout, stderr := bench(t.Context(), append(args, more...)...)
		if status != 0 || strings.Contains(stdout, "all 8 stimuli are the same") != (more != nil) {
			t.Errorf("brain %v: status %d: %s%s", more, status, stdout, stderr)
		}
	}

	// Data sets of pictures: training and test images are told.
	for _, part := range []string{"train", "val"} {
		for _, class := range []string{"a", "b"} {
			write(filepath.Join(dir, "set", part, class, "1.png"), color.NRGBA{200, 40, 90, 0})
		}
	}
	training, test, err := data.Open("folder", at("set"))
	if err != nil {
		t.Fatal(err)
	}
	experiment.Behind(color.RGBA{0, 255, 0, 255}, training, test)
	for _, set := range []data.Dataset{training, test} {
		var m data.Image
		if _, err := set.Image(0, &m); err != nil || m.Pixels[0] != 0 || m.Pixels[40*40] != 255 {
			t.Errorf("%d of red, %d of green, want 0 and 255 (%v)", m.Pixels[0], m.Pixels[40*40], err)
		}
	}
	flags := []string{"-data", "folder", "-data-dir", at("set"), "-image-size", "16", "-background", "white"}
	if status, _, stderr := bench(t.Context(), append([]string{"train", "-epochs", "1", "-width", "1", "-batch", "2", "-out", at("run")}, flags...)...); status != 0 {
		t.Errorf("train: status %d: %s", status, stderr)
	}
	for _, command := range []string{"train -epochs 1 -width 1", "eval resnet8 -width 1 -weights " + weights} {
		status, _, stderr := bench(t.Context(), append(strings.Fields(command), "-background", "white")...)
		if status != 1 || !strings.Contains(stderr, "-background has no effect: the data set is not of JPEG and PNG files") {
			t.Errorf("%s: status %d: %s", command, status, stderr)
		}
	}
}
