package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// DefaultComponents is how many components PLS has unless told otherwise, as in
// Brain-Score (Schrimpf et al. 2018, bioRxiv 407007).
const DefaultComponents = 25

// PLS is partial least squares regression, of centred and not scaled variables, all
// neuroids jointly (PLS2): NIPALS with the deflation of a regression. Its iterations end
// by the rule of scikit-learn's PLSRegression(scale=False), so that scores are those
// that others report. By that rule predictions have not quite converged: they are off
// by some 1e-4 of the largest, and depend that much on which neuroid is the first.
//
// There are fewer components where the covariance of features and responses is used up
// early, because the features have a lower rank or the fit is perfect.
type PLS struct {
	Components int     // 0 means DefaultComponents
	Tolerance  float64 // iteration of a component ends once its weights, of norm 1, change by less than the root of this; 0 means 1e-6
	Iterations int     // of a component, at most; 0 means 500
}

// exhausted is a share of the first component's squared covariance. A component below it
// is nothing but rounding.
const exhausted = 1e-12

// fit returns the dual coefficients for a centred kernel K and centred
// responses Y. A component of NIPALS is, with X and Y already without the
// earlier components,
//
//	c ← YᵀX·XᵀY·c, the neuroids' weights, until XᵀY·c stays what it is but for its norm
//	t = X·XᵀY·c, the scores, of norm 1
//	X ← X - t·tᵀX, Y ← Y - t·tᵀY
//
// Here K itself does not change. As u = Y·c is orthogonal to earlier scores, t is
// K·u made orthogonal to them. Z = K·Y, which the iteration needs, becomes
// Z - s·tᵀY - t·tᵀZ, where s is K·t made orthogonal to all scores. And undoing on u
// what makes t orthogonal gives v with t = K·v, so that the fitted responses are
// Σ t·tᵀY = K·Σ v·tᵀY.
func (p PLS) fit(kernel, responses *mat.Dense, rounding float64) (fitted, error) {
	n, neuroids := responses.Dims()
	p, err := p.withDefaults(n)
	if err != nil {
		return fitted{}, err
	}
	y, z, dual := mat.DenseCopyOf(responses), mat.NewDense(n, neuroids, nil), mat.NewDense(n, neuroids, nil)
	z.Mul(kernel, y)
	var scores, duals [][]float64
	first := 0.0
	for len(scores) < p.Components {
		c, square := p.weights(y, z, max(exhausted, rounding)*first)
		if square == 0 {
			break
		}
		first = math.Max(first, square)
		v, t, s := mat.NewVecDense(n, nil), mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
		v.MulVec(y, c)
		t.MulVec(kernel, v)
		orthogonalise(t.RawVector().Data, scores, v.RawVector().Data, duals)
		norm := mat.Norm(t, 2)
		t.ScaleVec(1/norm, t)
		v.ScaleVec(1/norm, v)
		scores, duals = append(scores, t.RawVector().Data), append(duals, v.RawVector().Data)

		loadings := mat.NewVecDense(neuroids, nil)
		loadings.MulVec(y.T(), t)
		dual.RankOne(dual, 1, v, loadings)
		y.RankOne(y, -1, t, loadings)
		s.MulVec(kernel, t)
		orthogonalise(s.RawVector().Data, scores, nil, nil)
		z.RankOne(z, -1, s, loadings)
		loadings.MulVec(z.T(), t)
		z.RankOne(z, -1, t, loadings)
	}
	return fitted{dual, float64(len(scores))}, nil
}

// withDefaults returns the options for n training stimuli.
func (p PLS) withDefaults(n int) (PLS, error) {
	if p.Components == 0 {
		p.Components = DefaultComponents
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-6
	}
	if p.Iterations == 0 {
		p.Iterations = 500
	}
	if p.Components < 0 || p.Components > n-1 {
		return p, errors.Errorf("ventral: PLS of %d components on %d stimuli, want from 1 to %d", p.Components, n, n-1)
	}
	if !(p.Tolerance > 0) || p.Iterations < 0 {
		return p, errors.Errorf("ventral: PLS with tolerance %g and %d iterations, want both above 0", p.Tolerance, p.Iterations)
	}
	return p, nil
}

// weights returns the neuroids' weights c of the next component, of norm 1, and the
// squared covariance that they reach. It iterates c ← YᵀZ·c from the first neuroid whose
// own squared covariance is more than least; if there is none, the square is 0.
func (p PLS) weights(y, z *mat.Dense, least float64) (c *mat.VecDense, square float64) {
	n, neuroids := y.Dims()
	vector := func(size int) *mat.VecDense { return mat.NewVecDense(size, nil) }
	start := 0
	for start < neuroids && !(mat.Dot(y.ColView(start), z.ColView(start)) > least) {
		start++
	}
	c = vector(neuroids)
	if start == neuroids {
		return c, 0
	}
	c.SetVec(start, 1)
	half, product, change, productChange := vector(n), vector(neuroids), vector(neuroids), vector(neuroids)
	before, productBefore := vector(neuroids), vector(neuroids)
	for i := range p.Iterations {
		if i > 0 {
			c.ScaleVec(1/mat.Norm(product, 2), product)
		}
		half.MulVec(z, c)
		product.MulVec(y.T(), half)
		// The weights of the features are XᵀY·c, divided by its norm.
		norm := math.Sqrt(mat.Dot(c, product))
		c.ScaleVec(1/norm, c)
		product.ScaleVec(1/norm, product)
		change.SubVec(c, before)
		productChange.SubVec(product, productBefore)
		if neuroids == 1 || i > 0 && mat.Dot(change, productChange) < p.Tolerance {
			break
		}
		before.CopyVec(c)
		productBefore.CopyVec(product)
	}
	norm := mat.Norm(c, 2)
	c.ScaleVec(1/norm, c)
	return c, 1 / (norm * norm)
}

// orthogonalise subtracts from x its components along orthonormal vectors, twice, so
// that rounding leaves none, and from y, if it is not nil, the same multiples of others.
func orthogonalise(x []float64, vectors [][]float64, y []float64, others [][]float64) {
	for range 2 {
		for i, vector := range vectors {
			along := floats.Dot(x, vector)
			floats.AddScaled(x, -along, vector)
			if y != nil {
				floats.AddScaled(y, -along, others[i])
			}
		}
	}
}
