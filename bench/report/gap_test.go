package report

import (
	"encoding/json"
	"math"
	"os"
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
