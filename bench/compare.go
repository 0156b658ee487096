package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/report"
)

// defaultVariants are those that compare trains unless told.
const defaultVariants = "conv,lc,lc-translate-4,lc-sleep-1,lc-sleep-10"

func compareCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("compare", flag.ContinueOnError)
	var s settings
	s.register(fs)
	variants := fs.String("variants", defaultVariants, "`names` of the variants to compare: see bench list")
	seeds := fs.Int("seeds", 2, "seeds to train each variant with, counted from -seed")
	quick := fs.Bool("quick", false, "a short look: 4 epochs and one seed, unless -epochs or -seeds say otherwise")
	fs.StringVar(&s.out, "out", "hypnos-report", "`folder` to write the report to")
	return &ffcli.Command{
		Name:       "compare",
		ShortUsage: "go run ./bench compare [flags]",
		ShortHelp:  "train variants of a network on real images, and report",
		LongHelp: strings.TrimSpace(`
Trains every variant from every seed, evaluates it on the test images after
each epoch, prints a table and writes a report: report.html, results.csv,
epochs.csv, results.json and figures. Without flags it needs nothing but the
program. Ctrl-C stops it and leaves a report of what is there.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			if *quick {
				given := map[string]bool{}
				fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
				if !given["epochs"] {
					s.epochs = 4
				}
				if !given["seeds"] {
					*seeds = 1
				}
			}
			return compare(ctx, c, s, *variants, *seeds)
		},
	}
}

// compare trains all variants with all seeds and reports after each run.
func compare(ctx context.Context, c console, s settings, names string, seeds int) error {
	if seeds < 1 {
		return errors.Errorf("-seeds %d, want at least 1", seeds)
	}
	variants, err := parseVariants(names)
	if err != nil {
		return err
	}
	e, err := s.open(ctx, c)
	if err != nil {
		return err
	}
	r := newReport("Connectivities compared", e)
	r.Summary = fmt.Sprintf("%s on %s: the same network with shared weights, with local ones, and with local ones that are trained on translations or share their weights in sleep, at equal numbers of training steps.", e.model, e.data)
	for _, v := range variants {
		row, err := e.check(v)
		if err != nil {
			return err
		}
		row.Runs = make([]report.Run, seeds)
		for j := range row.Runs {
			row.Runs[j].Seed = s.seed + uint64(j)
		}
		r.Variants = append(r.Variants, row)
	}
	if err := report.Prepare(s.out); err != nil {
		return err
	}
	b := newBar(c.err, len(variants)*seeds*e.epochs*e.stepsPerEpoch(), "compare")
	defer b.finish()
	// Seeds outside: a comparison that is stopped early has all variants.
	for j := range seeds {
		seed := s.seed + uint64(j)
		for i, v := range variants {
			var err error
			r.Variants[i].Runs[j], err = e.measure(ctx, v, seed, b)
			if err != nil {
				return finish(c, b, r, s.out, errors.Wrapf(err, "%s, seed %d", v.name, seed))
			}
			r.Duration = time.Since(r.Started)
			if err := r.Write(s.out); err != nil {
				return err
			}
		}
	}
	return finish(c, b, r, s.out, nil)
}

// finish writes the report and prints its table, also of a run that was
// interrupted or failed.
func finish(c console, b *bar, r *report.Report, out string, cause error) error {
	b.finish()
	r.Duration = time.Since(r.Started)
	r.Interrupted = cause != nil
	if err := r.Write(out); err != nil {
		return err
	}
	if err := r.WriteTable(c.out); err != nil {
		return err
	}
	if errors.Is(cause, context.Canceled) {
		fmt.Fprintf(c.err, "interrupted: the report holds what was finished\n")
		cause = nil
	}
	fmt.Fprintf(c.out, "\nreport: %s%creport.html\n", strings.TrimRight(out, "/"), os.PathSeparator)
	return cause
}

// newReport starts a report with what is known before the first run.
func newReport(title string, e *experiment) *report.Report {
	return &report.Report{
		Title: title, Command: "go run ./bench " + strings.Join(os.Args[1:], " "), Started: time.Now(),
		Settings: e.describe(), Machine: report.Machine(), Versions: report.Versions(),
		LearningRateChoice: e.rateChoice(),
	}
}
