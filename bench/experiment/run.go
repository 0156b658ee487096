package experiment

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
)

// Run trains every variant of a Spec from every seed and returns them with their runs,
// also of an experiment that ends with an error: what was measured until then. Where
// checkpoints are kept it goes on with them, and does not train again what was finished.
func Run(ctx context.Context, s Spec, o Observer) ([]results.Variant, error) {
	e, err := Open(ctx, s, o)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	err = e.Run(ctx)
	return e.Variants, err
}

// Run is Run of an experiment that is open. It trains all variants from one seed before
// the next, so that one that is stopped early has all variants.
func (e *Experiment) Run(ctx context.Context) error {
	if len(e.variants) == 0 {
		return errors.New("no variants to train")
	}
	if e.Spec.Checkpoints.Folder != "" && e.keepers == nil {
		if err := e.Start(); err != nil {
			return err
		}
	}
	for j := range e.Spec.Seeds {
		for i, v := range e.variants {
			var k *keeper
			if e.keepers != nil {
				k = e.keepers[j*len(e.variants)+i]
			} else if len(e.Variants[i].Runs) <= j {
				e.Variants[i].Runs = append(e.Variants[i].Runs, results.Run{Seed: e.Spec.Seed + uint64(j)})
			}
			switch err := e.run(ctx, i, j, v, k); {
			case err != nil && e.Spec.Checkpoints.OneRun:
				return err
			case err != nil:
				return errors.Wrapf(err, "%s, seed %d", v.Name, e.Spec.Seed+uint64(j))
			}
		}
	}
	return nil
}

// run trains seed j of variant i, unless it was finished before.
func (e *Experiment) run(ctx context.Context, i, j int, v Variant, k *keeper) error {
	finished := e.Variants[i].Runs[j].Complete
	if k != nil && (!finished || k.repeats) {
		if err := os.MkdirAll(k.folder.Dir, 0o755); err != nil {
			return errors.Wrap(err, "folder of a run")
		}
		k.begin(e.keptSpec(v), e.facts(v, e.Variants[i].Parameters))
		defer k.end()
	}
	var err error
	e.Variants[i].Runs[j], err = e.measure(ctx, v, e.Spec.Seed+uint64(j), k)
	if err != nil || finished {
		return err
	}
	return e.observer.Run(e.Variants)
}

// Measure trains one variant with one seed at a learning rate, 0 being that of the Spec,
// and keeps nothing.
func (e *Experiment) Measure(ctx context.Context, variant int, seed uint64, rate float64) (results.Run, error) {
	at := *e
	if rate > 0 {
		at.Spec.LearningRate = rate
	}
	return at.measure(ctx, e.variants[variant], seed, nil)
}

// measure trains one variant with one seed and returns what was measured, also
// when it ends with an error: the epochs until then. With a keeper, which may be
// nil, it goes on where that has a checkpoint, and keeps others.
func (e *Experiment) measure(ctx context.Context, v Variant, seed uint64, k *keeper) (results.Run, error) {
	run := results.Run{Seed: seed}
	perEpoch := e.StepsPerEpoch()
	steps := e.Spec.Epochs * perEpoch
	done := 0
	name := fmt.Sprintf("%s, seed %d", v.Name, seed)
	if k.has() {
		run, done = k.Run, k.State.Step
		e.observer.Steps(done)
		if run.Complete && e.Spec.Save == "" { // and has weights, if they are to be saved
			return run, nil
		}
		e.observer.line("%s: goes on after step %d of %d", name, done, steps)
	}
	net, loader, sleeper, err := e.prepare(v, seed)
	if err != nil {
		return run, err
	}
	e.observer.Describe(name)
	schedule := e.schedule
	schedule.Rate = e.learningRate(v)
	options := train.Options{
		Epochs: e.Spec.Epochs, StepsPerEpoch: perEpoch, Batch: e.Spec.Batch,
		Optimiser: e.optimiser, Schedule: schedule,
		Training:    train.Batches(loader.Batches(min(done, steps), steps)),
		Evaluations: e.evaluations(func(right []bool) { run.Right = right }),
		Measure:     func() (any, error) { return weightshare.Measure(net), nil },
		Progress:    func(int) { e.observer.Steps(1) },
		Epoch: func(done train.Epoch) {
			run.Epochs = append(run.Epochs, e.row(done, done.Measured.([]weightshare.Measures), sleeper))
			e.observer.line("%s: epoch %d of %d, training loss %.3f%s", name, done.Epoch, e.Spec.Epochs, done.Training.Loss, e.top1(done))
		},
	}
	if sleeper != nil {
		options.Sleep = sleeper.Step
	}
	switch {
	case k.has():
		if err := k.restore(net, sleeper); err != nil {
			return run, errors.Wrapf(err, "%s", k.at)
		}
		options.Resume = &k.State
	case e.Spec.Initial != "":
		if err := e.load(net, nil); err != nil { // Open has told the notes
			return run, err
		}
	}
	if k != nil {
		options.Checkpoint = func(s train.State, stopping bool) error {
			return k.offer(s, stopping, run, sleeper, net, steps, perEpoch)
		}
	}
	_, err = train.Run(ctx, net, options)
	e.listSkipped()
	run.Complete = err == nil
	if err == nil && e.Spec.Save != "" {
		err = net.Save(e.Spec.Save)
	}
	return run, err
}

// prepare makes what trains a variant: its network, its batches and, where it sleeps, what
// puts it to sleep, or else nil.
func (e *Experiment) prepare(v Variant, seed uint64) (*graph.Network, *data.Loader, *weightshare.Sleeper, error) {
	net, err := e.Network(v, seed)
	if err != nil {
		return nil, nil, nil, err
	}
	loader, err := e.loader(v, seed)
	if err != nil || !v.Sleeps() {
		return net, loader, nil, err
	}
	sleeper, err := e.sleeper(v, net, seed)
	return net, loader, sleeper, err
}

// listSkipped tells the training images that could not be read, each of them once.
func (e *Experiment) listSkipped() {
	if e.skipping == nil {
		return
	}
	for _, image := range e.skipping.Skipped() {
		if !e.listed[image] {
			e.listed[image] = true
			e.observer.line("skipped %d: training %s", len(e.listed), image)
		}
	}
}

// evaluations are those of the training loop, on the parts. Each time that the images which
// results are of are evaluated, heard is told which of them the network is right about.
func (e *Experiment) evaluations(heard func(right []bool)) []train.Evaluation {
	var all []train.Evaluation
	for _, p := range e.parts {
		evaluation := train.Evaluation{Every: p.every, Batches: func() train.Batches {
			return train.Batches(data.InOrder(p.set, e.Normalisation, e.Spec.Batch))
		}}
		if p.name == e.Spec.Evaluation.Mode {
			evaluation.Right = heard
		}
		all = append(all, evaluation)
	}
	return all
}

// top1 says what top-1 an epoch ended with on the test or validation images, if that was
// measured.
func (e *Experiment) top1(done train.Epoch) string {
	text := ""
	for i, m := range done.Evaluated {
		if name := e.parts[i].name; name != "training" && !math.IsNaN(m.Top1) {
			text += fmt.Sprintf(", %s top-1 %.1f %%", name, 100*m.Top1)
		}
	}
	return text
}

// row makes a report's epoch of one of the training loop.
func (e *Experiment) row(done train.Epoch, layers []weightshare.Measures, sleeper *weightshare.Sleeper) results.Epoch {
	epoch := results.Epoch{
		Epoch: done.Epoch, Step: done.Step, LearningRate: done.LearningRate,
		TrainLoss: done.Training.Loss, TrainTop1: done.Training.Top1,
		Test: results.NoEvaluation(), Validation: results.NoEvaluation(), TrainEval: results.NoEvaluation(),
		SNR: median(layers, func(m weightshare.Measures) float64 { return m.SNR }), Seconds: done.Seconds,
		PoolSNR: median(layers, func(m weightshare.Measures) float64 { return m.PoolSNR }),
	}
	for i, m := range done.Evaluated {
		of := map[string]*results.Evaluation{"test": &epoch.Test, "validation": &epoch.Validation, "training": &epoch.TrainEval}
		*of[e.parts[i].name] = results.Evaluation(m)
	}
	var changes []weightshare.Change
	if sleeper != nil {
		changes = sleeper.Last()
	}
	epoch.Spread = median(changes, func(c weightshare.Change) float64 { return c.Spread })
	epoch.Cosine = median(changes, func(c weightshare.Change) float64 { return c.Cosine })
	for i, m := range layers {
		layer := results.Layer{Name: m.Layer, SNR: m.SNR, PoolSNR: m.PoolSNR, Spread: math.NaN(), Cosine: math.NaN()}
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
