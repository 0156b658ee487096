package main

import (
	"bytes"
	"context"
	"flag"
	"path/filepath"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/flags"
	"hypnos/bench/look"
	"hypnos/bench/screen"
	"hypnos/graph"
)

// registerPictures adds the flag of pictures that a network is shown: files, and folders.
func registerPictures(fs *flag.FlagSet, paths *[]string) {
	fs.Func("images", "`folder` of JPEG and PNG files, or a file; others may follow", func(path string) error {
		*paths = append(*paths, path)
		return nil
	})
}

func predictCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("predict", flag.ContinueOnError)
	var p prediction
	p.model.Register(fs)
	p.model.RegisterWeights(fs)
	p.model.RegisterPictures(fs, 16)
	registerPictures(fs, &p.pictures)
	fs.IntVar(&p.top, "top", 5, "show the `n` likeliest classes")
	fs.StringVar(&p.classes.File, "classes-file", "", "`file` of the names of classes: a name on each line in the order of the network's classes, or with indices, or JSON, YAML or a Python dict")
	fs.StringVar(&p.model.Spec.Data.Name, "data", "", "`name` of the data set that the network was trained on: names of classes, and mean and deviation of the images, instead of the model's published ones")
	flags.Register(fs, &p.model.Spec, "data-dir")
	fs.StringVar(&p.out, "o", "", "`file` to write instead of a table: .csv or .json")
	return &ffcli.Command{
		Name:       "predict",
		ShortUsage: "predict MODEL -weights FILE -images FOLDER|FILE… [flags]",
		ShortHelp:  "show what a network takes pictures for",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, more, err := flags.ModelFirst(fs, args)
			if err != nil {
				return err
			}
			p.pictures = append(p.pictures, more...)
			named := flags.Effect{Flags: []string{"data-dir"}, Has: p.model.Spec.Data.Name != "", Because: "it is of -data, and none is named"}
			if err := p.model.NeedEffects(flags.Given(fs), named); err != nil {
				return err
			}
			return p.run(ctx, c, model)
		},
	}
}

// prediction is what the flags of bench predict say.
type prediction struct {
	model    flags.Model
	pictures []string // files, and folders of them
	top      int
	classes  look.Classes // but for the data set, which is the model's
	out      string
}

func (p prediction) run(ctx context.Context, c screen.Console, model string) error {
	if p.top < 1 {
		return errors.Errorf("-top %d, want at least 1", p.top)
	}
	if err := p.model.NeedWeights(); err != nil {
		return err
	}
	p.classes.Data = p.model.Spec.Data
	names, normalisation, err := p.classes.Read(c.Note)
	if err != nil {
		return err
	}
	if p.model.Classes == 0 {
		p.model.Classes = len(names)
	}
	blank, err := p.model.Network(model, true)
	if err != nil {
		return err
	}
	if names != nil && len(names) != blank.Classes() {
		return errors.Errorf("%s names %d classes, but the network has %d", p.classes, len(names), blank.Classes())
	}
	set, err := p.model.OpenPictures(ctx, p.pictures, model, blank, c.Observer())
	if err != nil {
		return err
	}
	if normalisation.Mean != nil {
		set.Normalisation = normalisation
	}
	if p.out != "" {
		if err := screen.PrepareFile("-o", p.out, ".csv", ".json"); err != nil {
			return err
		}
	}
	net, err := p.model.Weighted(model, c.Note)
	if names != nil && errors.As(err, new(*graph.MismatchError)) { // one of the two is meant for something else
		err = errors.Wrapf(err, "%s names %d classes", p.classes, len(names))
	}
	if err != nil {
		return err
	}
	all, err := look.Predict(ctx, net, set, p.top, names, c.Observer())
	if err != nil {
		return err
	}
	if p.out == "" {
		return look.WritePredictions(c.Out, all, "")
	}
	var content bytes.Buffer
	if err := look.WritePredictions(&content, all, filepath.Ext(p.out)); err != nil {
		return err
	}
	return c.WriteFile(p.out, content.Bytes())
}
