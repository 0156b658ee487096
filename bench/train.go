package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/report"
	"hypnos/bench/results"
	"hypnos/bench/runs"
)

func trainCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("train", flag.ContinueOnError)
	s := experiment.Default()
	s.Variants, s.Evaluation.Every, s.Checkpoints.OneRun = []string{"conv"}, 1, true
	register(fs, &s, slices.Concat(trainingFlags, evaluationFlags, checkpointFlags, []string{"variant", "repetitions", "init", "save"})...)
	registerVerbose(fs)
	var p profiles
	p.register(fs)
	resume := fs.String("resume", "", "`folder` of a run that was stopped or killed, to go on with it; needs no other flags")
	return &ffcli.Command{
		Name:       "train",
		ShortUsage: "go run ./bench train [flags]",
		ShortHelp:  "train one model",
		LongHelp: strings.TrimSpace(`
Trains one variant from one seed. With -out, Ctrl-C leaves a checkpoint, and
-resume goes on from the newest as if the run had never been stopped. A
checkpoint is also a file of weights, for -init.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			return p.during(func() error {
				if *resume == "" {
					return trainOne(ctx, c, s, given(fs), false)
				}
				s, err := goOn(s, *resume, given(fs))
				if err != nil {
					return err
				}
				return trainOne(ctx, c, s, given(fs), true)
			})
		},
	}
}

// goOn is what a run was told, with the flags that were given besides. It is an error,
// which lists them all, if these contradict it.
func goOn(s experiment.Spec, dir string, given map[string]bool) (experiment.Spec, error) {
	if places, err := (runs.Folder{Dir: dir}).Places(); err != nil || len(places) == 0 {
		return s, errors.Errorf("folder %q has no checkpoint to go on from", dir)
	}
	switch c := s.Checkpoints; {
	case c.Folder != "" && filepath.Clean(c.Folder) != filepath.Clean(dir):
		return s, errors.Errorf("-out %s and -resume %s: a run stays in its folder", c.Folder, dir)
	case c.Fresh:
		return s, errors.New("-fresh starts anew and -resume goes on: want one of them")
	}
	kept, err := experiment.Load(dir, s.Checkpoints.SkipDamaged)
	switch {
	case err != nil:
		return s, err
	case kept == nil:
		return s, errors.Errorf("folder %q has no checkpoint that is not damaged", dir)
	}
	now := kept.Spec
	for _, f := range experiment.Fields {
		if given[f.Name] {
			if err := f.Value(&now).Set(f.Value(&s).String()); err != nil {
				return s, errors.Wrapf(err, "-%s", f.Name)
			}
		}
	}
	if err := experiment.Differences(kept.Spec, now); err != nil {
		return s, errors.Errorf("%s in %s is of a run with other settings: %v", kept.Name, dir, err)
	}
	if kept.Run.Seed != now.Seed {
		return s, errors.Errorf("%s in %s is of seed %d of a comparison from seed %d, which bench compare goes on with", kept.Name, dir, kept.Run.Seed, now.Seed)
	}
	now.Checkpoints.Folder, now.Checkpoints.OneRun, now.Seeds = dir, true, 1
	return now, nil
}

// trainOne trains one variant with one seed, or goes on with that.
func trainOne(ctx context.Context, c console, s experiment.Spec, given map[string]bool, resumed bool) error {
	s.Checkpoints.Command = commandLine()
	if err := checkSpec(&s, given); err != nil {
		return err
	}
	screen := &screen{console: c}
	e, err := experiment.Open(ctx, s, screen.observer())
	if err != nil {
		return err
	}
	if err := needEffects(given, pictureEffect(e.Test)); err != nil {
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
		if err := prepareFile("-save", s.Save, ".safetensors"); err != nil {
			return err
		}
	}
	if err := e.Start(); err != nil {
		return err
	}
	defer e.Close()
	r := newReport("Training of "+s.Model, e)
	screen.begin(s.Variants[0], e.TotalSteps())
	defer screen.end()
	err = e.Run(ctx)
	r.Variants = e.Variants
	if out != "" {
		if command := e.Command(); command != "" {
			r.Command = command
		}
		goOn := "nothing was kept"
		if e.Weights(0, 0) != "" {
			goOn = "go on with: go run ./bench train -resume " + out
		}
		return finish(screen, r, e, goOn, err)
	}
	screen.end()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.err, "interrupted: the table shows what was finished; with -out the run could go on")
		err = nil
	}
	if err != nil {
		return err
	}
	return report.WriteTable(c.out, r)
}

// checkSpec checks what flags have made of a Spec, before anything is read.
func checkSpec(s *experiment.Spec, given map[string]bool) error {
	if err := s.Check(); err != nil {
		return err
	}
	return s.NeedEffects(given)
}

// finish writes the report and prints its table, also of runs that were
// interrupted, and then how to go on, or failed.
func finish(screen *screen, r *results.Comparison, e *experiment.Experiment, goOn string, cause error) error {
	screen.end()
	out := e.Spec.Checkpoints.Folder
	keepTime(r, e)
	r.Interrupted = cause != nil
	stopped := errors.Is(cause, context.Canceled)
	if err := report.Write(r, out); err != nil {
		if cause != nil && !stopped { // of which this is a consequence, as when the disk is full
			return cause
		}
		return err
	}
	if err := report.WriteTable(screen.out, r); err != nil {
		return err
	}
	if stopped {
		fmt.Fprintf(screen.err, "interrupted: the report holds what was finished; %s\n", goOn)
		cause = nil
	}
	fmt.Fprintf(screen.out, "\nreport: %s%creport.html\n", strings.TrimRight(out, "/"), os.PathSeparator)
	return cause
}

// keepTime sets the times of a report to those of its runs, in all processes.
func keepTime(r *results.Comparison, e *experiment.Experiment) {
	started, took := e.Times()
	if r.Duration = took; !started.IsZero() && started.Before(r.Started) {
		r.Started = started
	}
}

// commandLine is how this program was called.
func commandLine() string { return "go run ./bench " + strings.Join(os.Args[1:], " ") }

// newReport starts a report with what is known before the first run.
func newReport(title string, e *experiment.Experiment) *results.Comparison {
	r := &results.Comparison{
		Title: title, Command: commandLine(), Started: time.Now(),
		Mode: e.Spec.Evaluation.Mode, Machine: results.Machine(), Versions: results.Versions(),
	}
	r.Settings, r.LearningRateChoice = e.Describe()
	return r
}
