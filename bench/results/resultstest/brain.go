package resultstest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"hypnos/bench/results"
)

// Brain returns plausible scores with made-up numbers. The models are some of several areas
// and seeds, pixels, and one that is given by its dissimilarities. Of the two regions one
// has neuroids, the other subjects.
func Brain(models, areas int, seeds uint64, stimuli int) *results.Brain {
	random := rand.New(rand.NewPCG(3, 4))
	b := &results.Brain{
		Title:    "How like IT the networks are",
		Summary:  "Networks and two regions.",
		Command:  "go run ./bench brain -models hypnos-report",
		Credit:   "Made up by a seed.",
		Started:  time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		Duration: 83*time.Second + time.Millisecond,
		Settings: []results.Setting{{Name: "areas", Value: "auto"}}, Machine: []results.Setting{{Name: "cores", Value: "8"}}, Versions: []results.Setting{{Name: "Go", Value: "go1.26"}},
		Regions:  []string{"monkey IT", "human IT"},
		Measures: []string{results.MeasurePLS, results.MeasureRidge, results.MeasureSpearman, results.MeasurePearson, results.MeasureCKA},
	}
	nan := math.NaN()
	score := func(region, measure, model string, seed uint64, area string, value float64) results.BrainScore {
		s := results.BrainScore{
			Region: region, Measure: measure, Model: model, Seed: seed, Area: area,
			Value: value + 0.01*random.NormFloat64(), Error: 0.01 + 0.01*random.Float64(),
			Low: nan, High: nan, CeilingError: nan, P: nan, ExplainedVariance: nan, SquaredRatio: nan,
		}
		switch measure {
		case results.MeasurePLS, results.MeasureRidge:
			s.Low, s.High, s.CeilingError = 0.8, 0.8, 0.02
			s.ExplainedVariance, s.SquaredRatio = s.Value*s.Value/0.8, s.Value*s.Value/0.64
		case results.MeasureSpearman, results.MeasurePearson:
			s.P = 1. / 1001
			if region == "human IT" {
				s.Low, s.High = 0.3, 0.5
			}
		}
		return s
	}
	var names []string
	for m := range models {
		model := fmt.Sprintf("model %d", m)
		b.Models = append(b.Models, model)
		for a := range areas {
			names = append(names, fmt.Sprintf("%s, seed 1: layer%d", model, a))
		}
	}
	b.Models = append(b.Models, "pixels")
	for _, region := range b.Regions {
		for _, measure := range b.Measures {
			if region == "human IT" && (measure == results.MeasurePLS || measure == results.MeasureRidge) {
				continue
			}
			for m := range models {
				for seed := range seeds {
					for a := range areas {
						b.Areas = append(b.Areas, score(region, measure, b.Models[m], seed+1, fmt.Sprintf("layer%d", a), 0.1*float64(a)-0.02*float64(m)))
					}
					best := b.Areas[len(b.Areas)-areas:]
					b.Best = append(b.Best, slices.MaxFunc(best, func(x, y results.BrainScore) int { return cmp.Compare(x.Value, y.Value) }))
				}
			}
			b.Areas = append(b.Areas, score(region, measure, "pixels", 0, "", 0.05))
			b.Best = append(b.Best, score(region, measure, "pixels", 0, "", 0.05))
			if measure == results.MeasureSpearman {
				b.Given = append(b.Given, score(region, measure, "HMAX", 0, "", 0.1))
			}
		}
	}
	for _, region := range b.Regions {
		for _, measure := range b.Measures {
			for i, x := range b.Models {
				for _, y := range b.Models[i+1:] {
					if found := b.Best.With(region, measure); found != nil {
						value := found.OfModel(x).Summary().Mean - found.OfModel(y).Summary().Mean
						b.Differences = append(b.Differences, results.BrainDifference{Region: region, Measure: measure, A: x, B: y, Value: value, Error: 0.02})
					}
				}
			}
		}
	}
	for i, x := range names {
		for _, y := range names[i+1:] {
			cka := random.Float64()
			b.Pairs = append(b.Pairs, results.BrainPair{A: x, B: y, CKA: cka, RSA: 0.9 * cka})
		}
	}
	for i := range stimuli {
		b.Categories = append(b.Categories, []string{"face", "body", "place"}[i%3])
	}
	for _, name := range []string{"monkey IT", "human IT", names[0]} {
		d := mat.NewSymDense(stimuli, nil)
		for i := range stimuli {
			for j := i + 1; j < stimuli; j++ {
				d.SetSym(i, j, 2*random.Float64())
			}
		}
		b.Matrices = append(b.Matrices, results.BrainMatrix{Name: name, Dissimilarities: d})
	}
	return b
}
