package brainreport

import (
	"math"
	"strings"
	"testing"

	"hypnos/bench/results"
)

// compared returns results of models that were scored with IT by Spearman's RSA. The
// error of every score is 0.02, and that of every difference 0.03, as if scores were
// independent.
func compared(models []string, values ...float64) *results.Brain {
	nan := math.NaN()
	b := &results.Brain{Regions: []string{"IT"}, Measures: []string{results.MeasureSpearman}, Models: models}
	for i, v := range values {
		b.Best = append(b.Best, results.BrainScore{
			Region: "IT", Measure: results.MeasureSpearman, Model: models[i], Seed: 1, Area: "layer", Value: v, Error: 0.02,
			Low: nan, High: nan, CeilingError: nan, P: nan, ExplainedVariance: nan, SquaredRatio: nan,
		})
		for j, other := range values[:i] {
			b.Differences = append(b.Differences, results.BrainDifference{Region: "IT", Measure: results.MeasureSpearman, A: models[j], B: models[i], Value: other - v, Error: 0.03})
		}
	}
	return b
}

func TestFindings(t *testing.T) {
	two, three, four := []string{"conv", "lc"}, []string{"conv", "lc", "pixels"}, []string{"conv", "lc", "gabor", "pixels"}
	six := []string{"a", "b", "c", "d", "e", "f"}
	for _, test := range []struct {
		name string
		b    *results.Brain
		want string
	}{
		{"nothing", compared(nil), ""},
		{"one model", compared(two[:1], 0.2),
			"By Spearman's RSA, the likeness of conv (0.20 ± 0.02) to IT is more than twice its error; there is no other model to compare it with."},
		{"one model by chance", compared(two[:1], 0.03),
			"By Spearman's RSA, the likeness of conv (0.03 ± 0.02) to IT is not more than twice its error; there is no other model to compare it with."},
		{"two differ, the second is closer", compared(two, 0.2, 0.3),
			"By Spearman's RSA, lc (0.30 ± 0.02) is closer to IT than conv (0.20 ± 0.02)."},
		{"two cannot be told apart", compared(two, 0.25, 0.3),
			"By Spearman's RSA, it cannot be told whether lc (0.30 ± 0.02) or conv (0.25 ± 0.02) is closer to IT: their difference does not exceed its error."},
		// 0.065 is more than two errors and less than the 2.4 of three pairs.
		{"three cannot be told apart", compared(three, 0.25, 0.315, 0.26),
			"By Spearman's RSA, it cannot be told which of the 3 models is closest to IT: from lc (0.32 ± 0.02) to conv (0.25 ± 0.02) no difference exceeds its error."},
		{"one of two", compared(three, 0.3, 0.25, 0.2),
			"By Spearman's RSA, conv (0.30 ± 0.02) is closer to IT than pixels (0.20 ± 0.02); no other difference exceeds its error."},
		{"both, which are alike", compared(three, 0.3, 0.1, 0.12),
			"By Spearman's RSA, conv (0.30 ± 0.02) is closer to IT than pixels (0.12 ± 0.02) and lc (0.10 ± 0.02); no other difference exceeds its error."},
		{"in order", compared(three, 0.5, 0.3, 0.1),
			"By Spearman's RSA, conv (0.50 ± 0.02) is closer to IT than lc (0.30 ± 0.02) and pixels (0.10 ± 0.02); lc is closer than pixels as well."},
		{"all in order", compared(four, 0.7, 0.5, 0.3, 0.1),
			"By Spearman's RSA, conv (0.70 ± 0.02) is closer to IT than lc (0.50 ± 0.02), gabor (0.30 ± 0.02) and pixels (0.10 ± 0.02); all other differences exceed their errors as well."},
		{"two above one", compared(three, 0.31, 0.3, 0.1),
			"By Spearman's RSA, conv (0.31 ± 0.02) is closer to IT than pixels (0.10 ± 0.02); lc is closer than pixels as well, and no other difference exceeds its error."},
		{"two above two", compared(four, 0.31, 0.3, 0.1, 0.12),
			"By Spearman's RSA, conv (0.31 ± 0.02) is closer to IT than pixels (0.12 ± 0.02) and gabor (0.10 ± 0.02); 2 of the 4 other differences exceed their errors as well."},
		{"many", compared(six, 0.1, 0.11, 0.4, 0.12, 0.13, 0.35),
			"By Spearman's RSA, c (0.40 ± 0.02) is closer to IT than 4 of the 5 others, from e (0.13 ± 0.02) down to a (0.10 ± 0.02); 4 of the 11 other differences exceed their errors as well."},
		{"many, all", compared(six, 0.1, 0.11, 0.4, 0.12, 0.13, 0.14),
			"By Spearman's RSA, c (0.40 ± 0.02) is closer to IT than all 5 others, from f (0.14 ± 0.02) down to a (0.10 ± 0.02); no other difference exceeds its error."},
	} {
		if got := strings.Join(brain{test.b}.findings(), "\n"); got != test.want {
			t.Errorf("%s: %q\nwant %q", test.name, got, test.want)
		}
	}
}

// A model with a large error may score highest and be closer than none.
func TestFindingUncertainLeader(t *testing.T) {
	b := compared([]string{"conv", "lc", "pixels"}, 0.5, 0.3, 0.1)
	b.Differences[0].Error, b.Differences[1].Error = 1, math.NaN() // of conv with both
	want := "By Spearman's RSA, lc (0.30 ± 0.02) is closer to IT than pixels (0.10 ± 0.02); no other difference exceeds its error."
	if got := (brain{b}).finding("IT"); got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
	// Without differences, as in a report of an earlier version, nothing is said.
	b.Differences = nil
	if got := (brain{b}).findings(); got != nil {
		t.Errorf("without differences %q", got)
	}
	if note := (brain{b}).findingNote(); note != "" {
		t.Errorf("without differences %q", note)
	}
}

// PLS goes before RSA, each region has a sentence, and small errors more decimals.
func TestFindingsOfRegions(t *testing.T) {
	b := compared([]string{"conv", "lc"}, 0.2, 0.3)
	b.Regions = []string{"V4", "IT"}
	for _, s := range b.Best {
		s.Region, s.Measure, s.Error = "V4", results.MeasurePLS, 0.004
		b.Best = append(b.Best, s)
	}
	b.Measures = []string{results.MeasurePLS, results.MeasureSpearman}
	b.Differences = append(b.Differences, results.BrainDifference{Region: "V4", Measure: results.MeasurePLS, A: "conv", B: "lc", Value: -0.1, Error: 0.01})
	found := brain{b}.findings()
	if len(found) != 2 || found[0] != "By PLS predictivity, lc (0.300 ± 0.004) is closer to V4 than conv (0.200 ± 0.004)." || !strings.HasPrefix(found[1], "By Spearman's RSA, lc") {
		t.Errorf("findings %q", found)
	}
	if note := (brain{b}).findingNote(); !strings.Contains(note, "larger than 2 standard errors.") {
		t.Errorf("note %q", note)
	}
	if text := Text(b); !strings.HasPrefix(text, "By PLS predictivity, lc") {
		t.Errorf("text %q", text)
	}
	if text := Markdown(b); !strings.HasPrefix(text, "By PLS predictivity, lc") {
		t.Errorf("Markdown %q", text)
	}
}

// With one model the sentence is about its own areas; with two areas alone it just states
// their likeness.
func TestPairFinding(t *testing.T) {
	for _, test := range []struct {
		pairs []results.BrainPair
		want  string
	}{
		{nil, ""},
		{[]results.BrainPair{{A: "pixels", B: "Gabor", CKA: 0.347, RSA: 0.2}}, "By CKA (1 is the same, 0 unrelated), the likeness of pixels and Gabor is 0.35."},
		{[]results.BrainPair{{A: "conv: a", B: "conv: b", CKA: 0.5, RSA: 0}, {A: "conv: a", B: "conv: c", CKA: 0.25, RSA: 0}, {A: "conv: b", B: "conv: c", CKA: math.NaN(), RSA: 0}},
			"By CKA (1 is the same, 0 unrelated), the areas of conv that are most alike are conv: a and conv: b (0.50), those least alike conv: a and conv: c (0.25)."},
		{[]results.BrainPair{{A: "conv: a", B: "conv: b", CKA: 0.9, RSA: 0}, {A: "conv: a", B: "lc: a", CKA: 0.5, RSA: 0}, {A: "conv: b", B: "lc: a", CKA: 0.25, RSA: 0}},
			"By CKA (1 is the same, 0 unrelated), the areas of two models that are most alike are conv: a and lc: a (0.50), those least alike conv: b and lc: a (0.25)."},
	} {
		if got := strings.Join(brain{&results.Brain{Pairs: test.pairs}}.findings(), "\n"); got != test.want {
			t.Errorf("%q\nwant %q", got, test.want)
		}
	}
}

func TestAreaOf(t *testing.T) {
	for _, test := range []struct{ areas, want string }{
		{"", ""},
		{"V4", "V4"},
		{"IT IT IT", "IT"},
		{"IT V4 IT V1 IT", "IT, 3 of 5 seeds"},
		{"V4 IT", "V4, IT, 1 of 2 seeds each"},
		{"V1 IT V4 IT V4", "IT, V4, 2 of 5 seeds each"},
		{"V1 V2 V4 IT", "V1, V2, V4, …, 1 of 4 seeds each"},
	} {
		var scores results.BrainScores
		for _, area := range strings.Fields(test.areas) {
			scores = append(scores, results.BrainScore{Area: area})
		}
		if got := areaOf(scores); got != test.want {
			t.Errorf("areas %s: %q, want %q", test.areas, got, test.want)
		}
	}
	if got := areaOf(make(results.BrainScores, 2)); got != "" {
		t.Errorf("of a single representation %q", got)
	}
}
