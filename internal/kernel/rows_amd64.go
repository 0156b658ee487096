//go:build amd64 && !purego

package kernel

import "unsafe"

// The functions below compute the first numbers of a row, a multiple of 8 of them, and
// return how many: 0 where there is no faster path. The caller computes the others in
// the loop that says what is computed.

// fast returns how many of n numbers the assembly does.
func fast[T Float](n int) int {
	if unsafe.Sizeof(T(0)) != 4 || using == portable {
		return 0
	}
	return n &^ 7
}

func reluFast[T Float](y, x []T) int {
	n := fast[T](len(x))
	if n > 0 {
		reluAVX2(pointer(y[:n]), pointer(x), n)
	}
	return n
}

func reluGradientFast[T Float](dx, y, dy []T) int {
	n := fast[T](len(y))
	if n > 0 {
		reluGradientAVX2(pointer(dx[:n]), pointer(y), pointer(dy[:n]), n)
	}
	return n
}

func addFast[T Float](y, a, b []T) int {
	n := fast[T](len(a))
	if n > 0 {
		addAVX2(pointer(y[:n]), pointer(a), pointer(b[:n]), n)
	}
	return n
}

func maxFast[T Float](y, x []T) int {
	n := fast[T](len(x))
	if n > 0 {
		maxAVX2(pointer(y[:n]), pointer(x), n)
	}
	return n
}

func claimFast[T Float](out, unclaimed, x, y []T) int {
	n := fast[T](len(x))
	if n > 0 {
		claimAVX2(pointer(out[:n]), pointer(unclaimed[:n]), pointer(x), pointer(y[:n]), n)
	}
	return n
}

func scaleRowsFast[T Float](y, x, gain, offset []T) int {
	n := fast[T](len(x))
	if n > 0 {
		scaleRowsAVX2(pointer(y[:n]), pointer(x), pointer(gain[:n]), pointer(offset[:n]), n)
	}
	return n
}

func addSquaresFast[T Float](sums, x, center []T) int {
	n := fast[T](len(x))
	if n > 0 {
		addSquaresAVX2(pointer(sums[:n]), pointer(x), pointer(center[:n]), n)
	}
	return n
}

func addDeviationsFast[T Float](sums, squares, x, center []T) int {
	n := fast[T](len(x))
	if n > 0 {
		addDeviationsAVX2(pointer(sums[:n]), pointer(squares[:n]), pointer(x), pointer(center[:n]), n)
	}
	return n
}

func addProductsFast[T Float](sums, products, x, dy, center []T) int {
	n := fast[T](len(x))
	if n > 0 {
		addProductsAVX2(pointer(sums[:n]), pointer(products[:n]), pointer(x), pointer(dy[:n]), pointer(center[:n]), n)
	}
	return n
}

func normGradientRowsFast[T Float](dx, x, dy, gain, slope, offset []T) int {
	n := fast[T](len(x))
	if n > 0 {
		normGradientRowsAVX2(pointer(dx[:n]), pointer(x), pointer(dy[:n]), pointer(gain[:n]), pointer(slope[:n]), pointer(offset[:n]), n)
	}
	return n
}

func (m momentum) fast(w, v, gradient []float32) int {
	n := fast[float32](len(w))
	switch {
	case n == 0:
	case v == nil:
		descendAVX2(pointer(w), pointer(gradient[:n]), n, m.rate, m.decay)
	default:
		momentumAVX2(pointer(w), pointer(v[:n]), pointer(gradient[:n]), n, m.rate, m.decay, m.keep, m.own, m.carried)
	}
	return n
}

func (a adam) fast(w, m, v, gradient []float32) int {
	n := fast[float32](len(w))
	if n > 0 {
		adamAVX2(pointer(w), pointer(m[:n]), pointer(v[:n]), pointer(gradient[:n]), n,
			a.beta1, a.rest1, a.beta2, a.rest2, a.keep, a.decay, a.rate, a.inverse, a.epsilon)
	}
	return n
}

func accumulateFast(sum []float64, x []float32) int {
	n := fast[float32](len(x))
	if n > 0 {
		accumulateAVX2(&sum[:n][0], pointer(x), n)
	}
	return n
}

// transposeFast transposes the first rows and columns of a matrix, a multiple of 8 of
// each, and returns how many.
func transposeFast[T Float](dst []T, dstRow int, src []T, srcRow, rows, columns int) (int, int) {
	rows, columns = fast[T](rows), fast[T](columns)
	if rows == 0 || columns == 0 {
		return 0, 0
	}
	_, _ = dst[(columns-1)*dstRow+rows-1], src[(rows-1)*srcRow+columns-1]
	to, from := pointer(dst), pointer(src)
	// So few rows at a time that the lines of src stay until all of each is used.
	const block = 32
	for r := 0; r < rows; r += block {
		for c := 0; c < columns; c += 8 {
			transposeSquaresAVX2(offset(to, c*dstRow+r), dstRow, offset(from, r*srcRow+c), srcRow, min(block, rows-r)/8)
		}
	}
	return rows, columns
}
