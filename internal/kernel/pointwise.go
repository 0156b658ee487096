package kernel

// Pointwise computes y = f(x) of each number.
func Pointwise[T Float](y, x []T, f func(float64) float64) {
	ParallelSpans(len(x), func(from, to int) {
		for i := from; i < to; i++ {
			y[i] = T(f(float64(x[i])))
		}
	})
}

// PointwiseGradient computes dx = dy·slope(x) of each number.
func PointwiseGradient[T Float](dx, x, dy []T, slope func(float64) float64) {
	ParallelSpans(len(x), func(from, to int) {
		for i := from; i < to; i++ {
			dx[i] = T(float64(dy[i]) * slope(float64(x[i])))
		}
	})
}

// Dropout computes y = x / (1 - rate), with a share rate of the numbers set to 0. Number
// i is kept where the i-th number of the SplitMix64 generator that starts at key is large
// enough, and so the same whoever computes it.
func Dropout[T Float](y, x []T, key uint64, rate float64) {
	const bits = 53 // of a number of the generator that count
	least, gain := uint64(rate*(1<<bits)), T(1/(1-rate))
	ParallelSpans(len(x), func(from, to int) {
		for i := from; i < to; i++ {
			if SplitMix64(key, uint64(i))>>(64-bits) >= least {
				y[i] = gain * x[i]
			} else {
				y[i] = 0
			}
		}
	})
}

// SplitMix64 returns the i-th number, counted from 0, of the random generator of that
// name (Steele, Lea and Flood 2014, figure 16, with the constants of its reference
// implementation) that starts at key.
func SplitMix64(key, i uint64) uint64 {
	z := key + (i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
