// Package search chooses learning rates: it trains every variant of an experiment at
// each of some rates, and says which is best on the validation images.
package search

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/experiment"
	"hypnos/bench/setting"
)

// DefaultValidation is the share of the training images to choose by, unless another is
// said.
const DefaultValidation = 0.2

// Spec makes an experiment one to search with: it is evaluated on its validation images
// alone, a fifth of the training images unless it says otherwise, after the last epoch.
func Spec(s experiment.Spec) experiment.Spec {
	if s.Data.Validation == 0 {
		s.Data.Validation = DefaultValidation
	}
	s.Evaluation.Mode, s.Evaluation.Every = "validation", max(s.Epochs, 1)
	return s
}

// Rates reads learning rates between commas.
func Rates(list string) ([]float64, error) {
	var rates []float64
	for _, field := range setting.Names(list) {
		rate, err := strconv.ParseFloat(field, 64)
		if err != nil || !(rate > 0) {
			return nil, errors.Errorf("rate %q in %q is not a positive number", field, list)
		}
		rates = append(rates, rate)
	}
	return rates, nil
}

// Table is what a search found.
type Table struct {
	Variants []string
	Rates    []float64
	Top1     [][]float64 // on the validation images, the mean over seeds: of each variant at each rate
}

// Run trains all variants of an experiment, opened with what Spec returns, at all rates.
// The observer hears of each result.
func Run(ctx context.Context, e *experiment.Experiment, rates []float64, o experiment.Observer) (*Table, error) {
	t := &Table{Variants: e.Spec.Variants, Rates: rates, Top1: make([][]float64, len(e.Spec.Variants))}
	o = o.Heard()
	o.Begin("search", len(rates)*e.TotalSteps())
	defer o.End()
	for i, v := range t.Variants {
		for _, rate := range rates {
			top1, err := validate(ctx, e, i, rate)
			if err != nil {
				return nil, errors.Wrapf(err, "%s at %g", v, rate)
			}
			o.Line(fmt.Sprintf("%s at %g: validation top-1 %.1f %%", v, rate, 100*top1))
			t.Top1[i] = append(t.Top1[i], top1)
		}
	}
	return t, nil
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

// Write writes a row a variant: its top-1 in percent at each rate, and the best rate,
// the first of those that are equal.
func (t *Table) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "validation top-1, %")
	for _, rate := range t.Rates {
		fmt.Fprintf(table, "\t%g", rate)
	}
	fmt.Fprintln(table, "\tbest rate")
	for i, v := range t.Variants {
		best := 0
		fmt.Fprint(table, v)
		for j, top1 := range t.Top1[i] {
			fmt.Fprintf(table, "\t%.1f", 100*top1)
			if top1 > t.Top1[i][best] {
				best = j
			}
		}
		fmt.Fprintf(table, "\t%g\n", t.Rates[best])
	}
	return table.Flush()
}
