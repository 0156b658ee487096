package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/report"
)

func trainCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("train", flag.ContinueOnError)
	var s settings
	s.register(fs)
	var p profiles
	p.register(fs)
	name := fs.String("variant", "conv", "`name` of the variant to train: see bench list")
	repetitions := fs.Int("repetitions", 0, "translations of each image in its batch; 0 means the variant's")
	fs.StringVar(&s.out, "out", "", "`folder` to write the report to; none unless given")
	fs.StringVar(&s.save, "save", "", "`file` to write the trained weights to: .safetensors")
	return &ffcli.Command{
		Name:       "train",
		ShortUsage: "go run ./bench train [flags]",
		ShortHelp:  "train one model",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			return p.during(func() error { return trainOne(ctx, c, s, *name, *repetitions) })
		},
	}
}

// trainOne trains one variant with one seed.
func trainOne(ctx context.Context, c console, s settings, name string, repetitions int) error {
	v, err := parseVariant(name)
	if err != nil {
		return err
	}
	if repetitions < 0 {
		return errors.Errorf("-repetitions %d, want at least 0", repetitions)
	}
	if repetitions > 0 {
		v.repetitions = repetitions
	}
	e, err := s.open(ctx, c)
	if err != nil {
		return err
	}
	row, err := e.check(v)
	if err != nil {
		return err
	}
	if s.out != "" {
		if err := report.Prepare(s.out); err != nil {
			return err
		}
	}
	if s.save != "" {
		if err := prepareFile("-save", s.save, ".safetensors"); err != nil {
			return err
		}
	}
	r := newReport("Training of "+s.model, e)
	b := newBar(c.err, e.epochs*e.stepsPerEpoch(), name)
	defer b.finish()
	run, err := e.measure(ctx, v, s.seed, b)
	row.Runs = []report.Run{run}
	r.Variants = []report.Variant{row}
	if s.out != "" {
		return finish(c, b, r, s.out, err)
	}
	b.finish()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.err, "interrupted: the table shows what was finished")
		err = nil
	}
	if err != nil {
		return err
	}
	return r.WriteTable(c.out)
}
