package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
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
			r.Epochs = append(r.Epochs, Epoch{Epoch: i + 1, TestTop1: v, TestTop5: 0.9, SNR: 0.5 + 0.02*float64(seed), Seconds: float64(i + 1)})
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
variant   parameters   test top-1, %   test top-5, %   vs conv, points      weight SNR   s per epoch
conv       1,234,567     60.0 ± 14.1      90.0 ± 0.0                 –               –             2
lc                12      35.0 ± 7.1      90.0 ± 0.0             −25.0   0.530 ± 0.014             2
`
	if text.String() != want[1:] {
		t.Errorf("the table is\n%s\nwant%s", text.String(), want)
	}
	if want := "| lc | 12 | 35.0 ± 7.1 | 90.0 ± 0.0 | −25.0 | 0.530 ± 0.014 | 2 |\n"; !strings.Contains(markdown.String(), want) {
		t.Errorf("Markdown is\n%s\nwithout %s", markdown.String(), want)
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
	for _, m := range []measure{testTop1, trainLoss, weightSNR} {
		if _, err := png.Decode(bytes.NewReader(read(t, dir, m.name+".png"))); err != nil {
			t.Errorf("%s.png: %v", m.name, err)
		}
		decoder := xml.NewDecoder(bytes.NewReader(read(t, dir, m.name+".svg")))
		for err = nil; err == nil; _, err = decoder.Token() {
		}
		if err != io.EOF {
			t.Errorf("%s.svg: %v", m.name, err)
		}
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
	if !reflect.DeepEqual(back.Variants[1].Runs, r.Variants[1].Runs) {
		t.Error("runs differ after a round trip through JSON")
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
