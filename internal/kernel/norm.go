package kernel

import "math"

// sumsPerNorm is how many partial sums, of consecutive locations, make a norm's sum
// over locations and batch: a constant, so that the result does not depend on the
// number of threads.
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
// A row is the N numbers of one location and channel. It is read once for all that is
// to be done with it, since memory sets the pace. Narrow batches take many channels at
// a time instead: see NormPath.
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
		if NormPath(n) == ByLocations {
			narrowMoments(means, m2, x, from, to, c, n)
			return
		}
		numbers := borrow[T](2 * c)
		defer release(numbers)
		for l := from; l < to; l++ {
			rowMoments(*numbers, x[l*c*n:][:c*n], c)
			for ch := range c {
				merge(&means[ch], &m2[ch], float64((l-from)*n), float64((*numbers)[2*ch]), float64((*numbers)[2*ch+1]), float64(n))
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

// rowMoments computes, for each of c rows of x, the mean and the sum of squared
// differences from it, one after the other.
func rowMoments[T Float](numbers, x []T, c int) {
	if momentsFast(numbers, x, c) {
		return
	}
	n := len(x) / c
	for ch := range c {
		row := x[ch*n:][:n]
		mean := sum(row) / T(n)
		var squares T
		for _, v := range row {
			squares += (v - mean) * (v - mean)
		}
		numbers[2*ch], numbers[2*ch+1] = mean, squares
	}
}

// sum adds up a row.
func sum[T Float](row []T) T {
	var total T
	for _, v := range row {
		total += v
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

// gain and offset are the numbers by which the norm is gain·x + offset.
func (b Norm[T]) gain(ch int) float64   { return float64(b.Scale[ch]) * b.InverseDeviation[ch] }
func (b Norm[T]) offset(ch int) float64 { return float64(b.Shift[ch]) - b.Mean[ch]*b.gain(ch) }
func (b Norm[T]) mean(ch int) float64   { return b.Mean[ch] }

// numbers returns, channel by channel, what the functions say of it; to be released.
func (b Norm[T]) numbers(of ...func(ch int) float64) *[]T {
	numbers := borrow[T](len(of) * b.C)
	for i := range *numbers {
		(*numbers)[i] = T(of[i%len(of)](i / len(of)))
	}
	return numbers
}

// Forward computes y of x, both (S C N). A shortcut (S C N), unless it is nil,
// is added before the rectification. y may be x or the shortcut.
func (b Norm[T]) Forward(y, x, shortcut []T) {
	if NormPath(b.N) == ByLocations {
		b.narrowForward(y, x, shortcut)
		return
	}
	numbers := b.numbers(b.gain, b.offset)
	defer release(numbers)
	partial(b.S, func(_, from, to int) {
		if from == to || normForwardFast(b, y, x, shortcut, *numbers, from, to) {
			return
		}
		for i := from * b.C * b.N; i < to*b.C*b.N; i++ {
			ch := i / b.N % b.C
			v := x[i]*(*numbers)[2*ch] + (*numbers)[2*ch+1]
			if shortcut != nil {
				v += shortcut[i]
			}
			if b.ReLU && v < 0 { // not-a-number stays what it is, so that it can be found
				v = 0
			}
			y[i] = v
		}
	})
}

// beforeReLU is the gradient before the rectification: dy where the norm of x is
// positive, else 0. The norm is computed again, so that the result of the
// forward pass need not be read.
func (b Norm[T]) beforeReLU(x, dy, gain, offset T) T {
	if b.ReLU && !(x*gain+offset > 0) {
		return 0
	}
	return dy
}

// ParameterGradient computes the gradients of scale and shift, C values each.
func (b Norm[T]) ParameterGradient(dscale, dshift, x, dy []T) {
	parts := borrow[float64](sumsPerNorm * 2 * b.C) // both sums of a channel, one after the other
	defer release(parts)
	sums := b.sums
	if NormPath(b.N) == ByLocations {
		sums = b.narrowSums
	}
	sums(*parts, x, dy)
	for ch := range b.C {
		var s, t float64
		for part := range sumsPerNorm {
			s += (*parts)[2*(part*b.C+ch)]
			t += (*parts)[2*(part*b.C+ch)+1]
		}
		dscale[ch], dshift[ch] = T(s*b.InverseDeviation[ch]), T(t)
	}
}

// sums computes, for each part and channel, the sums over locations and batch of
// d·(x - mean) and of d, where d is the gradient before the rectification.
func (b Norm[T]) sums(parts []float64, x, dy []T) {
	numbers := b.numbers(b.mean, b.gain, b.offset)
	defer release(numbers)
	partial(b.S, func(part, from, to int) {
		sums := parts[part*2*b.C:][:2*b.C]
		clear(sums)
		if from == to || normSumsFast(b, sums, x, dy, *numbers, from, to) {
			return
		}
		for row := from * b.C; row < to*b.C; row++ {
			ch := row % b.C
			number := (*numbers)[3*ch:][:3]
			var s, t T
			for i := row * b.N; i < (row+1)*b.N; i++ {
				d := b.beforeReLU(x[i], dy[i], number[1], number[2])
				s += d * (x[i] - number[0])
				t += d
			}
			sums[2*ch] += float64(s)
			sums[2*ch+1] += float64(t)
		}
	})
}

// InputGradient computes dx of x, dy and the gradients of scale and shift,
// which hold the two sums that the mean and the deviation of x contribute. dx may be x
// or dy.
func (b Norm[T]) InputGradient(dx, x, dy, dscale, dshift []T) {
	// dx = gain·(dy - dshift/m - x̂·dscale/m) = gain·dy + slope·x + level
	count := float64(b.S * b.N)
	slope := func(ch int) float64 {
		if !b.Training {
			return 0
		}
		return -b.gain(ch) * b.InverseDeviation[ch] * float64(dscale[ch]) / count
	}
	level := func(ch int) float64 {
		if !b.Training {
			return 0
		}
		return -b.gain(ch)*float64(dshift[ch])/count - slope(ch)*b.Mean[ch]
	}
	if NormPath(b.N) == ByLocations {
		b.narrowInputGradient(dx, x, dy, slope, level)
		return
	}
	numbers := b.numbers(b.gain, b.offset, slope, level)
	defer release(numbers)
	partial(b.S, func(_, from, to int) {
		if from == to || normGradientFast(b, dx, x, dy, *numbers, from, to) {
			return
		}
		for i := from * b.C * b.N; i < to*b.C*b.N; i++ {
			number := (*numbers)[4*(i/b.N%b.C):][:4]
			d := b.beforeReLU(x[i], dy[i], number[0], number[1])
			dx[i] = number[0]*d + (number[2]*x[i] + number[3])
		}
	})
}
