package kernel

// tile is the side of the squares that Transpose moves at a time: both sides
// of one stay in the first-level cache.
const tile = 16

// Transpose writes the rows × columns matrix src, whose rows are srcRow apart,
// as the columns × rows matrix dst, whose rows are dstRow apart.
func Transpose[T Float](dst []T, dstRow int, src []T, srcRow, rows, columns int) {
	doneRows, doneColumns := transposeFast(dst, dstRow, src, srcRow, rows, columns)
	transposePart(dst, dstRow, src, srcRow, 0, doneRows, doneColumns, columns)
	transposePart(dst, dstRow, src, srcRow, doneRows, rows, 0, columns)
}

// transposePart transposes the rows from r0 to r1 of the columns from c0 to c1.
func transposePart[T Float](dst []T, dstRow int, src []T, srcRow, r0, r1, c0, c1 int) {
	for ; r0 < r1; r0 += tile {
		rEnd := min(r0+tile, r1)
		for c := c0; c < c1; c += tile {
			for column := c; column < min(c+tile, c1); column++ {
				to := dst[column*dstRow:]
				for r := r0; r < rEnd; r++ {
					to[r] = src[r*srcRow+column]
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
