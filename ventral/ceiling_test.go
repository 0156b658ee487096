package ventral

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// recorded returns repetitions of responses with noise, some of them absent.
func recorded(t tester, stimuli, neuroids, repetitions int, deviation, absent float64, seed uint64) *Repetitions {
	t.Helper()
	random := source(seed, 0, 0)
	var values []float64
	for range stimuli * neuroids {
		signal := random.NormFloat64()
		for i := range repetitions {
			v := signal + deviation*random.NormFloat64()
			if i > 1 && random.Float64() < absent {
				v = math.NaN()
			}
			values = append(values, v)
		}
	}
	r, err := NewRepetitions(stimuli, neuroids, repetitions, values)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCeilingWithoutNoise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := recorded(t, rapid.IntRange(3, 20).Draw(t, "stimuli"), rapid.IntRange(1, 5).Draw(t, "neuroids"),
			rapid.IntRange(2, 7).Draw(t, "repetitions"), 0, 0.5, rapid.Uint64().Draw(t, "seed"))
		c, err := Ceiling(r, Halves{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(c.Value-1) > 1e-12 || c.Error > 1e-12 {
			t.Fatalf("ceiling %v of repetitions without noise", c.Score)
		}
	})
}

// TestCeiling: of n repetitions with noise of variance v, the mean has the
// reliability 1/(1+v/n).
func TestCeiling(t *testing.T) {
	for _, test := range []struct{ repetitions, variance float64 }{{2, 1}, {10, 1}, {10, 10}, {40, 10}} {
		r := recorded(t, 400, 30, int(test.repetitions), math.Sqrt(test.variance), 0, 7)
		c, err := Ceiling(r, Halves{})
		if err != nil {
			t.Fatal(err)
		}
		if want := 1 / (1 + test.variance/test.repetitions); math.Abs(c.Value-want) > 0.03 {
			t.Errorf("%v: ceiling %v, want about %v", test, c.Value, want)
		}
		if len(c.Splits) != 10 || len(c.Neuroids) != 30 || !(c.Error > 0 && c.Error < 0.01) {
			t.Errorf("%v: %d divisions, %d neuroids, error %v", test, len(c.Splits), len(c.Neuroids), c.Error)
		}
	}
}

// TestAbsent: an absent repetition is as none.
func TestAbsent(t *testing.T) {
	nan := math.NaN()
	r, err := NewRepetitions(3, 1, 3, []float64{1, nan, 3, nan, 5, nan, 7, 8, 9})
	if err != nil {
		t.Fatal(err)
	}
	if m := r.Mean(); m.At(0, 0) != 2 || m.At(1, 0) != 5 || m.At(2, 0) != 8 {
		t.Errorf("means %v", m)
	}
	if _, err := Ceiling(r, Halves{}); err == nil || !strings.Contains(err.Error(), "neuroid 0 has repetitions of 2 stimuli") {
		t.Errorf("a ceiling over the 2 stimuli that were repeated: error %v", err)
	}
}

// TestRepetitionsSubset: stimuli keep their responses, in the order that is asked for.
func TestRepetitionsSubset(t *testing.T) {
	r, err := NewRepetitions(3, 2, 2, []float64{1, 3, 10, 30, 2, 4, 20, 40, 5, 7, 50, 70})
	if err != nil {
		t.Fatal(err)
	}
	m := r.Subset([]int{2, 0}).Mean()
	if want := mat.NewDense(2, 2, []float64{6, 60, 2, 20}); !mat.Equal(m, want) {
		t.Errorf("means %v, want %v", mat.Formatted(m), mat.Formatted(want))
	}
}
