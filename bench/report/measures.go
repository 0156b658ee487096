package report

import (
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// A measure is a number that every epoch has. All that the files, tables and
// figures say of it is derived from its entry in measures.
type measure struct {
	name  string                // column and file name
	value func(*Epoch) *float64 // where it is stored

	final bool // its final value, mean and spread over the runs, is a result
	local bool // exists only where there are local layers

	// A measure that has an axis label is drawn against the epoch.
	axis    string
	title   string // of the figure
	percent bool   // a fraction, drawn in percent
	log     bool   // drawn on a logarithmic axis
	// From this value on the weights are equal to the precision of float32, and the
	// value says nothing but how they were rounded; 0 means that there is none.
	rounding float64
	// An ideal that all values have says nothing, and is not drawn; 0 means none.
	ideal float64
	// The axis reaches from low to high at least, where they differ.
	low, high float64
}

var (
	test       = evaluated("test", "test", func(e *Epoch) *Evaluation { return &e.Test })
	validation = evaluated("validation", "validation", func(e *Epoch) *Evaluation { return &e.Validation })
	trainEval  = evaluated("train_eval", "training images, evaluated:", func(e *Epoch) *Evaluation { return &e.TrainEval })

	trainLoss = measure{name: "train_loss", value: func(e *Epoch) *float64 { return &e.TrainLoss }, final: true, axis: "training loss (nats)", title: "Training loss"}
	weightSNR = measure{name: "weight_snr", value: func(e *Epoch) *float64 { return &e.SNR }, final: true, local: true, axis: "weight SNR (ratio, log scale)", title: "Weight signal-to-noise ratio", log: true, rounding: 1e6}
	poolSNR   = measure{name: "pool_snr", value: func(e *Epoch) *float64 { return &e.PoolSNR }, final: true, local: true, axis: "w-SNR of pools (ratio, log scale)", title: "Weight signal-to-noise ratio within pools", log: true, rounding: 1e12}
	spread    = measure{name: "sleep_spread", value: func(e *Epoch) *float64 { return &e.Spread }, final: true, local: true, axis: "distance to the fixed point (share)", title: "What a sleep leaves of the distance to its fixed point", log: true}
	cosine    = measure{name: "sleep_cosine", value: func(e *Epoch) *float64 { return &e.Cosine }, final: true, local: true, axis: "cosine", title: "Cosine of the pools' mean weights to those before a sleep", low: 0.9, high: 1, ideal: 1}
	seconds   = measure{name: "seconds", value: func(e *Epoch) *float64 { return &e.Seconds }}
)

// equal says that a value is that of weights which are equal but for rounding: a
// deviation of a millionth of their mean is eight times what float32 tells apart.
func (m measure) equal(v float64) bool { return m.rounding > 0 && v >= m.rounding }

// evaluation are the measures of the network's answers to a set of images.
type evaluation struct {
	images           string // which they are, in words
	top1, top5, loss measure
}

func evaluated(name, images string, of func(*Epoch) *Evaluation) evaluation {
	words := images + " top-1"
	return evaluation{
		images: images,
		top1:   measure{name: name + "_top1", value: func(e *Epoch) *float64 { return &of(e).Top1 }, final: true, axis: words + " (%)", title: strings.ToUpper(words[:1]) + words[1:], percent: true},
		top5:   measure{name: name + "_top5", value: func(e *Epoch) *float64 { return &of(e).Top5 }, final: true},
		loss:   measure{name: name + "_loss", value: func(e *Epoch) *float64 { return &of(e).Loss }, final: true},
	}
}

// headline is the evaluation that the results are of.
func (r *Report) headline() evaluation {
	if r.Mode == "validation" {
		return validation
	}
	return test
}

// measures are all the measures of an epoch, in the order of their columns and
// figures.
var measures = []measure{
	{name: "learning_rate", value: func(e *Epoch) *float64 { return &e.LearningRate }},
	test.top1, test.top5, test.loss,
	validation.top1, validation.top5, validation.loss,
	trainEval.top1, trainEval.top5, trainEval.loss,
	trainLoss,
	{name: "train_top1", value: func(e *Epoch) *float64 { return &e.TrainTop1 }, final: true},
	weightSNR,
	poolSNR,
	spread,
	cosine,
	seconds,
}

// A layerMeasure is a number that every local layer has at every epoch.
type layerMeasure struct {
	measure // what it is of the whole network
	layer   func(*Layer) *float64
}

var layerMeasures = []layerMeasure{
	{weightSNR, func(l *Layer) *float64 { return &l.SNR }},
	{poolSNR, func(l *Layer) *float64 { return &l.PoolSNR }},
	{spread, func(l *Layer) *float64 { return &l.Spread }},
	{cosine, func(l *Layer) *float64 { return &l.Cosine }},
}

// summary is the mean of a measure over runs and its spread, the sample standard
// deviation; NaN where there is none.
type summary struct{ mean, spread float64 }

func summarise(values []float64) summary {
	switch len(values) {
	case 0:
		return summary{math.NaN(), math.NaN()}
	case 1:
		return summary{values[0], math.NaN()}
	}
	mean, spread := stat.MeanStdDev(values, nil)
	return summary{mean, spread}
}

// median returns NaN if there are no values. NaNs do not count.
func median(values []float64) float64 {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	low, high := values[(len(values)-1)/2], values[len(values)/2]
	return low + (high-low)/2
}

// result is what the tables say of a variant.
type result struct {
	*Variant
	final      map[string]summary // by the name of the measure
	difference float64            // of the mean top-1 of the headline to that of the baseline
	top1Error  float64            // standard error of that mean
	share      estimate           // of the gap between Plain and Baseline that it wins back
	epochTime  float64            // median over all epochs, seconds
	totalTime  float64            // of all epochs, seconds
}

// results returns one result per variant.
func (r *Report) results() []result {
	results := make([]result, len(r.Variants))
	baseline, top1 := math.NaN(), r.headline().top1.name
	for i := range r.Variants {
		results[i] = r.Variants[i].result()
		if r.Variants[i].Name == Baseline {
			baseline = results[i].final[top1].mean
		}
	}
	for i := range results {
		results[i].difference = results[i].final[top1].mean - baseline
		if results[i].Name == Baseline {
			results[i].difference = math.NaN()
		}
	}
	images, lead := r.images(), r.lead()
	for i := range results {
		results[i].top1Error = results[i].Variant.top1Error(r.headline().top1, images)
		results[i].share = lead.shareOf(results[i].Variant)
	}
	return results
}

func (v *Variant) result() result {
	r := result{Variant: v, final: map[string]summary{}}
	last := v.lastEpochs()
	for _, m := range measures {
		if !m.final {
			continue
		}
		var values []float64
		if v.Local || !m.local {
			for _, e := range last {
				values = append(values, *m.value(e))
			}
		}
		r.final[m.name] = summarise(values)
	}
	var times []float64
	for _, run := range v.Runs {
		for _, e := range run.Epochs {
			times = append(times, e.Seconds)
			r.totalTime += e.Seconds
		}
	}
	r.epochTime = median(times)
	return r
}

// lastEpochs returns the last epoch of each complete run or, if no run is
// complete, of each run that finished an epoch: an average over short and long
// runs would say nothing.
func (v *Variant) lastEpochs() []*Epoch {
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

// complete returns the number of complete runs.
func (v *Variant) complete() int {
	n := 0
	for _, run := range v.Runs {
		if run.Complete {
			n++
		}
	}
	return n
}

// finished says that every run that was planned is complete.
func (v *Variant) finished() bool {
	return len(v.Runs) > 0 && v.complete() == len(v.Runs)
}
