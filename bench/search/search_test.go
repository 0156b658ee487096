package search

import (
	"strings"
	"testing"

	"hypnos/bench/experiment"
)

// The best rate of a variant is that of its largest top-1, the first of equal ones.
func TestWrite(t *testing.T) {
	var w strings.Builder
	table := Table{
		Variants: []string{"conv", "lc-sleep-10"}, Rates: []float64{0.01, 0.02, 0.1},
		Top1: [][]float64{{0.25, 0.5, 0.125}, {0.5, 0.25, 0.5}},
	}
	if err := table.Write(&w); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"validation top-1, %  0.01  0.02  0.1   best rate",
		"conv                 25.0  50.0  12.5  0.02",
		"lc-sleep-10          50.0  25.0  50.0  0.01",
	}, "\n") + "\n"
	if w.String() != want {
		t.Errorf("wrote\n%s, want\n%s", w.String(), want)
	}
}

// A search does not look at the test images, nor at any before the end.
func TestSpec(t *testing.T) {
	s := experiment.Default()
	s.Epochs = 7
	if got := Spec(s); got.Data.Validation != 0.2 || got.Evaluation.Mode != "validation" || got.Evaluation.Every != 7 {
		t.Errorf("%+v", got)
	}
	s.Data.Validation = 0.5
	if got := Spec(s); got.Data.Validation != 0.5 {
		t.Errorf("-validation 0.5 became %v", got.Data.Validation)
	}
}
