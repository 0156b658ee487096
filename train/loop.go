package train

import (
	"context"
	"iter"
	"math"
	"time"

	"github.com/pkg/errors"

	"hypnos/graph"
)

// Batches are batches of images in order; an error ends them. A batch has to be valid
// only until the next is asked for.
type Batches = iter.Seq2[graph.Batch, error]

// Options configure a run. Epochs, StepsPerEpoch, Batch, Schedule.Rate and
// Training are needed; the rest may be zero.
type Options struct {
	Epochs, StepsPerEpoch int
	Batch                 int // images a step
	Optimiser             OptimiserOptions
	Schedule              Schedule
	// Training are the batches of the whole run, Epochs·StepsPerEpoch of Batch
	// images each, or those after step Resume.Step.
	Training Batches
	// Resume is where a stopped run goes on; nil means that one starts. The
	// network has the parameters and running moments of that moment.
	Resume *State
	// Checkpoint is called with the state of the run after each step, when all hooks and
	// measures of the step are done. stopping says that the run is cancelled and ends
	// here, before its last step. An error ends the run.
	Checkpoint func(s State, stopping bool) error
	// Evaluations measure how well the network answers at the end of epochs,
	// after a sleep that falls there.
	Evaluations []Evaluation
	// Measure returns what the caller wants to know of the network at the end of
	// each epoch, before a sleep that falls there: a value of the caller's own type,
	// which no later step changes. An error ends the run; nil measures nothing.
	Measure func() (any, error)
	// Sleep runs after each step, counted from 1: the place of a sleep phase.
	Sleep func(step int) error
	// Progress is called after each step.
	Progress func(step int)
	// Epoch is called after each epoch.
	Epoch func(Epoch)
}

// Evaluation measures the network on images, with its running statistics.
type Evaluation struct {
	Every   int            // epochs from one evaluation to the next; the last epoch has one too; 0 means 1
	Batches func() Batches // of up to Options.Batch images
	// Right is called after each evaluation with whether each image, in order, was right:
	// whether its label is the largest logit. It may keep the slice. It may be nil.
	Right func(right []bool)
}

// due tells whether there is an evaluation at the end of an epoch.
func (e Evaluation) due(epoch, epochs int) bool { return epoch%max(e.Every, 1) == 0 || epoch == epochs }

// Epoch is what was measured in one epoch.
type Epoch struct {
	Epoch, Step  int     // both counted from 1; Step is the epoch's last
	LearningRate float64 // at that step
	Training     Metrics // mean over the epoch's batches, in training mode, before their steps
	// Evaluated are the measures of Options.Evaluations after the epoch, NaN
	// where there is none.
	Evaluated []Metrics
	Measured  any     // what Options.Measure returned, nil without it
	Seconds   float64 // of training, measuring and sleeping, without evaluation and checkpoints
}

// Metrics are means over images.
type Metrics struct {
	Loss       float64 // cross-entropy, nats
	Top1, Top5 float64 // shares of images whose label is the largest logit, or among the five largest
}

// CheckMemory is an error if a run takes more memory than Options.MemoryLimit of the
// network or, where that is 0, than there is besides what else the program has in use: by
// its batch, its optimiser and whether there are evaluations. It sets none aside.
func CheckMemory(net *graph.Network, o Options) error {
	m, err := net.TrainingMemory(o.Batch)
	if err != nil {
		return err
	}
	if len(o.Evaluations) == 0 {
		m.Evaluation = 0
	}
	return net.CheckMemoryBesides(o.Optimiser.memory(m))
}

// Run trains a network and returns the epochs that it finished. Nobody else may use the
// network in the meantime, but the hooks. If the context is cancelled it stops after the
// step at hand and returns the context's error.
//
// A run that is stopped and resumed has the same bits as one that was not, except for
// Seconds. A loss or weight that is not finite is an error, which names epoch, step and
// layer.
func Run(ctx context.Context, net *graph.Network, o Options) ([]Epoch, error) {
	schedule, err := o.Schedule.check()
	if err != nil {
		return nil, err
	}
	for _, e := range o.Evaluations {
		if e.Every < 0 || e.Batches == nil {
			return nil, errors.Errorf("train: an evaluation every %d epochs, want at least 0, and batches", e.Every)
		}
	}
	if o.Epochs < 1 || o.StepsPerEpoch < 1 || o.Training == nil {
		return nil, errors.Errorf("train: %d epochs of %d steps, want at least 1 of each, and batches", o.Epochs, o.StepsPerEpoch)
	}
	if err := CheckMemory(net, o); err != nil {
		return nil, err
	}
	training, err := net.Train(o.Batch)
	if err != nil {
		return nil, err
	}
	optimiser, err := NewOptimiser(training, o.Optimiser)
	if err != nil {
		return nil, err
	}
	r := &run{Options: o, net: net, training: training, optimiser: optimiser}
	r.Schedule = schedule
	if len(o.Evaluations) > 0 {
		if r.inference, err = net.Infer(o.Batch); err != nil {
			return nil, err
		}
	}
	steps := o.Epochs * o.StepsPerEpoch
	step := 0
	r.started = time.Now()
	if o.Resume != nil {
		if err := r.resume(*o.Resume, steps); err != nil {
			return nil, err
		}
		step = o.Resume.Step
	}
	if step == steps {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for batch, err := range o.Training {
		if err == nil {
			step++
			err = r.step(batch, step, steps)
		}
		if err != nil {
			return r.epochs, err
		}
		var stopped error
		if step < steps {
			stopped = ctx.Err()
		}
		if err := r.offer(step, stopped != nil); err != nil {
			return r.epochs, err
		}
		if step == steps || stopped != nil {
			return r.epochs, stopped
		}
	}
	return r.epochs, errors.Errorf("train: the batches ended after step %d of %d", step, steps)
}

// run is what Run works with.
type run struct {
	Options
	net       *graph.Network
	training  *graph.Training
	inference *graph.Inference
	optimiser *Optimiser
	sum       Sums // of the epoch so far
	started   time.Time
	epochs    []Epoch
}

// step trains on one batch, and at the end of an epoch measures.
func (r *run) step(batch graph.Batch, step, steps int) error {
	epoch := (step-1)/r.StepsPerEpoch + 1
	rate, momentum := r.Schedule.At(step-1, steps, r.StepsPerEpoch)
	loss, err := r.optimiser.TrainStep(batch, rate, momentum)
	if err != nil {
		return errors.Wrapf(err, "train: epoch %d, step %d", epoch, step)
	}
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return errors.Errorf("train: epoch %d, step %d: the loss is %v, layer %q is the first that is not finite", epoch, step, loss, r.training.NotFinite())
	}
	r.sum.add(r.training.Logits(), batch.Labels, loss)
	last := step%r.StepsPerEpoch == 0
	var measured any
	if last && r.Measure != nil {
		if measured, err = r.Measure(); err != nil {
			return errors.Wrapf(err, "train: epoch %d, step %d", epoch, step)
		}
	}
	if r.Sleep != nil {
		if err := r.Sleep(step); err != nil {
			return errors.Wrapf(err, "train: epoch %d, step %d", epoch, step)
		}
	}
	if r.Progress != nil {
		r.Progress(step)
	}
	if !last {
		return nil
	}
	done := Epoch{
		Epoch: epoch, Step: step, LearningRate: rate, Training: r.sum.mean(), Measured: measured,
		Seconds: time.Since(r.started).Seconds(),
	}
	if layer := r.training.NotFinite(); layer != "" {
		return errors.Errorf("train: epoch %d, step %d: layer %q is not finite", epoch, step, layer)
	}
	for _, e := range r.Evaluations {
		m := Metrics{Loss: math.NaN(), Top1: math.NaN(), Top5: math.NaN()}
		if e.due(epoch, r.Epochs) {
			var right []bool
			if m, right, err = evaluate(r.inference, e.Batches()); err != nil {
				return err
			}
			if e.Right != nil {
				e.Right(right)
			}
		}
		done.Evaluated = append(done.Evaluated, m)
	}
	r.epochs = append(r.epochs, done)
	if r.Epoch != nil {
		r.Epoch(done)
	}
	r.sum, r.started = Sums{}, time.Now()
	return nil
}

// Evaluate returns the metrics of a network's answers to batches.
func Evaluate(inference *graph.Inference, batches Batches) (Metrics, error) {
	m, _, err := evaluate(inference, batches)
	return m, err
}

// evaluate returns also which images were right.
func evaluate(inference *graph.Inference, batches Batches) (Metrics, []bool, error) {
	var sum Sums
	var right []bool
	for batch, err := range batches {
		if err != nil {
			return Metrics{}, nil, err
		}
		logits, err := inference.Logits(batch.Images)
		if err != nil {
			return Metrics{}, nil, err
		}
		if classes := inference.Network().Classes(); len(logits) != len(batch.Labels)*classes {
			return Metrics{}, nil, errors.Errorf("train: %d images and %d labels, want as many", len(logits)/classes, len(batch.Labels))
		}
		loss, err := crossEntropy(logits, batch.Labels)
		if err != nil {
			return Metrics{}, nil, err
		}
		right = append(right, sum.add(logits, batch.Labels, loss)...)
	}
	if sum.Images == 0 {
		return Metrics{}, nil, errors.New("train: no images to evaluate on")
	}
	return sum.mean(), right, nil
}
