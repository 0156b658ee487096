package brain

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/results"
	"hypnos/ventral"
)

func TestDifference(t *testing.T) {
	shared := []float64{0.1, 0.3, 0.5}
	of := func(offsets ...float64) [][]float64 {
		all := make([][]float64, len(offsets))
		for i, offset := range offsets {
			for _, v := range shared {
				all[i] = append(all[i], v+offset)
			}
		}
		return all
	}
	for _, test := range []struct {
		name       string
		m          measure
		a, b       bestScores
		value, err float64
	}{
		{"what draws share is no error of the difference", measure{variance: overResamples},
			bestScores{values: []float64{0.8}, errors: []float64{0.2}, draws: of(0.5)},
			bestScores{values: []float64{0.3}, errors: []float64{0.2}, draws: of(0)}, 0.5, 0},
		{"seeds scatter", measure{variance: overResamples}, // a standard deviation of √0.02, over two
			bestScores{values: []float64{0.7, 0.9}, errors: []float64{0.2, 0.2}, draws: of(0.4, 0.6)},
			bestScores{values: []float64{0.3}, errors: []float64{0.2}, draws: of(0)}, 0.5, 0.1},
		{"what they do not share is", measure{variance: overResamples},
			bestScores{values: []float64{0.3}, errors: []float64{0.2}, draws: [][]float64{{0.5, 0.3, 0.1, math.NaN()}}},
			bestScores{values: []float64{0.3}, errors: []float64{0.2}, draws: [][]float64{{0.1, 0.3, 0.5, 0}}}, 0, 0.4},
		{"splits share stimuli", measure{variance: overSplits}, // a variance of 0.16, of three splits
			bestScores{values: []float64{0.3}, errors: []float64{0.2}, draws: [][]float64{{0.5, 0.3, 0.1}}},
			bestScores{values: []float64{0.3}, errors: []float64{0.2}, draws: of(0)}, 0, math.Sqrt(0.16/3 + 0.16/9)},
		{"without draws both errors count", measure{},
			bestScores{values: []float64{0.8, 0.8}, errors: []float64{0.2, 0.4}, draws: make([][]float64, 2)},
			bestScores{values: []float64{0.3}, errors: []float64{0.4}, draws: make([][]float64, 1)}, 0.5, 0.5},
	} {
		value, err := test.m.difference(test.a, test.b)
		if math.Abs(value-test.value) > 1e-12 || !(math.Abs(err-test.err) < 1e-12) {
			t.Errorf("%s: %v ± %v, want %v ± %v", test.name, value, err, test.value, test.err)
		}
	}
}

// The error of a difference of RSA is over resamples that draw the same stimuli for
// both models, of the half that did not choose.
func TestDifferencesOfStudy(t *testing.T) {
	r, code := made(t, 4)
	options := Options{Resamples: 50, Seed: 7, Alphas: []float64{1}}
	s, err := New(r, options)
	if err != nil {
		t.Fatal(err)
	}
	// The second sees what neuroids respond to, but for one of four dimensions.
	areas := []*ventral.Features{features(t, code), features(t, code.Slice(0, stimuli, 0, hidden-1))}
	s.Add(Model{Name: "whole", Areas: []Area{{"", areas[0]}}})
	s.Add(Model{Name: "part", Areas: []Area{{"", areas[1]}}})
	s.Add(Model{Name: "bad", Areas: []Area{{"", unrelated(t, 3)}}})
	b := s.Report()
	if len(b.Differences) != 5*3 {
		t.Fatalf("%d differences, want 3 by each of 5 measures", len(b.Differences))
	}

	var half []int
	choice := ventral.Choice{Categories: r.Categories, Seed: options.Seed}
	if _, err := ventral.BestArea(1, stimuli, choice, func(_ int, of []int) (ventral.Score, error) {
		half = of // the last are those that report
		return ventral.Score{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	among := func(d *mat.SymDense, err error) *mat.SymDense {
		t.Helper()
		if err == nil {
			d, err = ventral.Among(d, half)
		}
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	recorded, err := ventral.Among(r.Regions[0].Dissimilarities, half)
	if err != nil {
		t.Fatal(err)
	}
	var scores [2]ventral.Similarity
	for i, f := range areas {
		if scores[i], err = ventral.RSA(among(ventral.Dissimilarities(f)), recorded, ventral.RSAOptions{Resamples: 50, Seed: 7}); err != nil {
			t.Fatal(err)
		}
	}
	var paired []float64
	for i, v := range scores[0].Resampled {
		paired = append(paired, v-scores[1].Resampled[i])
	}
	for _, d := range b.Differences {
		if d.A == "whole" && d.B == "bad" && !(d.Value > 3*d.Error) {
			t.Errorf("%s: %v ± %v", d.Measure, d.Value, d.Error)
		}
		if d.Measure != results.MeasureSpearman || d.A != "whole" || d.B != "part" {
			continue
		}
		if want := stat.StdDev(paired, nil); math.Abs(d.Value-(scores[0].Value-scores[1].Value)) > 1e-12 || !(math.Abs(d.Error-want) < 1e-12) {
			t.Errorf("%v ± %v, want %v ± %v", d.Value, d.Error, scores[0].Value-scores[1].Value, want)
		}
		if apart := math.Hypot(scores[0].Error, scores[1].Error); !(d.Error < apart) {
			t.Errorf("error %v, as if independent %v", d.Error, apart)
		}
	}
}
