package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/flags"
	"hypnos/bench/report"
	"hypnos/bench/results"
	"hypnos/bench/runs"
	"hypnos/bench/screen"
)

func trainCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("train", flag.ContinueOnError)
	s := experiment.Default()
	s.Variants, s.Evaluation.Every, s.Checkpoints.OneRun = []string{"conv"}, 1, true
	flags.Register(fs, &s, slices.Concat(flags.Training, flags.Evaluation, flags.Checkpoints, []string{"variant", "repetitions", "init", "save"})...)
	flags.RegisterVerbose(fs)
	var p flags.Profiles
	p.Register(fs)
	var markdown bool
	flags.RegisterMarkdown(fs, &markdown)
	resume := fs.String("resume", "", "`folder` of a run that was stopped or killed, to go on with it; needs no other flags")
	return &ffcli.Command{
		Name:       "train",
		ShortUsage: "train [flags]",
		ShortHelp:  "train one model",
		LongHelp: strings.TrimSpace(`
Trains one variant from one seed. With -out, Ctrl-C leaves a checkpoint, and
-resume goes on from the newest as if the run had never been stopped. A
checkpoint is also a file of weights, for -init.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			return p.During(func() error {
				given := flags.Given(fs)
				if *resume == "" {
					return trainOne(ctx, c, s, given, false, tableWriter(markdown))
				}
				s, err := experiment.GoOn(*resume, s, given)
				if err != nil {
					return err
				}
				return trainOne(ctx, c, s, given, true, tableWriter(markdown))
			})
		},
	}
}

// writeTable prints what runs came to.
type writeTable func(io.Writer, *results.Comparison) error

func tableWriter(markdown bool) writeTable {
	if markdown {
		return report.WriteMarkdown
	}
	return report.WriteTable
}

// trainOne trains one variant with one seed, or goes on with that.
func trainOne(ctx context.Context, c screen.Console, s experiment.Spec, given map[string]bool, resumed bool, write writeTable) error {
	s.Checkpoints.Command = c.Program.String()
	if err := flags.Check(&s, given); err != nil {
		return err
	}
	view := screen.New(c)
	e, err := experiment.Open(ctx, s, view.Observer())
	if err != nil {
		return err
	}
	if err := flags.NeedEffects(given, flags.OfPictures(e.Test)); err != nil {
		return err
	}
	out := s.Checkpoints.Folder
	if out != "" && !resumed && !s.Checkpoints.Fresh {
		places, err := (runs.Folder{Dir: out}).Places()
		if err != nil {
			return err
		}
		if len(places) > 0 {
			return errors.Errorf("folder %q has checkpoints of a run: -resume %s goes on with it, -fresh starts anew", out, out)
		}
	}
	if s.Save != "" {
		if err := screen.PrepareFile("-save", s.Save, ".safetensors"); err != nil {
			return err
		}
	}
	if err := e.Start(); err != nil {
		return err
	}
	defer e.Close()
	r := e.Comparison("Training of "+s.Model, c.Program.String())
	view.Begin(s.Variants[0], e.TotalSteps())
	defer view.End()
	err = e.Run(ctx)
	e.Update(r)
	if out != "" {
		if command := e.Command(); command != "" {
			r.Command = command
		}
		goOn := "nothing was kept"
		if e.Weights(0, 0) != "" {
			goOn = "go on with: " + c.Program.With("train", "-resume", out)
		}
		return finish(view, r, e, write, goOn, err)
	}
	view.End()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.Err, "interrupted: the table shows what was finished; with -out the run could go on")
		err = nil
	}
	if err != nil {
		return err
	}
	return write(c.Out, r)
}

// finish writes the report and prints its table, also where runs failed, for that cause,
// or were interrupted. Then it says how to go on, and the interruption is no error.
func finish(view *screen.Screen, r *results.Comparison, e *experiment.Experiment, write writeTable, goOn string, cause error) error {
	view.End()
	out := e.Spec.Checkpoints.Folder
	e.Update(r)
	r.Interrupted = cause != nil
	stopped := errors.Is(cause, context.Canceled)
	if err := report.Write(r, out); err != nil {
		if cause != nil && !stopped { // which is why, as when the disk is full
			return cause
		}
		return err
	}
	if err := write(view.Out, r); err != nil {
		return err
	}
	if stopped {
		fmt.Fprintf(view.Err, "interrupted: the report holds what was finished; %s\n", goOn)
		cause = nil
	}
	view.Report(out)
	return cause
}
