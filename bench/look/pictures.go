// Package look shows what a network makes of pictures: what it takes them for, what its
// layers answer, and what its first layer looks for.
package look

import (
	"context"
	"iter"
	"math"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/zoo"
)

// Pictures are files, and what a network takes of them.
type Pictures struct {
	*data.Files
	Prepared      data.Dataset
	Normalisation data.Normalisation
	Batch         int // shown at a time
}

// PreparedFor is pictures as the weights that the model was published with expect
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

// Batches yields all pictures in order, and says how many are done.
func (s *Pictures) Batches(ctx context.Context, done func(n int)) iter.Seq2[graph.Batch, error] {
	return Watched(ctx, done, data.InOrder(s.Prepared, s.Normalisation, s.Batch))
}

// Watched yields batches, says how many images are done, and ends with the context's
// error when that is done.
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
