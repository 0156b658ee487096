package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hypnos/internal/names"
)

// Correlation is how dissimilarities are compared.
type Correlation int

const (
	Spearman Correlation = iota // of ranks, equal values sharing the mean of theirs
	Pearson
)

var correlations = names.List{"Spearman", "Pearson"}

// String returns the name of whom it is called after.
func (c Correlation) String() string { return correlations.Of(int(c), "Correlation") }

// DefaultResamples is how many resamples, and how many permutations, RSA takes
// unless told otherwise.
const DefaultResamples = 1000

// RSAOptions are those of RSA.
type RSAOptions struct {
	Correlation  Correlation
	Resamples    int // of the stimuli, for the error; 0 means DefaultResamples, negative none
	Permutations int // of the stimuli, for P; 0 means DefaultResamples, negative none
	Seed         uint64
}

// Similarity is how alike two matrices of dissimilarities are.
type Similarity struct {
	Score // correlation over the pairs of stimuli; the error is NaN without resamples

	// P is the one-sided probability of a correlation this large if the stimuli
	// of one matrix had no relation to those of the other; NaN without
	// permutations.
	P float64

	// Resampled is the correlation in each resample, NaN where nothing varies; nil
	// without resamples. With the same seed and number of stimuli, resamples draw the
	// same stimuli whatever is compared: the differences of two models are a paired
	// bootstrap.
	Resampled []float64
}

// RSA returns the correlation of two matrices of dissimilarities, over the upper
// triangle without the diagonal.
//
// The error is the standard deviation of the correlation over resamples of the
// stimuli with replacement (bootstrap); pairs of a stimulus with itself, whose
// dissimilarity is 0 by definition, are left out. P is (1+k)/(1+N) if in k of N
// permutations of the stimuli of b the correlation is at least that found
// (Kriegeskorte et al. 2008; Nili et al. 2014).
//
// It is an error if the matrices are not of the same number of stimuli, if there
// are fewer than 4, if a dissimilarity is not finite, or if all dissimilarities of a
// matrix are equal.
func RSA(a, b mat.Symmetric, o RSAOptions) (Similarity, error) {
	x, y, err := compared(a, b, o.Correlation)
	if err != nil {
		return Similarity{}, err
	}
	return similarity(x, []triangle{y}, o), nil
}

// MeanRSA returns the mean over subjects of RSA of a model's dissimilarities with
// each subject's: what [NoiseCeiling] bounds. The resamples and permutations of
// the stimuli are the same for all subjects, and the error and P are those of the
// mean. It is an error if there is no subject, or if RSA with one is an error.
func MeanRSA(model mat.Symmetric, subjects []mat.Symmetric, o RSAOptions) (Similarity, error) {
	if len(subjects) == 0 {
		return Similarity{}, errors.New("ventral: RSA with no subject")
	}
	var x triangle
	all := make([]triangle, len(subjects))
	for i, subject := range subjects {
		var err error
		if x, all[i], err = compared(model, subject, o.Correlation); err != nil {
			return Similarity{}, errors.Wrapf(err, "subject %d", i)
		}
	}
	return similarity(x, all, o), nil
}

// similarity compares one matrix with others and takes the mean.
func similarity(x triangle, others []triangle, o RSAOptions) Similarity {
	if o.Resamples == 0 {
		o.Resamples = DefaultResamples
	}
	if o.Permutations == 0 {
		o.Permutations = DefaultResamples
	}
	s := Similarity{Score: Score{meanCorrelation(x, others, nil), math.NaN()}, P: math.NaN()}
	if o.Resamples > 0 {
		s.Resampled = bootstrap(x, others, o)
		s.Error = deviation(s.Resampled)
	}
	if o.Permutations > 0 {
		s.P = permutation(x, others, o)
	}
	return s
}

// meanCorrelation is the mean of the correlations with others.
func meanCorrelation(x triangle, others []triangle, weights []float64) float64 {
	values, sum := x.values(weights), 0.0
	for _, y := range others {
		sum += stat.Correlation(values, y.values(weights), weights)
	}
	return sum / float64(len(others))
}

// compared returns the triangles of two matrices.
func compared(a, b mat.Symmetric, c Correlation) (x, y triangle, err error) {
	if c != Spearman && c != Pearson {
		return x, y, errors.Errorf("ventral: %v, want the correlation of Spearman or Pearson", c)
	}
	if a.SymmetricDim() != b.SymmetricDim() {
		return x, y, errors.Errorf("ventral: dissimilarities of %d and of %d stimuli", a.SymmetricDim(), b.SymmetricDim())
	}
	if x, err = newTriangle(a, c); err != nil {
		return x, y, err
	}
	y, err = newTriangle(b, c)
	return x, y, err
}

// triangle is the dissimilarities of the pairs of n stimuli, i < j, row by row.
type triangle struct {
	n     int
	raw   []float64
	order []int // the pairs, by rising dissimilarity; nil unless ranks are compared
}

func newTriangle(d mat.Symmetric, c Correlation) (triangle, error) {
	n := d.SymmetricDim()
	if n < 4 {
		return triangle{}, errors.Errorf("ventral: dissimilarities of %d stimuli, want 4 or more", n)
	}
	t := triangle{n: n, raw: make([]float64, 0, n*(n-1)/2)}
	for i := range n {
		for j := i + 1; j < n; j++ {
			v := d.At(i, j)
			if v-v != 0 {
				return triangle{}, errors.Errorf("ventral: dissimilarity of stimuli %d and %d is %v", i, j, v)
			}
			t.raw = append(t.raw, v)
		}
	}
	if constant(t.raw) {
		return triangle{}, errors.Errorf("ventral: all %d stimuli are equally dissimilar, %v", n, t.raw[0])
	}
	if c == Spearman {
		t.order = rising(t.raw)
	}
	return t, nil
}

// values returns what is correlated: ranks or dissimilarities. Weights say how often
// each pair counts; nil means once.
func (t triangle) values(weights []float64) []float64 {
	if t.order == nil {
		return t.raw
	}
	return ranks(t.raw, weights, t.order)
}

// bootstrap returns the correlation in each resample. A pair counts as often as the
// product of how often its stimuli were drawn, so that nothing has to be copied or
// sorted again.
func bootstrap(x triangle, others []triangle, o RSAOptions) []float64 {
	all := make([]float64, o.Resamples)
	_ = parallel(o.Resamples, func(i int) error {
		random := source(o.Seed, resampling, i)
		times := make([]float64, x.n)
		for range x.n {
			times[random.IntN(x.n)]++
		}
		weights := make([]float64, 0, len(x.raw))
		for a := range x.n {
			for b := a + 1; b < x.n; b++ {
				weights = append(weights, times[a]*times[b])
			}
		}
		all[i] = meanCorrelation(x, others, weights)
		return nil
	})
	return all
}

// deviation returns the standard deviation of the correlations that are not NaN.
func deviation(resampled []float64) float64 {
	var kept []float64
	for _, r := range resampled {
		if !math.IsNaN(r) { // a resample of so few stimuli that nothing varies
			kept = append(kept, r)
		}
	}
	return stat.StdDev(kept, nil)
}

// permutation returns P. Means and norms do not depend on the order of the stimuli, so
// that the sum of products rises and falls with the correlation.
func permutation(x triangle, others []triangle, o RSAOptions) float64 {
	first := x.standardised()
	seconds := make([]*mat.Dense, len(others))
	for i, y := range others {
		seconds[i] = y.square()
	}
	correlation := func(order []int) float64 {
		sum := 0.0
		for _, second := range seconds {
			pair := 0
			for i := range x.n {
				row := second.RawRowView(order[i])
				for _, j := range order[i+1:] {
					sum += first[pair] * row[j]
					pair++
				}
			}
		}
		return sum
	}
	identity := make([]int, x.n)
	for i := range identity {
		identity[i] = i
	}
	// A permutation that changes nothing may still round differently.
	found := correlation(identity) - 1e-12
	reached := make([]bool, o.Permutations)
	_ = parallel(o.Permutations, func(i int) error {
		reached[i] = correlation(source(o.Seed, permuting, i).Perm(x.n)) >= found
		return nil
	})
	count := 1
	for _, r := range reached {
		if r {
			count++
		}
	}
	return float64(count) / float64(1+o.Permutations)
}

// standardised returns the values scaled to mean 0 and norm 1.
func (t triangle) standardised() []float64 {
	values := append([]float64(nil), t.values(nil)...)
	mean, norm := moments(values)
	for i, v := range values {
		values[i] = (v - mean) / norm
	}
	return values
}

// square returns the standardised values as a matrix stimuli × stimuli, with 0 on its
// diagonal.
func (t triangle) square() *mat.Dense {
	all, values, pair := mat.NewDense(t.n, t.n, nil), t.standardised(), 0
	for i := range t.n {
		for j := i + 1; j < t.n; j++ {
			all.Set(i, j, values[pair])
			all.Set(j, i, values[pair])
			pair++
		}
	}
	return all
}
