package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

// scored returns a comparison with scores of its networks, trained and untrained.
func scored() *results.Comparison {
	r := resultstest.Small()
	score := func(value float64) []results.BrainScore {
		nan := math.NaN()
		return []results.BrainScore{{
			Region: "IT", Measure: results.MeasureSpearman, Seed: 1, Area: "layer4", Value: value, Error: 0.01,
			Low: 0.3, High: 0.5, CeilingError: nan, P: nan, ExplainedVariance: nan, SquaredRatio: nan,
		}}
	}
	for i := range r.Variants {
		for j := range r.Variants[i].Runs {
			run := &r.Variants[i].Runs[j]
			run.Brain, run.Untrained = score(0.25+0.25*float64(j)-0.125*float64(i)), score(0.0625)
		}
	}
	return r
}

func TestReportBrain(t *testing.T) {
	dir := t.TempDir()
	r := scored()
	var text strings.Builder
	if err := WriteTable(&text, r); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(text.String(), "\n\n")
	lines := strings.Split(parts[len(parts)-1], "\n")
	for i, want := range []string{"   IT RSA       untrained", "   0.375 ± 0.177   0.062 ± 0.000", "   0.250 ± 0.177   0.062 ± 0.000"} {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("line %d is %q, want an end of %q", i, lines[i], want)
		}
	}
	if err := Write(r, dir); err != nil {
		t.Fatal(err)
	}
	resultstest.CheckPictures(t, dir, "brain")
	rows, err := csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "results.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rows[0][len(rows[0])-4:], "IT RSA (Spearman),IT RSA (Spearman)_sd,untrained IT RSA (Spearman),untrained IT RSA (Spearman)_sd"; strings.Join(got, ",") != want {
		t.Errorf("columns %q", got)
	}
	if got := rows[1][len(rows[1])-4]; got != "0.375" {
		t.Errorf("the mean is %s", got)
	}
	page := string(resultstest.Read(t, dir, "report.html"))
	if !strings.Contains(page, "How like the brain") || !strings.Contains(page, "IT RSA") {
		t.Error("the page has no scores")
	}
	var back results.Comparison
	if err := json.Unmarshal(resultstest.Read(t, dir, "results.json"), &back); err != nil {
		t.Fatal(err)
	}
	second := t.TempDir()
	if err := Write(&back, second); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"results.json", "results.csv", "report.html", "brain.svg"} {
		if !bytes.Equal(resultstest.Read(t, dir, name), resultstest.Read(t, second, name)) {
			t.Errorf("%s differs after a round trip through JSON", name)
		}
	}

	// Without scores nothing is said of them.
	if err := Write(resultstest.Small(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "brain.svg")); !os.IsNotExist(err) {
		t.Errorf("a figure of the earlier report is there: %v", err)
	}
	if page := string(resultstest.Read(t, dir, "report.html")); strings.Contains(page, "brain") {
		t.Error("the page speaks of the brain")
	}
}

// If there are several measures of one kind, each has its whole name; if some runs are
// complete, the others do not count.
func TestReportBrainColumns(t *testing.T) {
	r := scored()
	pearson := r.Variants[0].Runs[0].Brain[0]
	pearson.Measure = results.MeasurePearson
	r.Variants[0].Runs[0].Brain = append(r.Variants[0].Runs[0].Brain, pearson)
	r.Variants[0].Runs[1].Complete = false
	for i := range r.Variants {
		for j := range r.Variants[i].Runs {
			r.Variants[i].Runs[j].Untrained = nil
		}
	}
	rows := newComparison(r).tables()[1]
	if got := strings.Join(rows[0][1:], ","); got != "IT RSA (Spearman),IT RSA (Pearson)" {
		t.Errorf("columns %s", got)
	}
	if got := strings.Join(rows[1][1:], ","); got != "0.250,0.250" {
		t.Errorf("scores %s", got)
	}
}
