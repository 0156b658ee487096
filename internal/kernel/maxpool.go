package kernel

// Pool is the geometry of max pooling: of each channel, the largest of the
// K × K inputs of a location, those outside the map left out.
type Pool struct {
	H, W, C, N      int // input map, channels, batch
	OH, OW          int // output map
	K               int // side of a window
	Stride, Padding int
}

// Max computes y (OH OW C N) of x (H W C N). Not-a-number is larger than any
// number.
func Max[T Float](g Pool, y, x []T) {
	size := g.C * g.N
	Parallel(g.OH, func(oh int) {
		for ow := range g.OW {
			out := y[(oh*g.OW+ow)*size:][:size]
			first := true
			for at := range g.window(oh, ow) {
				in := x[at*size:][:size]
				if first {
					copy(out, in)
				} else {
					maxRow(out, in)
				}
				first = false
			}
		}
	})
}

// window yields the positions in the input of what a location sees, row by row.
func (g Pool) window(oh, ow int) func(yield func(at int) bool) {
	top, left := g.Stride*oh-g.Padding, g.Stride*ow-g.Padding
	return func(yield func(int) bool) {
		for ih := max(top, 0); ih < min(top+g.K, g.H); ih++ {
			for iw := max(left, 0); iw < min(left+g.K, g.W); iw++ {
				if !yield(ih*g.W + iw) {
					return
				}
			}
		}
	}
}

// maxRow sets y to the larger of y and x.
func maxRow[T Float](y, x []T) {
	for i := maxFast(y, x); i < len(x); i++ {
		if v := x[i]; v > y[i] || v != v {
			y[i] = v
		}
	}
}

// MaxGradient computes dx (H W C N) of x, the output y and its gradient dy: an
// output's goes to its input, the first along rows of several equal ones, as in
// PyTorch. Each goroutine has rows of dx of its own, and looks at all locations
// that see them.
func MaxGradient[T Float](g Pool, dx, x, y, dy []T) {
	size := g.C * g.N
	Parallel(partsPerGradient, func(part int) {
		from, to := part*g.H/partsPerGradient, (part+1)*g.H/partsPerGradient
		clear(dx[from*g.W*size : to*g.W*size])
		scratch := borrow[T](2 * size)
		defer release(scratch)
		open, elsewhere := (*scratch)[:size], (*scratch)[size:]
		first := max((from+g.Padding-g.K+g.Stride)/g.Stride, 0)
		for oh := first; oh < g.OH && g.Stride*oh-g.Padding < to; oh++ {
			for ow := range g.OW {
				location := (oh*g.OW + ow) * size
				copy(open, dy[location:])
				for at := range g.window(oh, ow) {
					if at >= to*g.W {
						break
					}
					out := elsewhere
					if at >= from*g.W {
						out = dx[at*size:][:size]
					}
					settle(out, open, x[at*size:][:size], y[location:][:size])
				}
			}
		}
	})
}

// settle adds to out what is open where x is the output y, and closes it there.
func settle[T Float](out, open, x, y []T) {
	for i := settleFast(out, open, x, y); i < len(x); i++ {
		if !(x[i] < y[i]) {
			out[i] += open[i]
			open[i] = 0
		}
	}
}
