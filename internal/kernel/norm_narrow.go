package kernel

// The rows of a narrow batch, one that is small or not a multiple of 8, are not worth
// a pass each. Here a pass goes over many channels of a location at once: the numbers
// of a channel are repeated for each image, and every image has sums of its own until
// the end.

const (
	// pieceLength is how many numbers of a location a pass takes at a time, so
	// that the next pass finds them in the first-level cache.
	pieceLength = 1 << 10
	// blockLocations is of how many locations moments are taken at a time.
	blockLocations = 16
)

// pieces calls f for pieces of the locations from..to-1: where they begin in the
// activations and in a location, and how long they are.
func (b Norm[T]) pieces(from, to int, f func(at, in, length int)) {
	size := b.C * b.N
	for l := from; l < to; l++ {
		for in := 0; in < size; in += pieceLength {
			f(l*size+in, in, min(pieceLength, size-in))
		}
	}
}

// repeated writes a number of each channel for each image.
func (b Norm[T]) repeated(out []T, of func(ch int) float64) {
	for ch := range b.C {
		fill(out[ch*b.N:][:b.N], T(of(ch)))
	}
}

// narrowMoments adds the moments of the locations from..to-1 to means and m2. A few
// locations at a time, deviations are taken from the mean of the first of them: it is
// so close to the mean of all that the square of the difference does no harm.
func narrowMoments[T Float](means, m2 []float64, x []T, from, to, c, n int) {
	size := c * n
	scratch := borrow[T](3 * size)
	defer release(scratch)
	sums, squares, center := (*scratch)[:size], (*scratch)[size:2*size], (*scratch)[2*size:]
	for first := from; first < to; first += blockLocations {
		last := min(first+blockLocations, to)
		for ch := range c {
			row := center[ch*n:][:n]
			fill(row, sum(x[first*size+ch*n:][:n])/T(n))
		}
		clear(sums)
		clear(squares)
		for l := first; l < last; l++ {
			addDeviations(sums, squares, x[l*size:][:size], center)
		}
		count := float64((last - first) * n)
		for ch := range c {
			away := float64(sum(sums[ch*n:][:n])) / count
			square := max(float64(sum(squares[ch*n:][:n]))-count*away*away, 0)
			merge(&means[ch], &m2[ch], float64((first-from)*n), float64(center[ch*n])+away, square, count)
		}
	}
}

// addDeviations adds x - center to sums and its square to squares.
func addDeviations[T Float](sums, squares, x, center []T) {
	for i := addDeviationsFast(sums, squares, x, center); i < len(x); i++ {
		d := x[i] - center[i]
		sums[i] += d
		squares[i] += d * d
	}
}

// narrowForward is Forward of a small batch.
func (b Norm[T]) narrowForward(y, x, shortcut []T) {
	size := b.C * b.N
	scratch := borrow[T](2 * size)
	defer release(scratch)
	gain, offset := (*scratch)[:size], (*scratch)[size:]
	b.repeated(gain, b.gain)
	b.repeated(offset, b.offset)
	partial(b.S, func(_, from, to int) {
		room := borrow[T](pieceLength) // y may be the shortcut
		defer release(room)
		b.pieces(from, to, func(at, in, length int) {
			row := y[at:][:length]
			norm := row
			if shortcut != nil {
				norm = (*room)[:length]
			}
			scaleRows(norm, x[at:][:length], gain[in:][:length], offset[in:][:length])
			if shortcut != nil {
				addRows(row, norm, shortcut[at:][:length])
			}
			if b.ReLU {
				reluRow(row, row)
			}
		})
	})
}

// narrowRows calls f for pieces of the locations from..to-1: of x, and of the gradient
// before the rectification. at and in are where a piece begins in the activations and
// in its location.
func (b Norm[T]) narrowRows(from, to int, x, dy, gain, offset []T, f func(at, in int, x, dy []T)) {
	room := borrow[T](pieceLength)
	defer release(room)
	b.pieces(from, to, func(at, in, length int) {
		row, drow := x[at:][:length], dy[at:][:length]
		if b.ReLU {
			norm := (*room)[:length]
			scaleRows(norm, row, gain[in:][:length], offset[in:][:length])
			reluGradientRow(norm, norm, drow)
			drow = norm
		}
		f(at, in, row, drow)
	})
}

// narrowSums is sums of a small batch.
func (b Norm[T]) narrowSums(parts []float64, x, dy []T) {
	size := b.C * b.N
	wide := borrow[T](3 * size)
	defer release(wide)
	gain, offset, mean := (*wide)[:size], (*wide)[size:2*size], (*wide)[2*size:]
	b.repeated(gain, b.gain)
	b.repeated(offset, b.offset)
	b.repeated(mean, b.mean)
	partial(b.S, func(part, from, to int) {
		scratch := borrow[T](2 * size)
		defer release(scratch)
		clear(*scratch)
		sums, products := (*scratch)[:size], (*scratch)[size:]
		b.narrowRows(from, to, x, dy, gain, offset, func(_, in int, row, drow []T) {
			n := len(row)
			addProducts(sums[in:][:n], products[in:][:n], row, drow, mean[in:][:n])
		})
		for ch := range b.C {
			parts[2*(part*b.C+ch)] = float64(sum(products[ch*b.N:][:b.N]))
			parts[2*(part*b.C+ch)+1] = float64(sum(sums[ch*b.N:][:b.N]))
		}
	})
}

// narrowInputGradient is InputGradient of a small batch, with the slope and the
// level of each channel.
func (b Norm[T]) narrowInputGradient(dx, x, dy []T, slopeOf, levelOf func(ch int) float64) {
	size := b.C * b.N
	scratch := borrow[T](4 * size)
	defer release(scratch)
	gain, offset, slope, level := (*scratch)[:size], (*scratch)[size:2*size], (*scratch)[2*size:3*size], (*scratch)[3*size:]
	b.repeated(gain, b.gain)
	b.repeated(offset, b.offset)
	b.repeated(slope, slopeOf)
	b.repeated(level, levelOf)
	partial(b.S, func(_, from, to int) {
		b.narrowRows(from, to, x, dy, gain, offset, func(at, in int, row, drow []T) {
			n := len(row)
			normGradientRows(dx[at:][:n], row, drow, gain[in:][:n], slope[in:][:n], level[in:][:n])
		})
	})
}
