package main

import (
	"context"
	"fmt"
	"math"

	"github.com/pkg/errors"

	"hypnos/bench/report"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
)

// measure trains one variant with one seed and returns what was measured, also
// when it ends with an error: the epochs until then. With a keeper, which may be
// nil, it goes on where that has a checkpoint, and keeps others.
func (e *experiment) measure(ctx context.Context, v variant, seed uint64, b *bar, k *keeper) (report.Run, error) {
	run := report.Run{Seed: seed}
	steps := e.epochs * e.stepsPerEpoch()
	done := 0
	name := fmt.Sprintf("%s, seed %d", v.name, seed)
	if k.keeps() {
		run, done = k.Run, k.State.Step
		b.skip(done)
		if run.Complete && e.save == "" { // and has weights, if they are to be saved
			return run, nil
		}
		b.line("%s: goes on after step %d of %d", name, done, steps)
	}
	net, err := e.network(v, seed)
	if err != nil {
		return run, err
	}
	loader, err := e.loader(v, seed)
	if err != nil {
		return run, err
	}
	b.describe(name)
	schedule := e.schedule
	schedule.Rate = e.learningRate(v)
	var sleeper *weightshare.Sleeper
	options := train.Options{
		Epochs: e.epochs, StepsPerEpoch: e.stepsPerEpoch(), Batch: e.batch,
		Optimiser: e.optimiser, Schedule: schedule,
		Training:    train.Batches(loader.Batches(min(done, steps), steps)),
		Evaluations: e.evaluations(func(right []bool) { run.Right = right }),
		Measure:     func() (any, error) { return weightshare.Measure(net), nil },
		Progress:    func(int) { b.step() },
		Epoch: func(done train.Epoch) {
			run.Epochs = append(run.Epochs, e.row(done, done.Measured.([]weightshare.Measures), sleeper))
			b.line("%s: epoch %d of %d, training loss %.3f%s", name, done.Epoch, e.epochs, done.Training.Loss, e.top1(done))
		},
	}
	if v.sleeps() {
		if sleeper, err = e.sleeper(v, net, seed); err != nil {
			return run, err
		}
		options.Sleep = sleeper.Step
	}
	switch {
	case k.keeps():
		if err := k.restore(net, sleeper); err != nil {
			return run, errors.Wrapf(err, "%s", k.at)
		}
		options.Resume = &k.State
	case e.initial != "":
		if err := e.load(net, nil); err != nil { // check has told
			return run, err
		}
	}
	if k != nil {
		options.Checkpoint = func(s train.State, stopping bool) error {
			return k.offer(s, stopping, run, sleeper, net, steps, e.stepsPerEpoch())
		}
	}
	_, err = train.Run(ctx, net, options)
	e.listSkipped(b)
	run.Complete = err == nil
	if err == nil && e.save != "" {
		err = net.Save(e.save)
	}
	return run, err
}

// listSkipped prints the training images that could not be read, each of them once.
func (e *experiment) listSkipped(b *bar) {
	if e.skipping == nil {
		return
	}
	for _, image := range e.skipping.Skipped() {
		if !e.listed[image] {
			e.listed[image] = true
			b.line("skipped %d: training %s", len(e.listed), image)
		}
	}
}

// evaluations are those of the training loop, on the parts. Which images are right of
// those that the results are of is heard each time.
func (e *experiment) evaluations(heard func(right []bool)) []train.Evaluation {
	var all []train.Evaluation
	for _, p := range e.parts {
		evaluation := train.Evaluation{Every: p.every, Batches: func() train.Batches {
			return train.Batches(data.InOrder(p.set, e.normalisation, e.batch))
		}}
		if p.name == e.mode {
			evaluation.Right = heard
		}
		all = append(all, evaluation)
	}
	return all
}

// top1 says what an epoch came to on the test or validation images, if it was
// measured.
func (e *experiment) top1(done train.Epoch) string {
	text := ""
	for i, m := range done.Evaluated {
		if name := e.parts[i].name; name != "training" && !math.IsNaN(m.Top1) {
			text += fmt.Sprintf(", %s top-1 %.1f %%", name, 100*m.Top1)
		}
	}
	return text
}

// row turns an epoch of the training loop to one of the report.
func (e *experiment) row(done train.Epoch, layers []weightshare.Measures, sleeper *weightshare.Sleeper) report.Epoch {
	epoch := report.Epoch{
		Epoch: done.Epoch, Step: done.Step, LearningRate: done.LearningRate,
		TrainLoss: done.Training.Loss, TrainTop1: done.Training.Top1,
		Test: report.NoEvaluation(), Validation: report.NoEvaluation(), TrainEval: report.NoEvaluation(),
		SNR: median(layers, func(m weightshare.Measures) float64 { return m.SNR }), Seconds: done.Seconds,
		PoolSNR: median(layers, func(m weightshare.Measures) float64 { return m.PoolSNR }),
	}
	for i, m := range done.Evaluated {
		of := map[string]*report.Evaluation{"test": &epoch.Test, "validation": &epoch.Validation, "training": &epoch.TrainEval}
		*of[e.parts[i].name] = report.Evaluation(m)
	}
	var changes []weightshare.Change
	if sleeper != nil {
		changes = sleeper.Last()
	}
	epoch.Spread = median(changes, func(c weightshare.Change) float64 { return c.Spread })
	epoch.Cosine = median(changes, func(c weightshare.Change) float64 { return c.Cosine })
	for i, m := range layers {
		layer := report.Layer{Name: m.Layer, SNR: m.SNR, PoolSNR: m.PoolSNR, Spread: math.NaN(), Cosine: math.NaN()}
		if changes != nil { // of the same layers
			layer.Spread, layer.Cosine = changes[i].Spread, changes[i].Cosine
		}
		epoch.Layers = append(epoch.Layers, layer)
	}
	return epoch
}

// median returns the median of a measure over layers.
func median[T any](layers []T, measure func(T) float64) float64 {
	values := make([]float64, len(layers))
	for i, l := range layers {
		values[i] = measure(l)
	}
	return weightshare.Median(values)
}

// load sets the initial weights to those of a file. Notes on it are told, unless
// note is nil.
func (e *experiment) load(net *graph.Network, note func(line string)) error {
	return net.Load(e.initial, graph.LoadOptions{Deviation: max(e.local.deviation, 0), Seed: e.seed, Note: note})
}

// check finds, before anything is trained, what would stop a variant later. It
// returns the variant as the report shows it, without runs.
func (e *experiment) check(c console, v variant) (report.Variant, error) {
	net, err := e.network(v, e.seed)
	if err != nil {
		return report.Variant{}, err
	}
	if e.initial != "" && !e.resumed {
		if err := e.load(net, func(line string) { c.note(line) }); err != nil {
			return report.Variant{}, err
		}
	}
	if _, err := e.loader(v, e.seed); err != nil {
		return report.Variant{}, err
	}
	description := v.description
	if v.sleeps() {
		if _, err := e.sleeper(v, net, e.seed); err != nil {
			return report.Variant{}, err
		}
		description = fmt.Sprintf(description, adverb(e.phase))
	}
	if err := e.optimiser.Check(); err != nil {
		return report.Variant{}, err
	}
	schedule := e.schedule
	schedule.Rate = e.learningRate(v)
	if err := schedule.Check(); err != nil {
		return report.Variant{}, err
	}
	return report.Variant{
		Name: v.name, Description: description, Method: v.method, Parameters: net.ParameterCount(),
		LearningRate: schedule.Rate, Local: len(net.LocalLayers()) > 0,
	}, nil
}
