package ventral

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestBestArea: the area that the responses come from is chosen, and the score
// that is reported is from stimuli that had no part in it.
func TestBestArea(t *testing.T) {
	random := source(1, 0, 0)
	var areas []*Kernel
	var responses *mat.Dense
	for area := range 3 {
		x, y := linked(60, 30, 5, uint64(area))
		areas = append(areas, kernelOf(t, x))
		if area == 1 {
			responses = y
		}
	}
	var used [][]int
	best, err := BestArea(3, 60, Choice{Seed: 1}, func(area int, stimuli []int) (Score, error) {
		used = append(used, stimuli)
		k, err := areas[area].Subset(stimuli)
		if err != nil {
			return Score{}, err
		}
		fit, err := Predictivity(k, rows(responses, stimuli), Ridge{}, Splits{})
		return fit.Score, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if best.Area != 1 || best.Chosen != best.Scores[1] || best.Reported == best.Chosen || best.Reported.Value < 0.3 {
		t.Errorf("best area: %+v", best)
	}
	if len(used) != 4 || !slices.Equal(used[0], used[2]) || !slices.Equal(slices.Sorted(slices.Values(slices.Concat(used[0], used[3]))), upTo(0, 60)) {
		t.Errorf("stimuli used: %v", used)
	}

	// Of areas that differ by noise alone, that chosen is reported without it.
	chosen, reported := 0.0, 0.0
	for seed := range uint64(200) {
		best, err := BestArea(10, 6, Choice{Seed: seed}, func(int, []int) (Score, error) { return Score{Value: random.NormFloat64()}, nil })
		if err != nil {
			t.Fatal(err)
		}
		chosen, reported = chosen+best.Chosen.Value/200, reported+best.Reported.Value/200
	}
	if chosen < 1.3 || math.Abs(reported) > 0.3 {
		t.Errorf("by choice %v, reported %v", chosen, reported)
	}
}
