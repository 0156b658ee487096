package data

import (
	"iter"
	"sync"

	"hypnos/graph"
)

// ahead yields batches 0..n-1 in order, which so many workers make at the same
// time, each with what newWorker returns. A worker has made at most one batch
// that was not yielded, and works on the next: it needs two buffers in turn. When
// the loop ends, by break too, the workers have ended. An error ends it as its
// last element.
func ahead(workers, n int, newWorker func() func(k int) (graph.Batch, error)) iter.Seq2[graph.Batch, error] {
	type result struct {
		batch graph.Batch
		err   error
	}
	return func(yield func(graph.Batch, error) bool) {
		// Worker w makes batches w, w+W, w+2W, … in order. Their turn comes round
		// in the same order, so no sorting is needed.
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

// maker writes images into batches, two buffers in turn.
type maker struct {
	buffers [2]graph.Batch
	length  int // values of an image
	table   table
	whole   Image // as it was read
	cut     Image
	resizer resizer
}

// newMaker returns a maker of batches of so many images of length values each,
// which are looked up in a table.
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

// write writes the cut of the image that was read as the n-th of a batch.
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

// crop normalises the window of an image, axes C H W, into dst:
//
//	dst[c,y,x] = t[c][ pixels[c, top+y, left+x] ]
//
// and 0, the normalised mean, where that lies outside the image. If it is to be
// flipped, dst is mirrored left to right after that.
func (t table) crop(dst []float32, image *Image, c cut) {
	height, width := c.window.Dy(), c.window.Dx()
	top, left := c.window.Min.Y, c.window.Min.X
	// Columns first..last-1 of a row come from the image, the rest is padding.
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
