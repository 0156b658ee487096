package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/data"
	"hypnos/train"
)

func evalCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("eval", flag.ContinueOnError)
	var e evaluation
	e.model.register(fs)
	e.model.registerWeights(fs)
	e.model.registerPictures(fs, 64)
	register(fs, &e.model.spec, "data", "data-dir")
	explain(fs, "data", "`name` of the data set: see bench list. Its images and classes size the network, unless flags do")
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
type evaluation struct{ model modelFlags }

func (e evaluation) run(ctx context.Context, c console, model string, given map[string]bool) error {
	if err := e.model.checkBatch(); err != nil {
		return err
	}
	if err := e.model.needWeights(); err != nil {
		return err
	}
	if err := e.model.needEffects(given); err != nil {
		return err
	}
	of, batch := e.model.spec.Data, e.model.spec.Batch
	training, test, err := data.Open(of.Name, of.Folder)
	if err != nil {
		return err
	}
	experiment.Behind(e.model.background(), training, test)
	c.note(data.Notes(training, test)...)
	if err := needEffects(given, pictureEffect(test)); err != nil {
		return err
	}
	_, preprocessing, err := data.Transforms(of.Name, data.TransformOptions{Side: e.model.side})
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
		return errors.Errorf("-classes %d, but %s has %d classes", e.model.classes, of.Name, classes)
	}
	net, err := e.model.weighted(model, c.note)
	if err != nil {
		return err
	}
	if of.SkipBad {
		indices, err := experiment.Readable(ctx, test, "test ", c.observer())
		if err != nil {
			return err
		}
		test, training = data.Subset(test, indices), data.SkipBad(training)
	}
	normalisation, err := data.NormalisationFor(of.Name, training)
	if err != nil {
		return err
	}
	inference, err := net.Infer(min(batch, test.Len()))
	if err != nil {
		return err
	}
	b := newBar(c.err, test.Len(), "eval")
	defer b.finish()
	m, err := train.Evaluate(inference, train.Batches(look.Watched(ctx, b.steps, data.InOrder(test, normalisation, batch))))
	if err != nil {
		return err
	}
	b.finish()
	t := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "images\ttop-1, %\ttop-5, %\tloss\t")
	fmt.Fprintf(t, "%d\t%.2f\t%.2f\t%.4f\t\n", test.Len(), 100*m.Top1, 100*m.Top5, m.Loss)
	return t.Flush()
}
