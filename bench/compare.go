package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/brain"
	"hypnos/bench/experiment"
	"hypnos/bench/flags"
	"hypnos/bench/report"
	"hypnos/bench/report/brainreport"
	"hypnos/bench/results"
	"hypnos/bench/screen"
)

func compareCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("compare", flag.ContinueOnError)
	s := experiment.Default()
	s.Checkpoints.Folder = "hypnos-report"
	flags.Register(fs, &s, slices.Concat(flags.Training, flags.Evaluation, flags.Checkpoints, []string{"variants", "seeds"})...)
	flags.Explain(fs, "out", "`folder` to write the report to, and to keep the runs in")
	short := fs.Bool("quick", false, "a short look, too short to judge by: 4 epochs, evaluated each, and one seed, unless flags say otherwise")
	var markdown bool
	flags.RegisterMarkdown(fs, &markdown)
	like := fs.String("brain", "", "it92 or a `folder`: compare the networks, trained and before, with recordings of the brain, as the command brain does")
	return &ffcli.Command{
		Name:       "compare",
		ShortUsage: "compare [flags]",
		ShortHelp:  "train variants of a network on real images, and report",
		LongHelp: strings.TrimSpace(`
Trains every variant from every seed, evaluates it on the test images every
five epochs and after the last (or as -mode and -evaluate-every say), says how
much of the gap between lc and conv the others win back, prints a table and
writes a report: report.html, results.csv, epochs.csv, results.json and figures.
Without flags it needs nothing but the program, and less than five minutes on
two cores.

Ctrl-C stops it and leaves a report of what is there. The same command goes on
where it was stopped or killed, and one that was finished is reported once more
without any training, unless -fresh says to start anew. Variants and seeds may
be added; for other settings choose another -out.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			given := flags.Given(fs)
			var set map[string]bool
			if *short {
				var err error
				if set, err = flags.Quick(fs, map[string]string{"epochs": "4", "evaluate-every": "1", "seeds": "1"}); err != nil {
					return err
				}
			}
			return compare(ctx, c, s, given, set["epochs"], *like, tableWriter(markdown))
		},
	}
}

// compare trains all variants with all seeds, reports after each run, and compares the
// networks with a recording, if like names one. Short says that the training is too short
// to judge by.
func compare(ctx context.Context, c screen.Console, s experiment.Spec, given map[string]bool, short bool, like string, write writeTable) error {
	s.Checkpoints.Command = c.Program.String()
	if err := flags.Check(&s, given); err != nil {
		return err
	}
	view := screen.New(c)
	observer := view.Observer()
	var r *results.Comparison
	var e *experiment.Experiment
	observer.Run = func([]results.Variant) error {
		e.Update(r)
		return report.Write(r, s.Checkpoints.Folder)
	}
	e, err := experiment.Open(ctx, s, observer)
	if err != nil {
		return err
	}
	if err := flags.NeedEffects(given, flags.OfPictures(e.Test)); err != nil {
		return err
	}
	r = e.Comparison("Connectivities compared", c.Program.String())
	r.Summary = fmt.Sprintf("%s on %s: the same network with shared weights, with local ones, and with local ones that are to make up for it, at equal numbers of training steps.", s.Model, s.Data.Name)
	r.Short = short
	var recorded *brain.Comparison
	if like != "" {
		if recorded, err = brain.NewComparison(ctx, like, e, observer); err != nil {
			return err
		}
	}
	if err := results.PrepareFolder(s.Checkpoints.Folder); err != nil {
		return err
	}
	if err := e.Start(); err != nil {
		return err
	}
	defer e.Close()
	if s.Checkpoints.Fresh {
		if err := clearBrain(s.Checkpoints.Folder); err != nil {
			return err
		}
	}
	if recorded != nil {
		if err := recorded.Check(); err != nil {
			return err
		}
	}
	view.Begin("compare", e.TotalSteps())
	defer view.End()
	err = e.Run(ctx)
	if err != nil || recorded == nil {
		return finish(view, r, e, write, "the same command goes on", err)
	}
	err = compareBrain(ctx, c, recorded, s.Checkpoints.Folder, observer)
	if errors.Is(err, context.Canceled) {
		view.Line("interrupted: the runs are finished, but not compared with " + like + "; the same command goes on")
		err = nil
	}
	return finish(view, r, e, write, "", err)
}

// compareBrain compares networks that are trained with a recording, and writes a report of
// that beside the other one.
func compareBrain(ctx context.Context, c screen.Console, recorded *brain.Comparison, out string, o experiment.Observer) error {
	found, err := recorded.Run(ctx, c.Program.String(), o)
	if err != nil {
		return err
	}
	return brainreport.Write(found, brainFolder(out))
}

// brainFolder is where a comparison has the report on how like the brain its networks are.
func brainFolder(out string) string { return filepath.Join(out, "brain") }

// clearBrain removes that report.
func clearBrain(out string) error {
	dir := brainFolder(out)
	if _, err := os.Stat(filepath.Join(dir, "brain.json")); err != nil {
		return nil
	}
	return os.RemoveAll(dir)
}
