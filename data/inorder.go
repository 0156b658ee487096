package data

import (
	"iter"

	"github.com/pkg/errors"

	"hypnos/graph"
)

// InOrder yields all images of a data set once, in order and neither moved nor
// flipped, normalised, in batches of so many images; the last batch is short
// where the numbers do not divide. Axes are N C H W. A yielded batch is valid
// until the next iteration, which overwrites it.
//
// A batch size below 1, a normalisation made for another number of channels or
// an image that cannot be read ends the pass with an error as its last element.
func InOrder(set Dataset, normalisation Normalisation, batch int) iter.Seq2[graph.Batch, error] {
	return func(yield func(graph.Batch, error) bool) {
		fail := func(err error) { yield(graph.Batch{}, err) }

		length, err := imageLen(set)
		if err != nil {
			fail(err)
			return
		}
		if batch < 1 {
			fail(errors.Errorf("data: batch of %d images, want 1 or more", batch))
			return
		}
		channels, height, width := set.Size()
		t, err := normalisation.table(channels)
		if err != nil {
			fail(err)
			return
		}

		size := min(batch, set.Len())
		images, labels := make([]float32, size*length), make([]int, size)
		pixels := make([]byte, length)
		for start := 0; start < set.Len(); start += size {
			n := min(size, set.Len()-start)
			for i := range n {
				if labels[i], err = read(set, start+i, pixels); err != nil {
					fail(errors.Wrap(err, "data: in order"))
					return
				}
				crop(images[i*length:(i+1)*length], pixels, t, height, width, 0, 0, 0, false)
			}
			if !yield(graph.Batch{Images: images[:n*length], Labels: labels[:n]}, nil) {
				return
			}
		}
	}
}
