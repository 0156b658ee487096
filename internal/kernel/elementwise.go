package kernel

// ReLU computes y = max(x, 0); not-a-number stays what it is, so that it can
// be found.
func ReLU[T Float](y, x []T) {
	ParallelSpans(len(x), func(from, to int) {
		out := y[from:to]
		for i, v := range x[from:to] {
			if v < 0 {
				v = 0
			}
			out[i] = v
		}
	})
}

// ReLUGradient computes dx = dy where the output y was positive, else 0.
func ReLUGradient[T Float](dx, y, dy []T) {
	ParallelSpans(len(dx), func(from, to int) {
		out, d := dx[from:to], dy[from:to]
		for i, v := range y[from:to] {
			if v > 0 {
				out[i] = d[i]
			} else {
				out[i] = 0
			}
		}
	})
}

// Add computes y = a + b.
func Add[T Float](y, a, b []T) {
	ParallelSpans(len(y), func(from, to int) {
		out, right := y[from:to], b[from:to]
		for i, v := range a[from:to] {
			out[i] = v + right[i]
		}
	})
}

// Mean computes y (C N), the mean of x (S C N) over the S locations.
func Mean[T Float](y, x []T, s int) {
	ParallelSpans(len(y), func(from, to int) {
		out := y[from:to]
		clear(out)
		for l := range s {
			for i, v := range x[l*len(y)+from : l*len(y)+to] {
				out[i] += v
			}
		}
		for i := range out {
			out[i] /= T(s)
		}
	})
}

// MeanGradient computes dx (S C N), dy (C N) divided by S at each location.
func MeanGradient[T Float](dx, dy []T, s int) {
	Parallel(s, func(l int) {
		out := dx[l*len(dy):][:len(dy)]
		for i, v := range dy {
			out[i] = v / T(s)
		}
	})
}
