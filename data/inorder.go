package data

import (
	"image"
	"iter"
	"runtime"

	"github.com/pkg/errors"

	"hypnos/graph"
)

// InOrder yields all images of a data set once, in order, normalised and otherwise as
// they are, in batches of batch images with axes N C H W; the last batch may have fewer.
// Images must be of one size, as [Preprocess] makes them. They are read and decoded
// ahead, on all cores. A batch is valid until the next iteration, which may overwrite it.
//
// An error is the last element. It is an error if the batch size is below 1, if images
// are of different sizes, if the normalisation is of another number of channels, or if
// an image cannot be read.
func InOrder(set Dataset, normalisation Normalisation, batch int) iter.Seq2[graph.Batch, error] {
	batches, err := inOrder(set, normalisation, batch)
	if err != nil {
		return func(yield func(graph.Batch, error) bool) { yield(graph.Batch{}, err) }
	}
	return batches
}

func inOrder(set Dataset, normalisation Normalisation, batch int) (iter.Seq2[graph.Batch, error], error) {
	if err := checkSize(set); err != nil {
		return nil, err
	}
	if batch < 1 {
		return nil, errors.Errorf("data: batch of %d images, want 1 or more", batch)
	}
	channels, height, width := set.Size()
	if _, _, err := (CentreCrop{}).Size(height, width); err != nil {
		return nil, err
	}
	t, err := normalisation.table(channels)
	if err != nil {
		return nil, err
	}
	size := max(min(batch, set.Len()), 1)
	length := channels * height * width
	whole := image.Rect(0, 0, width, height)
	c := cut{region: whole, size: whole.Max, window: whole}
	return ahead(runtime.GOMAXPROCS(0), (set.Len()+size-1)/size, func() func(k int) (graph.Batch, error) {
		m := newMaker(size, length, t)
		return func(k int) (graph.Batch, error) {
			n := min(size, set.Len()-k*size)
			b := m.next()
			b.Images, b.Labels = b.Images[:n*length], b.Labels[:n]
			for i := range n {
				label, err := read(set, k*size+i, &m.whole)
				if err != nil {
					return graph.Batch{}, errors.Wrap(err, "data: in order")
				}
				m.write(b, i, c)
				b.Labels[i] = label
			}
			return b, nil
		}
	}), nil
}
