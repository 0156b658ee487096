package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/experiment"
	"hypnos/bench/setting"
)

// defaultValidation is the share of the training images that search chooses by.
const defaultValidation = 0.2

func searchCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("search", flag.ContinueOnError)
	s := experiment.Default()
	s.Seeds = 2
	register(fs, &s, slices.Concat(trainingFlags, []string{"variants", "seeds"})...)
	rates := fs.String("rates", "0.0025,0.005,0.01,0.02,0.04,0.08", "learning `rates` to try")
	return &ffcli.Command{
		Name:       "search",
		ShortUsage: "go run ./bench search [flags]",
		ShortHelp:  "choose learning rates on a validation split",
		LongHelp: strings.TrimSpace(`
Trains every variant at every learning rate on part of the training images and
prints its top-1 on the rest (-validation, by default a fifth). The test images
are never read. The best rates of the default settings are the defaults of
compare and train; to find them takes more than half an hour on two cores.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			if err := needEffects(given(fs), effect{[]string{"lr"}, false, "search tries all -rates"}); err != nil {
				return err
			}
			if s.Data.Validation == 0 {
				s.Data.Validation = defaultValidation
			}
			s.Evaluation.Mode, s.Evaluation.Every = "validation", max(s.Epochs, 1) // once, at the end
			return search(ctx, c, s, given(fs), *rates)
		},
	}
}

func search(ctx context.Context, c console, s experiment.Spec, given map[string]bool, rates string) error {
	var tried []float64
	for _, field := range setting.Names(rates) {
		rate, err := strconv.ParseFloat(field, 64)
		if err != nil || !(rate > 0) {
			return errors.Errorf("rate %q in %q is not a positive number", field, rates)
		}
		tried = append(tried, rate)
	}
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
	screen.begin("search", len(tried)*e.TotalSteps())
	defer screen.end()
	table := make([][]float64, len(s.Variants))
	for i, v := range s.Variants {
		for _, rate := range tried {
			top1, err := validate(ctx, e, i, rate)
			if err != nil {
				return errors.Wrapf(err, "%s at %g", v, rate)
			}
			screen.line(fmt.Sprintf("%s at %g: validation top-1 %.1f %%", v, rate, 100*top1))
			table[i] = append(table[i], top1)
		}
	}
	screen.end()
	return writeSearch(c.out, s.Variants, tried, table)
}

// validate returns the mean validation top-1 of a variant after its last epoch.
func validate(ctx context.Context, e *experiment.Experiment, variant int, rate float64) (float64, error) {
	var top1 []float64
	for j := range e.Spec.Seeds {
		run, err := e.Measure(ctx, variant, e.Spec.Seed+uint64(j), rate)
		if err != nil {
			return 0, err
		}
		top1 = append(top1, run.Epochs[len(run.Epochs)-1].Validation.Top1)
	}
	return stat.Mean(top1, nil), nil
}

// writeSearch writes a row a variant: its top-1 at each rate, and the best rate.
func writeSearch(w io.Writer, variants []string, rates []float64, table [][]float64) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "validation top-1, %")
	for _, rate := range rates {
		fmt.Fprintf(t, "\t%g", rate)
	}
	fmt.Fprintln(t, "\tbest rate")
	for i, v := range variants {
		best := 0
		fmt.Fprint(t, v)
		for j, top1 := range table[i] {
			fmt.Fprintf(t, "\t%.1f", 100*top1)
			if top1 > table[i][best] {
				best = j
			}
		}
		fmt.Fprintf(t, "\t%g\n", rates[best])
	}
	return t.Flush()
}
