package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// numpyCase is a comparison with what testdata/gap.py computed of it.
type numpyCase struct {
	Right  map[string][]Right    `json:"right"`
	Points [3]float64            `json:"points"`
	Shares map[string][3]float64 `json:"shares"`
	Errors map[string]float64    `json:"errors"`
}

// report returns the comparison.
func (c numpyCase) report() *Report {
	r := &Report{}
	for _, name := range []string{"conv", "lc", "wins", "loses", "like lc"} {
		r.Variants = append(r.Variants, answered(name, c.Right[name]...))
	}
	return r
}

// answered is a variant that was right about these images, a seed each.
func answered(name string, right ...Right) Variant {
	v := Variant{Name: name, Local: name != "conv"}
	for s, of := range right {
		count := 0
		for _, yes := range of {
			if yes {
				count++
			}
		}
		v.Runs = append(v.Runs, Run{Seed: uint64(s + 1), Complete: true, Right: of,
			Epochs: []Epoch{{Epoch: 1, Test: Evaluation{Top1: float64(count) / float64(len(of))}}}})
	}
	return v
}

func numpyCases(t *testing.T) []numpyCase {
	t.Helper()
	text, err := os.ReadFile("testdata/gap.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []numpyCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// The share of the gap and its interval are those of numpy's bootstrap, which draws
// every image, to within what 10,000 resamples are apart; standard errors are equal.
func TestGapAgainstNumpy(t *testing.T) {
	for _, c := range numpyCases(t) {
		r := c.report()
		seeds := len(c.Right["lc"])
		check := func(what string, got estimate, want [3]float64) {
			t.Helper()
			tolerance := 0.04 * (want[2] - want[1])
			if !(math.Abs(got.value-want[0]) < 1e-12 && math.Abs(got.low-want[1]) < tolerance && math.Abs(got.high-want[2]) < tolerance) {
				t.Errorf("%d seeds: %s is %v, numpy says %v", seeds, what, got, want)
			}
		}
		check("the gap", r.lead().points, c.Points)
		for _, result := range r.results() {
			if want, ok := c.Shares[result.Name]; ok {
				check(result.Name, result.share, want)
			} else if !math.IsNaN(result.share.value) {
				t.Errorf("%d seeds: %s wins back %v of its own gap", seeds, result.Name, result.share)
			}
			if want := c.Errors[result.Name]; math.Abs(result.top1Error-want) > 1e-12 {
				t.Errorf("%d seeds: standard error of %s is %v, numpy says %v", seeds, result.Name, result.top1Error, want)
			}
		}
	}
}

// The share stands in the table and in both files for programs, and a dash where
// there is no gap to win back.
func TestGapColumn(t *testing.T) {
	cells := func(r *Report, heading string) (column []string) {
		rows := r.tables(r.results())[0]
		for _, row := range rows[1:] {
			column = append(column, row[slices.Index(rows[0], heading)])
		}
		return column
	}
	const heading = "gap won back, %"
	if got := cells(judged(700, 600, 670), heading); !slices.Equal(got, []string{absent, absent, "70 (61 to 79)"}) {
		t.Errorf("shares %q", got)
	}
	if got := cells(judged(700, 600, 580), heading); got[2] != "−20 (−31 to −12)" {
		t.Errorf("share of a variant that loses: %q", got[2])
	}
	if got := cells(judged(602, 601, 670), heading); got[2] != absent {
		t.Errorf("share of no gap: %q", got[2])
	}
	if got := cells(judged(700, 600, 670), "test top-1, %"); got[0] != "70.0 ± 1.4" {
		t.Errorf("top-1 is %q", got[0])
	}
	without := judged(700, 600, 670)
	without.Variants = without.Variants[:2]
	if headings := without.tables(without.results())[0][0]; slices.Contains(headings, heading) {
		t.Errorf("columns %q without a variant that could close the gap", headings)
	}

	dir := t.TempDir()
	if err := judged(700, 600, 670).Write(dir); err != nil {
		t.Fatal(err)
	}
	checkPictures(t, dir, "gap")
	rows, err := csv.NewReader(bytes.NewReader(read(t, dir, "results.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var result struct {
		Finding string           `json:"finding"`
		Results []map[string]any `json:"results"`
	}
	if err := json.Unmarshal(read(t, dir, "results.json"), &result); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"gap_won_back": 0.7, "gap_won_back_low": 0.61, "gap_won_back_high": 0.79, "test_top1_se": math.Sqrt(0.67 * 0.33 / 999)} {
		got, ok := result.Results[2][name].(float64)
		if !ok || math.Abs(got-want) > 0.006 || rows[3][slices.Index(rows[0], name)] != number(got).String() {
			t.Errorf("%s is %v in JSON and in CSV %q, want %v", name, result.Results[2][name], rows[3], want)
		}
		if got := rows[1][slices.Index(rows[0], name)]; strings.HasPrefix(name, "gap") && got != "NaN" {
			t.Errorf("%s of conv is %s", name, got)
		}
	}
	if page := string(read(t, dir, "report.html")); !strings.Contains(page, unbroken(result.Finding)) || !strings.Contains(page, "70 (61 to 79)") {
		t.Errorf("the page does not say %q", result.Finding)
	}
}

// Images survive JSON, and a number of them that the bits cannot be of is an error.
func TestRightJSON(t *testing.T) {
	for n := range 18 {
		want := make(Right, n)
		for i := range want {
			want[i] = i%3 == 0
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Right
		if err := json.Unmarshal(text, &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v is %v after %s, %v", want, got, text, err)
		}
	}
	for _, text := range []string{`{"images":9,"bits":"AA=="}`, `{"images":-1,"bits":""}`, `{"images":0,"bits":"AA=="}`, `{"images":8,"bits":"?"}`, `[true]`} {
		var r Right
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s is %v", text, r)
		}
	}
}
