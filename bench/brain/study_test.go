package brain

import (
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio"
	"gonum.org/v1/gonum/mat"

	"hypnos/bench/results"
	"hypnos/recordings"
	"hypnos/ventral"
)

const (
	stimuli  = 60
	neuroids = 6
	hidden   = 4 // dimensions of what neuroids respond to
)

// made makes a folder of pictures and of responses to them, which are a mixture
// of hidden dimensions with noise, and opens it. It returns these dimensions.
func made(t *testing.T, repetitions int) (*recordings.Recording, *mat.Dense) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	normal := func(r, c int) *mat.Dense {
		m := mat.NewDense(r, c, nil)
		m.Apply(func(int, int, float64) float64 { return random.NormFloat64() }, m)
		return m
	}
	code := normal(stimuli, hidden)
	var clean mat.Dense
	clean.Mul(code, normal(hidden, neuroids))
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	table := [][]string{{"file", "category"}}
	for i := range stimuli {
		name := fmt.Sprintf("%02d.png", i)
		table = append(table, []string{name, []string{"a", "b", "c"}[i%3]})
		m := image.NewRGBA(image.Rect(0, 0, 4, 4))
		m.Set(i%4, 0, color.White)
		f, err := os.Create(filepath.Join(dir, "images", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	f, err := os.Create(filepath.Join(dir, "stimuli.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := csv.NewWriter(f).WriteAll(table); err != nil {
		t.Fatal(err)
	}
	f.Close()
	// As a matrix, npyio writes neuroids × stimuli: of one repetition.
	if f, err = os.Create(filepath.Join(dir, "responses.npy")); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	responses := mat.NewDense(neuroids, stimuli, nil)
	responses.Apply(func(j, i int, _ float64) float64 { return clean.At(i, j) + 0.2*random.NormFloat64() }, responses)
	if err := npyio.Write(f, responses); err != nil {
		t.Fatal(err)
	}
	r, err := recordings.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if repetitions > 1 {
		values := make([]float64, 0, stimuli*neuroids*repetitions)
		for i := range stimuli {
			for j := range neuroids {
				for range repetitions {
					values = append(values, clean.At(i, j)+0.2*random.NormFloat64())
				}
			}
		}
		if r.Regions[0].Responses, err = ventral.NewRepetitions(stimuli, neuroids, repetitions, values); err != nil {
			t.Fatal(err)
		}
	}
	return r, code
}

// features are columns of a matrix, as a network gives them.
func features(t *testing.T, m mat.Matrix) *ventral.Features {
	t.Helper()
	n, units := m.Dims()
	values := make([]float32, 0, n*units)
	for i := range n {
		for j := range units {
			values = append(values, float32(m.At(i, j)))
		}
	}
	f, err := ventral.NewFeatures(n, units, values)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// unrelated are features that say nothing of the stimuli.
func unrelated(t *testing.T, seed uint64) *ventral.Features {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 3))
	m := mat.NewDense(stimuli, 50, nil)
	m.Apply(func(int, int, float64) float64 { return random.NormFloat64() }, m)
	return features(t, m)
}

func only(t *testing.T, scores []results.BrainScore, measure, model, area string, seed uint64) results.BrainScore {
	t.Helper()
	var found []results.BrainScore
	for _, s := range scores {
		if s.Measure == measure && s.Model == model && s.Seed == seed && (area == "*" || s.Area == area) {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d scores of %s, %s %s: %+v", len(found), measure, model, area, found)
	}
	return found[0]
}

// An area that has what neuroids respond to is found and scored high by every
// measure, whatever else there is, and a model without it low.
func TestStudy(t *testing.T) {
	r, code := made(t, 4)
	s, err := New(r, Options{Resamples: 50, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	good := features(t, code)
	for _, m := range []Model{
		{Name: "good", Seed: 1, Areas: []Area{{"first", unrelated(t, 1)}, {"second", good}}},
		{Name: "good", Seed: 2, Areas: []Area{{"first", unrelated(t, 2)}, {"second", good}}},
		{Name: "bad", Areas: []Area{{"", unrelated(t, 3)}}},
	} {
		s.Add(m)
	}
	b := s.Report()
	if got := strings.Join(b.Measures, ","); got != "PLS,ridge,CKA,RSA (Spearman),RSA (Pearson)" {
		t.Errorf("measures %s", got)
	}
	if got := strings.Join(b.Models, ","); got != "good,bad" || b.Warning != "" || len(b.Areas) != 5*5 || len(b.Best) != 5*3 {
		t.Errorf("models %s, warning %q, %d and %d scores", got, b.Warning, len(b.Areas), len(b.Best))
	}
	for _, measure := range b.Measures {
		geometric := strings.HasPrefix(measure, "RSA")
		for seed := range uint64(2) {
			best, all := only(t, b.Best, measure, "good", "*", seed+1), only(t, b.Areas, measure, "good", "second", seed+1)
			other := only(t, b.Areas, measure, "good", "first", seed+1)
			if best.Area != "second" || best.Value < 0.5 || all.Value < 0.5 || math.Abs(other.Value) > 0.45 || !(best.Error > 0) || !(all.Error > 0) {
				t.Errorf("%s: best %+v, all %+v, other %+v", measure, best, all, other)
			}
			if got := !math.IsNaN(best.P); got != geometric || geometric && best.P > 0.05 {
				t.Errorf("%s: P %v", measure, best.P)
			}
		}
		if bad := only(t, b.Best, measure, "bad", "", 0); math.Abs(bad.Value) > 0.45 {
			t.Errorf("%s: bad %+v", measure, bad)
		}
		predicts := measure == results.MeasurePLS || measure == results.MeasureRidge
		ceiling, err := ventral.Ceiling(r.Regions[0].Responses, ventral.Halves{Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		got := only(t, b.Areas, measure, "good", "second", 1)
		if predicts {
			n, err := ventral.Normalise(got.Value, ceiling.Value)
			if err != nil || got.Low != ceiling.Value || got.High != ceiling.Value || got.CeilingError != ceiling.Error || got.ExplainedVariance != n.ExplainedVariance || got.SquaredRatio != n.SquaredRatio {
				t.Errorf("%s: %+v under %+v, %v", measure, got, ceiling, err)
			}
		} else if !math.IsNaN(got.Low) || !math.IsNaN(got.ExplainedVariance) || !math.IsNaN(got.SquaredRatio) {
			t.Errorf("%s has a ceiling: %+v", measure, got)
		}
	}
	// The measures are those of package ventral on all stimuli.
	kernel, err := ventral.NewKernel(good)
	if err != nil {
		t.Fatal(err)
	}
	fit, err := ventral.Predictivity(kernel, r.Regions[0].Responses.Mean(), ventral.PLS{}, ventral.Splits{Categories: r.Categories, Seed: 7})
	if got := only(t, b.Areas, results.MeasurePLS, "good", "second", 1); err != nil || got.Value != fit.Value || got.Error != fit.Error {
		t.Errorf("PLS %+v, want %+v, %v", got, fit.Score, err)
	}
	// Models against each other: the first seed of each.
	if len(b.Pairs) != 3 || len(b.Matrices) != 3 {
		t.Fatalf("%d pairs, %d matrices", len(b.Pairs), len(b.Matrices))
	}
	if p := b.Pairs[0]; p.A != "good, seed 1: first" || p.B != "good, seed 1: second" || math.Abs(p.CKA) > 0.3 || math.Abs(p.RSA) > 0.3 {
		t.Errorf("pair %+v", p)
	}
	if name := b.Matrices[1].Name; name != "good, seed 1: second" {
		t.Errorf("drawn: %s", name)
	}
}

// The recording's own models and the other species are scored as scipy scores
// them: see recordings. Where there are subjects the score is the mean over them,
// which the ceiling bounds.
func TestStudyIT92(t *testing.T) {
	r, err := recordings.Open("it92")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(r, Options{Resamples: 20})
	if err != nil {
		t.Fatal(err)
	}
	b := s.Report()
	of := func(region, measure, model string) results.BrainScore {
		var scores []results.BrainScore
		for _, g := range b.Given {
			if g.Region == region {
				scores = append(scores, g)
			}
		}
		return only(t, scores, measure, model, "", 0)
	}
	for _, want := range []struct {
		measure, model string
		value          float64
	}{
		{results.MeasureSpearman, "human IT", 0.4389}, {results.MeasurePearson, "human IT", 0.4912},
		{results.MeasureSpearman, "animacy", 0.4534}, {results.MeasureSpearman, "HMAX", 0.2452},
	} {
		if got := of("monkey IT", want.measure, want.model); math.Abs(got.Value-want.value) > 5e-5 || !(got.Error > 0.01 && got.Error < 0.1) {
			t.Errorf("%s of %s: %+v, want %v", want.measure, want.model, got, want.value)
		}
	}
	human := of("human IT", results.MeasureSpearman, "animacy")
	if math.Abs(human.Low-0.3723) > 5e-5 || math.Abs(human.High-0.6657) > 5e-5 || human.Value > 0.5882 {
		t.Errorf("mean over subjects %+v", human)
	}
}

// What cannot be compared is left out by name; what can go on does.
func TestStudyLeavesOut(t *testing.T) {
	r, code := made(t, 1)
	s, err := New(r, Options{Resamples: 10, Alphas: []float64{1}})
	if err != nil {
		t.Fatal(err)
	}
	dead := mat.NewDense(stimuli, 3, nil)
	s.Add(Model{Name: "dead", Areas: []Area{{"only", features(t, dead)}}})
	s.Add(Model{Name: "half", Seed: 3, Areas: []Area{{"dead", features(t, dead)}, {"alive", features(t, code)}}})
	b := s.Report()
	for _, part := range []string{"responses are not repeated", "dead: only is left out", "half, seed 3: dead is left out"} {
		if !strings.Contains(b.Warning, part) {
			t.Errorf("warning %q, want %q", b.Warning, part)
		}
	}
	if len(b.Models) != 1 || len(b.Areas) != 5 || !math.IsNaN(b.Areas[0].Low) || !math.IsNaN(b.Areas[0].SquaredRatio) {
		t.Errorf("models %v, scores %+v", b.Models, b.Areas)
	}
}

// Splits that halves of the stimuli are too few for cost the best areas, and
// nothing else.
func TestStudyUndivided(t *testing.T) {
	r, code := made(t, 2)
	s, err := New(r, Options{Splits: 40, Resamples: 10, Alphas: []float64{1}})
	if err != nil {
		t.Fatal(err)
	}
	s.Add(Model{Name: "good", Areas: []Area{{"only", features(t, code)}}})
	b := s.Report()
	if !strings.Contains(b.Warning, "PLS and ridge have no best areas: ") || !strings.Contains(b.Warning, "40 splits") || strings.Contains(b.Warning, "left out") {
		t.Errorf("warning %q", b.Warning)
	}
	if len(b.Areas) != 5 || len(b.Best) != 3 {
		t.Errorf("%d and %d scores", len(b.Areas), len(b.Best))
	}
}

// A neuroid that is silent in a split keeps PLS and ridge away, and nothing else.
func TestSparseResponses(t *testing.T) {
	r, _ := made(t, 2)
	constant := make([]float64, stimuli*neuroids)
	for i := range constant {
		constant[i] = float64(i) / 7
		if i%neuroids == 3 && i > neuroids {
			constant[i] = 1 // but for one stimulus
		}
	}
	sparse := *r
	responses, err := ventral.NewRepetitions(stimuli, neuroids, 1, constant)
	if err != nil {
		t.Fatal(err)
	}
	sparse.Regions = []recordings.Region{{Name: "sparse", Responses: responses, Dissimilarities: r.Regions[0].Dissimilarities}}
	s, err := New(&sparse, Options{Resamples: 10})
	if err != nil {
		t.Fatal(err)
	}
	b := s.Report()
	if want := []string{results.MeasureCKA, results.MeasureSpearman, results.MeasurePearson}; !slices.Equal(b.Measures, want) || !strings.Contains(b.Warning, "sparse: it has no PLS and ridge: neuroid 3 responds alike") {
		t.Errorf("sparse neuroid: measures %q, warning %q", b.Measures, b.Warning)
	}
}

func TestNewErrors(t *testing.T) {
	r, _ := made(t, 2)
	if _, err := New(r, Options{Splits: stimuli + 1}); err == nil || !strings.Contains(err.Error(), "61 splits") && !strings.Contains(err.Error(), "60 stimuli") || strings.Contains(err.Error(), "\n") {
		t.Errorf("more splits than stimuli: %v", err)
	}
}
