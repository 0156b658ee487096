package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// tiny is a report whose tables can be worked out by hand.
func tiny() *Brain {
	nan := math.NaN()
	score := func(measure, model string, seed uint64, area string, value, low, high, spread float64) BrainScore {
		s := BrainScore{"IT", measure, model, seed, area, value, 0.01, low, high, spread, nan, nan, nan}
		if measure == MeasurePLS {
			s.ExplainedVariance, s.SquaredRatio = value*value/low, value*value/low/low
		}
		return s
	}
	return &Brain{
		Regions: []string{"IT"}, Measures: []string{MeasurePLS, MeasureSpearman}, Models: []string{"conv", "lc", "pixels"},
		Best: []BrainScore{
			score(MeasurePLS, "conv", 1, "layer3", 0.4, 0.8, 0.8, 0.02), score(MeasurePLS, "conv", 2, "layer4", 0.6, 0.8, 0.8, 0.02),
			score(MeasurePLS, "lc", 1, "layer2", 0.4, 0.8, 0.8, 0.02),
			score(MeasureSpearman, "conv", 1, "layer4", 0.25, 0.3, 0.5, nan), score(MeasureSpearman, "conv", 2, "layer4", 0.25, 0.3, 0.5, nan),
			score(MeasureSpearman, "lc", 1, "layer4", -0.125, 0.3, 0.5, nan),
			score(MeasureSpearman, "pixels", 0, "", 0.0625, 0.3, 0.5, nan),
		},
		Given: []BrainScore{score(MeasureSpearman, "HMAX", 0, "", 0.2, 0.3, 0.5, nan)},
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
	text := tiny().Text()
	if !strings.HasPrefix(text, want[1:]) {
		t.Errorf("the tables are\n%s\nwant%s", text, want)
	}
	if !strings.Contains(text, "standard\ndeviation over seeds") || !strings.Contains(text, given+" came with the recording") {
		t.Errorf("the tables are not explained:\n%s", text)
	}
	if want := "| lc | 0.400 ± 0.010 | −0.125 ± 0.010 |\n"; !strings.Contains(tiny().Markdown(), want) {
		t.Errorf("Markdown is\n%s\nwithout %s", tiny().Markdown(), want)
	}
}

// Text is never wider than a terminal, and what is cut off is not lost.
func TestBrainTextWidth(t *testing.T) {
	b := exampleBrain(3, 2, 2, 6)
	for i := range b.Models {
		b.Models[i] += strings.Repeat("-sleep", 4)
	}
	for i := range b.Best {
		b.Best[i].Model += strings.Repeat("-sleep", 4)
	}
	text := b.Text()
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
	b := &Brain{Pairs: []BrainPair{
		{"conv: V1", "conv: IT", 0.9, 0.1}, {"conv: V1", "lc: V1", 0.5, 0.2}, {"lc: IT", "conv: V1", 0.7, 0.3},
		{"conv: IT", "lc: V1", math.NaN(), 0.4}, {"conv: IT", "lc: IT", -0.25, 0.5}, {"lc: V1", "lc: IT", 0.8, 0.6},
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
	if text := b.Text(); text != want[1:] {
		t.Errorf("the table is\n%s\nwant%s", text, want)
	}
}

func TestBrainFiles(t *testing.T) {
	dir := t.TempDir()
	b := exampleBrain(3, 2, 2, 12)
	b.Matrices[0].Dissimilarities.(*mat.SymDense).SetSym(0, 1, math.NaN())
	b.Best[0].Value, b.Best[1].Error = math.Inf(1), math.NaN()
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"best", "best_monkey_IT", "best_human_IT", "areas_monkey_IT", "areas_human_IT", "dissimilarities", "models"} {
		checkPictures(t, dir, name)
	}

	rows, err := csv.NewReader(bytes.NewReader(read(t, dir, "areas.csv"))).ReadAll()
	if err != nil || len(rows) != 1+len(b.Areas) {
		t.Fatalf("areas.csv has %d rows, want %d; %v", len(rows), 1+len(b.Areas), err)
	}
	checkRecords(t, scoreColumns, rows, b.Areas)
	rows, err = csv.NewReader(bytes.NewReader(read(t, dir, "best.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	checkRecords(t, scoreColumns, rows, slices.Concat(b.Best, b.Given))
	rows, err = csv.NewReader(bytes.NewReader(read(t, dir, "models.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	checkRecords(t, pairColumns, rows, b.Pairs)
	rows, err = csv.NewReader(bytes.NewReader(read(t, dir, "differences.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	checkRecords(t, differenceColumns, rows, b.Differences)

	var back Brain
	if err := json.Unmarshal(read(t, dir, "brain.json"), &back); err != nil {
		t.Fatal(err)
	}
	again := t.TempDir()
	if err := back.Write(again); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"brain.json", "areas.csv", "best.csv", "differences.csv", "models.csv", "report.html", "dissimilarities.png"} {
		if !bytes.Equal(read(t, dir, name), read(t, again, name)) {
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

// checkRecords reads the rows of a CSV file and compares them with the values.
func checkRecords[T any](t *testing.T, columns []column[T], rows [][]string, values []T) {
	t.Helper()
	if len(rows) != 1+len(values) {
		t.Fatalf("%d rows, want %d", len(rows), 1+len(values))
	}
	for i := range values {
		for j, c := range columns {
			cell, same := rows[i+1][j], false
			switch x := c.field(&values[i]).(type) {
			case *string:
				same = cell == *x
			case *uint64:
				n, err := strconv.ParseUint(cell, 10, 64)
				same = err == nil && n == *x
			case *float64:
				v, err := strconv.ParseFloat(cell, 64)
				same = err == nil && (v == *x || math.IsNaN(v) && math.IsNaN(*x))
			}
			if !same || rows[0][j] != c.name {
				t.Fatalf("row %d, %s: %q", i, rows[0][j], cell)
			}
		}
	}
}

// Every field of a score is a column, and every column a field of its own.
func TestScoreColumns(t *testing.T) {
	var s BrainScore
	seen := map[any]bool{}
	for _, c := range scoreColumns {
		seen[c.field(&s)] = true
	}
	if fields := reflect.TypeFor[BrainScore]().NumField(); len(seen) != fields || len(scoreColumns) != fields {
		t.Errorf("%d columns of %d fields, want %d", len(scoreColumns), len(seen), fields)
	}
}

func TestBrainPage(t *testing.T) {
	dir := t.TempDir()
	b := exampleBrain(2, 2, 2, 9)
	const evil = `<script>alert("1")</script>`
	b.Regions[1], b.Models[1] = "human "+evil, "lc"+evil
	for _, scores := range [][]BrainScore{b.Areas, b.Best, b.Given} {
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
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	checkPictures(t, dir, "areas_human__script_alert__1____script_")
	page := string(read(t, dir, "report.html"))
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

// First comes what differs, then the picture, the table, and what is folded.
func TestBrainPageOrder(t *testing.T) {
	dir := t.TempDir()
	b := exampleBrain(3, 2, 2, 9)
	without := &Brain{Pairs: b.Pairs, Matrices: b.Matrices}
	for _, test := range []struct {
		b       *Brain
		finding string
		figures int // before the table
	}{{b, "By PLS predictivity", 2}, {without, "By CKA", 1}} {
		if err := test.b.Write(dir); err != nil {
			t.Fatal(err)
		}
		page := string(read(t, dir, "report.html"))
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
	b := exampleBrain(2, 2, 1, 6)
	if err := b.Write(dir); err != nil {
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
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	if got := figures(); got != "[dissimilarities models]" {
		t.Errorf("figures without regions %s", got)
	}
	if err := (&Brain{}).Write(dir); err != nil {
		t.Fatal(err)
	}
	if got := figures(); got != "[]" {
		t.Errorf("figures of nothing %s", got)
	}
}

// Two regions whose names differ only by signs have figures of their own.
func TestBrainRegionNames(t *testing.T) {
	b := exampleBrain(1, 1, 1, 4)
	b.Regions = []string{"V4+", "V4-"}
	var names []string
	for _, f := range b.figures().all() {
		names = append(names, f.name)
	}
	if got := fmt.Sprint(names); got != "[best_V4_ best_V4__ best areas_V4_ areas_V4__ dissimilarities models]" {
		t.Errorf("figures %s", got)
	}
}

// Any number may be missing, infinite or huge.
func TestBrainOddNumbers(t *testing.T) {
	far := regexp.MustCompile(` d="[^"]*e\+`) // a path to far outside the page
	for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, 0} {
		b := exampleBrain(1, 2, 2, 4)
		for _, c := range scoreColumns {
			for _, scores := range [][]BrainScore{b.Areas, b.Best, b.Given} {
				for i := range scores {
					if x, ok := c.field(&scores[i]).(*float64); ok {
						*x = odd
					}
				}
			}
		}
		b.Pairs[0].CKA = odd
		b.Matrices[0].Dissimilarities.(*mat.SymDense).SetSym(0, 1, odd)
		for _, f := range b.figures().all() {
			if f.paint == nil {
				continue
			}
			svg, err := f.svg()
			if err != nil {
				t.Errorf("%g: %s: %v", odd, f.name, err)
			}
			if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) || far.Match(svg) {
				t.Errorf("%g: %s has a place that is not a number", odd, f.name)
			}
		}
		if text := b.Text(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%g: text\n%s", odd, text)
		}
	}
}

// Many models are drawn as well as few.
func TestBrainLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector")
	}
	b := exampleBrain(20, 5, 3, 500)
	dir := t.TempDir()
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"best", "areas_monkey_IT", "dissimilarities", "models"} {
		checkPictures(t, dir, name)
	}
	// Not a rectangle for every two stimuli: those are images.
	if n := len(read(t, dir, "dissimilarities.svg")); n > 2<<20 {
		t.Errorf("dissimilarities.svg has %d bytes", n)
	}
}

func FuzzBrainJSON(f *testing.F) {
	text, err := tiny().encodeJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"matrices":[{"name":"a","dissimilarities_upper":[[0,"NaN"],[0]]}],"alike":[{"a":"x","cka":"+Inf"}]}`))
	f.Add([]byte(`{"matrices":[{"dissimilarities_upper":[[0],[0,1]]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var b, back Brain
		if json.Unmarshal(text, &b) != nil {
			return
		}
		first, err := b.encodeJSON()
		if err != nil {
			t.Skip(err) // a year that JSON cannot write
		}
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		if second, err := back.encodeJSON(); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s\nbecomes\n%s\n%v", first, second, err)
		}
	})
}

func TestMatrixJSON(t *testing.T) {
	var m BrainMatrix
	if err := json.Unmarshal([]byte(`{"name":"IT","dissimilarities_upper":[[0,1,2],[0,3],[0]]}`), &m); err != nil {
		t.Fatal(err)
	}
	if want := mat.NewSymDense(3, []float64{0, 1, 2, 1, 0, 3, 2, 3, 0}); !mat.Equal(m.Dissimilarities, want) {
		t.Errorf("matrix %v", m.Dissimilarities)
	}
	err := json.Unmarshal([]byte(`{"name":"IT","dissimilarities_upper":[[0,1,2],[0],[0]]}`), &m)
	if err == nil || !strings.Contains(err.Error(), `matrix "IT": row 1 of 3 has 1 values, want 2`) {
		t.Errorf("rows of wrong lengths: %v", err)
	}
}

// A model that came with one region has no row in the table of another.
func TestGivenWithOneRegion(t *testing.T) {
	b := Brain{
		Regions: []string{"monkey IT", "human IT"}, Measures: []string{MeasureSpearman},
		Given: []BrainScore{
			{Region: "monkey IT", Measure: MeasureSpearman, Model: "human IT", Value: 0.5},
			{Region: "human IT", Measure: MeasureSpearman, Model: "HMAX", Value: 0.25},
		},
	}
	monkey, human, _ := strings.Cut(b.Text(), "human IT: the best")
	if !strings.Contains(monkey, "human IT"+given) || strings.Contains(monkey, "HMAX") || !strings.Contains(human, "HMAX"+given) || strings.Contains(human, "human IT"+given) {
		t.Errorf("tables:\n%s", b.Text())
	}
}
