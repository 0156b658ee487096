package ventral

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// With a fold a stimulus the jackknife of a mean is its standard error.
func TestJackknifeOfMean(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	values := make([]float64, 50)
	for i := range values {
		values[i] = random.NormFloat64()
	}
	mean := func(stimuli []int) (float64, error) {
		if !slices.IsSorted(stimuli) {
			t.Error("stimuli are not in rising order")
		}
		sum := 0.0
		for _, s := range stimuli {
			sum += values[s]
		}
		return sum / float64(len(stimuli)), nil
	}
	score, err := Jackknife(len(values), len(values), 1, mean)
	if err != nil {
		t.Fatal(err)
	}
	want, deviation := stat.MeanStdDev(values, nil)
	if deviation /= math.Sqrt(50); math.Abs(score.Value-want) > 1e-12 || math.Abs(score.Error-deviation) > 1e-12 {
		t.Errorf("%v, want %v ± %v", score, want, deviation)
	}
	// With ten folds it estimates the same, on average over divisions.
	var sum float64
	for seed := range uint64(200) {
		score, err := Jackknife(len(values), 0, seed, mean)
		if err != nil {
			t.Fatal(err)
		}
		sum += score.Error * score.Error / 200
	}
	if ratio := math.Sqrt(sum) / deviation; ratio < 0.95 || ratio > 1.05 {
		t.Errorf("ten folds: %v times the standard error", ratio)
	}
}

func TestJackknifeErrors(t *testing.T) {
	one := func([]int) (float64, error) { return 1, nil }
	for want, f := range map[string]func() (Score, error){
		"jackknife of 9 stimuli in 10 folds, want 2 folds or more": func() (Score, error) { return Jackknife(9, 0, 1, one) },
		"jackknife of 9 stimuli in 1 folds, want 2 folds or more":  func() (Score, error) { return Jackknife(9, 1, 1, one) },
		"statistic is not a number": func() (Score, error) {
			return Jackknife(9, 3, 1, func([]int) (float64, error) { return math.NaN(), nil })
		},
		"mistake": func() (Score, error) {
			return Jackknife(9, 3, 1, func(s []int) (float64, error) {
				if len(s) < 9 {
					return 0, errors.New("mistake")
				}
				return 1, nil
			})
		},
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
