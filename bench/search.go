package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"
)

// defaultValidation is the share of the training images that search chooses by.
const defaultValidation = 0.2

func searchCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("search", flag.ContinueOnError)
	var s settings
	s.register(fs)
	variants := fs.String("variants", defaultVariants, "`names` of the variants: see bench list")
	rates := fs.String("rates", "0.0025,0.005,0.01,0.02,0.04,0.08", "learning `rates` to try")
	seeds := fs.Int("seeds", 2, "seeds to train with, counted from -seed")
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
			s.given = given(fs)
			if err := needEffects(s.given, []effect{{[]string{"lr"}, false, "search tries all -rates"}}); err != nil {
				return err
			}
			if s.validation == 0 {
				s.validation = defaultValidation
			}
			s.mode, s.evaluateEvery = "validation", max(s.epochs, 1) // once, at the end
			return search(ctx, c, s, *variants, *rates, *seeds)
		},
	}
}

func search(ctx context.Context, c console, s settings, names, rates string, seeds int) error {
	if seeds < 1 {
		return errors.Errorf("-seeds %d, want at least 1", seeds)
	}
	variants, err := parseVariants(names)
	if err != nil {
		return err
	}
	var tried []float64
	for _, field := range strings.Split(rates, ",") {
		rate, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if err != nil || !(rate > 0) {
			return errors.Errorf("rate %q in %q is not a positive number", field, rates)
		}
		tried = append(tried, rate)
	}
	e, err := s.open(ctx, c, variants...)
	if err != nil {
		return err
	}
	for _, v := range variants {
		if _, err := e.check(c, v); err != nil {
			return err
		}
	}
	b := newBar(c.err, len(variants)*len(tried)*seeds*e.epochs*e.stepsPerEpoch(), "search")
	defer b.finish()
	table := make([][]float64, len(variants))
	for i, v := range variants {
		for _, rate := range tried {
			e.rate = rate
			top1, err := e.validate(ctx, v, seeds, b)
			if err != nil {
				return errors.Wrapf(err, "%s at %g", v.name, rate)
			}
			b.line("%s at %g: validation top-1 %.1f %%", v.name, rate, 100*top1)
			table[i] = append(table[i], top1)
		}
	}
	b.finish()
	return writeSearch(c.out, variants, tried, table)
}

// validate returns the mean validation top-1 of a variant after its last epoch.
func (e *experiment) validate(ctx context.Context, v variant, seeds int, b *bar) (float64, error) {
	var top1 []float64
	for seed := e.seed; seed < e.seed+uint64(seeds); seed++ {
		run, err := e.measure(ctx, v, seed, b, nil)
		if err != nil {
			return 0, err
		}
		top1 = append(top1, run.Epochs[len(run.Epochs)-1].Validation.Top1)
	}
	return stat.Mean(top1, nil), nil
}

// writeSearch writes a row a variant: its top-1 at each rate, and the best rate.
func writeSearch(w io.Writer, variants []variant, rates []float64, table [][]float64) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "validation top-1, %")
	for _, rate := range rates {
		fmt.Fprintf(t, "\t%g", rate)
	}
	fmt.Fprintln(t, "\tbest rate")
	for i, v := range variants {
		best := 0
		fmt.Fprint(t, v.name)
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
