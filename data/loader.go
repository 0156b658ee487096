package data

import (
	"iter"
	"sync"

	"github.com/pkg/errors"

	"hypnos/graph"
)

// DefaultBatch is the batch size that a zero LoaderOptions.Batch stands for,
// that of He et al. 2015 on CIFAR-10.
const DefaultBatch = 128

// LoaderOptions says how training batches are made. The zero value is batches
// of 128 distinct images, neither moved nor flipped, with pixels from 0 to 1.
type LoaderOptions struct {
	// Batch is the number of images in a batch, repetitions included.
	// 0 means DefaultBatch.
	Batch int

	// Repetitions is how often each distinct image appears in its batch, each
	// time with a translation and flip drawn independently. A batch holds
	// Batch/Repetitions distinct images, and the repetitions of one image are
	// neighbours. It must divide Batch. 0 means 1.
	Repetitions int

	// Padding is the largest translation, in pixels: each image is padded by
	// so many pixels of the channel's mean on each side, and cropped back to
	// its size at an offset drawn uniformly from 0..2·Padding in each axis.
	// Padded pixels are exactly 0 in the batch. It must be less than the
	// image's height and width. 0 means no translation.
	Padding int

	// Flip mirrors each image left to right with probability 1/2.
	Flip bool

	// Normalisation is applied to each pixel. The zero value means pixels from
	// 0 to 1.
	Normalisation Normalisation

	// Seed is the source of the shuffles, translations and flips.
	Seed uint64

	// Workers is the number of goroutines that work ahead of the loop over the
	// batches. It does not change the batches. 0 means 1.
	Workers int
}

// Loader is an endless stream of training batches, numbered from 0. Batch b is
// a function of the data set, the options and b alone: it has the same bits
// for any number of workers and wherever the stream is entered, so a stopped
// run can go on in the middle.
//
// Distinct images are drawn pass by pass: each pass is a fresh shuffle of the
// whole data set, cut into batches; images left over at its end, too few for a
// batch, are dropped.
//
// A Loader holds no state and is safe for concurrent use.
type Loader struct {
	set      Dataset
	options  LoaderOptions // defaults filled in
	distinct int           // images in a batch
	table    table
}

// NewLoader returns the stream of training batches of a data set. It is an
// error if an option is out of its range, if the normalisation was made for
// another number of channels, or if the data set holds fewer images than a
// batch has distinct ones.
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
	if _, err := imageLen(set); err != nil {
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
	case o.Padding < 0 || o.Padding >= min(height, width):
		return nil, errors.Errorf("data: translations by up to %d pixels of images of %d×%d, want 0 to %d",
			o.Padding, height, width, min(height, width)-1)
	}
	distinct := o.Batch / o.Repetitions
	if distinct > set.Len() {
		return nil, errors.Errorf("data: batch of %d distinct images from a data set of %d", distinct, set.Len())
	}
	t, err := o.Normalisation.table(channels)
	if err != nil {
		return nil, err
	}
	return &Loader{set: set, options: o, distinct: distinct, table: t}, nil
}

// BatchesPerPass returns the number of batches in one pass over the data.
func (l *Loader) BatchesPerPass() int { return l.set.Len() / l.distinct }

// Batches yields batches number from..to-1, with images normalised, axes
// N C H W, and their class indices. A yielded batch is valid until the next
// iteration, which may overwrite it. Background goroutines work ahead into two
// buffers each; when the loop ends, by break too, they have ended.
//
// An image that cannot be read, or a range that is negative, ends the stream
// with an error as its last element.
func (l *Loader) Batches(from, to int) iter.Seq2[graph.Batch, error] {
	return func(yield func(graph.Batch, error) bool) {
		if from < 0 || to < from {
			yield(graph.Batch{}, errors.Errorf("data: batches %d to %d, want 0 or more and not downwards", from, to))
			return
		}
		// Worker w makes batches from+w, from+w+W, from+w+2W, … in order. Their
		// turn comes round in the same order, so no sorting is needed.
		stop := make(chan struct{})
		results := make([]chan result, min(l.options.Workers, to-from))
		var workers sync.WaitGroup
		for w := range results {
			results[w] = make(chan result)
			workers.Go(func() { l.work(results[w], stop, from, to, w, len(results)) })
		}
		defer workers.Wait()
		defer close(stop)

		for k := range to - from {
			r := <-results[k%len(results)]
			if !yield(r.batch, r.err) || r.err != nil {
				return
			}
		}
	}
}

// result is one batch on its way from a worker.
type result struct {
	batch graph.Batch
	err   error
}

// work sends batches from+first, from+first+step, … below to, until stopped or
// unable to go on.
func (l *Loader) work(out chan<- result, stop <-chan struct{}, from, to, first, step int) {
	channels, height, width := l.set.Size()
	length := channels * height * width
	pixels := make([]byte, length)
	pass, order := -1, []int(nil)

	// A send meets its receiver only when the loop is done with the batch
	// before, so two buffers in turn are enough.
	var buffers [2]graph.Batch
	for i := range buffers {
		buffers[i] = graph.Batch{
			Images: make([]float32, l.options.Batch*length),
			Labels: make([]int, l.options.Batch),
		}
	}
	for k := first; k < to-from; k += step {
		number := from + k
		if p := number / l.BatchesPerPass(); p != pass {
			pass, order = p, source(l.options.Seed, shuffling, p).Perm(l.set.Len())
		}
		start := number % l.BatchesPerPass() * l.distinct
		batch := buffers[0]
		buffers[0], buffers[1] = buffers[1], batch

		err := l.fill(batch, number, order[start:start+l.distinct], pixels)
		if err != nil {
			batch, err = graph.Batch{}, errors.Wrapf(err, "data: batch %d", number)
		}
		select {
		case out <- result{batch, err}:
		case <-stop:
			return
		}
		if err != nil {
			return
		}
	}
}

// fill makes one batch of the images with these indices.
func (l *Loader) fill(batch graph.Batch, number int, indices []int, pixels []byte) error {
	_, height, width := l.set.Size()
	o := l.options
	random := source(o.Seed, translating, number)
	n := 0
	for _, i := range indices {
		label, err := read(l.set, i, pixels)
		if err != nil {
			return err
		}
		for range o.Repetitions {
			top, left := random.IntN(2*o.Padding+1), random.IntN(2*o.Padding+1)
			flip := o.Flip && random.IntN(2) == 1
			image := batch.Images[n*len(pixels) : (n+1)*len(pixels)]
			crop(image, pixels, l.table, height, width, o.Padding, top, left, flip)
			batch.Labels[n] = label
			n++
		}
	}
	return nil
}
