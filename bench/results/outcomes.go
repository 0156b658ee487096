package results

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Outcome sums up the runs of a variant.
type Outcome struct {
	*Variant
	// Final summarises over the variant's LastEpochs the measures whose Final is set, by
	// name.
	Final      map[string]Summary
	Difference float64  // mean top-1 of the Headline less that of Baseline
	Top1Error  float64  // standard error of that mean
	Share      Estimate // of the gap between Plain and Baseline that it wins back
	EpochTime  float64  // median over all epochs, seconds
	TotalTime  float64  // of all epochs, seconds
}

// Outcomes returns the outcome of each variant.
func (c *Comparison) Outcomes() []Outcome {
	outcomes := make([]Outcome, len(c.Variants))
	baseline, top1 := math.NaN(), c.Headline().Top1
	for i := range c.Variants {
		outcomes[i] = c.Variants[i].outcome()
		if c.Variants[i].Name == Baseline {
			baseline = outcomes[i].Final[top1.Name].Mean
		}
	}
	images, gap := c.Images(), c.Gap()
	for i := range outcomes {
		o := &outcomes[i]
		o.Difference = o.Final[top1.Name].Mean - baseline
		if o.Name == Baseline {
			o.Difference = math.NaN()
		}
		o.Top1Error = o.top1Error(top1, images)
		o.Share = gap.share(o.Variant)
	}
	return outcomes
}

// outcome returns what of a variant's outcome does not depend on the other variants.
func (v *Variant) outcome() Outcome {
	o := Outcome{Variant: v, Final: map[string]Summary{}}
	last := v.LastEpochs()
	for _, m := range EpochMeasures {
		if !m.Final {
			continue
		}
		var values []float64
		if v.Local || !m.Local {
			for _, e := range last {
				values = append(values, *m.Value(e))
			}
		}
		o.Final[m.Name] = summarise(values)
	}
	var times []float64
	for _, run := range v.Runs {
		for _, e := range run.Epochs {
			times = append(times, e.Seconds)
			o.TotalTime += e.Seconds
		}
	}
	o.EpochTime = median(times)
	return o
}

// Summary is the mean of values over runs and their sample standard deviation; NaN
// where there is none.
type Summary struct{ Mean, Deviation float64 }

func summarise(values []float64) Summary {
	switch len(values) {
	case 0:
		return Summary{math.NaN(), math.NaN()}
	case 1:
		return Summary{values[0], math.NaN()}
	}
	mean, deviation := stat.MeanStdDev(values, nil)
	return Summary{mean, deviation}
}

// median returns the median of the values that are not NaN, NaN if there are none.
func median(values []float64) float64 {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	low, high := values[(len(values)-1)/2], values[len(values)/2]
	return low + (high-low)/2
}

// LastEpochs returns the last epoch of each complete run or, if no run is
// complete, of each run that finished an epoch: an average over short and long
// runs would say nothing.
func (v *Variant) LastEpochs() []*Epoch {
	var complete, partial []*Epoch
	for i := range v.Runs {
		run := &v.Runs[i]
		switch n := len(run.Epochs); {
		case n == 0:
		case run.Complete:
			complete = append(complete, &run.Epochs[n-1])
		default:
			partial = append(partial, &run.Epochs[n-1])
		}
	}
	if complete != nil {
		return complete
	}
	return partial
}

// CompleteRuns returns the number of complete runs.
func (v *Variant) CompleteRuns() int {
	n := 0
	for _, run := range v.Runs {
		if run.Complete {
			n++
		}
	}
	return n
}

// Finished tells whether every run that was planned is complete.
func (v *Variant) Finished() bool {
	return len(v.Runs) > 0 && v.CompleteRuns() == len(v.Runs)
}

// Seeds returns the largest number of complete runs that a variant has.
func (c *Comparison) Seeds() int {
	most := 0
	for i := range c.Variants {
		most = max(most, c.Variants[i].CompleteRuns())
	}
	return most
}
