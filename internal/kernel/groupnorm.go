package kernel

// GroupNorm is what group norm applies to activations of S locations, C
// channels and batch N. The C/Groups channels of a group have, for each image,
// one mean and deviation over all locations:
//
//	y = Scale·(x - mean)·inverseDeviation + Shift
//
// Numbers of a channel and an image are laid out C N, as a location is, so that every
// pass goes over whole locations.
type GroupNorm[T Float] struct {
	S, C, N, Groups int
	Scale, Shift    []T // C
}

func (g GroupNorm[T]) size() int { return g.C * g.N } // of a location

// location returns the l-th location of x.
func (g GroupNorm[T]) location(x []T, l int) []T { return x[l*g.size():][:g.size()] }

// total computes sums over locations; add adds location l to them.
func (g GroupNorm[T]) total(sums []T, add func(sums []T, l int)) {
	parts := borrow[T](sumsPerNorm * len(sums))
	defer release(parts)
	partial(g.S, func(part, from, to int) {
		sums := (*parts)[part*len(sums):][:len(sums)]
		clear(sums)
		for l := from; l < to; l++ {
			add(sums, l)
		}
	})
	clear(sums)
	for part := range sumsPerNorm {
		addRows(sums, sums, (*parts)[part*len(sums):][:len(sums)])
	}
}

// overGroups turns sums over locations (C N) to means over the locations and channels
// of each group, for each image. A channel's sum is multiplied by its weight first.
func (g GroupNorm[T]) overGroups(mean []float64, sums []T, weight func(c int) float64) {
	clear(mean)
	channels := g.C / g.Groups
	for c := range g.C {
		w := weight(c) / float64(g.S*channels)
		out := mean[c/channels*g.N:][:g.N]
		for n, v := range sums[c*g.N:][:g.N] {
			out[n] += w * float64(v)
		}
	}
}

// unweighted counts all channels alike.
func unweighted(int) float64 { return 1 }

// each calls f for every channel c and image: i is their index in a location (C N),
// group that of their group and image (Groups N).
func (g GroupNorm[T]) each(f func(c, i, group int)) {
	channels := g.C / g.Groups
	for c := range g.C {
		for n := range g.N {
			f(c, c*g.N+n, c/channels*g.N+n)
		}
	}
}

// Moments computes mean and inverse deviation (Groups N each) of x (S C N).
func (g GroupNorm[T]) Moments(mean, inverseDeviation []float64, x []T, epsilon float64) {
	scratch := borrow[T](2 * g.size())
	defer release(scratch)
	sums, center := (*scratch)[:g.size()], (*scratch)[g.size():]
	g.total(sums, func(sums []T, l int) { addRows(sums, sums, g.location(x, l)) })
	g.overGroups(mean, sums, unweighted)
	g.each(func(_, i, group int) { center[i] = T(mean[group]) })
	g.total(sums, func(sums []T, l int) { addSquares(sums, g.location(x, l), center) })
	g.overGroups(inverseDeviation, sums, unweighted)
	for i, variance := range inverseDeviation {
		inverseDeviation[i] = InverseDeviation(variance, epsilon)
	}
}

// Forward computes y of x (S C N), normalised by mean and inverse deviation.
func (g GroupNorm[T]) Forward(y, x []T, mean, inverseDeviation []float64) {
	scratch := borrow[T](2 * g.size())
	defer release(scratch)
	gain, offset := (*scratch)[:g.size()], (*scratch)[g.size():]
	g.each(func(c, i, group int) {
		scale := float64(g.Scale[c]) * inverseDeviation[group]
		gain[i], offset[i] = T(scale), T(float64(g.Shift[c])-mean[group]*scale)
	})
	partial(g.S, func(_, from, to int) {
		for l := from; l < to; l++ {
			scaleRows(g.location(y, l), g.location(x, l), gain, offset)
		}
	})
}

// Sums computes, for each channel and image, the sums over locations of dy and
// of dy·(x - mean): 2 C N, all that gradients need.
func (g GroupNorm[T]) Sums(sums, x, dy []T, mean []float64) {
	center := borrow[T](g.size())
	defer release(center)
	g.each(func(_, i, group int) { (*center)[i] = T(mean[group]) })
	g.total(sums, func(sums []T, l int) {
		addProducts(sums[:g.size()], sums[g.size():], g.location(x, l), g.location(dy, l), *center)
	})
}

// ParameterGradient computes the gradients of scale and shift (C each).
func (g GroupNorm[T]) ParameterGradient(dscale, dshift, sums []T, inverseDeviation []float64) {
	clear(dscale)
	clear(dshift)
	g.each(func(c, i, group int) {
		dshift[c] += sums[i]
		dscale[c] += T(float64(sums[g.size()+i]) * inverseDeviation[group])
	})
}

// InputGradient computes dx of x, dy (S C N each) and the sums.
func (g GroupNorm[T]) InputGradient(dx, x, dy, sums []T, mean, inverseDeviation []float64) {
	// With d = scale·dy and x̂ = (x - mean)·inverse, and means over a group's
	// channels and locations:
	//
	//	dx = inverse·(d - mean(d) - x̂·mean(d·x̂)) = gain·dy + slope·x + offset
	scratch := borrow[T](3 * g.size())
	defer release(scratch)
	gain, slope, offset := (*scratch)[:g.size()], (*scratch)[g.size():2*g.size()], (*scratch)[2*g.size():]
	ofMeans := borrow[float64](2 * len(mean))
	defer release(ofMeans)
	d, product := (*ofMeans)[:len(mean)], (*ofMeans)[len(mean):]
	scale := func(c int) float64 { return float64(g.Scale[c]) }
	g.overGroups(d, sums[:g.size()], scale)
	g.overGroups(product, sums[g.size():], scale)
	g.each(func(c, i, group int) {
		inverse := inverseDeviation[group]
		steep := -inverse * inverse * inverse * product[group]
		gain[i] = T(scale(c) * inverse)
		slope[i] = T(steep)
		offset[i] = T(-inverse*d[group] - steep*mean[group])
	})
	partial(g.S, func(_, from, to int) {
		for l := from; l < to; l++ {
			normGradientRows(g.location(dx, l), g.location(x, l), g.location(dy, l), gain, slope, offset)
		}
	})
}

// scaleRows computes y = gain·x + offset, each number with its own.
func scaleRows[T Float](y, x, gain, offset []T) {
	for i := scaleRowsFast(y, x, gain, offset); i < len(x); i++ {
		y[i] = x[i]*gain[i] + offset[i]
	}
}

// addSquares adds (x - center)² to sums.
func addSquares[T Float](sums, x, center []T) {
	for i := addSquaresFast(sums, x, center); i < len(x); i++ {
		d := x[i] - center[i]
		sums[i] += d * d
	}
}

// addProducts adds dy to sums and dy·(x - center) to products.
func addProducts[T Float](sums, products, x, dy, center []T) {
	for i := addProductsFast(sums, products, x, dy, center); i < len(x); i++ {
		sums[i] += dy[i]
		products[i] += dy[i] * (x[i] - center[i])
	}
}

// normGradientRows computes dx = gain·dy + (slope·x + offset), each number with
// its own.
func normGradientRows[T Float](dx, x, dy, gain, slope, offset []T) {
	for i := normGradientRowsFast(dx, x, dy, gain, slope, offset); i < len(x); i++ {
		dx[i] = gain[i]*dy[i] + (slope[i]*x[i] + offset[i])
	}
}
