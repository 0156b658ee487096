package brainreport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"hypnos/bench/plotting"
	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

// tiny returns results whose tables can be worked out by hand.
func tiny() *results.Brain {
	nan := math.NaN()
	score := func(measure, model string, seed uint64, area string, value, low, high, err float64) results.BrainScore {
		s := results.BrainScore{
			Region: "IT", Measure: measure, Model: model, Seed: seed, Area: area, Value: value, Error: 0.01,
			Low: low, High: high, CeilingError: err, P: nan, ExplainedVariance: nan, SquaredRatio: nan,
		}
		if measure == results.MeasurePLS {
			s.ExplainedVariance, s.SquaredRatio = value*value/low, value*value/low/low
		}
		return s
	}
	return &results.Brain{
		Regions: []string{"IT"}, Measures: []string{results.MeasurePLS, results.MeasureSpearman}, Models: []string{"conv", "lc", "pixels"},
		Best: []results.BrainScore{
			score(results.MeasurePLS, "conv", 1, "layer3", 0.4, 0.8, 0.8, 0.02), score(results.MeasurePLS, "conv", 2, "layer4", 0.6, 0.8, 0.8, 0.02),
			score(results.MeasurePLS, "lc", 1, "layer2", 0.4, 0.8, 0.8, 0.02),
			score(results.MeasureSpearman, "conv", 1, "layer4", 0.25, 0.3, 0.5, nan), score(results.MeasureSpearman, "conv", 2, "layer4", 0.25, 0.3, 0.5, nan),
			score(results.MeasureSpearman, "lc", 1, "layer4", -0.125, 0.3, 0.5, nan),
			score(results.MeasureSpearman, "pixels", 0, "", 0.0625, 0.3, 0.5, nan),
		},
		Given: []results.BrainScore{score(results.MeasureSpearman, "HMAX", 0, "", 0.2, 0.3, 0.5, nan)},
	}
}

func TestBrainText(t *testing.T) {
	want := `
IT: the best area of each model, on stimuli that did not choose it

model                     PLS   RSA (Spearman)
noise ceiling   0.800 ± 0.020   0.300 to 0.500
conv            0.500 ± 0.141    0.250 ± 0.000
lc              0.400 ± 0.010   −0.125 ± 0.010
pixels                      –    0.062 ± 0.010
HMAX†                       –    0.200 ± 0.010

IT: which area that is

model                                 PLS   RSA (Spearman)
conv    layer3, layer4, 1 of 2 seeds each           layer4
lc                                 layer2           layer4

IT: scores r in terms of the ceiling c

model         PLS r²/c      PLS (r/c)²
conv     0.325 ± 0.177   0.406 ± 0.221
lc               0.200           0.250
pixels               –               –
`
	text := Text(tiny())
	if !strings.HasPrefix(text, want[1:]) {
		t.Errorf("the tables are\n%s\nwant%s", text, want)
	}
	if !strings.Contains(text, "standard\ndeviation over seeds") || !strings.Contains(text, givenMark+" came with the recording") {
		t.Errorf("the tables are not explained:\n%s", text)
	}
	if want := "| lc | 0.400 ± 0.010 | −0.125 ± 0.010 |\n"; !strings.Contains(Markdown(tiny()), want) {
		t.Errorf("Markdown is\n%s\nwithout %s", Markdown(tiny()), want)
	}
}

// Text is never wider than a terminal; columns for which there is no room are in another
// table.
func TestBrainTextWidth(t *testing.T) {
	b := resultstest.Brain(3, 2, 2, 6)
	for i := range b.Models {
		b.Models[i] += strings.Repeat("-sleep", 4)
	}
	for i := range b.Best {
		b.Best[i].Model += strings.Repeat("-sleep", 4)
	}
	text := Text(b)
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("%d letters: %s", n, line)
		}
	}
	for _, m := range b.Measures {
		if !strings.Contains(text, m) {
			t.Errorf("no %s in\n%s", m, text)
		}
	}
}

// Without regions the text says which areas of other models are alike.
func TestBrainTextWithoutRegions(t *testing.T) {
	b := &results.Brain{Pairs: []results.BrainPair{
		{A: "conv: V1", B: "conv: IT", CKA: 0.9, RSA: 0.1}, {A: "conv: V1", B: "lc: V1", CKA: 0.5, RSA: 0.2}, {A: "lc: IT", B: "conv: V1", CKA: 0.7, RSA: 0.3},
		{A: "conv: IT", B: "lc: V1", CKA: math.NaN(), RSA: 0.4}, {A: "conv: IT", B: "lc: IT", CKA: -0.25, RSA: 0.5}, {A: "lc: V1", B: "lc: IT", CKA: 0.8, RSA: 0.6},
	}}
	want := `
By CKA (1 is the same, 0 unrelated), the areas of two models that are most alike are lc: IT and
conv: V1 (0.70), those least alike conv: IT and lc: IT (−0.25).

Model against model

area       most like it      CKA   RSA (Spearman)
conv: V1         lc: IT    0.700            0.300
conv: IT         lc: IT   −0.250            0.500
lc: V1         conv: V1    0.500            0.200
lc: IT         conv: V1    0.700            0.300
`
	if text := Text(b); text != want[1:] {
		t.Errorf("the table is\n%s\nwant%s", text, want)
	}
}

func TestBrainFiles(t *testing.T) {
	dir := t.TempDir()
	b := resultstest.Brain(3, 2, 2, 12)
	b.Matrices[0].Dissimilarities.(*mat.SymDense).SetSym(0, 1, math.NaN())
	b.Best[0].Value, b.Best[1].Error = math.Inf(1), math.NaN()
	if err := Write(b, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"best", "best_monkey_IT", "best_human_IT", "areas_monkey_IT", "areas_human_IT", "dissimilarities", "models"} {
		resultstest.CheckPictures(t, dir, name)
	}

	var back results.Brain
	if err := json.Unmarshal(resultstest.Read(t, dir, "brain.json"), &back); err != nil {
		t.Fatal(err)
	}
	second := t.TempDir()
	if err := Write(&back, second); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"brain.json", "areas.csv", "best.csv", "differences.csv", "models.csv", "report.html", "dissimilarities.png"} {
		if !bytes.Equal(resultstest.Read(t, dir, name), resultstest.Read(t, second, name)) {
			t.Errorf("%s differs after a round trip through JSON", name)
		}
	}
	if back.Duration != b.Duration || !reflect.DeepEqual(back.Regions, b.Regions) || !reflect.DeepEqual(back.Pairs, b.Pairs) {
		t.Error("values differ after a round trip through JSON")
	}
	if !mat.Equal(back.Matrices[1].Dissimilarities, b.Matrices[1].Dissimilarities) {
		t.Error("a matrix differs after a round trip through JSON")
	}
}

func TestBrainPage(t *testing.T) {
	dir := t.TempDir()
	b := resultstest.Brain(2, 2, 2, 9)
	const evil = `<script>alert("1")</script>`
	b.Regions[1], b.Models[1] = "human "+evil, "lc"+evil
	for _, scores := range [][]results.BrainScore{b.Areas, b.Best, b.Given} {
		for i := range scores {
			s := &scores[i]
			s.Area = strings.Replace(s.Area, "layer1", "layer1"+evil, 1)
			s.Region = strings.Replace(s.Region, "human IT", b.Regions[1], 1)
			s.Model = strings.Replace(s.Model, "model 1", b.Models[1], 1)
		}
	}
	for i := range b.Differences {
		d := &b.Differences[i]
		d.Region = strings.Replace(d.Region, "human IT", b.Regions[1], 1)
		d.A, d.B = strings.Replace(d.A, "model 1", b.Models[1], 1), strings.Replace(d.B, "model 1", b.Models[1], 1)
	}
	b.Given[0].Model += evil
	b.Credit, b.Warning = evil+" recorded it", "Missing: "+evil
	b.Pairs[0].A += evil
	b.Matrices[0].Name += evil
	b.Categories[2] += evil
	if err := Write(b, dir); err != nil {
		t.Fatal(err)
	}
	resultstest.CheckPictures(t, dir, "areas_human__script_alert__1____script_")
	page := string(resultstest.Read(t, dir, "report.html"))
	for _, alien := range []string{"<script", "src=", "<link", "url(", "@import", "ZgotmplZ"} {
		if strings.Contains(page, alien) {
			t.Errorf("the page contains %s", alien)
		}
	}
	if n := strings.Count(page, "<svg role="); n != 7 {
		t.Errorf("the page has %d figures, want 7", n)
	}
	for _, want := range slices.Concat(b.Models, b.Regions, b.Measures, []string{
		b.Credit, b.Warning, "HMAX", "Yamins et al. 2014", "Nili et al. 2014", "Kriegeskorte et al. 2008", "noise ceiling", "0.300 to 0.500", "go run ./bench brain",
		"By PLS predictivity, model 0", "is closer to monkey IT than",
	}) {
		if !strings.Contains(page, html.EscapeString(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// The page begins with what differs; then come a figure, the table, and what is folded.
func TestBrainPageOrder(t *testing.T) {
	dir := t.TempDir()
	b := resultstest.Brain(3, 2, 2, 9)
	without := &results.Brain{Pairs: b.Pairs, Matrices: b.Matrices}
	for _, test := range []struct {
		b       *results.Brain
		finding string
		figures int // before the table
	}{{b, "By PLS predictivity", 2}, {without, "By CKA", 1}} {
		if err := Write(test.b, dir); err != nil {
			t.Fatal(err)
		}
		page := string(resultstest.Read(t, dir, "report.html"))
		last := 0
		for _, part := range []string{test.finding, "<svg role=", "<table", "<details", "What the measures are", "<pre>"} {
			at := strings.Index(page, part)
			if at < last {
				t.Errorf("%s at %d, what goes before it at %d", part, at, last)
			}
			last = at
		}
		head, _, _ := strings.Cut(page, "<table")
		if n := strings.Count(head, "<svg role="); n != test.figures {
			t.Errorf("%d figures before the table, want %d", n, test.figures)
		}
	}
}

// A report replaces an earlier one; without regions there are matrices and
// models alone; and there may be nothing at all.
func TestBrainWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	b := resultstest.Brain(2, 2, 1, 6)
	if err := Write(b, dir); err != nil {
		t.Fatal(err)
	}
	figures := func() string {
		files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".svg")
			if _, err := os.Stat(filepath.Join(dir, files[i]+".png")); err != nil {
				t.Error(err)
			}
		}
		return fmt.Sprint(files)
	}
	if got := figures(); got != "[areas_human_IT areas_monkey_IT best best_human_IT best_monkey_IT dissimilarities models]" {
		t.Errorf("figures %s", got)
	}
	b.Regions, b.Areas, b.Best, b.Given, b.Differences = nil, nil, nil, nil, nil
	if err := Write(b, dir); err != nil {
		t.Fatal(err)
	}
	if got := figures(); got != "[dissimilarities models]" {
		t.Errorf("figures without regions %s", got)
	}
	if err := Write(&results.Brain{}, dir); err != nil {
		t.Fatal(err)
	}
	if got := figures(); got != "[]" {
		t.Errorf("figures of nothing %s", got)
	}
}

// figuresOf returns all figures of a report, in the order of the page.
func figuresOf(b *results.Brain) []plotting.Figure {
	var all []plotting.Figure
	for _, p := range (brain{b}).parts() {
		all = append(all, p.figures...)
	}
	return all
}

// Two regions whose names differ only in signs have figures of different names.
func TestBrainRegionNames(t *testing.T) {
	b := resultstest.Brain(1, 1, 1, 4)
	b.Regions = []string{"V4+", "V4-"}
	var names []string
	for _, f := range figuresOf(b) {
		names = append(names, f.Name)
	}
	if got := fmt.Sprint(names); got != "[best_V4_ best_V4__ best areas_V4_ areas_V4__ dissimilarities models]" {
		t.Errorf("figures %s", got)
	}
}

// Any number may be missing, infinite or huge.
func TestBrainOddNumbers(t *testing.T) {
	far := regexp.MustCompile(` d="[^"]*e\+`) // a path to far outside the page
	for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 0} {
		b := resultstest.Brain(1, 2, 2, 4)
		for _, scores := range []results.BrainScores{b.Areas, b.Best, b.Given} {
			for i := range scores {
				s := &scores[i]
				for _, x := range []*float64{&s.Value, &s.Error, &s.Low, &s.High, &s.CeilingError, &s.P, &s.ExplainedVariance, &s.SquaredRatio} {
					*x = odd
				}
			}
		}
		b.Pairs[0].CKA = odd
		b.Matrices[0].Dissimilarities.(*mat.SymDense).SetSym(0, 1, odd)
		for _, f := range figuresOf(b) {
			if f.Empty() {
				continue
			}
			svg, err := f.SVG()
			if err != nil {
				t.Errorf("%g: %s: %v", odd, f.Name, err)
			}
			if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) || far.Match(svg) {
				t.Errorf("%g: %s has a place that is not a number", odd, f.Name)
			}
		}
		if text := Text(b); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%g: text\n%s", odd, text)
		}
	}
}

// A report of many models can be drawn, too.
func TestBrainLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector")
	}
	b := resultstest.Brain(20, 5, 3, 500)
	dir := t.TempDir()
	if err := Write(b, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"best", "areas_monkey_IT", "dissimilarities", "models"} {
		resultstest.CheckPictures(t, dir, name)
	}
	// Not a rectangle for every two stimuli: those are images.
	if n := len(resultstest.Read(t, dir, "dissimilarities.svg")); n > 2<<20 {
		t.Errorf("dissimilarities.svg has %d bytes", n)
	}
}

// A model that came with one region has no row in the table of another.
func TestGivenWithOneRegion(t *testing.T) {
	b := &results.Brain{
		Regions: []string{"monkey IT", "human IT"}, Measures: []string{results.MeasureSpearman},
		Given: []results.BrainScore{
			{Region: "monkey IT", Measure: results.MeasureSpearman, Model: "human IT", Value: 0.5},
			{Region: "human IT", Measure: results.MeasureSpearman, Model: "HMAX", Value: 0.25},
		},
	}
	monkey, human, _ := strings.Cut(Text(b), "human IT: the best")
	if !strings.Contains(monkey, "human IT"+givenMark) || strings.Contains(monkey, "HMAX") || !strings.Contains(human, "HMAX"+givenMark) || strings.Contains(human, "human IT"+givenMark) {
		t.Errorf("tables:\n%s", Text(b))
	}
}
