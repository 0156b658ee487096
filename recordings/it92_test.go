package recordings

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nlpodyssey/safetensors"
	"gonum.org/v1/gonum/mat"

	"hypnos/data"
	"hypnos/ventral"
)

func open92(t testing.TB) *Recording {
	t.Helper()
	r, err := Open("it92")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestIT92(t *testing.T) {
	r := open92(t)
	if r.Name != "it92" || r.Credit == "" || r.Stimuli.Len() != 92 || len(r.Categories) != 92 {
		t.Errorf("%s by %q: %d stimuli, %d categories", r.Name, r.Credit, r.Stimuli.Len(), len(r.Categories))
	}
	if first, last := r.Stimuli.Name(0), r.Stimuli.Name(91); first != "it92/00.png" || last != "it92/91.png" {
		t.Errorf("stimuli %s to %s", first, last)
	}
	if c := r.Categories; c[0] != "human bodypart" || c[91] != "artificial inanimate" {
		t.Errorf("categories %s to %s", c[0], c[91])
	}
	// In several goroutines, as a pass over them does.
	var workers sync.WaitGroup
	for w := range 4 {
		workers.Go(func() {
			var m data.Image
			for i := w; i < 92; i += 4 {
				if _, err := r.Stimuli.Image(i, &m); err != nil {
					t.Error(err)
				}
				if m.Channels != 3 || m.Height != 175 || m.Width != 175 {
					t.Errorf("stimulus %d is %d×%d×%d", i, m.Channels, m.Height, m.Width)
				}
			}
		})
	}
	workers.Wait()
	check := func(name string, d *mat.SymDense) {
		t.Helper()
		if d.SymmetricDim() != 92 {
			t.Fatalf("%s: %d stimuli", name, d.SymmetricDim())
		}
		for i := range 92 {
			for j := range 92 {
				if v := d.At(i, j); !(v >= 0 && v <= 2) || i == j && v != 0 {
					t.Fatalf("%s: %v at %d, %d", name, v, i, j)
				}
			}
		}
	}
	for _, region := range r.Regions {
		check(region.Name, region.Dissimilarities)
		if region.Responses != nil {
			t.Errorf("%s has responses", region.Name)
		}
		for _, subject := range region.Subjects {
			check(region.Name, subject)
		}
	}
	for _, model := range r.Models {
		check(model.Name, model.Dissimilarities)
	}
	if len(r.Regions) != 2 || r.Regions[0].Subjects != nil || len(r.Regions[1].Subjects) != 4 {
		t.Fatalf("%d regions", len(r.Regions))
	}

	// What is the mean of what.
	human := r.Regions[1]
	mean := mat.NewSymDense(92, nil)
	for _, subject := range human.Subjects {
		mean.AddSym(mean, subject)
	}
	mean.ScaleSym(0.25, mean)
	if !mat.Equal(mean, human.Dissimilarities) {
		t.Error("the dissimilarities of human IT are not the mean of its subjects")
	}

	// The model that is left out is a region, and no other is left out.
	tensors, err := safetensors.Deserialize(it92Dissimilarities)
	if err != nil {
		t.Fatal(err)
	}
	monkey, err := symmetric(tensors, "model_monkeyIT", 92)
	if err != nil || !mat.Equal(monkey, r.Regions[0].Dissimilarities) {
		t.Errorf("model_monkeyIT is not the region monkey IT (%v)", err)
	}
	models := 0
	for _, name := range tensors.Names() {
		if strings.HasPrefix(name, "model_") {
			models++
		}
	}
	if len(r.Models) != models-1 {
		t.Errorf("%d of %d models", len(r.Models), models)
	}

	// Whoever changes a matrix changes nothing for the next one.
	human.Dissimilarities.SetSym(0, 1, 7)
	if open92(t).Regions[1].Dissimilarities.At(0, 1) == 7 {
		t.Error("two recordings share a matrix")
	}
}

// TestIT92Golden compares with scipy 1.10: spearmanr and pearsonr over the upper
// triangle without the diagonal.
func TestIT92Golden(t *testing.T) {
	r := open92(t)
	monkey, human := r.Regions[0], r.Regions[1]
	if monkey.Name != "monkey IT" || human.Name != "human IT" {
		t.Fatalf("regions %s and %s", monkey.Name, human.Name)
	}
	correlation := func(a, b mat.Symmetric, c ventral.Correlation) float64 {
		t.Helper()
		s, err := ventral.RSA(a, b, ventral.RSAOptions{Correlation: c, Resamples: -1, Permutations: -1})
		if err != nil {
			t.Fatal(err)
		}
		return s.Value
	}
	golden := []struct {
		name                                                       string
		monkeySpearman, monkeyPearson, humanSpearman, humanPearson float64
	}{
		{"human IT", 0.438923809435, 0.491209796146, 1.000000000000, 1.000000000000},
		{"animacy", 0.453390950559, 0.441761277337, 0.588189010244, 0.576590990116},
		{"faces, bodies, man-made, natural", 0.425338101158, 0.467269652907, 0.405281847914, 0.417737908374},
		{"EVA", 0.094209125722, 0.131570454445, 0.354165868703, 0.373471536174},
		{"HMAX", 0.245239213956, 0.281171140261, 0.221733310238, 0.216480184191},
		{"V1 model", 0.073969838035, 0.075914621168, 0.039264742745, 0.042231599681},
		{"silhouette", 0.247443505925, 0.340265175395, 0.124676933080, 0.161768682461},
		{"Radon transform", 0.015998123170, -0.010983153399, 0.061207938840, 0.054870610942},
	}
	given := slices.Concat([]Model{{human.Name, human.Dissimilarities}}, r.Models)
	if len(given) != len(golden) {
		t.Fatalf("%d models, want %d", len(given), len(golden))
	}
	for i, want := range golden {
		d := given[i].Dissimilarities
		if given[i].Name != want.name {
			t.Errorf("model %s, want %s", given[i].Name, want.name)
		}
		for _, c := range []struct {
			got, want float64
		}{
			{correlation(monkey.Dissimilarities, d, ventral.Spearman), want.monkeySpearman},
			{correlation(monkey.Dissimilarities, d, ventral.Pearson), want.monkeyPearson},
			{correlation(human.Dissimilarities, d, ventral.Spearman), want.humanSpearman},
			{correlation(human.Dissimilarities, d, ventral.Pearson), want.humanPearson},
		} {
			if math.Abs(c.got-c.want) > 1e-10 {
				t.Errorf("%s: %.12f, want %.12f", want.name, c.got, c.want)
			}
		}
	}

	var subjects []mat.Symmetric
	for _, subject := range human.Subjects {
		subjects = append(subjects, subject)
	}
	lower, upper, err := ventral.NoiseCeiling(subjects, ventral.Spearman)
	if err != nil || math.Abs(lower-0.372313250902) > 1e-10 || math.Abs(upper-0.665720904471) > 1e-10 {
		t.Errorf("noise ceiling %.12f to %.12f (%v)", lower, upper, err)
	}
}
