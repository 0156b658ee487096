package main

import (
	"context"
	"flag"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/experiment"
	"hypnos/bench/flags"
	"hypnos/bench/screen"
	"hypnos/bench/search"
)

func searchCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("search", flag.ContinueOnError)
	s := experiment.Default()
	s.Seeds = 2
	flags.Register(fs, &s, slices.Concat(flags.Training, []string{"variants", "seeds"})...)
	rates := fs.String("rates", "0.0025,0.005,0.01,0.02,0.04,0.08", "learning `rates` to try")
	return &ffcli.Command{
		Name:       "search",
		ShortUsage: "search [flags]",
		ShortHelp:  "choose learning rates on a validation split",
		LongHelp: strings.TrimSpace(`
Trains every variant at every learning rate on part of the training images and
prints its top-1 on the rest (-validation, by default a fifth). The test images
are never read. The best rates of the default settings are the defaults of
compare and train; to find them takes more than half an hour on two cores.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			given := flags.Given(fs)
			if err := flags.NeedEffects(given, flags.Effect{Flags: []string{"lr"}, Because: "search tries all -rates"}); err != nil {
				return err
			}
			return searchRates(ctx, c, search.Spec(s), given, *rates)
		},
	}
}

func searchRates(ctx context.Context, c screen.Console, s experiment.Spec, given map[string]bool, list string) error {
	rates, err := search.Rates(list)
	if err != nil {
		return err
	}
	if err := flags.Check(&s, given); err != nil {
		return err
	}
	observer := c.Observer()
	e, err := experiment.Open(ctx, s, observer)
	if err != nil {
		return err
	}
	if err := flags.NeedEffects(given, flags.OfPictures(e.Test)); err != nil {
		return err
	}
	table, err := search.Run(ctx, e, rates, observer)
	if err != nil {
		return err
	}
	return table.Write(c.Out)
}
