package data

import (
	"iter"

	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/internal/memory"
)

// DefaultBatch is the batch size that a zero LoaderOptions.Batch stands for,
// that of He et al. 2015 on CIFAR-10.
const DefaultBatch = 128

// LoaderOptions configure training batches. The zero value makes batches of 128 distinct
// images, as they are, with pixels from 0 to 1.
type LoaderOptions struct {
	// Batch is the number of images in a batch, repetitions included.
	// 0 means DefaultBatch.
	Batch int

	// Repetitions is how often each distinct image appears in its batch, each time
	// transformed by a new draw. A batch has Batch/Repetitions distinct images, and the
	// repetitions of an image follow each other. It must divide Batch. 0 means 1.
	Repetitions int

	// Transform makes the images of a batch, all of one size. Nil takes whole images,
	// which must be of one size.
	Transform Transform

	// Normalisation is applied to each pixel. The zero value means pixels from
	// 0 to 1.
	Normalisation Normalisation

	// Seed determines the shuffles and what the transform draws.
	Seed uint64

	// Workers is the number of goroutines that read, decode and transform
	// images ahead of the loop over the batches. It does not change the
	// batches. 0 means 1.
	Workers int
}

// Loader is an endless stream of training batches, numbered from 0. Batch b is a
// function of the data set, the options and b alone: it has the same bits for any number
// of workers and wherever the stream is entered, so that a stopped run can go on in the
// middle.
//
// Each pass shuffles the whole data set anew and cuts it into batches. Images that are
// left over at its end, too few for a batch, are dropped.
//
// A Loader holds no state and is safe for concurrent use.
type Loader struct {
	set           Dataset
	options       LoaderOptions // defaults filled in
	distinct      int           // how many distinct images a batch has
	height, width int           // of its images
	table         table
}

// NewLoader returns the stream of training batches of a data set. It is an error if an
// option is out of its range, if the normalisation is of another number of channels, or
// if the data set has fewer images than a batch has distinct ones. So it is if batches
// take more memory than there is.
func NewLoader(set Dataset, options LoaderOptions) (*Loader, error) {
	o := options
	if o.Batch == 0 {
		o.Batch = DefaultBatch
	}
	if o.Repetitions == 0 {
		o.Repetitions = 1
	}
	if o.Workers == 0 {
		o.Workers = 1
	}
	if o.Transform == nil {
		o.Transform = CentreCrop{}
	}
	if err := checkSize(set); err != nil {
		return nil, err
	}
	channels, height, width := set.Size()
	switch {
	case o.Batch < 0:
		return nil, errors.Errorf("data: batch of %d images, want 1 or more (or 0 for %d)", o.Batch, DefaultBatch)
	case o.Repetitions < 0:
		return nil, errors.Errorf("data: %d repetitions of an image, want 1 or more (or 0 for 1)", o.Repetitions)
	case o.Workers < 0:
		return nil, errors.Errorf("data: %d workers, want 1 or more (or 0 for 1)", o.Workers)
	case o.Batch%o.Repetitions != 0:
		return nil, errors.Errorf("data: batch of %d images is not a whole number of %d repetitions", o.Batch, o.Repetitions)
	}
	distinct := o.Batch / o.Repetitions
	if distinct > set.Len() {
		return nil, errors.Errorf("data: batch of %d distinct images from a data set of %d", distinct, set.Len())
	}
	h, w, err := o.Transform.Size(height, width)
	if err != nil {
		return nil, err
	}
	t, err := o.Normalisation.table(channels)
	if err != nil {
		return nil, err
	}
	// Two buffers of four bytes a number for each worker.
	needed := 2 * 4 * float64(o.Batch) * float64(channels) * float64(h) * float64(w) * float64(o.Workers)
	if limit, who := memory.Limit(); needed > limit {
		return nil, errors.Errorf("data: batches of %d images of %d×%d×%d, of %d workers, take %.3g GB of memory, and the %s has %.3g GB",
			o.Batch, channels, h, w, o.Workers, needed/1e9, who, limit/1e9)
	}
	return &Loader{set: set, options: o, distinct: distinct, height: h, width: w, table: t}, nil
}

// BatchesPerPass returns the number of batches in one pass over the data.
func (l *Loader) BatchesPerPass() int { return l.set.Len() / l.distinct }

// Batches yields the batches from..to-1: normalised images, axes N C H W, and their class
// indices. A batch is valid until the next iteration, which may overwrite it. Goroutines
// work ahead, with two buffers each; they have ended when the loop ends, by break too.
// Each loop over batches has goroutines and buffers of its own.
//
// An error is the last element. It is an error if an image cannot be read or if the
// range is negative.
func (l *Loader) Batches(from, to int) iter.Seq2[graph.Batch, error] {
	if from < 0 || to < from {
		return func(yield func(graph.Batch, error) bool) {
			yield(graph.Batch{}, errors.Errorf("data: batches %d to %d, want 0 or more and not downwards", from, to))
		}
	}
	return ahead(l.options.Workers, to-from, func() func(k int) (graph.Batch, error) {
		w := l.worker()
		return func(k int) (graph.Batch, error) {
			batch, err := w.batch(from + k)
			return batch, errors.Wrapf(err, "data: batch %d", from+k)
		}
	})
}

// worker makes batches of a loader, one at a time.
type worker struct {
	*Loader
	maker
	pass  int   // the one in which it is, -1 before the first
	order []int // of the images in that pass
}

func (l *Loader) worker() *worker {
	channels := len(l.table)
	return &worker{Loader: l, maker: newMaker(l.options.Batch, channels*l.height*l.width, l.table), pass: -1}
}

// batch makes batch b, which is valid until two more have been made.
func (w *worker) batch(b int) (graph.Batch, error) {
	if pass := b / w.BatchesPerPass(); pass != w.pass {
		w.pass, w.order = pass, source(w.options.Seed, shuffling, pass).Perm(w.set.Len())
	}
	first := b % w.BatchesPerPass() * w.distinct
	random := source(w.options.Seed, translating, b)
	batch := w.next()
	n := 0
	for _, i := range w.order[first : first+w.distinct] {
		label, err := read(w.set, i, &w.whole)
		if err != nil {
			return graph.Batch{}, err
		}
		for range w.options.Repetitions {
			c, err := w.options.Transform.draw(w.whole.Height, w.whole.Width, random)
			if err != nil {
				return graph.Batch{}, errors.Wrapf(err, "image %d", i)
			}
			w.write(batch, n, c)
			batch.Labels[n] = label
			n++
		}
	}
	return batch, nil
}
