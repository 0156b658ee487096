package data

import (
	"iter"
	"sync"

	"hypnos/graph"
)

// ahead yields batches 0..n-1 in order, while so many workers make the next ones, each
// with the function that newWorker returns. A worker is at most one batch ahead of the
// one that is in use: two buffers that it fills in turn are enough. All workers have
// ended when the loop ends, by break too. An error is the last element.
func ahead(workers, n int, newWorker func() func(k int) (graph.Batch, error)) iter.Seq2[graph.Batch, error] {
	type result struct {
		batch graph.Batch
		err   error
	}
	return func(yield func(graph.Batch, error) bool) {
		// Worker w of W makes batches w, w+W, w+2W, …, so that to take one batch from
		// each worker in turn is to take them in order.
		stop := make(chan struct{})
		results := make([]chan result, min(workers, n))
		var running sync.WaitGroup
		for w := range results {
			results[w] = make(chan result)
			running.Go(func() {
				batch := newWorker()
				for k := w; k < n; k += len(results) {
					var r result
					r.batch, r.err = batch(k)
					select {
					case results[w] <- r:
					case <-stop:
						return
					}
					if r.err != nil {
						return
					}
				}
			})
		}
		defer running.Wait()
		defer close(stop)

		for k := range n {
			r := <-results[k%len(results)]
			if !yield(r.batch, r.err) || r.err != nil {
				return
			}
		}
	}
}

// maker fills batches with images, two buffers in turn.
type maker struct {
	buffers [2]graph.Batch
	length  int // values of an image in a batch
	table   table
	whole   Image // as it was read
	cut     Image // the resized part of it
	resizer resizer
}

// newMaker returns a maker of batches of size images, each of length values that are
// normalised by a table.
func newMaker(size, length int, t table) maker {
	m := maker{length: length, table: t}
	for i := range m.buffers {
		m.buffers[i] = graph.Batch{Images: make([]float32, size*length), Labels: make([]int, size)}
	}
	return m
}

// next returns the buffer that was not in use last.
func (m *maker) next() graph.Batch {
	m.buffers[0], m.buffers[1] = m.buffers[1], m.buffers[0]
	return m.buffers[0]
}

// write cuts the image in m.whole and makes it the n-th of a batch.
func (m *maker) write(batch graph.Batch, n int, c cut) {
	dst := batch.Images[n*m.length : (n+1)*m.length]
	if c.resized() {
		m.resizer.take(&m.cut, &m.whole, c)
		c.window = c.window.Sub(c.window.Min)
		m.table.crop(dst, &m.cut, c)
		return
	}
	c.window = c.window.Add(c.region.Min)
	m.table.crop(dst, &m.whole, c)
}

// crop writes the window of a cut of an image, axes C H W, to dst, normalised:
//
//	dst[c,y,x] = t[c][ pixels[c, top+y, left+x] ]
//
// Outside of the image it is 0, the normalised mean. A cut with flip is then mirrored
// left to right.
func (t table) crop(dst []float32, image *Image, c cut) {
	height, width := c.window.Dy(), c.window.Dx()
	top, left := c.window.Min.Y, c.window.Min.X
	// Columns first..last-1 of dst come from the image, the others are padding.
	first := min(max(0, -left), width)
	last := max(first, min(width, image.Width-left))
	for channel := range t {
		values := &t[channel]
		for y := range height {
			out := dst[(channel*height+y)*width:][:width]
			row := top + y
			if row < 0 || row >= image.Height {
				clear(out)
				continue
			}
			in := image.Pixels[(channel*image.Height+row)*image.Width:][:image.Width]
			clear(out[:first])
			for x := first; x < last; x++ {
				out[x] = values[in[left+x]]
			}
			clear(out[last:])
			if c.flip {
				for x := range width / 2 {
					out[x], out[width-1-x] = out[width-1-x], out[x]
				}
			}
		}
	}
}
