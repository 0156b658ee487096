package plotting

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// line is a sheet of one curve through points at the values.
func line(values ...float64) Sheet {
	c := Curve{Name: "a line", Style: 1}
	for i, v := range values {
		c.Points = append(c.Points, Point{float64(i), v, v, v})
	}
	return Sheet{Name: "line", Title: `A "line"`, Panels: [][]Panel{{{Curves: []Curve{c}}}}}
}

// Files are written, and those of an earlier figure removed by an empty one.
func TestFigureWrite(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.svg")
	if err := os.WriteFile(other, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := line(1, 2, 4).Figure().Write(dir); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "line.png"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(content))
	if err != nil || img.Bounds().Dx() != 360*resolutionOfOne/72 {
		t.Errorf("line.png is %v wide, %v", img.Bounds(), err)
	}
	for range 2 { // the second has nothing to remove
		if err := (Sheet{Name: "line"}).Figure().Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 1 || files[0] != other {
		t.Errorf("left are %v, %v", files, err)
	}
	err = line(1).Figure().Write(filepath.Join(dir, "none"))
	if err == nil || !strings.Contains(err.Error(), "line.svg") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// All colours are variables of the page, and the title is the label of the figure.
func TestInline(t *testing.T) {
	inline, err := line(1, 2, 4).Figure().Inline()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<svg role="img" aria-label="A &#34;line&#34;"`, "var(--ink)", "var(--faint)", "var(--paper)", "var(--curve-1)"} {
		if !strings.Contains(inline.SVG, want) {
			t.Errorf("no %s", want)
		}
	}
	if fixed := regexp.MustCompile(`(fill|stroke):#[0-9A-F]*`).FindString(inline.SVG); fixed != "" {
		t.Errorf("a colour stays: %s", fixed)
	}
	if inline.Width != 1 {
		t.Errorf("width %v", inline.Width)
	}
	if colours := CurveColours(); !strings.Contains(colours, "--curve-0: var(--ink); --curve-1: #0072B2;") {
		t.Errorf("colours %s", colours)
	}
	if sample := LineSample(len(palette) + 1); !strings.Contains(sample, `stroke="var(--curve-1)" stroke-dasharray="6 3"`) {
		t.Errorf("sample %s", sample)
	}
}

// Dots stand at their values, below each other, and the range is shaded.
func TestDotPlot(t *testing.T) {
	d := DotPlot{Rows: []DotRow{{Name: "conv", Style: 1, Value: 60, Low: 58, High: 62}, {Name: "sleep", Style: 2, Value: 55, Low: 53, High: 57, Label: "50 %"}}}
	without, err := d.Figure().SVG()
	if err != nil {
		t.Fatal(err)
	}
	d.Rows, d.Shaded = append(d.Rows, DotRow{Name: "lc", Style: 3, Value: 50, Low: 48, High: 52}), &[2]float64{50, 60}
	svg, err := d.Figure().SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">conv<", ">sleep<", ">lc<", ">50 %<"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %s", want)
		}
	}
	if shade := "fill:" + hex(faint); strings.Contains(string(without), shade) || strings.Count(string(svg), shade) != 1 {
		t.Error("not the one range is shaded")
	}
	var x, y [4]float64
	for style := 1; style <= 3; style++ {
		dot := regexp.MustCompile(`d="M([0-9.]+),([0-9.]+)A[^"]*" style="fill:` + hex(curveColour(style))).FindSubmatch(svg)
		if dot == nil {
			t.Fatalf("no dot of style %d in\n%s", style, svg)
		}
		x[style], _ = strconv.ParseFloat(string(dot[1]), 64)
		y[style], _ = strconv.ParseFloat(string(dot[2]), 64)
	}
	if left, right := x[1]-x[2], x[2]-x[3]; left <= 0 || math.Abs(left-right) > 0.01 || !(y[1] > y[2] && y[2] > y[3]) {
		t.Errorf("dots at %v, %v", x[1:], y[1:])
	}
	d.Rows = d.Rows[:1]
	if !d.Figure().Empty() {
		t.Error("one row is drawn")
	}
}

func TestDrawable(t *testing.T) {
	for v, want := range map[float64][2]bool{1: {true, true}, 0: {true, false}, -1: {true, false}, 1e31: {false, false}, 1e-31: {true, false}, math.Inf(1): {false, false}, math.Inf(-1): {false, false}} {
		if got := [2]bool{Drawable(v, false), Drawable(v, true)}; got != want {
			t.Errorf("%v: %v, want %v", v, got, want)
		}
	}
	if Drawable(math.NaN(), false) || Drawable(math.NaN(), true) {
		t.Error("NaN is drawable")
	}
}
