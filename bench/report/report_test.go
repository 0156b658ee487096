package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"hypnos/bench/plotting"
	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

func TestTable(t *testing.T) {
	var text, markdown strings.Builder
	if err := WriteTable(&text, resultstest.Small()); err != nil {
		t.Fatal(err)
	}
	if err := WriteMarkdown(&markdown, resultstest.Small()); err != nil {
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
	r := resultstest.Small()
	r.Mode = "validation"
	for i := range r.Variants {
		for j := range r.Variants[i].Runs {
			for k := range r.Variants[i].Runs[j].Epochs {
				r.Variants[i].Runs[j].Epochs[k].Test = results.NoEvaluation()
			}
		}
	}
	var text strings.Builder
	if err := WriteTable(&text, r); err != nil {
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
	if err := Write(resultstest.Small(), dir); err != nil {
		t.Fatal(err)
	}
	if err := Write(r, dir); err != nil {
		t.Fatal(err)
	}
	resultstest.CheckPictures(t, dir, "validation_top1")
	if _, err := os.Stat(filepath.Join(dir, "test_top1.svg")); !os.IsNotExist(err) {
		t.Errorf("a figure of test images that nobody looked at: %v", err)
	}
	rows, err := csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "results.csv"))).ReadAll()
	if err != nil || !slices.Contains(rows[0], "validation_top1_difference") || rows[2][slices.Index(rows[0], "test_top1")] != "NaN" {
		t.Errorf("results.csv is %v, %v", rows, err)
	}
}

func TestTableOfInterruptedRuns(t *testing.T) {
	var text strings.Builder
	if err := WriteTable(&text, resultstest.Interrupted()); err != nil {
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

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	r := resultstest.Interrupted()
	if err := Write(r, dir); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "epochs.csv"))).ReadAll()
	if want := 1 + 4*3*20 + 20 + 7; err != nil || len(rows) != want {
		t.Errorf("epochs.csv has %d rows, want %d; %v", len(rows), want, err)
	}
	rows, err = csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "results.csv"))).ReadAll()
	if err != nil || len(rows) != 7 || rows[5][0] != "lc-sleep-10" {
		t.Errorf("results.csv is %v, %v", rows, err)
	}
	rows, err = csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "layers.csv"))).ReadAll()
	if want := 1 + 2*(3*3*20+20+7); err != nil || len(rows) != want || rows[1][3] != "conv1" {
		t.Errorf("layers.csv has %d rows, want %d; %v", len(rows), want, err)
	}
	for _, name := range []string{"gap", "test_top1", "validation_top1", "train_eval_top1", "train_loss", "weight_snr", "pool_snr", "sleep_spread", "sleep_cosine", "weight_snr_layers", "pool_snr_layers"} {
		resultstest.CheckPictures(t, dir, name)
	}
	var back results.Comparison
	if err := json.Unmarshal(resultstest.Read(t, dir, "results.json"), &back); err != nil {
		t.Fatal(err)
	}
	// A second writing compares all values at once: NaN is not equal to itself.
	second := t.TempDir()
	if err := Write(&back, second); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.json", "results.csv", "epochs.csv", "report.html"} {
		if !bytes.Equal(resultstest.Read(t, dir, name), resultstest.Read(t, second, name)) {
			t.Errorf("%s differs after a round trip through JSON", name)
		}
	}
	if !reflect.DeepEqual(back.Variants[3].Runs, r.Variants[3].Runs) {
		t.Error("runs differ after a round trip through JSON")
	}
}

// Weights that are equal but for rounding have no point in a figure, whose caption
// says so, and are called equal in the table; files for programs have the number. A
// cosine that is always 1 has no figure.
func TestEqualWeights(t *testing.T) {
	r := resultstest.Small()
	for i := range r.Variants[1].Runs {
		for j := range r.Variants[1].Runs[i].Epochs {
			e := &r.Variants[1].Runs[i].Epochs[j]
			e.PoolSNR, e.Cosine = 5, 1
			e.Layers = []results.Layer{{Name: "conv1", SNR: 5, PoolSNR: 7, Cosine: 1}}
		}
		last := &r.Variants[1].Runs[i].Epochs[2]
		last.SNR, last.PoolSNR, last.Layers[0].PoolSNR = math.Inf(1), 2e29, 1e13
	}
	rows := newComparison(r).tables()[0]
	if got := rows[2][slices.Index(rows[0], "weight SNR")]; got != "equal" {
		t.Errorf("weights are %q", got)
	}
	drawn := map[string]plotting.Sheet{}
	for _, s := range append(newComparison(r).curves(true), newComparison(r).layerCurves()...) {
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
		if s := drawn[name]; !s.Figure().Empty() {
			t.Errorf("%s is drawn", name)
		}
	}
	dir := t.TempDir()
	if err := Write(r, dir); err != nil {
		t.Fatal(err)
	}
	if text := string(resultstest.Read(t, dir, "epochs.csv")); !strings.Contains(text, ",2e+29,") || !strings.Contains(text, ",+Inf,") {
		t.Errorf("epochs.csv is\n%s", text)
	}
	r.Variants[1].Runs[0].Epochs[0].Cosine = 0.99
	for _, s := range newComparison(r).curves(true) {
		if s.Name == "sleep_cosine" && s.Figure().Empty() {
			t.Error("a cosine that is not always 1 is not drawn")
		}
	}
}

func TestStudy(t *testing.T) {
	panel := func(title string) plotting.Panel {
		return plotting.Panel{Title: title, X: "steps", Y: "height", Low: -1, High: 1,
			Curves: []plotting.Curve{{Name: "a", Style: 1, Points: []plotting.Point{{X: 0, Mean: 0, Low: -0.5, High: 0.5}, {X: 1, Mean: 1, Low: 0, High: 2}}}}, Levels: []plotting.Level{{Y: -2, Style: 1}}}
	}
	s := &Study{
		Name: "study", Title: "A <b>study", Table: [][]string{{"rule", "end"}, {"a", "1"}}, Records: [][]string{{"rule", "end"}, {"a", "1"}},
		Settings: []results.Setting{{Name: "steps", Value: "2"}},
		Sheets: []plotting.Sheet{
			{Name: "course", Title: "Course", Level: "level", Panels: [][]plotting.Panel{{panel("left"), panel("right")}, {panel(""), panel("")}}},
			{Name: "nothing", Panels: [][]plotting.Panel{{{}}}},
		},
	}
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	resultstest.CheckPictures(t, dir, "course")
	if _, err := os.Stat(filepath.Join(dir, "nothing.svg")); !os.IsNotExist(err) {
		t.Errorf("a sheet without curves is drawn: %v", err)
	}
	if got := string(resultstest.Read(t, dir, "study.csv")); got != "rule,end\na,1\n" {
		t.Errorf("study.csv is %q", got)
	}
	page := string(resultstest.Read(t, dir, "report.html"))
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
	r := resultstest.Interrupted()
	r.Variants[1].Name = "<script>alert(1)</script>"
	r.Variants[1].Runs[0].Epochs[3].TrainLoss = math.NaN()
	r.Variants[1].Runs[0].Epochs[4].TrainLoss = math.Inf(1)
	if err := Write(r, dir); err != nil {
		t.Fatal(err)
	}
	page := string(resultstest.Read(t, dir, "report.html"))
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

// A report replaces an earlier one, and removes its figures of what it has no points for.
func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	if err := Write(resultstest.Comparison(), dir); err != nil {
		t.Fatal(err)
	}
	r := resultstest.Comparison()
	r.Variants = r.Variants[:1] // conv has no SNR
	if err := Write(r, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "weight_snr.svg")); !os.IsNotExist(err) {
		t.Errorf("a figure of the earlier report is there: %v", err)
	}
	for i := range r.Variants {
		r.Variants[i].Runs = nil
	}
	if err := Write(r, dir); err != nil {
		t.Errorf("a report of nothing yet: %v", err)
	}
}

// A report into a folder that cannot be made names it.
func TestWriteNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(resultstest.Comparison(), filepath.Join(file, "below")); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a folder below a file: %v", err)
	}
}

func TestShown(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{points(math.NaN()), "–"}, {points(0.0004), "0.0"}, {points(-0.0004), "0.0"}, {points(0.012), "+1.2"}, {points(-0.012), "−1.2"},
		{threeDigits(math.Inf(1)), "∞"}, {threeDigits(0), "0"}, {threeDigits(123.4), "123"}, {threeDigits(0.05), "0.0500"}, {threeDigits(2e7), "2e+07"},
	} {
		if c.got != c.want {
			t.Errorf("shows %q, want %q", c.got, c.want)
		}
	}
}
