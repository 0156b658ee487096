package kernel

// Pool is the geometry of max pooling: of each channel, the largest of the
// KH × KW inputs of a location, those outside the map left out. The first window
// begins Top rows and Left columns outside.
type Pool struct {
	H, W, C, N       int // input map, channels, batch
	OH, OW           int // output map
	KH, KW           int // window
	StrideH, StrideW int
	Top, Left        int
}

// Max computes y (OH OW C N) of x (H W C N). Not-a-number counts as larger than any
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

// window yields the input positions that a location sees, row by row.
func (g Pool) window(oh, ow int) func(yield func(at int) bool) {
	top, left := g.StrideH*oh-g.Top, g.StrideW*ow-g.Left
	return func(yield func(int) bool) {
		for ih := max(top, 0); ih < min(top+g.KH, g.H); ih++ {
			for iw := max(left, 0); iw < min(left+g.KW, g.W); iw++ {
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

// MaxGradient computes dx (H W C N) of x, the output y and its gradient dy: the
// gradient of an output goes to the input that was the largest, the first along rows
// if several are equal, as in PyTorch. Each goroutine writes rows of dx of its own,
// and goes through all locations that see them.
func MaxGradient[T Float](g Pool, dx, x, y, dy []T) {
	size := g.C * g.N
	const parts = 8
	Parallel(parts, func(part int) {
		from, to := part*g.H/parts, (part+1)*g.H/parts
		clear(dx[from*g.W*size : to*g.W*size])
		scratch := borrow[T](2 * size)
		defer release(scratch)
		unclaimed, elsewhere := (*scratch)[:size], (*scratch)[size:] // elsewhere: rows of other goroutines
		first := max((from+g.Top-g.KH+g.StrideH)/g.StrideH, 0)
		for oh := first; oh < g.OH && g.StrideH*oh-g.Top < to; oh++ {
			for ow := range g.OW {
				location := (oh*g.OW + ow) * size
				copy(unclaimed, dy[location:])
				for at := range g.window(oh, ow) {
					if at >= to*g.W {
						break
					}
					out := elsewhere
					if at >= from*g.W {
						out = dx[at*size:][:size]
					}
					claim(out, unclaimed, x[at*size:][:size], y[location:][:size])
				}
			}
		}
	})
}

// claim moves to out the gradient that no input has claimed yet, where the input x
// is the maximum y: later inputs find it 0.
func claim[T Float](out, unclaimed, x, y []T) {
	for i := claimFast(out, unclaimed, x, y); i < len(x); i++ {
		if !(x[i] < y[i]) {
			out[i] += unclaimed[i]
			unclaimed[i] = 0
		}
	}
}
