package report

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"
)

// exampleBrain is plausible scores with made-up numbers: models of several areas
// and seeds, pixels, a given model, two regions, of which one has neuroids and
// the other subjects.
func exampleBrain(models, areas int, seeds uint64, stimuli int) *Brain {
	random := rand.New(rand.NewPCG(3, 4))
	b := &Brain{
		Title:    "How like IT the networks are",
		Summary:  "Networks and two regions.",
		Command:  "go run ./bench brain -models hypnos-report",
		Credit:   "Made up by a seed.",
		Started:  time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		Duration: 83*time.Second + time.Millisecond,
		Settings: []Setting{{"areas", "auto"}}, Machine: []Setting{{"cores", "8"}}, Versions: []Setting{{"Go", "go1.26"}},
		Regions:  []string{"monkey IT", "human IT"},
		Measures: []string{MeasurePLS, MeasureRidge, MeasureSpearman, MeasurePearson, MeasureCKA},
	}
	nan := math.NaN()
	score := func(region, measure, model string, seed uint64, area string, value float64) BrainScore {
		s := BrainScore{
			Region: region, Measure: measure, Model: model, Seed: seed, Area: area,
			Value: value + 0.01*random.NormFloat64(), Error: 0.01 + 0.01*random.Float64(),
			Low: nan, High: nan, CeilingError: nan, P: nan, ExplainedVariance: nan, SquaredRatio: nan,
		}
		switch measure {
		case MeasurePLS, MeasureRidge:
			s.Low, s.High, s.CeilingError = 0.8, 0.8, 0.02
			s.ExplainedVariance, s.SquaredRatio = s.Value*s.Value/0.8, s.Value*s.Value/0.64
		case MeasureSpearman, MeasurePearson:
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
			if region == "human IT" && (measure == MeasurePLS || measure == MeasureRidge) {
				continue
			}
			for m := range models {
				for seed := range seeds {
					for a := range areas {
						b.Areas = append(b.Areas, score(region, measure, b.Models[m], seed+1, fmt.Sprintf("layer%d", a), 0.1*float64(a)-0.02*float64(m)))
					}
					best := b.Areas[len(b.Areas)-areas:]
					b.Best = append(b.Best, slices.MaxFunc(best, func(x, y BrainScore) int { return cmp.Compare(x.Value, y.Value) }))
				}
			}
			b.Areas = append(b.Areas, score(region, measure, "pixels", 0, "", 0.05))
			b.Best = append(b.Best, score(region, measure, "pixels", 0, "", 0.05))
			if measure == MeasureSpearman {
				b.Given = append(b.Given, score(region, measure, "HMAX", 0, "", 0.1))
			}
		}
	}
	for _, region := range b.Regions {
		for _, measure := range b.Measures {
			for i, x := range b.Models {
				for _, y := range b.Models[i+1:] {
					if found := scoresOf(b.Best, region, measure); found != nil {
						value := summariseScores(scoresOfModel(found, x)).mean - summariseScores(scoresOfModel(found, y)).mean
						b.Differences = append(b.Differences, BrainDifference{region, measure, x, y, value, 0.02})
					}
				}
			}
		}
	}
	for i, x := range names {
		for _, y := range names[i+1:] {
			cka := random.Float64()
			b.Pairs = append(b.Pairs, BrainPair{x, y, cka, 0.9 * cka})
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
		b.Matrices = append(b.Matrices, BrainMatrix{name, d})
	}
	return b
}
