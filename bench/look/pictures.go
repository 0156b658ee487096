// Package look shows what a network makes of pictures: what it takes them for, what its
// layers answer, how often it is right on a data set, and what its first layer looks
// for. A Model says how networks are built for it.
package look

import (
	"context"
	"iter"
	"math"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/zoo"
)

// Pictures are files, and how they are shown to a network.
type Pictures struct {
	*data.Files
	Prepared      data.Dataset // the pictures in the size that the network takes
	Normalisation data.Normalisation
	Batch         int // shown at a time
}

// PreparedFor prepares pictures as the weights that the model was published with expect
// them.
func PreparedFor(files *data.Files, model string, net *graph.Network, batch int) (*Pictures, error) {
	e, err := zoo.Find(model)
	if err != nil {
		return nil, err
	}
	p, side := e.Preprocessing, net.Options.Input.Height
	s := &Pictures{Files: files, Batch: batch, Normalisation: data.Normalisation{Mean: p.Mean[:], Std: p.Std[:]}}
	resize := int(math.Round(float64(p.Resize) * float64(side) / float64(p.Crop)))
	s.Prepared, err = data.Preprocess(s.Files, data.ResizeCrop{Resize: resize, Crop: side})
	return s, err
}

// OpenPictures finds pictures, files and those in folders, and prepares them as the
// weights that the model of that name was published with expect, in proportion for
// images of another size. None is read yet, but to skip bad ones.
func (m Model) OpenPictures(ctx context.Context, paths []string, name string, net *graph.Network, o experiment.Observer) (*Pictures, error) {
	if err := m.CheckBatch(); err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, errors.New("-images is missing: a folder of pictures, or files")
	}
	files, err := data.Pictures(paths...)
	if err != nil {
		return nil, err
	}
	if files.Background, err = experiment.ParseColour(m.Spec.Data.Background); err != nil {
		return nil, err
	}
	o = o.Heard()
	for _, line := range files.Notes() {
		o.Note(line)
	}
	set, err := PreparedFor(files, name, net, m.Spec.Batch)
	if err != nil || !m.Spec.Data.SkipBad {
		return set, err
	}
	indices, err := experiment.Readable(ctx, set.Prepared, "", o)
	if err != nil {
		return nil, err
	}
	return PreparedFor(files.Subset(indices), name, net, m.Spec.Batch)
}

// Batches yields all pictures in order, and says how many are done.
func (s *Pictures) Batches(ctx context.Context, done func(n int)) iter.Seq2[graph.Batch, error] {
	return Watched(ctx, done, data.InOrder(s.Prepared, s.Normalisation, s.Batch))
}

// Watched yields batches, tells done how many images each had, and ends with the context's
// error when the context ends.
func Watched(ctx context.Context, done func(n int), batches iter.Seq2[graph.Batch, error]) iter.Seq2[graph.Batch, error] {
	return func(yield func(graph.Batch, error) bool) {
		for batch, err := range batches {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(batch, err) || err != nil {
				return
			}
			done(len(batch.Labels))
		}
	}
}
