package kernel

// tile is the side of the squares that Transpose moves at a time: both sides
// of one stay in the first-level cache.
const tile = 16

// Transpose writes the rows × columns matrix src, whose rows are srcRow apart,
// as the columns × rows matrix dst, whose rows are dstRow apart.
func Transpose[T Float](dst []T, dstRow int, src []T, srcRow, rows, columns int) {
	for r0 := 0; r0 < rows; r0 += tile {
		r1 := min(r0+tile, rows)
		for c0 := 0; c0 < columns; c0 += tile {
			c1 := min(c0+tile, columns)
			for c := c0; c < c1; c++ {
				to := dst[c*dstRow:]
				for r := r0; r < r1; r++ {
					to[r] = src[r*srcRow+c]
				}
			}
		}
	}
}

// BatchInnermost writes images N C H W as activations H W C N.
func BatchInnermost[T Float](y, x []T, n, c, h, w int) {
	// One channel of all images is a matrix N × (H·W), C·H·W apart; its
	// transpose has rows of N, C·N apart.
	Parallel(h, func(row int) {
		for channel := range c {
			Transpose(y[(row*w*c+channel)*n:], c*n, x[(channel*h+row)*w:], c*h*w, n, w)
		}
	})
}

// BatchOutermost writes activations H W C N as images N C H W.
func BatchOutermost[T Float](y, x []T, n, c, h, w int) {
	Parallel(h, func(row int) {
		for channel := range c {
			Transpose(y[(channel*h+row)*w:], c*h*w, x[(row*w*c+channel)*n:], c*n, w, n)
		}
	})
}
