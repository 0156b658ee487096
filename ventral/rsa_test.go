package ventral

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

func dissimilarities(t tester, x mat.Matrix) *mat.SymDense {
	t.Helper()
	d, err := Dissimilarities(x)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func rsa(t tester, a, b mat.Symmetric, o RSAOptions) Similarity {
	t.Helper()
	s, err := RSA(a, b, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRSAInvariances: dissimilarities do not change with offset and scale of a
// stimulus's features, Spearman not with a rising function of dissimilarities,
// neither with the order of stimuli; and what is alike has 1.
func TestRSAInvariances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(4, 15).Draw(t, "stimuli")
		x, y := linked(n, rapid.IntRange(3, 30).Draw(t, "units"), 6, rapid.Uint64().Draw(t, "seed"))
		random := source(rapid.Uint64().Draw(t, "another seed"), 0, 0)
		scaled := mat.DenseCopyOf(x)
		for i := range n {
			offset, scale := random.NormFloat64(), math.Exp(random.NormFloat64())
			for j, v := range scaled.RawRowView(i) {
				scaled.Set(i, j, offset+scale*v)
			}
		}
		a, b := dissimilarities(t, x), dissimilarities(t, y)
		near(t, mat.DenseCopyOf(dissimilarities(t, scaled)), mat.DenseCopyOf(a), 1e-10)

		order := random.Perm(n)
		shuffledA, _ := Among(a, order)
		shuffledB, _ := Among(b, order)
		bent := mat.NewSymDense(n, nil)
		for i := range n {
			for j := range i {
				bent.SetSym(i, j, math.Exp(3*a.At(i, j)))
			}
		}
		for _, c := range []Correlation{Spearman, Pearson} {
			o := RSAOptions{Correlation: c, Resamples: -1, Permutations: -1}
			s := rsa(t, a, b, o)
			if got := rsa(t, shuffledA, shuffledB, o); math.Abs(got.Value-s.Value) > 1e-12 {
				t.Fatalf("%v is %v in another order of stimuli, and %v", c, got.Value, s.Value)
			}
			if same := rsa(t, a, a, o); math.Abs(same.Value-1) > 1e-12 {
				t.Fatalf("%v with itself is %v", c, same.Value)
			}
			if got := rsa(t, bent, b, o); c == Spearman && math.Abs(got.Value-s.Value) > 1e-12 {
				t.Fatalf("%v is %v of a rising function, and %v", c, got.Value, s.Value)
			}
			if !math.IsNaN(s.Error) || !math.IsNaN(s.P) {
				t.Fatal("an error or P without resamples or permutations")
			}
		}
	})
}

// TestRSAOfNoise: unrelated matrices have about 0, and P is evenly distributed;
// related ones have the lowest P.
func TestRSAOfNoise(t *testing.T) {
	low := 0
	for seed := range uint64(60) {
		random := source(seed, 0, 0)
		a, b := dissimilarities(t, noise(25, 40, random)), dissimilarities(t, noise(25, 30, random))
		s := rsa(t, a, b, RSAOptions{Resamples: -1, Permutations: 99, Seed: seed})
		if math.Abs(s.Value) > 0.25 {
			t.Errorf("seed %d: %v", seed, s.Value)
		}
		if s.P <= 0.5 {
			low++
		}
	}
	if low < 20 || low > 40 {
		t.Errorf("P is up to 0.5 in %d of 60", low)
	}
	x, y := linked(25, 10, 40, 1)
	if s := rsa(t, dissimilarities(t, x), dissimilarities(t, y), RSAOptions{Permutations: 199}); s.P != 1.0/200 {
		t.Errorf("P of related matrices is %v", s.P)
	}
}

// TestPermutationsThatTie: two pairs of stimuli are what they are in a third of all
// orders, each of which counts.
func TestPermutationsThatTie(t *testing.T) {
	pairs := mat.NewSymDense(4, []float64{0, 1, 2, 2, 1, 0, 2, 2, 2, 2, 0, 1, 2, 2, 1, 0})
	if s := rsa(t, pairs, pairs, RSAOptions{Permutations: 5000}); math.Abs(s.P-1.0/3) > 0.03 {
		t.Errorf("P is %v, want about a third", s.P)
	}
}

// TestBootstrap copies and ranks every resample.
func TestBootstrap(t *testing.T) {
	random := source(9, 0, 0)
	n := 12
	a, b := mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			v := float64(random.IntN(6)) // with ties
			a.SetSym(i, j, v)
			b.SetSym(i, j, v+float64(random.IntN(8)))
		}
	}
	for _, c := range []Correlation{Spearman, Pearson} {
		o := RSAOptions{Correlation: c, Resamples: 50, Permutations: -1, Seed: 3}
		var all []float64
		for resample := range o.Resamples {
			draw := source(o.Seed, resampling, resample)
			var drawn []int
			for range n {
				drawn = append(drawn, draw.IntN(n))
			}
			var x, y []float64
			for i, p := range drawn {
				for _, q := range drawn[i+1:] {
					if p != q {
						x, y = append(x, a.At(p, q)), append(y, b.At(p, q))
					}
				}
			}
			if c == Spearman {
				x, y = slowRanks(x), slowRanks(y)
			}
			all = append(all, stat.Correlation(x, y, nil))
		}
		got := rsa(t, a, b, o)
		if want := stat.StdDev(all, nil); !(math.Abs(got.Error-want) < 1e-12) {
			t.Errorf("%v: error %v, want %v", c, got.Error, want)
		}
		if !floats.EqualApprox(got.Resampled, all, 1e-12) { // each in its place, so that two models can be paired
			t.Errorf("%v: resamples %v, want %v", c, got.Resampled, all)
		}
	}
}

// slowRanks counts, for each value, those below it and those equal to it.
func slowRanks(values []float64) []float64 {
	var all []float64
	for _, v := range values {
		below, equal := 0, 0
		for _, other := range values {
			if other < v {
				below++
			} else if other == v {
				equal++
			}
		}
		all = append(all, float64(below)+float64(equal+1)/2)
	}
	return all
}

func TestRanks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var values []float64
		for _, v := range rapid.SliceOfN(rapid.IntRange(0, 9), 1, 30).Draw(t, "values") {
			values = append(values, float64(v))
		}
		if got, want := ranks(values, nil, rising(values)), slowRanks(values); !slices.Equal(got, want) {
			t.Fatalf("ranks %v, want %v", got, want)
		}
	})
}

// TestNoiseCeiling: subjects are one geometry with noise, which is below the
// upper bound, as all are, and above the lower one, on average over experiments.
func TestNoiseCeiling(t *testing.T) {
	for _, c := range []Correlation{Spearman, Pearson} {
		var lower, upper, truth float64
		for experiment := range uint64(10) {
			random := source(experiment, 0, 0)
			x := noise(12, 20, random)
			var subjects []mat.Symmetric
			for range 4 {
				var subject mat.Dense
				subject.Add(x, noise(12, 20, random))
				subjects = append(subjects, dissimilarities(t, &subject))
			}
			l, u, err := NoiseCeiling(subjects, c)
			if err != nil {
				t.Fatal(err)
			}
			lower, upper = lower+l, upper+u
			here := 0.0
			for _, subject := range subjects {
				here += rsa(t, dissimilarities(t, x), subject, RSAOptions{Correlation: c, Resamples: -1, Permutations: -1}).Value / 4
			}
			if here > u {
				t.Errorf("%v: the truth has %v, above the upper bound %v", c, here, u)
			}
			truth += here
		}
		if !(lower < truth && truth < upper) {
			t.Errorf("%v: the truth has %v, bounds are %v and %v", c, truth, lower, upper)
		}
		// A subject's scale does not matter.
		var subjects, scaled []mat.Symmetric
		for i := range 3 {
			d := dissimilarities(t, noise(8, 9, source(uint64(i), 0, 0)))
			larger := mat.NewSymDense(8, nil)
			larger.ScaleSym(math.Pow10(i), d)
			subjects, scaled = append(subjects, d), append(scaled, larger)
		}
		l, u, err := NoiseCeiling(subjects, c)
		if err != nil {
			t.Fatal(err)
		}
		if sl, su, err := NoiseCeiling(scaled, c); err != nil || math.Abs(l-sl) > 1e-12 || math.Abs(u-su) > 1e-12 {
			t.Errorf("%v: bounds %v and %v, of scaled subjects %v and %v, %v", c, l, u, sl, su, err)
		}

		d := dissimilarities(t, noise(5, 9, source(1, 0, 0)))
		if l, u, err := NoiseCeiling([]mat.Symmetric{d, d, d}, c); err != nil || math.Abs(l-1) > 1e-12 || math.Abs(u-1) > 1e-12 {
			t.Errorf("%v: bounds of equal subjects are %v and %v, %v", c, l, u, err)
		}
	}
}

// scattered returns random dissimilarities, added to those of a matrix if there
// is one.
func scattered(seed uint64, n int, to mat.Symmetric) *mat.SymDense {
	random, d := source(seed, 0, 0), mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			v := random.Float64()
			if to != nil {
				v += to.At(i, j)
			}
			d.SetSym(i, j, v)
		}
	}
	return d
}

// With one subject the mean is RSA, bit for bit, and with several the mean of
// each; its error is that of a mean over the same resamples: no more than the
// mean of the errors.
func TestMeanRSA(t *testing.T) {
	model := scattered(1, 20, nil)
	subjects := []mat.Symmetric{scattered(2, 20, nil), scattered(3, 20, model), scattered(4, 20, model)}
	for _, c := range []Correlation{Spearman, Pearson} {
		o := RSAOptions{Correlation: c, Resamples: 200, Permutations: 99, Seed: 1}
		var value, largest float64
		for _, s := range subjects {
			alone, err := RSA(model, s, o)
			if err != nil {
				t.Fatal(err)
			}
			one, err := MeanRSA(model, []mat.Symmetric{s}, o)
			if err != nil || !reflect.DeepEqual(one, alone) {
				t.Errorf("%v: one subject %v, alone %v, %v", c, one, alone, err)
			}
			value += alone.Value / 3
			largest += alone.Error / 3
		}
		mean, err := MeanRSA(model, subjects, o)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(mean.Value-value) > 1e-12 || !(mean.Error > 0 && mean.Error <= largest+1e-12) || mean.P != 0.01 {
			t.Errorf("%v: mean %v, want %v with an error of at most %v and P 0.01", c, mean, value, largest)
		}
	}
	_, err := MeanRSA(model, []mat.Symmetric{subjects[0], scattered(5, 19, nil)}, RSAOptions{})
	if err == nil || !strings.Contains(err.Error(), "subject 1") {
		t.Errorf("other number of stimuli: %v", err)
	}
}
