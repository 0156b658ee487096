package kernel

// LayerNorm is what layer norm applies to activations of S locations, C channels and
// batch N, which has one mean and deviation for each image:
//
//	y = Scale·(x - mean)·inverseDeviation + Shift
//
// Scale and Shift have a number for each channel and location, C S.
type LayerNorm[T Float] struct {
	S, C, N      int
	Scale, Shift []T
}

// rows calls f with rows of activations, of the N numbers of a location and channel: the
// first number of the row, and its index in Scale and Shift. part is that of a share of
// the rows, which one goroutine goes through in order.
func (g LayerNorm[T]) rows(f func(part, at, parameter int)) {
	partial(g.S*g.C, func(part, from, to int) {
		for r := from; r < to; r++ {
			f(part, r*g.N, r%g.C*g.S+r/g.C)
		}
	})
}

// mean computes the means (N) over all rows of what value gives.
func (g LayerNorm[T]) mean(mean []float64, value func(i, n, parameter int) float64) {
	parts := borrow[float64](sumsPerNorm * g.N)
	defer release(parts)
	clear(*parts)
	g.rows(func(part, at, parameter int) {
		for n := range g.N {
			(*parts)[part*g.N+n] += value(at+n, n, parameter)
		}
	})
	clear(mean)
	for i, v := range *parts {
		mean[i%g.N] += v
	}
	for n := range mean {
		mean[n] /= float64(g.S * g.C)
	}
}

// Moments computes mean and inverse deviation (N each) of x (S C N).
func (g LayerNorm[T]) Moments(mean, inverseDeviation []float64, x []T, epsilon float64) {
	g.mean(mean, func(i, _, _ int) float64 { return float64(x[i]) })
	g.mean(inverseDeviation, func(i, n, _ int) float64 {
		d := float64(x[i]) - mean[n]
		return d * d
	})
	for n, variance := range inverseDeviation {
		inverseDeviation[n] = InverseDeviation(variance, epsilon)
	}
}

// Forward computes y of x (S C N), normalised by mean and inverse deviation.
func (g LayerNorm[T]) Forward(y, x []T, mean, inverseDeviation []float64) {
	g.rows(func(_, at, parameter int) {
		scale, shift := float64(g.Scale[parameter]), float64(g.Shift[parameter])
		for n, v := range x[at : at+g.N] {
			y[at+n] = T((float64(v)-mean[n])*inverseDeviation[n]*scale + shift)
		}
	})
}

// InputGradient computes dx of x and dy (S C N each).
func (g LayerNorm[T]) InputGradient(dx, x, dy []T, mean, inverseDeviation []float64) {
	// With d = scale·dy, x̂ = (x - mean)·inverse and means over an image:
	//
	//	dx = inverse·(d - mean(d) - x̂·mean(d·x̂))
	means := borrow[float64](2 * g.N)
	defer release(means)
	d, product := (*means)[:g.N], (*means)[g.N:]
	g.mean(d, func(i, _, parameter int) float64 { return float64(g.Scale[parameter]) * float64(dy[i]) })
	g.mean(product, func(i, n, parameter int) float64 {
		return float64(g.Scale[parameter]) * float64(dy[i]) * (float64(x[i]) - mean[n]) * inverseDeviation[n]
	})
	g.rows(func(_, at, parameter int) {
		for n := range g.N {
			normalised := (float64(x[at+n]) - mean[n]) * inverseDeviation[n]
			dx[at+n] = T(inverseDeviation[n] * (float64(g.Scale[parameter])*float64(dy[at+n]) - d[n] - normalised*product[n]))
		}
	})
}

// ScaleGradient computes the gradient of Scale (C S) of x and dy (S C N each).
func (g LayerNorm[T]) ScaleGradient(dscale, x, dy []T, mean, inverseDeviation []float64) {
	g.rows(func(_, at, parameter int) {
		sum := 0.0
		for n := range g.N {
			sum += float64(dy[at+n]) * (float64(x[at+n]) - mean[n]) * inverseDeviation[n]
		}
		dscale[parameter] = T(sum)
	})
}

// ShiftGradient computes the gradient of Shift (C S) of dy (S C N).
func (g LayerNorm[T]) ShiftGradient(dshift, dy []T) {
	g.rows(func(_, at, parameter int) {
		sum := 0.0
		for _, v := range dy[at : at+g.N] {
			sum += float64(v)
		}
		dshift[parameter] = T(sum)
	})
}
