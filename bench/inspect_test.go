package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hypnos/zoo"
)

// A network is named before, between or after flags, and a large one is
// summarised without memory for its weights.
func TestSummary(t *testing.T) {
	want := ""
	for _, args := range []string{"resnet18 -variant lc -width 32 -batch 16", "-batch 16 resnet18 -width 32 -variant lc", "-batch 16 -variant lc -width 32 resnet18"} {
		status, stdout, stderr := bench(t.Context(), append([]string{"summary"}, strings.Fields(args)...)...)
		if status != 0 {
			t.Fatalf("%s: status %d: %s", args, status, stderr)
		}
		if want == "" {
			want = stdout
		}
		if stdout != want {
			t.Errorf("%s: another summary:\n%s", args, stdout)
		}
	}
	// 483 million weights and two moments are 5.8 GB; of their gradients none is kept.
	for _, part := range []string{"layer4.1.conv2", "483155624", "weights 1.93 GB, gradients 1.05 MB, moments of AdamW 3.87 GB"} {
		if !strings.Contains(want, part) {
			t.Errorf("the summary has no %q:\n%s", part, want)
		}
	}
	_, stdout, _ := bench(t.Context(), "summary", "cornet-rt", "-width", "2", "-image-size", "64", "-classes", "7", "-steps", "4")
	for _, part := range []string{"as V1.conv1", "7×1×1", "V1.nonlin1.t3"} {
		if !strings.Contains(stdout, part) {
			t.Errorf("the summary has no %q:\n%s", part, stdout)
		}
	}
}

func TestGraph(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Graphviz")
	}
	dir := filepath.Join(t.TempDir(), "new")
	for _, c := range []struct {
		file    string
		want    []string
		wantNot string
	}{
		{"x.dot", []string{`label="V4   32×4×4   t = 0 to 3"`, "cornet-s, locally connected, first 1 convolutional", "batch norm, one a time step", "style=dashed"}, "V4.conv1.t3"},
		{"x.svg", []string{"<svg", "V4 &#160;&#160;32×4×4", "conv2", "stroke-dasharray"}, "V4.conv1.t3"},
		{"y.dot", []string{`"V4.conv1.t3"`}, "style=dashed"},
	} {
		path := filepath.Join(dir, c.file)
		args := []string{"graph", "cornet-s", "-variant", "lc", "-first-conv", "1", "-width", "8", "-image-size", "64", "-o", path}
		if c.file == "y.dot" {
			args = append(args, "-unroll")
		}
		status, stdout, stderr := bench(t.Context(), args...)
		if status != 0 || stdout != path+"\n" {
			t.Fatalf("%s: status %d, stdout %q: %s", c.file, status, stdout, stderr)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(content), want) {
				t.Errorf("%s has no %q:\n%s", c.file, want, content)
			}
		}
		if strings.Contains(string(content), c.wantNot) {
			t.Errorf("%s has %q", c.file, c.wantNot)
		}
	}
}

const filterGap, groupGap = 2, 12 // pixels, as the pictures have them

// Filters that a local network has as copies of a convolution's are alike over
// the map, and those that it starts with are not.
func TestFilters(t *testing.T) {
	dir := t.TempDir()
	net, err := zoo.New("resnet8", zoo.Config{Width: 2, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	weights := filepath.Join(dir, "weights.safetensors")
	if err := net.Save(weights); err != nil {
		t.Fatal(err)
	}
	show := func(more ...string) []byte {
		path := filepath.Join(dir, "filters."+more[0])
		args := append([]string{"filters", "resnet8", "-width", "2", "-o", path}, more[1:]...)
		if status, _, stderr := bench(t.Context(), args...); status != 0 {
			t.Fatalf("%v: status %d: %s", args, status, stderr)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	alike := func(content []byte) bool {
		img, err := png.Decode(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		// Tiles of 3×3 weights of 16 pixels, 4×4 locations for each of two channels.
		tile := func(channel, location int) string {
			const size, group = 48, 4*(48+filterGap) - filterGap + groupGap
			at := image.Pt(channel*group+location%4*(size+filterGap), location/4*(size+filterGap)).Add(origin(img))
			var text strings.Builder
			for i := range 9 {
				text.WriteString(fmt.Sprint(img.At(at.X+i%3*16+8, at.Y+i/3*16+8)))
			}
			return text.String()
		}
		same := true
		for location := range 16 {
			for channel := range 2 {
				same = same && tile(channel, location) == tile(channel, 0)
			}
			if tile(0, location) == tile(1, location) {
				t.Errorf("both channels have one filter at location %d", location)
			}
		}
		return same
	}
	local := []string{"png", "-variant", "lc", "-by", "channel", "-locations", "4"}
	if !alike(show(append(local, "-weights", weights)...)) {
		t.Error("copies of one filter differ")
	}
	if alike(show(append(local, "-weights", weights, "-deviation", "0.5")...)) || alike(show(local...)) {
		t.Error("filters with noise, or of their own, are alike")
	}
	if first, second := show("png", "-variant", "lc"), show("png", "-variant", "lc", "-by", "channel"); bytes.Equal(first, second) {
		t.Error("by channel is as by location")
	}
	if _, err := png.Decode(bytes.NewReader(show("png"))); err != nil {
		t.Error(err)
	}
	if content := string(show("svg")); !strings.Contains(content, "conv1, convolution: 2 filters of 3×3") || !strings.Contains(content, "<image") {
		t.Errorf("SVG is %s", content)
	}
}

// origin finds where the image in a picture begins: at its first pixel in colour.
func origin(img image.Image) image.Point {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if r, g, b, _ := img.At(x, y).RGBA(); max(r, g, b)-min(r, g, b) > 0x1000 {
				return image.Pt(x, y)
			}
		}
	}
	return image.Point{}
}
