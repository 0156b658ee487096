package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/data"
	"hypnos/train"
)

func evalCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("eval", flag.ContinueOnError)
	var e evaluation
	e.model.register(fs)
	e.model.registerWeights(fs)
	fs.StringVar(&e.data, "data", data.Default, "`name` of the data set: see bench list. Its images and classes size the network, unless flags do")
	fs.StringVar(&e.dataDir, "data-dir", "", "`folder` of a data set that is not embedded")
	fs.IntVar(&e.batch, "batch", 64, "images at a time")
	registerSkipBad(fs, &e.skipBad)
	e.background.register(fs)
	return &ffcli.Command{
		Name:       "eval",
		ShortUsage: "go run ./bench eval MODEL -weights FILE [-data NAME] [flags]",
		ShortHelp:  "test a trained network on a data set",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, err := oneModel(fs, args)
			if err != nil {
				return err
			}
			return e.run(ctx, c, model, given(fs))
		},
	}
}

// evaluation is what the flags of bench eval say.
type evaluation struct {
	model         modelFlags
	data, dataDir string
	batch         int
	skipBad       bool
	background    background
}

func (e evaluation) run(ctx context.Context, c console, model string, given map[string]bool) error {
	if e.batch < 1 {
		return errors.Errorf("-batch %d, want at least 1", e.batch)
	}
	if err := e.model.needWeights(); err != nil {
		return err
	}
	if err := needEffects(given, append(e.model.effects(), folderEffect(e.data))); err != nil {
		return err
	}
	training, test, err := data.Open(e.data, e.dataDir)
	if err != nil {
		return err
	}
	e.background.behind(training, test)
	c.note(data.Notes(training, test)...)
	if err := needEffects(given, []effect{pictureEffect(test)}); err != nil {
		return err
	}
	_, preprocessing, err := data.Transforms(e.data, data.TransformOptions{Side: e.model.side})
	if err != nil {
		return err
	}
	if test, err = data.Preprocess(test, preprocessing); err != nil {
		return err
	}
	in := &e.model.input
	in.Channels, in.Height, in.Width = test.Size()
	switch classes := len(test.Classes()); e.model.classes {
	case 0:
		e.model.classes = classes
	case classes:
	default:
		return errors.Errorf("-classes %d, but %s has %d classes", e.model.classes, e.data, classes)
	}
	net, err := e.model.weighted(model, c.note)
	if err != nil {
		return err
	}
	if e.skipBad {
		indices, err := readable(ctx, c, test, "test ")
		if err != nil {
			return err
		}
		test, training = data.Subset(test, indices), data.SkipBad(training)
	}
	normalisation, err := data.NormalisationFor(e.data, training)
	if err != nil {
		return err
	}
	inference, err := net.Infer(min(e.batch, test.Len()))
	if err != nil {
		return err
	}
	b := newBar(c.err, test.Len(), "eval")
	defer b.finish()
	m, err := train.Evaluate(inference, train.Batches(watched(ctx, b, data.InOrder(test, normalisation, e.batch))))
	if err != nil {
		return err
	}
	b.finish()
	t := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "images\ttop-1, %\ttop-5, %\tloss\t")
	fmt.Fprintf(t, "%d\t%.2f\t%.2f\t%.4f\t\n", test.Len(), 100*m.Top1, 100*m.Top5, m.Loss)
	return t.Flush()
}
