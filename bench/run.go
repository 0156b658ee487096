package main

import (
	"context"
	"fmt"

	"hypnos/bench/report"
	"hypnos/data"
	"hypnos/train"
	"hypnos/weightshare"
)

// measure trains one variant with one seed and returns what was measured, also
// when it ends with an error: the epochs until then.
func (e *experiment) measure(ctx context.Context, v variant, seed uint64, b *bar) (report.Run, error) {
	run := report.Run{Seed: seed}
	net, err := e.network(v, seed)
	if err != nil {
		return run, err
	}
	loader, err := e.loader(v, seed)
	if err != nil {
		return run, err
	}
	name := fmt.Sprintf("%s, seed %d", v.name, seed)
	b.describe(name)
	schedule := e.schedule
	schedule.Rate = e.learningRate(v)
	options := train.Options{
		Epochs: e.epochs, StepsPerEpoch: e.stepsPerEpoch(), Batch: e.batch,
		Optimiser: e.optimiser, Schedule: schedule,
		Training: loader.Batches(0, e.epochs*e.stepsPerEpoch()),
		Test:     e.inOrder,
		SNR:      func() float64 { return weightshare.MedianSNR(net) },
		Progress: func(int) { b.step() },
		Epoch: func(done train.Epoch) {
			run.Epochs = append(run.Epochs, row(done))
			b.line("%s: epoch %d of %d, training loss %.3f, top-1 %.1f %%", name, done.Epoch, e.epochs, done.Training.Loss, 100*done.Test.Top1)
		},
	}
	if v.sleepEvery > 0 {
		if options.Sleep, err = weightshare.Instant(net, v.sleepEvery); err != nil {
			return run, err
		}
	}
	_, err = train.Run(ctx, net, options)
	run.Complete = err == nil
	return run, err
}

// inOrder returns the images to evaluate on.
func (e *experiment) inOrder() train.Batches {
	return train.Batches(data.InOrder(e.test, e.normalisation, e.batch))
}

// row turns an epoch of the training loop to one of the report.
func row(e train.Epoch) report.Epoch {
	return report.Epoch{
		Epoch: e.Epoch, Step: e.Step, LearningRate: e.LearningRate,
		TrainLoss: e.Training.Loss, TrainTop1: e.Training.Top1,
		TestLoss: e.Test.Loss, TestTop1: e.Test.Top1, TestTop5: e.Test.Top5,
		SNR: e.SNR, Seconds: e.Seconds,
	}
}

// check finds, before anything is trained, what would stop a variant later. It
// returns the variant as the report shows it, without runs.
func (e *experiment) check(v variant) (report.Variant, error) {
	net, err := e.network(v, e.seed)
	if err != nil {
		return report.Variant{}, err
	}
	if _, err := e.loader(v, e.seed); err != nil {
		return report.Variant{}, err
	}
	if v.sleepEvery > 0 {
		if _, err := weightshare.Instant(net, v.sleepEvery); err != nil {
			return report.Variant{}, err
		}
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
		Name: v.name, Description: v.description, Parameters: net.ParameterCount(),
		LearningRate: schedule.Rate, Local: len(net.LocalLayers()) > 0,
	}, nil
}
