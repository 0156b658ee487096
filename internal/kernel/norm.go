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
// and, where ReLU, a rectification of the result. In training Mean and
// InverseDeviation are those of x, and their dependence on x is part of the
// gradient; otherwise they are constants.
//
// A row, the N numbers of one location and channel, stays in the first-level
// cache while all that is to be done with it is done: memory sets the pace. Rows
// of small batches are done many at a time: see narrowBatch.
type Norm[T Float] struct {
	S, C, N                int
	Scale, Shift           []T
	Mean, InverseDeviation []float64
	Training               bool
	ReLU                   bool
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
		if n < narrowBatch {
			narrowMoments(means, m2, x, from, to, c, n)
			return
		}
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
	m := sum(row) / T(len(row))
	total, i := squaresFast(row, m)
	for ; i < len(row); i++ {
		total += (row[i] - m) * (row[i] - m)
	}
	return float64(m), float64(total)
}

// sum adds up a row.
func sum[T Float](row []T) T {
	total, i := sumFast(row)
	for ; i < len(row); i++ {
		total += row[i]
	}
	return total
}

func fill[T Float](row []T, v T) {
	for i := range row {
		row[i] = v
	}
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

// gainsAndOffsets returns, per channel, the two numbers by which the norm is
// gain·x + offset, one after the other; to be released.
func (b Norm[T]) gainsAndOffsets() *[]T {
	numbers := borrow[T](2 * b.C)
	for ch := range b.C {
		(*numbers)[2*ch], (*numbers)[2*ch+1] = T(b.gain(ch)), T(b.offset(ch))
	}
	return numbers
}

// Forward computes y of x, both (S C N). A shortcut (S C N), unless it is nil,
// is added before the rectification.
func (b Norm[T]) Forward(y, x, shortcut []T) {
	if b.N < narrowBatch {
		b.narrowForward(y, x, shortcut)
		return
	}
	numbers := b.gainsAndOffsets()
	defer release(numbers)
	partial(b.S, func(_, from, to int) {
		for l := from; l < to; l++ {
			for ch := range b.C {
				at := (l*b.C + ch) * b.N
				row := y[at:][:b.N]
				scaleRow(row, x[at:][:b.N], (*numbers)[2*ch], (*numbers)[2*ch+1])
				if shortcut != nil {
					addRows(row, row, shortcut[at:][:b.N])
				}
				if b.ReLU {
					reluRow(row, row)
				}
			}
		}
	})
}

// scaleRow computes y = gain·x + offset.
func scaleRow[T Float](y, x []T, gain, offset T) {
	for i := scaleFast(y, x, gain, offset); i < len(x); i++ {
		y[i] = x[i]*gain + offset
	}
}

// eachRow calls f for all rows of locations from..to-1: their channel, where
// they begin, x, and the gradient before the rectification. That is dy where
// the norm of x is positive, else 0: the norm is computed again, so that no
// result of the forward pass is read.
func (b Norm[T]) eachRow(from, to int, x, dy, numbers []T, f func(ch, at int, x, dy []T)) {
	room := borrow[T](b.N)
	defer release(room)
	for l := from; l < to; l++ {
		for ch := range b.C {
			at := (l*b.C + ch) * b.N
			row, drow := x[at:][:b.N], dy[at:][:b.N]
			if b.ReLU {
				scaleRow(*room, row, numbers[2*ch], numbers[2*ch+1])
				reluGradientRow(*room, *room, drow)
				drow = *room
			}
			f(ch, at, row, drow)
		}
	}
}

// ParameterGradient computes the gradients of scale and shift, C values each.
func (b Norm[T]) ParameterGradient(dscale, dshift, x, dy []T) {
	numbers := b.gainsAndOffsets()
	defer release(numbers)
	parts := borrow[float64](sumsPerNorm * 2 * b.C)
	defer release(parts)
	var wide *[]T // gain, offset and mean of each channel and image
	if b.N < narrowBatch {
		size := b.C * b.N
		wide = borrow[T](3 * size)
		defer release(wide)
		b.repeated((*wide)[:size], b.gain)
		b.repeated((*wide)[size:2*size], b.offset)
		b.repeated((*wide)[2*size:], func(ch int) float64 { return b.Mean[ch] })
	}
	partial(b.S, func(part, from, to int) {
		scale, shift := (*parts)[part*2*b.C:][:b.C], (*parts)[part*2*b.C+b.C:][:b.C]
		if wide != nil {
			size := b.C * b.N
			b.narrowSums(scale, shift, from, to, x, dy, (*wide)[:size], (*wide)[size:2*size], (*wide)[2*size:])
			return
		}
		clear(scale)
		clear(shift)
		b.eachRow(from, to, x, dy, *numbers, func(ch, _ int, row, drow []T) {
			mean := T(b.Mean[ch])
			s, t, i := normSumsFast(row, drow, mean)
			for ; i < len(row); i++ {
				s += drow[i] * (row[i] - mean)
				t += drow[i]
			}
			scale[ch] += float64(s)
			shift[ch] += float64(t)
		})
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
	numbers := b.gainsAndOffsets()
	defer release(numbers)
	count := float64(b.S * b.N)
	// dx = gain·(dy - dshift/m - x̂·dscale/m) = gain·dy + slope·x + offset
	slopes := borrow[T](2 * b.C)
	defer release(slopes)
	for ch := range b.C {
		var slope, offset float64
		if b.Training {
			slope = -b.gain(ch) * b.InverseDeviation[ch] * float64(dscale[ch]) / count
			offset = -b.gain(ch)*float64(dshift[ch])/count - slope*b.Mean[ch]
		}
		(*slopes)[2*ch], (*slopes)[2*ch+1] = T(slope), T(offset)
	}
	if b.N < narrowBatch {
		b.narrowInputGradient(dx, x, dy, *slopes)
		return
	}
	partial(b.S, func(_, from, to int) {
		b.eachRow(from, to, x, dy, *numbers, func(ch, at int, row, drow []T) {
			gain, slope, offset := (*numbers)[2*ch], (*slopes)[2*ch], (*slopes)[2*ch+1]
			to := dx[at:][:len(row)]
			for i := normGradientFast(to, row, drow, gain, slope, offset); i < len(row); i++ {
				to[i] = gain*drow[i] + (slope*row[i] + offset)
			}
		})
	})
}
