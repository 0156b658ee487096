package results_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

// numpyCase is a comparison with what testdata/gap.py computed of it.
type numpyCase struct {
	Right  map[string][]results.Right `json:"right"`
	Points [3]float64                 `json:"points"`
	Shares map[string][3]float64      `json:"shares"`
	Errors map[string]float64         `json:"errors"`
}

// report returns the comparison.
func (c numpyCase) report() *results.Comparison {
	r := &results.Comparison{}
	for _, name := range []string{"conv", "lc", "wins", "loses", "like lc"} {
		r.Variants = append(r.Variants, resultstest.Answered(name, c.Right[name]...))
	}
	return r
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

// The share of the gap and its interval are those of numpy's bootstrap, which draws every
// image, to within the scatter of 10,000 resamples; standard errors are the same.
func TestGapAgainstNumpy(t *testing.T) {
	for _, c := range numpyCases(t) {
		r := c.report()
		seeds := len(c.Right["lc"])
		check := func(what string, got results.Estimate, want [3]float64) {
			t.Helper()
			tolerance := 0.04 * (want[2] - want[1])
			if !(math.Abs(got.Value-want[0]) < 1e-12 && math.Abs(got.Low-want[1]) < tolerance && math.Abs(got.High-want[2]) < tolerance) {
				t.Errorf("%d seeds: %s is %v, numpy says %v", seeds, what, got, want)
			}
		}
		check("the gap", r.Gap().Lead, c.Points)
		for _, outcome := range r.Outcomes() {
			if want, ok := c.Shares[outcome.Name]; ok {
				check(outcome.Name, outcome.Share, want)
			} else if !math.IsNaN(outcome.Share.Value) {
				t.Errorf("%d seeds: %s wins back %v of its own gap", seeds, outcome.Name, outcome.Share)
			}
			if want := c.Errors[outcome.Name]; math.Abs(outcome.Top1Error-want) > 1e-12 {
				t.Errorf("%d seeds: standard error of %s is %v, numpy says %v", seeds, outcome.Name, outcome.Top1Error, want)
			}
		}
	}
}
