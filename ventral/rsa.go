package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Correlation is how dissimilarities are compared.
type Correlation int

const (
	Spearman Correlation = iota // of ranks, equal values sharing the mean of theirs
	Pearson
)

func (c Correlation) String() string {
	switch c {
	case Spearman:
		return "Spearman"
	case Pearson:
		return "Pearson"
	}
	return "unknown correlation"
}

// RSAOptions are those of RSA.
type RSAOptions struct {
	Correlation  Correlation
	Resamples    int // of the stimuli, for the error; 0 means 1000, negative none
	Permutations int // of the stimuli, for P; 0 means 1000, negative none
	Seed         uint64
}

// Similarity is how alike two matrices of dissimilarities are.
type Similarity struct {
	Score // correlation over the pairs of stimuli; the error is NaN without resamples

	// P is the one-sided probability of a correlation this large if the stimuli
	// of one matrix had no relation to those of the other; NaN without
	// permutations.
	P float64
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
// are fewer than 4, if a dissimilarity is not finite, or if all of a matrix are
// equal.
func RSA(a, b mat.Symmetric, o RSAOptions) (Similarity, error) {
	if o.Resamples == 0 {
		o.Resamples = 1000
	}
	if o.Permutations == 0 {
		o.Permutations = 1000
	}
	x, y, err := compared(a, b, o.Correlation)
	if err != nil {
		return Similarity{}, err
	}
	s := Similarity{Score{stat.Correlation(x.values(nil), y.values(nil), nil), math.NaN()}, math.NaN()}
	if o.Resamples > 0 {
		s.Error = bootstrap(x, y, o)
	}
	if o.Permutations > 0 {
		s.P = permutation(x, y, o)
	}
	return s, nil
}

// compared returns the triangles of two matrices.
func compared(a, b mat.Symmetric, c Correlation) (x, y triangle, err error) {
	if c != Spearman && c != Pearson {
		return x, y, errors.Errorf("ventral: correlation %d, want Spearman or Pearson", int(c))
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
	order []int // the pairs, by rising dissimilarity, where ranks count
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

// values returns what is correlated, ranks or dissimilarities, where each pair
// counts as often as weights say; nil means once.
func (t triangle) values(weights []float64) []float64 {
	if t.order == nil {
		return t.raw
	}
	return ranks(t.raw, weights, t.order)
}

// bootstrap returns the standard deviation of the correlation over resamples. A
// resample is how often it drew each stimulus: a pair counts as often as the
// product, so that nothing has to be copied or sorted again.
func bootstrap(x, y triangle, o RSAOptions) float64 {
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
		all[i] = stat.Correlation(x.values(weights), y.values(weights), weights)
		return nil
	})
	kept := all[:0]
	for _, r := range all {
		if !math.IsNaN(r) { // a resample of so few stimuli that nothing varies
			kept = append(kept, r)
		}
	}
	return stat.StdDev(kept, nil)
}

// permutation returns P. Means and norms do not depend on the order, so that the
// sum of products orders permutations as the correlation does.
func permutation(x, y triangle, o RSAOptions) float64 {
	first := x.values(nil)
	mean, norm := moments(first)
	second := mat.NewDense(y.n, y.n, nil)
	values := y.values(nil)
	meanY, normY := moments(values)
	pair := 0
	for i := range y.n {
		for j := i + 1; j < y.n; j++ {
			v := (values[pair] - meanY) / normY
			second.Set(i, j, v)
			second.Set(j, i, v)
			pair++
		}
	}
	correlation := func(order []int) float64 {
		sum, pair := 0.0, 0
		for i := range x.n {
			row := second.RawRowView(order[i])
			for _, j := range order[i+1:] {
				sum += (first[pair] - mean) / norm * row[j]
				pair++
			}
		}
		return sum
	}
	identity := make([]int, x.n)
	for i := range identity {
		identity[i] = i
	}
	// A permutation that changes nothing may round otherwise.
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
