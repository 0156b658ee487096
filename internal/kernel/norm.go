package kernel

import "math"

// sumsPerNorm is into how many partial sums, of consecutive locations, a norm's
// sums over locations and batch are cut: a constant, so that the result does
// not depend on the number of threads.
const sumsPerNorm = 16

// Norm is what batch norm applies to activations of S locations, C channels
// and batch N, per channel:
//
//	y = Scale·(x - Mean)·InverseDeviation + Shift
//
// In training Mean and InverseDeviation are those of x, and their dependence on
// x is part of the gradient; otherwise they are constants.
type Norm[T Float] struct {
	S, C, N                int
	Scale, Shift           []T
	Mean, InverseDeviation []float64
	Training               bool
}

// Moments computes the mean and the sum of squared differences from it, per
// channel, over locations and batch. Partial means are combined by the
// parallel formula of Chan et al. 1983, which does not cancel.
func Moments[T Float](mean, squares []float64, x []T, s, c, n int) {
	parts := borrow[float64](sumsPerNorm * 2 * c)
	defer release(parts)
	partial(s, func(part, from, to int) {
		means, m2 := (*parts)[part*2*c:][:c], (*parts)[part*2*c+c:][:c]
		clear(means)
		clear(m2)
		for l := from; l < to; l++ {
			for ch := range c {
				rowMean, rowM2 := rowMoments(x[(l*c+ch)*n:][:n])
				merge(&means[ch], &m2[ch], float64((l-from)*n), rowMean, rowM2, float64(n))
			}
		}
	})
	clear(mean)
	clear(squares)
	for part := range sumsPerNorm {
		from, to := share(s, part)
		for ch := range c {
			merge(&mean[ch], &squares[ch], float64(from*n), (*parts)[part*2*c+ch], (*parts)[part*2*c+c+ch], float64((to-from)*n))
		}
	}
}

// rowMoments returns the mean of row and the sum of squared differences from it.
func rowMoments[T Float](row []T) (mean, squares float64) {
	sum, i := sumFast(row)
	for ; i < len(row); i++ {
		sum += row[i]
	}
	m := sum / T(len(row))
	sum, i = squaresFast(row, m)
	for ; i < len(row); i++ {
		sum += (row[i] - m) * (row[i] - m)
	}
	return float64(m), float64(sum)
}

// merge adds the moments of count2 numbers to those of count numbers.
func merge(mean, squares *float64, count, mean2, squares2, count2 float64) {
	if count2 == 0 {
		return
	}
	delta := mean2 - *mean
	*mean += delta * count2 / (count + count2)
	*squares += squares2 + delta*delta*count*count2/(count+count2)
}

// partial calls f for each of the sumsPerNorm shares of s locations.
func partial(s int, f func(part, from, to int)) {
	Parallel(sumsPerNorm, func(part int) {
		from, to := share(s, part)
		f(part, from, to)
	})
}

func share(s, part int) (from, to int) {
	return part * s / sumsPerNorm, (part + 1) * s / sumsPerNorm
}

// InverseDeviation returns 1/√(variance + epsilon).
func InverseDeviation(variance, epsilon float64) float64 { return 1 / math.Sqrt(variance+epsilon) }

// Forward computes y of x, both (S C N).
func (b Norm[T]) Forward(y, x []T) {
	partial(b.S, func(_, from, to int) {
		for l := from; l < to; l++ {
			for ch := range b.C {
				gain := T(float64(b.Scale[ch]) * b.InverseDeviation[ch])
				offset := T(float64(b.Shift[ch]) - b.Mean[ch]*float64(b.Scale[ch])*b.InverseDeviation[ch])
				row, to := x[(l*b.C+ch)*b.N:][:b.N], y[(l*b.C+ch)*b.N:][:b.N]
				for i := scaleFast(to, row, gain, offset); i < len(row); i++ {
					to[i] = row[i]*gain + offset
				}
			}
		}
	})
}

// ParameterGradient computes the gradients of scale and shift, C values each.
func (b Norm[T]) ParameterGradient(dscale, dshift, x, dy []T) {
	parts := borrow[float64](sumsPerNorm * 2 * b.C)
	defer release(parts)
	partial(b.S, func(part, from, to int) {
		scale, shift := (*parts)[part*2*b.C:][:b.C], (*parts)[part*2*b.C+b.C:][:b.C]
		clear(scale)
		clear(shift)
		for l := from; l < to; l++ {
			for ch := range b.C {
				mean := T(b.Mean[ch])
				row, drow := x[(l*b.C+ch)*b.N:][:b.N], dy[(l*b.C+ch)*b.N:][:b.N]
				s, t, i := normSumsFast(row, drow, mean)
				for ; i < len(row); i++ {
					s += drow[i] * (row[i] - mean)
					t += drow[i]
				}
				scale[ch] += float64(s)
				shift[ch] += float64(t)
			}
		}
	})
	for ch := range b.C {
		var s, t float64
		for part := range sumsPerNorm {
			s += (*parts)[part*2*b.C+ch]
			t += (*parts)[part*2*b.C+b.C+ch]
		}
		dscale[ch], dshift[ch] = T(s*b.InverseDeviation[ch]), T(t)
	}
}

// InputGradient computes dx of x, dy and the gradients of scale and shift,
// which hold the two sums that the mean and the deviation of x contribute.
func (b Norm[T]) InputGradient(dx, x, dy, dscale, dshift []T) {
	count := float64(b.S * b.N)
	partial(b.S, func(_, from, to int) {
		for l := from; l < to; l++ {
			for ch := range b.C {
				inverse := b.InverseDeviation[ch]
				gain := float64(b.Scale[ch]) * inverse
				// dx = gain·(dy - dshift/m - x̂·dscale/m) = gain·dy + slope·x + offset
				var slope, offset float64
				if b.Training {
					slope = -gain * inverse * float64(dscale[ch]) / count
					offset = -gain*float64(dshift[ch])/count - slope*b.Mean[ch]
				}
				g, s, o := T(gain), T(slope), T(offset)
				row, drow := x[(l*b.C+ch)*b.N:][:b.N], dy[(l*b.C+ch)*b.N:][:b.N]
				to := dx[(l*b.C+ch)*b.N:][:b.N]
				for i := normGradientFast(to, row, drow, g, s, o); i < len(row); i++ {
					to[i] = g*drow[i] + (s*row[i] + o)
				}
			}
		}
	})
}
