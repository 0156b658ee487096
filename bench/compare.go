package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/report"
	"hypnos/bench/results"
	"hypnos/bench/runs"
)

// defaultVariants are those that compare trains unless told.
const defaultVariants = "conv,lc,lc-sleep-1,lc-sleep-10"

func compareCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("compare", flag.ContinueOnError)
	var s settings
	s.register(fs)
	s.registerEvaluation(fs, 5)
	variants := fs.String("variants", defaultVariants, "`names` of the variants to compare: see bench list")
	seeds := fs.Int("seeds", 1, "seeds to train each variant with, counted from -seed")
	quick := fs.Bool("quick", false, "a short look, too short to judge by: 4 epochs, evaluated each, and one seed, unless flags say otherwise")
	var o checkpointFlags
	o.register(fs)
	like := fs.String("brain", "", "it92 or a `folder`: compare the networks, trained and before, with recordings of the brain, as bench brain does")
	fs.StringVar(&s.out, "out", "hypnos-report", "`folder` to write the report to, and to keep the runs in")
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
			s.given = given(fs)
			if err := needEffects(s.given, []effect{{[]string{"quick"}, !(s.given["epochs"] && s.given["evaluate-every"] && s.given["seeds"]),
				"-epochs, -evaluate-every and -seeds say all that it would"}}); err != nil {
				return err
			}
			if *quick {
				if !s.given["epochs"] {
					s.epochs, s.short = 4, true
				}
				if !s.given["evaluate-every"] {
					s.evaluateEvery = 1
				}
				if !s.given["seeds"] {
					*seeds = 1
				}
			}
			return compare(ctx, c, s, *variants, *seeds, o, *like, fs)
		},
	}
}

// compare trains all variants with all seeds and reports after each run.
func compare(ctx context.Context, c console, s settings, names string, seeds int, o checkpointFlags, like string, fs *flag.FlagSet) error {
	if seeds < 1 {
		return errors.Errorf("-seeds %d, want at least 1", seeds)
	}
	if err := o.check(); err != nil {
		return err
	}
	variants, err := parseVariants(names)
	if err != nil {
		return err
	}
	e, err := s.open(ctx, c, variants...)
	if err != nil {
		return err
	}
	r := newReport("Connectivities compared", e)
	r.Summary = fmt.Sprintf("%s on %s: the same network with shared weights, with local ones, and with local ones that are to make up for it, at equal numbers of training steps.", e.model, e.data)
	r.Short = s.short
	for _, v := range variants {
		row, err := e.check(c, v)
		if err != nil {
			return err
		}
		r.Variants = append(r.Variants, row)
	}
	l, err := newLikeness(ctx, c, like, e)
	if err != nil {
		return err
	}
	if err := report.Prepare(s.out); err != nil {
		return err
	}
	unlock, err := runs.Lock(s.out)
	if err != nil {
		return err
	}
	defer unlock()
	b := newBar(c.err, len(variants)*seeds*e.epochs*e.stepsPerEpoch(), "compare")
	defer b.finish()
	if o.fresh {
		if err := clearRuns(s.out); err != nil {
			return err
		}
	}
	// Seeds outside: a comparison that is stopped early has all variants.
	var keepers []*keeper
	finished := 0
	for j := range seeds {
		seed := s.seed + uint64(j)
		for i, v := range variants {
			k, err := newKeeper(runFolder(s.out, v, seed), o.skipDamaged, b.line)
			if err != nil {
				return err
			}
			if err := k.fits(fs, e.facts(v, r.Variants[i].Parameters), b.line); err != nil {
				return errors.Errorf("%v (-fresh starts anew, another -out leaves it as it is)", err)
			}
			k.Run.Seed = seed
			if l != nil {
				if err := k.needTensors(); err != nil {
					return err
				}
			}
			if k.Run.Complete {
				finished++
			}
			keepers = append(keepers, k)
			r.Variants[i].Runs = append(r.Variants[i].Runs, k.Run)
		}
	}
	switch finished {
	case 0:
	case len(keepers):
		b.line("%s holds this comparison, which was finished before; -fresh trains anew", s.out)
	default:
		b.line("%d of %d runs were finished before", finished, len(keepers))
	}
	for n, k := range keepers {
		i, j := n%len(variants), n/len(variants)
		v, seed := variants[i], k.Run.Seed
		complete := k.Run.Complete
		if !complete {
			if err := os.MkdirAll(k.folder.Dir, 0o755); err != nil {
				return errors.Wrap(err, "folder of a run")
			}
			k.begin(o, flagValues(fs), e.facts(v, r.Variants[i].Parameters), r.Command, seed)
		}
		r.Variants[i].Runs[j], err = e.measure(ctx, v, seed, b, k)
		k.end()
		if err != nil {
			return finish(c, b, r, s.out, keepers, "the same command goes on", errors.Wrapf(err, "%s, seed %d", v.name, seed))
		}
		if complete {
			continue
		}
		keepTime(r, keepers)
		if err := report.Write(r, s.out); err != nil {
			return err
		}
	}
	if l != nil {
		err := l.measure(ctx, b, e, variants, r, keepers, s.out)
		switch {
		case errors.Is(err, context.Canceled):
			b.line("interrupted: the runs are finished, but not compared with %s; the same command goes on", like)
		case err != nil:
			return finish(c, b, r, s.out, keepers, "", err)
		}
	}
	return finish(c, b, r, s.out, keepers, "", nil)
}

// runFolder is where a run of a comparison keeps its checkpoints.
func runFolder(out string, v variant, seed uint64) string {
	return filepath.Join(out, "runs", fmt.Sprintf("%s-seed-%d", v.name, seed))
}

// clearRuns removes all checkpoints of a comparison, and what its networks were
// found to be like.
func clearRuns(out string) error {
	folders, err := runFolders(out)
	if err != nil {
		return err
	}
	for _, dir := range folders {
		if err := (runs.Folder{Dir: dir}).Clear(); err != nil {
			return err
		}
	}
	brain := filepath.Join(out, "brain")
	if _, err := os.Stat(filepath.Join(brain, "brain.json")); err != nil {
		return nil
	}
	return os.RemoveAll(brain)
}

// finish writes the report and prints its table, also of runs that were
// interrupted, and then how to go on, or failed.
func finish(c console, b *bar, r *results.Comparison, out string, keepers []*keeper, goOn string, cause error) error {
	b.finish()
	keepTime(r, keepers)
	r.Interrupted = cause != nil
	stopped := errors.Is(cause, context.Canceled)
	if err := report.Write(r, out); err != nil {
		if cause != nil && !stopped { // of which this is a consequence, as when the disk is full
			return cause
		}
		return err
	}
	if err := report.WriteTable(c.out, r); err != nil {
		return err
	}
	if stopped {
		fmt.Fprintf(c.err, "interrupted: the report holds what was finished; %s\n", goOn)
		cause = nil
	}
	fmt.Fprintf(c.out, "\nreport: %s%creport.html\n", strings.TrimRight(out, "/"), os.PathSeparator)
	return cause
}

// newReport starts a report with what is known before the first run.
func newReport(title string, e *experiment) *results.Comparison {
	return &results.Comparison{
		Title: title, Command: "go run ./bench " + strings.Join(os.Args[1:], " "), Started: time.Now(),
		Mode: e.mode, Settings: e.describe(), Machine: results.Machine(), Versions: results.Versions(),
		LearningRateChoice: e.rateChoice(),
	}
}
