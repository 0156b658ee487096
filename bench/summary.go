package main

import (
	"context"
	"flag"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/flags"
	"hypnos/bench/screen"
)

func summaryCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("summary", flag.ContinueOnError)
	var m flags.Model
	m.Register(fs)
	batch := fs.Int("batch", 64, "images a step, for the memory of a training")
	return &ffcli.Command{
		Name:       "summary",
		ShortUsage: "summary MODEL [flags]",
		ShortHelp:  "list the layers of a network, and the memory to train it",
		FlagSet:    fs,
		Exec: func(_ context.Context, args []string) error {
			model, err := flags.OneModel(fs, args)
			if err != nil {
				return err
			}
			if err := m.NeedEffects(flags.Given(fs)); err != nil {
				return err
			}
			net, err := m.Network(model, true)
			if err != nil {
				return err
			}
			return net.WriteSummary(c.Out, *batch)
		},
	}
}
