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

	"hypnos/bench/experiment"
	"hypnos/bench/report"
	"hypnos/bench/results"
)

func compareCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("compare", flag.ContinueOnError)
	s := experiment.Default()
	s.Checkpoints.Folder = "hypnos-report"
	register(fs, &s, slices.Concat(trainingFlags, evaluationFlags, checkpointFlags, []string{"variants", "seeds"})...)
	explain(fs, "out", "`folder` to write the report to, and to keep the runs in")
	short := fs.Bool("quick", false, "a short look, too short to judge by: 4 epochs, evaluated each, and one seed, unless flags say otherwise")
	like := fs.String("brain", "", "it92 or a `folder`: compare the networks, trained and before, with recordings of the brain, as bench brain does")
	return &ffcli.Command{
		Name:       "compare",
		ShortUsage: "go run ./bench compare [flags]",
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
			if err := noArguments(args); err != nil {
				return err
			}
			all := given(fs)
			var set map[string]bool
			if *short {
				var err error
				if set, err = quick(fs, map[string]string{"epochs": "4", "evaluate-every": "1", "seeds": "1"}); err != nil {
					return err
				}
			}
			return compare(ctx, c, s, all, set["epochs"], *like)
		},
	}
}

// compare trains all variants with all seeds and reports after each run; short says that
// it is too short to judge by.
func compare(ctx context.Context, c console, s experiment.Spec, given map[string]bool, short bool, like string) error {
	s.Checkpoints.Command = commandLine()
	if err := checkSpec(&s, given); err != nil {
		return err
	}
	screen := &screen{console: c}
	observer := screen.observer()
	var r *results.Comparison
	var e *experiment.Experiment
	observer.Run = func(so []results.Variant) error {
		r.Variants = so
		keepTime(r, e)
		return report.Write(r, s.Checkpoints.Folder)
	}
	e, err := experiment.Open(ctx, s, observer)
	if err != nil {
		return err
	}
	if err := needEffects(given, pictureEffect(e.Test)); err != nil {
		return err
	}
	r = newReport("Connectivities compared", e)
	r.Summary = fmt.Sprintf("%s on %s: the same network with shared weights, with local ones, and with local ones that are to make up for it, at equal numbers of training steps.", s.Model, s.Data.Name)
	r.Short = short
	l, err := newLikeness(ctx, c, like, e)
	if err != nil {
		return err
	}
	if err := report.Prepare(s.Checkpoints.Folder); err != nil {
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
	if l != nil {
		if err := needWeights(e); err != nil {
			return err
		}
	}
	screen.begin("compare", e.TotalSteps())
	defer screen.end()
	err = e.Run(ctx)
	r.Variants = e.Variants
	if err != nil || l == nil {
		return finish(screen, r, e, "the same command goes on", err)
	}
	err = l.measure(ctx, screen.bar, e, r)
	if errors.Is(err, context.Canceled) {
		screen.line("interrupted: the runs are finished, but not compared with " + like + "; the same command goes on")
		err = nil
	}
	return finish(screen, r, e, "", err)
}

// clearBrain removes what the networks of a comparison were found to be like.
func clearBrain(out string) error {
	brain := filepath.Join(out, "brain")
	if _, err := os.Stat(filepath.Join(brain, "brain.json")); err != nil {
		return nil
	}
	return os.RemoveAll(brain)
}
