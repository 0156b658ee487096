package look

import (
	"context"
	"encoding/binary"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/graph"
	"hypnos/internal/npz"
)

// WriteFeatures writes what layers or areas of a network answer to pictures to an .npz
// file.
func WriteFeatures(ctx context.Context, path string, net *graph.Network, set *Pictures, layers []string, o experiment.Observer) error {
	found := make([]*graph.Layer, len(layers))
	for i, name := range layers {
		var err error
		if found[i], err = net.Find(name); err != nil {
			return err
		}
	}
	z, err := npz.Create(path)
	if err != nil {
		return err
	}
	defer z.Discard()
	all, err := arrays(z, set, layers, found)
	if err != nil {
		return err
	}
	observation, err := net.Observe(min(set.Batch, set.Len()), layers...)
	if err != nil {
		return err
	}
	o = o.Heard()
	o.Begin("features", set.Len())
	defer o.End()
	for batch, err := range set.Batches(ctx, o.Steps) {
		if err != nil {
			return err
		}
		features, err := observation.Features(batch.Images)
		if err != nil {
			return err
		}
		for i := range features {
			if err := binary.Write(all[i], binary.LittleEndian, features[i].Data); err != nil {
				return errors.Wrapf(err, "cannot write %q", path)
			}
		}
	}
	return z.Finish()
}

// arrays starts the arrays of the layers, after the names of the pictures.
func arrays(z *npz.File, set *Pictures, called []string, layers []*graph.Layer) ([]*npz.Array, error) {
	names := make([]string, set.Len())
	for i := range names {
		names[i] = set.Name(i)
	}
	if err := z.AddStrings("pictures", names); err != nil {
		return nil, err
	}
	all := make([]*npz.Array, len(layers))
	for i, l := range layers {
		var err error
		if all[i], err = z.Add(called[i], "<f4", set.Len(), l.Output.Channels, l.Output.Height, l.Output.Width); err != nil {
			return nil, err
		}
	}
	return all, nil
}
