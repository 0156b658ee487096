package kernel

// Average is the geometry of average pooling: of each channel, the mean of the inputs in
// the window of a location.
type Average struct {
	H, W, C, N    int      // input map, channels, batch
	Rows, Columns []Window // of the output map
}

// Window is what an output sees along an axis: the inputs From..To-1, whose sum is
// divided by Count.
type Window struct{ From, To, Count int }

// AverageForward computes y (OH OW C N) of x (H W C N).
func AverageForward[T Float](g Average, y, x []T) {
	size := g.C * g.N
	Parallel(len(g.Rows), func(oh int) {
		row := g.Rows[oh]
		for ow, column := range g.Columns {
			out := y[(oh*len(g.Columns)+ow)*size:][:size]
			clear(out)
			for ih := row.From; ih < row.To; ih++ {
				for iw := column.From; iw < column.To; iw++ {
					addRows(out, out, x[(ih*g.W+iw)*size:][:size])
				}
			}
			divide(out, out, row.Count*column.Count)
		}
	})
}

// AverageGradient computes dx (H W C N) of dy (OH OW C N): each input has its share of
// the outputs that see it. Each goroutine writes rows of dx of its own.
func AverageGradient[T Float](g Average, dx, dy []T) {
	size, columns := g.C*g.N, len(g.Columns)
	shares := borrow[T](len(dy))
	defer release(shares)
	Parallel(len(g.Rows), func(oh int) {
		for ow, column := range g.Columns {
			at := (oh*columns + ow) * size
			divide((*shares)[at:][:size], dy[at:][:size], g.Rows[oh].Count*column.Count)
		}
	})
	Parallel(g.H, func(ih int) {
		clear(dx[ih*g.W*size:][:g.W*size])
		for oh, row := range g.Rows {
			if ih < row.From || ih >= row.To {
				continue
			}
			for ow, column := range g.Columns {
				share := (*shares)[(oh*columns+ow)*size:][:size]
				for iw := column.From; iw < column.To; iw++ {
					in := dx[(ih*g.W+iw)*size:][:size]
					addRows(in, in, share)
				}
			}
		}
	})
}

// divide computes y = x / count.
func divide[T Float](y, x []T, count int) {
	for i, v := range x {
		y[i] = v / T(count)
	}
}
