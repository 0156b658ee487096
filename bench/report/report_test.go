package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npz"
)

// interrupted is a comparison that was stopped: one run short, one not
// reached, one variant not started.
func interrupted() *Report {
	r := exampleReport()
	r.Interrupted = true
	r.Variants[4].Runs[1].Epochs = r.Variants[4].Runs[1].Epochs[:7]
	r.Variants[4].Runs[1].Complete = false
	r.Variants[4].Runs[2] = Run{Seed: 3}
	r.Variants = append(r.Variants, Variant{Name: "lc-sleep-100", Local: true, Description: "Not reached.", LearningRate: 1e-3})
	return r
}

// small is a comparison whose table can be worked out by hand.
func small() *Report {
	run := func(seed uint64, top1 ...float64) Run {
		r := Run{Seed: seed, Complete: true}
		for i, v := range top1 {
			r.Epochs = append(r.Epochs, Epoch{Epoch: i + 1, Test: Evaluation{Top1: v, Top5: 0.9}, Validation: Evaluation{Top1: v / 2, Top5: 0.5}, SNR: 0.5 + 0.02*float64(seed), Seconds: float64(i + 1)})
		}
		return r
	}
	return &Report{Variants: []Variant{
		{Name: "conv", Parameters: 1234567, Runs: []Run{run(1, 0.1, 0.2, 0.5), run(2, 0.1, 0.2, 0.7)}},
		{Name: "lc", Local: true, Parameters: 12, Runs: []Run{run(1, 0.3, 0.3, 0.3), run(2, 0.4, 0.4, 0.4)}},
	}}
}

func TestTable(t *testing.T) {
	var text, markdown strings.Builder
	if err := small().WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	if err := small().WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	want := `
The locally connected network loses 25.0 points of test top-1 to the
convolutional one.

variant   test top-1, %   vs conv, points   test top-5, %   weight SNR   parameters   s per epoch
conv        60.0 ± 10.0                 –            90.0            –    1,234,567             2
lc           35.0 ± 5.0             −25.0            90.0        0.530           12             2

± after top-1 is the standard error over 2 seeds.
`
	if text.String() != want[1:] {
		t.Errorf("the table is\n%s\nwant%s", text.String(), want)
	}
	if want := "| lc | 35.0 ± 5.0 | −25.0 | 90.0 | 0.530 | 12 | 2 |\n"; !strings.Contains(markdown.String(), want) {
		t.Errorf("Markdown is\n%s\nwithout %s", markdown.String(), want)
	}
}

// In validation mode all results are those of the validation images.
func TestValidationMode(t *testing.T) {
	r := small()
	r.Mode = "validation"
	for i := range r.Variants {
		for j := range r.Variants[i].Runs {
			for k := range r.Variants[i].Runs[j].Epochs {
				r.Variants[i].Runs[j].Epochs[k].Test = NoEvaluation()
			}
		}
	}
	var text strings.Builder
	if err := r.WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	want := `
The locally connected network loses 12.5 points of validation top-1 to the
convolutional one.

variant   validation top-1, %   vs conv, points   validation top-5, %   weight SNR   parameters   s per epoch
conv               30.0 ± 5.0                 –                  50.0            –    1,234,567             2
lc                 17.5 ± 2.5             −12.5                  50.0        0.530           12             2

± after top-1 is the standard error over 2 seeds.
`
	if text.String() != want[1:] {
		t.Errorf("the table is\n%s\nwant%s", text.String(), want)
	}
	dir := t.TempDir()
	if err := small().Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	checkPictures(t, dir, "validation_top1")
	if _, err := os.Stat(filepath.Join(dir, "test_top1.svg")); !os.IsNotExist(err) {
		t.Errorf("a figure of test images that nobody looked at: %v", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(read(t, dir, "results.csv"))).ReadAll()
	if err != nil || !slices.Contains(rows[0], "validation_top1_difference") || rows[2][slices.Index(rows[0], "test_top1")] != "NaN" {
		t.Errorf("results.csv is %v, %v", rows, err)
	}
}

// An epoch of a program that knew fewer measures has none of the others.
func TestOldEpoch(t *testing.T) {
	var e Epoch
	if err := json.Unmarshal([]byte(`{"epoch":3,"step":9,"test_loss":2,"test_top1":0.5,"test_top5":1,"train_loss":1}`), &e); err != nil {
		t.Fatal(err)
	}
	if e.Test != (Evaluation{2, 0.5, 1}) || !math.IsNaN(e.Validation.Top1) || !math.IsNaN(e.TrainEval.Loss) || e.TrainLoss != 1 {
		t.Errorf("it is %+v", e)
	}
}

func TestTableOfInterruptedRuns(t *testing.T) {
	var text strings.Builder
	if err := interrupted().WriteTable(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"interrupted", "lc-sleep-10*", "* lc-sleep-10, seed 2: stopped after epoch 7",
		"* lc-sleep-10, seed 3: no epoch finished", "* lc-sleep-100: not started",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "* conv") {
		t.Errorf("a finished variant is called missing:\n%s", text.String())
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	r := interrupted()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(read(t, dir, "epochs.csv"))).ReadAll()
	if want := 1 + 4*3*20 + 20 + 7; err != nil || len(rows) != want {
		t.Errorf("epochs.csv has %d rows, want %d; %v", len(rows), want, err)
	}
	rows, err = csv.NewReader(bytes.NewReader(read(t, dir, "results.csv"))).ReadAll()
	if err != nil || len(rows) != 7 || rows[5][0] != "lc-sleep-10" {
		t.Errorf("results.csv is %v, %v", rows, err)
	}
	rows, err = csv.NewReader(bytes.NewReader(read(t, dir, "layers.csv"))).ReadAll()
	if want := 1 + 2*(3*3*20+20+7); err != nil || len(rows) != want || rows[1][3] != "conv1" {
		t.Errorf("layers.csv has %d rows, want %d; %v", len(rows), want, err)
	}
	for _, name := range []string{"gap", "test_top1", "validation_top1", "train_eval_top1", "train_loss", "weight_snr", "pool_snr", "sleep_spread", "sleep_cosine", "weight_snr_layers", "pool_snr_layers"} {
		checkPictures(t, dir, name)
	}
	var back Report
	if err := json.Unmarshal(read(t, dir, "results.json"), &back); err != nil {
		t.Fatal(err)
	}
	// A second writing compares all values at once: NaN is not equal to itself.
	again := t.TempDir()
	if err := back.Write(again); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.json", "results.csv", "epochs.csv", "report.html"} {
		if !bytes.Equal(read(t, dir, name), read(t, again, name)) {
			t.Errorf("%s differs after a round trip through JSON", name)
		}
	}
	if !reflect.DeepEqual(back.Variants[3].Runs, r.Variants[3].Runs) {
		t.Error("runs differ after a round trip through JSON")
	}
}

// checkPictures checks that a sheet was written as PNG and SVG.
func checkPictures(t *testing.T, dir, name string) {
	t.Helper()
	if _, err := png.Decode(bytes.NewReader(read(t, dir, name+".png"))); err != nil {
		t.Errorf("%s.png: %v", name, err)
	}
	var err error
	decoder := xml.NewDecoder(bytes.NewReader(read(t, dir, name+".svg")))
	for err == nil {
		_, err = decoder.Token()
	}
	if err != io.EOF {
		t.Errorf("%s.svg: %v", name, err)
	}
}

// Weights that are equal but for rounding have no point in a figure, whose caption
// says so, and are called equal in the table; files for programs have the number. A
// cosine that is always 1 has no figure.
func TestEqualWeights(t *testing.T) {
	r := small()
	for i := range r.Variants[1].Runs {
		for j := range r.Variants[1].Runs[i].Epochs {
			e := &r.Variants[1].Runs[i].Epochs[j]
			e.PoolSNR, e.Cosine = 5, 1
			e.Layers = []Layer{{"conv1", 5, 7, 0, 1}}
		}
		last := &r.Variants[1].Runs[i].Epochs[2]
		last.SNR, last.PoolSNR, last.Layers[0].PoolSNR = math.Inf(1), 2e29, 1e13
	}
	rows := r.tables(r.results())[0]
	if got := rows[2][slices.Index(rows[0], "weight SNR")]; got != "equal" {
		t.Errorf("weights are %q", got)
	}
	drawn := map[string]Sheet{}
	for _, s := range r.weightCurves() {
		drawn[s.Name] = s
	}
	for name, points := range map[string]int{"weight_snr": 2, "pool_snr": 2, "pool_snr_layers": 2, "weight_snr_layers": 3} {
		s := drawn[name]
		if got := len(s.Panels[0][0].Curves[0].Points); got != points {
			t.Errorf("%s has %d points, want %d", name, got, points)
		}
		if p := s.Panels[0][0]; p.Left != 1 || p.Right != 3 {
			t.Errorf("%s reaches from epoch %v to %v", name, p.Left, p.Right)
		}
		if said := strings.Contains(s.Caption, "equal"); said != (points < 3) {
			t.Errorf("caption of %s: %s", name, s.Caption)
		}
	}
	for _, name := range []string{"sleep_cosine", "sleep_cosine_layers", "sleep_spread"} {
		if s := drawn[name]; !s.empty() {
			t.Errorf("%s is drawn", name)
		}
	}
	dir := t.TempDir()
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	if text := string(read(t, dir, "epochs.csv")); !strings.Contains(text, ",2e+29,") || !strings.Contains(text, ",+Inf,") {
		t.Errorf("epochs.csv is\n%s", text)
	}
	r.Variants[1].Runs[0].Epochs[0].Cosine = 0.99
	for _, s := range r.weightCurves() {
		if s.Name == "sleep_cosine" && s.empty() {
			t.Error("a cosine that is not always 1 is not drawn")
		}
	}
}

// The history has the columns of epochs.csv, also of a report without epochs.
func TestHistory(t *testing.T) {
	for name, r := range map[string]*Report{"whole": interrupted(), "empty": {}} {
		path := filepath.Join(t.TempDir(), "history.npz")
		if err := r.writeHistory(path); err != nil {
			t.Fatal(err)
		}
		file, err := npz.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows := r.epochRecords()
		if got := file.Keys(); len(got) != len(rows[0]) {
			t.Errorf("%s: arrays %q, want %q", name, got, rows[0])
		}
		var variants []int64
		var seeds []uint64
		var losses []float64
		for array, values := range map[string]any{"variant.npy": &variants, "seed.npy": &seeds, "train_loss.npy": &losses} {
			if err := file.Read(array, values); err != nil {
				t.Fatalf("%s: %s: %v", name, array, err)
			}
		}
		if len(losses) != len(rows)-1 {
			t.Fatalf("%s: %d values, want %d", name, len(losses), len(rows)-1)
		}
		column := slices.Index(rows[0], "train_loss")
		for i, row := range rows[1:] {
			if got := []string{r.Variants[variants[i]].Name, fmt.Sprint(seeds[i]), number(losses[i]).String()}; !slices.Equal(got, []string{row[0], row[1], row[column]}) {
				t.Fatalf("row %d is %q, want %q", i, got, row)
			}
		}
	}
}

func TestStudy(t *testing.T) {
	panel := func(title string) Panel {
		return Panel{Title: title, X: "steps", Y: "height", Low: -1, High: 1,
			Curves: []Curve{{"a", 1, []Point{{0, 0, -0.5, 0.5}, {1, 1, 0, 2}}}}, Levels: []Level{{-2, 1}}}
	}
	s := &Study{
		Name: "study", Title: "A <b>study", Table: [][]string{{"rule", "end"}, {"a", "1"}}, Records: [][]string{{"rule", "end"}, {"a", "1"}},
		Settings: []Setting{{"steps", "2"}},
		Sheets: []Sheet{
			{Name: "course", Title: "Course", Level: "level", Panels: [][]Panel{{panel("left"), panel("right")}, {panel(""), panel("")}}},
			{Name: "nothing", Panels: [][]Panel{{{}}}},
		},
	}
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	checkPictures(t, dir, "course")
	if _, err := os.Stat(filepath.Join(dir, "nothing.svg")); !os.IsNotExist(err) {
		t.Errorf("a sheet without curves is drawn: %v", err)
	}
	if got := string(read(t, dir, "study.csv")); got != "rule,end\na,1\n" {
		t.Errorf("study.csv is %q", got)
	}
	page := string(read(t, dir, "report.html"))
	for _, want := range []string{"<svg", "A &lt;b&gt;study", "study.csv", "<td>1</td>", "</html>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if text, markdown := s.Text(), s.Markdown(); text != "rule   end\na        1\n" || !strings.Contains(markdown, "| a | 1 |") {
		t.Errorf("tables\n%s\n%s", text, markdown)
	}
}

// The page stands alone, whatever the names say.
func TestPage(t *testing.T) {
	dir := t.TempDir()
	r := interrupted()
	r.Variants[1].Name = "<script>alert(1)</script>"
	r.Variants[1].Runs[0].Epochs[3].TrainLoss = math.NaN()
	r.Variants[1].Runs[0].Epochs[4].TrainLoss = math.Inf(1)
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	page := string(read(t, dir, "report.html"))
	for _, alien := range []string{"<script", "src=", "<link", "url(", "@import"} {
		if strings.Contains(page, alien) {
			t.Errorf("the page contains %s", alien)
		}
	}
	for _, want := range []string{"interrupted", "<svg", "learning rate 0.001", "seeds 1, 2, 3", "Example Processor 3000", "v0.9.18", r.Settings[0].Value} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
}

// A report replaces an earlier one, figures that it has no points for included.
func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	if err := exampleReport().Write(dir); err != nil {
		t.Fatal(err)
	}
	r := exampleReport()
	r.Variants = r.Variants[:1] // conv has no SNR
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "weight_snr.svg")); !os.IsNotExist(err) {
		t.Errorf("a figure of the earlier report is there: %v", err)
	}
	for i := range r.Variants {
		r.Variants[i].Runs = nil
	}
	if err := r.Write(dir); err != nil {
		t.Errorf("a report of nothing yet: %v", err)
	}
}

func TestPrepare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Prepare(dir); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(string) error{Prepare, exampleReport().Write} {
		if err := write(filepath.Join(file, "below")); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("a folder below a file: %v", err)
		}
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{grouped(0), "0"}, {grouped(999), "999"}, {grouped(1000), "1,000"}, {grouped(40800000), "40,800,000"}, {grouped(-1234), "-1,234"},
		{points(math.NaN()), absent}, {points(0.0004), "0.0"}, {points(-0.0004), "0.0"}, {points(0.012), "+1.2"},
		{summary{math.Inf(1), math.NaN()}.ratio(), "∞"}, {summary{0, 0}.ratio(), "0 ± 0"}, {summary{123.4, 5}.ratio(), "123 ± 5"},
		{summary{math.NaN(), math.NaN()}.percent(), absent}, {printable("a\nb"), "a�b"},
	} {
		if c.got != c.want {
			t.Errorf("shows %q, want %q", c.got, c.want)
		}
	}
}
