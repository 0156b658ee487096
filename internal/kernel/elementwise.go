package kernel

// ReLU computes y = max(x, 0); not-a-number stays what it is, so that it can
// be found.
func ReLU[T Float](y, x []T) {
	ParallelSpans(len(x), func(from, to int) { reluRow(y[from:to], x[from:to]) })
}

func reluRow[T Float](y, x []T) {
	for i := reluFast(y, x); i < len(x); i++ {
		if v := x[i]; v < 0 {
			y[i] = 0
		} else {
			y[i] = v
		}
	}
}

// ReLUGradient computes dx = dy where the output y was positive, else 0.
func ReLUGradient[T Float](dx, y, dy []T) {
	ParallelSpans(len(dx), func(from, to int) { reluGradientRow(dx[from:to], y[from:to], dy[from:to]) })
}

func reluGradientRow[T Float](dx, y, dy []T) {
	for i := reluGradientFast(dx, y, dy); i < len(dx); i++ {
		if y[i] > 0 {
			dx[i] = dy[i]
		} else {
			dx[i] = 0
		}
	}
}

// Add computes y = a + b.
func Add[T Float](y, a, b []T) {
	ParallelSpans(len(y), func(from, to int) {
		addRows(y[from:to], a[from:to], b[from:to])
	})
}

func addRows[T Float](y, a, b []T) {
	for i := addFast(y, a, b); i < len(y); i++ {
		y[i] = a[i] + b[i]
	}
}

// Mean computes y (C N), the mean of x (S C N) over the S locations.
func Mean[T Float](y, x []T, s int) {
	ParallelSpans(len(y), func(from, to int) {
		out := y[from:to]
		clear(out)
		for l := range s {
			addRows(out, out, x[l*len(y)+from:l*len(y)+to])
		}
		for i := range out {
			out[i] /= T(s)
		}
	})
}

// MeanGradient computes dx (S C N), dy (C N) divided by S at each location.
func MeanGradient[T Float](dx, dy []T, s int) {
	mean := borrow[T](len(dy))
	defer release(mean)
	for i, v := range dy {
		(*mean)[i] = v / T(s)
	}
	Parallel(s, func(l int) { copy(dx[l*len(dy):][:len(dy)], *mean) })
}
