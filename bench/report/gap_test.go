package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hypnos/bench/format"
	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

// The share is in the table and in both files for programs; where there is no gap to win
// back the table has a dash.
func TestGapColumn(t *testing.T) {
	cells := func(r *results.Comparison, heading string) (column []string) {
		rows := newComparison(r).tables()[0]
		for _, row := range rows[1:] {
			column = append(column, row[slices.Index(rows[0], heading)])
		}
		return column
	}
	const heading = "gap won back, %"
	if got := cells(judged(700, 600, 670), heading); !slices.Equal(got, []string{format.Absent, format.Absent, "70 (61 to 79)"}) {
		t.Errorf("shares %q", got)
	}
	if got := cells(judged(700, 600, 580), heading); got[2] != "−20 (−31 to −12)" {
		t.Errorf("share of a variant that loses: %q", got[2])
	}
	if got := cells(judged(602, 601, 670), heading); got[2] != format.Absent {
		t.Errorf("share of no gap: %q", got[2])
	}
	if got := cells(judged(700, 600, 670), "test top-1, %"); got[0] != "70.0 ± 1.4" {
		t.Errorf("top-1 is %q", got[0])
	}
	without := judged(700, 600, 670)
	without.Variants = without.Variants[:2]
	if headings := newComparison(without).tables()[0][0]; slices.Contains(headings, heading) {
		t.Errorf("columns %q without a variant that could close the gap", headings)
	}

	dir := t.TempDir()
	if err := Write(judged(700, 600, 670), dir); err != nil {
		t.Fatal(err)
	}
	resultstest.CheckPictures(t, dir, "gap")
	rows, err := csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "results.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Finding string           `json:"finding"`
		Results []map[string]any `json:"results"`
	}
	if err := json.Unmarshal(resultstest.Read(t, dir, "results.json"), &result); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"gap_won_back": 0.7, "gap_won_back_low": 0.61, "gap_won_back_high": 0.79, "test_top1_se": math.Sqrt(0.67 * 0.33 / 999)} {
		got, ok := result.Results[2][name].(float64)
		if !ok || math.Abs(got-want) > 0.006 || rows[3][slices.Index(rows[0], name)] != strconv.FormatFloat(got, 'g', -1, 64) {
			t.Errorf("%s is %v in JSON and in CSV %q, want %v", name, result.Results[2][name], rows[3], want)
		}
		if got := rows[1][slices.Index(rows[0], name)]; strings.HasPrefix(name, "gap") && got != "NaN" {
			t.Errorf("%s of conv is %s", name, got)
		}
	}
	if page := string(resultstest.Read(t, dir, "report.html")); !strings.Contains(page, unbroken(result.Finding)) || !strings.Contains(page, "70 (61 to 79)") {
		t.Errorf("the page does not say %q", result.Finding)
	}
}
