package main

import (
	"context"
	"flag"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/flags"
	"hypnos/bench/look"
	"hypnos/bench/screen"
)

func evalCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("eval", flag.ContinueOnError)
	var m flags.Model
	m.Register(fs)
	m.RegisterWeights(fs)
	m.RegisterPictures(fs, 64)
	flags.Register(fs, &m.Spec, "data", "data-dir")
	flags.Explain(fs, "data", "`name` of the data set: see the command list. Its images and classes size the network, unless flags do")
	return &ffcli.Command{
		Name:       "eval",
		ShortUsage: "eval MODEL -weights FILE [-data NAME] [flags]",
		ShortHelp:  "test a trained network on a data set",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, err := flags.OneModel(fs, args)
			if err != nil {
				return err
			}
			return eval(ctx, c, model, m, flags.Given(fs))
		},
	}
}

func eval(ctx context.Context, c screen.Console, model string, m flags.Model, given map[string]bool) error {
	if err := m.CheckBatch(); err != nil {
		return err
	}
	if err := m.NeedWeights(); err != nil {
		return err
	}
	if err := m.NeedEffects(given); err != nil {
		return err
	}
	m.Spec.Data.Side = m.Side
	test, err := look.OpenTest(m.Spec.Data, c.Note)
	if err != nil {
		return err
	}
	if err := flags.NeedEffects(given, flags.OfPictures(test.Opened)); err != nil {
		return err
	}
	if err := test.Configure(&m.Model); err != nil {
		return err
	}
	net, err := m.Weighted(model, c.Note)
	if err != nil {
		return err
	}
	images, metrics, err := test.Evaluate(ctx, net, m.Spec.Batch, c.Observer())
	if err != nil {
		return err
	}
	return look.WriteMetrics(c.Out, images, metrics)
}
