package results

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Stimuli is the number of stimuli, 0 if there is no matrix.
func (m BrainMatrix) Stimuli() int {
	if m.Dissimilarities == nil {
		return 0
	}
	return m.Dissimilarities.SymmetricDim()
}

// Percentiles returns for every two stimuli the share of all pairs of stimuli that are less
// dissimilar, where pairs that are as dissimilar count half. The diagonal, whose
// dissimilarity is 0 by definition, is 0. Pairs whose dissimilarity is NaN stay NaN and
// are not counted.
func (m BrainMatrix) Percentiles() *mat.SymDense {
	d := m.Dissimilarities
	type pair struct {
		i, j int
		d    float64
	}
	n := d.SymmetricDim()
	shares := mat.NewSymDense(n, nil)
	pairs := make([]pair, 0, n*(n-1)/2)
	for i := range n {
		for j := i + 1; j < n; j++ {
			if x := d.At(i, j); math.IsNaN(x) {
				shares.SetSym(i, j, x)
			} else {
				pairs = append(pairs, pair{i, j, x})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		switch {
		case a.d < b.d:
			return -1
		case a.d > b.d:
			return 1
		}
		return 0
	})
	for from := 0; from < len(pairs); {
		to := from
		for to < len(pairs) && pairs[to].d == pairs[from].d {
			to++
		}
		for _, p := range pairs[from:to] {
			shares.SetSym(p.i, p.j, float64(from+to)/2/float64(len(pairs)))
		}
		from = to
	}
	return shares
}
