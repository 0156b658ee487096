package main

import (
	"context"
	"flag"
	"iter"
	"math"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/zoo"
)

// pictureFlags name the pictures that a network is shown.
type pictureFlags struct{ paths []string }

// register adds the flag.
func (f *pictureFlags) register(fs *flag.FlagSet) {
	fs.Func("images", "`folder` of JPEG and PNG files, or a file; others may follow", func(path string) error {
		f.paths = append(f.paths, path)
		return nil
	})
}

// pictures are files, and what a network takes of them.
type pictures struct {
	*data.Files
	prepared      data.Dataset
	normalisation data.Normalisation
	batch         int
}

// open finds the pictures and prepares them as the weights that the model was
// published with expect, in proportion for images of another size. None is read
// yet, but to skip bad ones.
func (f pictureFlags) open(ctx context.Context, c console, m modelFlags, model string, net *graph.Network) (*pictures, error) {
	if err := m.checkBatch(); err != nil {
		return nil, err
	}
	if len(f.paths) == 0 {
		return nil, errors.New("-images is missing: a folder of pictures, or files")
	}
	files, err := data.Pictures(f.paths...)
	if err != nil {
		return nil, err
	}
	files.Background = m.background()
	c.note(files.Notes()...)
	set, err := preparedFor(files, model, net, m.spec.Batch)
	if err != nil || !m.spec.Data.SkipBad {
		return set, err
	}
	indices, err := experiment.Readable(ctx, set.prepared, "", c.observer())
	if err != nil {
		return nil, err
	}
	return preparedFor(files.Subset(indices), model, net, m.spec.Batch)
}

// preparedFor is pictures as the weights that the model was published with expect
// them.
func preparedFor(files *data.Files, model string, net *graph.Network, batch int) (*pictures, error) {
	e, err := zoo.Find(model)
	if err != nil {
		return nil, err
	}
	p, side := e.Preprocessing, net.Options.Input.Height
	s := &pictures{Files: files, batch: batch, normalisation: data.Normalisation{Mean: p.Mean[:], Std: p.Std[:]}}
	resize := int(math.Round(float64(p.Resize) * float64(side) / float64(p.Crop)))
	s.prepared, err = data.Preprocess(s.Files, data.ResizeCrop{Resize: resize, Crop: side})
	return s, err
}

// batches yields all pictures in order.
func (s *pictures) batches(ctx context.Context, b *bar) iter.Seq2[graph.Batch, error] {
	return watched(ctx, b, data.InOrder(s.prepared, s.normalisation, s.batch))
}

// watched yields batches, counts their images on a bar, and ends with the
// context's error when that is done.
func watched(ctx context.Context, b *bar, batches iter.Seq2[graph.Batch, error]) iter.Seq2[graph.Batch, error] {
	return func(yield func(graph.Batch, error) bool) {
		for batch, err := range batches {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(batch, err) || err != nil {
				return
			}
			b.steps(len(batch.Labels))
		}
	}
}
