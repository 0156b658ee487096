package ventral

import (
	"math"

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

// fit returns the dual coefficients (K + alpha)⁻¹·Y for a centred kernel K and
// centred responses Y, from the eigenvectors Q and eigenvalues of K.
func (r Ridge) fit(kernel, responses *mat.Dense) (fitted, error) {
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
	var e mat.EigenSym
	if !e.Factorize(mat.NewSymDense(n, kernel.RawMatrix().Data), true) {
		return fitted{}, errors.New("ventral: the eigenvalues of the kernel did not converge")
	}
	var q, along mat.Dense // the eigenvectors, and the responses along them
	e.VectorsTo(&q)
	along.Mul(q.T(), responses)
	values := e.Values(nil)
	for i, v := range values {
		if v <= float64(n)*0x1p-52*values[n-1] {
			values[i] = 0 // but for rounding
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

// leftOut returns the squared error of predicting each stimulus from all others,
// without fitting again, given the residuals of the fit to all: one that is linear
// in the responses, H·Y, would leave at a stimulus i that it did not see 1/(1-H_ii)
// times its residual, the mean's share of 1/n in H_ii included (Hastie et al.
// 2009, The Elements of Statistical Learning, section 7.10).
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
