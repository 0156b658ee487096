package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/flags"
	"hypnos/bench/look"
	"hypnos/bench/screen"
)

func featuresCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("features", flag.ContinueOnError)
	var f extraction
	f.model.Register(fs)
	f.model.RegisterWeights(fs)
	f.model.RegisterPictures(fs, 16)
	registerPictures(fs, &f.pictures)
	fs.StringVar(&f.areas, "areas", "", "`names` of areas or layers, such as V4,IT; all areas unless given")
	fs.StringVar(&f.out, "o", "", "`file` to write: .npz, for numpy.load")
	return &ffcli.Command{
		Name:       "features",
		ShortUsage: "features MODEL [-weights FILE] -images FOLDER|FILE… -o FILE.npz [flags]",
		ShortHelp:  "write what areas of a network answer to pictures",
		LongHelp: strings.TrimSpace(`
Writes an array for each area or layer, under its name: float32, picture by
channel by height by width, with a height and width of 1 after pooling. The array
called pictures names the files, in order.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			model, more, err := flags.ModelFirst(fs, args)
			if err != nil {
				return err
			}
			f.pictures = append(f.pictures, more...)
			if err := f.model.NeedEffects(flags.Given(fs)); err != nil {
				return err
			}
			return f.run(ctx, c, model)
		},
	}
}

// extraction is what the flags of bench features say.
type extraction struct {
	model    flags.Model
	pictures []string // files, and folders of them
	areas    string   // names of areas or layers; "" means all areas
	out      string
}

func (f extraction) run(ctx context.Context, c screen.Console, model string) error {
	blank, err := f.model.Network(model, true)
	if err != nil {
		return err
	}
	layers, err := look.Layers(blank, f.areas)
	if err != nil {
		return err
	}
	set, err := f.model.OpenPictures(ctx, f.pictures, model, blank, c.Observer())
	if err != nil {
		return err
	}
	if err := screen.PrepareFile("-o", f.out, ".npz"); err != nil {
		return err
	}
	net, err := f.model.Weighted(model, c.Note)
	if err != nil {
		return err
	}
	if err := look.WriteFeatures(ctx, f.out, net, set, layers, c.Observer()); err != nil {
		return err
	}
	fmt.Fprintln(c.Out, f.out)
	return nil
}
