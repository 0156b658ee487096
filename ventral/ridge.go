package ventral

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Ridge is linear regression that minimises
//
//	‖Y - ȳ - (X - x̄)·W‖² + alpha·‖W‖²
//
// of centred and not scaled variables, so that alpha is in the units of X².
type Ridge struct {
	Alpha float64 // 0 means 1; unused where Alphas are given

	// Alphas is a grid: in every split, the training stimuli choose the value
	// whose squared error is lowest in cross-validation among themselves, each
	// stimulus left out in turn. The error is a fraction of each neuroid's
	// variance, summed over neuroids.
	Alphas []float64
}

// Decades returns 10^from, …, 10^to, a grid for Ridge.
func Decades(from, to int) []float64 {
	var grid []float64
	for i := from; i <= to; i++ {
		grid = append(grid, math.Pow10(i))
	}
	return grid
}

// smallestShare is the smallest alpha, as a share of the kernel's trace, at which
// Cholesky's decomposition keeps half of the digits.
const smallestShare = 0x1p-26

// fit returns the dual coefficients (K + alpha)⁻¹·Y for a centred kernel K and
// centred responses Y. It uses the eigenvectors Q and eigenvalues of K or, for a single
// alpha that is large beside rounding, Cholesky's decomposition, which takes a tenth of
// the time.
func (r Ridge) fit(kernel, responses *mat.Dense, rounding float64) (fitted, error) {
	grid := r.Alphas
	if len(grid) == 0 {
		grid = []float64{r.Alpha}
		if r.Alpha == 0 {
			grid[0] = 1
		}
	}
	for _, alpha := range grid {
		if !(alpha > 0) || math.IsInf(alpha, 1) {
			return fitted{}, errors.Errorf("ventral: ridge with alpha %g, want more than 0 and finite", alpha)
		}
	}
	n, _ := responses.Dims()
	// A direction in which K is rounding alone adds to a prediction up to a share
	// noise/4·alpha of the responses' spread.
	trace := mat.Trace(kernel)
	noise := rounding * trace
	if len(grid) == 1 && grid[0] > max(50*noise, smallestShare*trace) {
		dual, err := solve(kernel, responses, grid[0])
		return fitted{dual, grid[0]}, err
	}
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(n, kernel.RawMatrix().Data), true) {
		return fitted{}, errors.New("ventral: the eigenvalues of the kernel did not converge")
	}
	var q, along mat.Dense // the eigenvectors, and the responses along them
	e.VectorsTo(&q)
	along.Mul(q.T(), responses)
	values := e.Values(nil)
	for i, v := range values {
		if v <= noise {
			values[i] = 0 // the rest is rounding
		}
	}
	// times returns Q·f(eigenvalue)·Qᵀ·Y.
	times := func(f func(value float64) float64) *mat.Dense {
		scaled, product := mat.DenseCopyOf(&along), new(mat.Dense)
		scaled.Apply(func(i, _ int, v float64) float64 { return v * f(values[i]) }, scaled)
		product.Mul(&q, scaled)
		return product
	}

	var best fitted
	lowest := math.Inf(1)
	for _, alpha := range grid {
		dual := times(func(value float64) float64 {
			if value == 0 {
				return 0 // no stimulus has features in this direction
			}
			return 1 / (value + alpha)
		})
		if len(grid) == 1 {
			return fitted{dual, alpha}, nil
		}
		residual := times(func(value float64) float64 { return alpha / (value + alpha) })
		if loss := leftOut(residual, responses, &q, values, alpha); loss < lowest {
			best, lowest = fitted{dual, alpha}, loss
		}
	}
	if best.dual == nil {
		return fitted{}, errors.New("ventral: cross-validation of ridge has no finite error at any alpha")
	}
	return best, nil
}

// solve returns (K + alpha)⁻¹·Y.
func solve(kernel, responses *mat.Dense, alpha float64) (*mat.Dense, error) {
	n, _ := responses.Dims()
	k := mat.NewSymDense(n, slices.Clone(kernel.RawMatrix().Data))
	for i := range n {
		k.SetSym(i, i, k.At(i, i)+alpha)
	}
	var c mat.Cholesky
	if !c.Factorize(k) {
		return nil, errors.Errorf("ventral: ridge with alpha %g: the kernel is not positive", alpha)
	}
	dual := new(mat.Dense)
	if err := c.SolveTo(dual, responses); err != nil {
		return nil, errors.Wrapf(err, "ventral: ridge with alpha %g", alpha)
	}
	return dual, nil
}

// leftOut returns the squared error of predicting each stimulus from all others. It
// needs only the residuals of the fit to all: for a fit H·Y that is linear in the
// responses, the residual at a stimulus i that is left out is 1/(1-H_ii) times that of
// the fit to all, where H_ii includes the mean's share of 1/n (Hastie et al. 2009, The
// Elements of Statistical Learning, section 7.10).
func leftOut(residual, responses, q *mat.Dense, values []float64, alpha float64) float64 {
	n, neuroids := responses.Dims()
	seen := make([]float64, n) // 1-H_ii
	for i := range n {
		for j, v := range q.RawRowView(i) {
			seen[i] += v * v * alpha / (values[j] + alpha)
		}
		seen[i] -= 1 / float64(n)
	}
	loss := 0.0
	for j := range neuroids {
		wrong, all := 0.0, 0.0
		for i := range n {
			unseen := residual.At(i, j) / seen[i]
			wrong += unseen * unseen
			all += responses.At(i, j) * responses.At(i, j)
		}
		if all > 0 {
			loss += wrong / all
		}
	}
	return loss
}
