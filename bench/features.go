package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/internal/npz"
)

func featuresCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("features", flag.ContinueOnError)
	var f extraction
	f.model.register(fs)
	f.model.registerWeights(fs)
	f.model.registerPictures(fs, 16)
	f.pictures.register(fs)
	areas := fs.String("areas", "", "`names` of areas or layers, such as V4,IT; all areas unless given")
	fs.StringVar(&f.out, "o", "", "`file` to write: .npz, for numpy.load")
	return &ffcli.Command{
		Name:       "features",
		ShortUsage: "go run ./bench features MODEL [-weights FILE] -images FOLDER|FILE… -o FILE.npz [flags]",
		ShortHelp:  "write what areas of a network answer to pictures",
		LongHelp: strings.TrimSpace(`
Writes an array for each area or layer, under its name: float32, picture by
channel by height by width, with a height and width of 1 after pooling. The array
called pictures names the files, in order.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			model, more, err := modelFirst(fs, args)
			if err != nil {
				return err
			}
			f.pictures.paths = append(f.pictures.paths, more...)
			if err := f.model.needEffects(given(fs)); err != nil {
				return err
			}
			if *areas != "" {
				f.layers = strings.Split(*areas, ",")
			}
			return f.run(ctx, c, model)
		},
	}
}

// extraction is what the flags of bench features say.
type extraction struct {
	model    modelFlags
	pictures pictureFlags
	layers   []string // names of areas or layers; none means all areas
	out      string
}

func (f extraction) run(ctx context.Context, c console, model string) error {
	blank, err := f.model.network(model, true)
	if err != nil {
		return err
	}
	if f.layers == nil {
		f.layers = blank.AreaNames()
	}
	layers := make([]*graph.Layer, len(f.layers))
	for i, name := range f.layers {
		f.layers[i] = strings.TrimSpace(name)
		if layers[i], err = blank.Find(f.layers[i]); err != nil {
			return err
		}
		if slices.Contains(f.layers[:i], f.layers[i]) {
			return errors.Errorf("-areas: %q stands twice", f.layers[i])
		}
	}
	set, err := f.pictures.open(ctx, c, f.model, model, blank)
	if err != nil {
		return err
	}
	if err := prepareFile("-o", f.out, ".npz"); err != nil {
		return err
	}
	net, err := f.model.weighted(model, c.note)
	if err != nil {
		return err
	}
	z, err := npz.Create(f.out)
	if err != nil {
		return err
	}
	defer z.Discard()
	arrays, err := f.arrays(z, set, layers)
	if err != nil {
		return err
	}
	observation, err := net.Observe(min(set.batch, set.Len()), f.layers...)
	if err != nil {
		return err
	}
	b := newBar(c.err, set.Len(), "features")
	defer b.finish()
	for batch, err := range set.batches(ctx, b) {
		if err != nil {
			return err
		}
		features, err := observation.Features(batch.Images)
		if err != nil {
			return err
		}
		for i := range features {
			if err := binary.Write(arrays[i], binary.LittleEndian, features[i].Data); err != nil {
				return errors.Wrapf(err, "cannot write %q", f.out)
			}
		}
	}
	if err := z.Finish(); err != nil {
		return err
	}
	b.finish()
	fmt.Fprintln(c.out, f.out)
	return nil
}

// arrays starts the arrays of the layers, after the names of the pictures.
func (f extraction) arrays(z *npz.File, set *pictures, layers []*graph.Layer) ([]*npz.Array, error) {
	names := make([]string, set.Len())
	for i := range names {
		names[i] = set.Name(i)
	}
	if err := z.AddStrings("pictures", names); err != nil {
		return nil, err
	}
	arrays := make([]*npz.Array, len(layers))
	for i, l := range layers {
		var err error
		if arrays[i], err = z.Add(f.layers[i], "<f4", set.Len(), l.Output.Channels, l.Output.Height, l.Output.Width); err != nil {
			return nil, err
		}
	}
	return arrays, nil
}
