package experiment

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
)

// Experiment is a Spec with its data at hand, all of it checked.
type Experiment struct {
	Spec     Spec
	Variants []results.Variant // as planned, and with their runs as they go
	Size     graph.Size        // of the images that networks see
	Test     data.Dataset      // as it was opened

	Preprocessing data.Preprocessing // of images to evaluate on
	Normalisation data.Normalisation

	settled
	observer      Observer
	training      data.Dataset    // as it is
	parts         []part          // to evaluate on
	skipping      *data.Skipping  // the training images, where bad ones are skipped
	listed        map[string]bool // of these, that were skipped and said so
	loaderWorkers int
	keepers       []*keeper // seed by seed, and of each variant by variant; see Start
	unlock        func() error
}

// part is a set of images to evaluate on.
type part struct {
	name  string       // test, validation or training
	set   data.Dataset // preprocessed
	every int          // epochs
}

// Open checks a Spec and finds its data, and what would stop one of its variants later.
// Nothing is written, but by Data.Download. Without variants it opens the data alone.
func Open(ctx context.Context, s Spec, o Observer) (*Experiment, error) {
	e := &Experiment{Spec: s, observer: o.Heard(), loaderWorkers: 1, listed: map[string]bool{}}
	var err error
	if e.settled, err = s.settle(); err != nil {
		return nil, err
	}
	e.Preprocessing = e.preprocessing
	if s.Data.Download {
		if s.Data.Folder == "" {
			return nil, errors.New("-download needs -data-dir, the folder to fetch the data set into")
		}
		e.observer.Begin("download "+s.Data.Name, -1)
		err := data.Download(ctx, s.Data.Name, s.Data.Folder, e.observer.Bytes)
		e.observer.End()
		if err != nil {
			return nil, err
		}
	}
	if err := e.openData(); err != nil {
		return nil, err
	}
	channels, height, width := e.training.Size()
	e.Size.Channels = channels
	if e.Size.Height, e.Size.Width, err = e.transform.Size(height, width); err != nil {
		return nil, err
	}
	if height == 0 { // pictures, which are decoded when they are asked for
		e.loaderWorkers = runtime.GOMAXPROCS(0)
	}
	if err := e.preprocessParts(ctx); err != nil {
		return nil, err
	}
	if e.Normalisation, err = data.NormalisationFor(s.Data.Name, e.training); err != nil {
		return nil, err
	}
	for _, v := range e.variants {
		row, err := e.plan(v)
		if err != nil {
			return nil, err
		}
		e.Variants = append(e.Variants, row)
	}
	return e, nil
}

// openData finds the images to train and to evaluate on.
func (e *Experiment) openData() error {
	s := e.Spec
	training, test, err := data.Open(s.Data.Name, s.Data.Folder)
	if err != nil {
		return err
	}
	Behind(e.background, training, test)
	for _, line := range data.Notes(training, test) {
		e.observer.Note(line)
	}
	e.Test = test
	var validation data.Dataset
	if s.Data.Validation != 0 {
		if training, validation, err = data.Split(training, s.Data.Validation, s.Seed); err != nil {
			return err
		}
	}
	// Bad images are skipped after the split, so that none takes the place of one
	// in another part.
	if e.training = training; s.Data.SkipBad {
		e.skipping = data.SkipBad(training)
		e.training = e.skipping
	}
	if s.Evaluation.Mode == "test" {
		e.parts = append(e.parts, part{"test", test, s.Evaluation.Every})
	}
	if validation != nil {
		e.parts = append(e.parts, part{"validation", validation, s.Evaluation.Every})
	}
	if s.Evaluation.EveryTraining > 0 {
		e.parts = append(e.parts, part{"training", e.training, s.Evaluation.EveryTraining})
	}
	return nil
}

// preprocessParts makes the images to evaluate on of one size, and leaves out those that
// cannot be read, where bad images are skipped.
func (e *Experiment) preprocessParts(ctx context.Context) error {
	for i := range e.parts {
		p := &e.parts[i]
		var err error
		if p.set, err = data.Preprocess(p.set, e.preprocessing); err != nil {
			return err
		}
		if e.Spec.Data.SkipBad && p.name != "training" {
			indices, err := Readable(ctx, p.set, p.name+" ", e.observer)
			if err != nil {
				return err
			}
			p.set = data.Subset(p.set, indices)
		}
	}
	return nil
}

// Readable reads all images of a set and returns the indices of those that can be read.
// The observer hears of the others: of what part they are comes before image, as
// "test ".
func Readable(ctx context.Context, set data.Dataset, part string, o Observer) ([]int, error) {
	o = o.Heard()
	o.Begin("look for bad images", set.Len())
	defer o.End()
	var mutex sync.Mutex // data.Readable calls from several goroutines
	indices, bad, err := data.Readable(ctx, set, func() {
		mutex.Lock()
		defer mutex.Unlock()
		o.Steps(1)
	})
	if err != nil {
		return nil, err
	}
	for i, line := range bad {
		o.line("skipped %d: %s%s", i+1, part, line)
	}
	if bad != nil {
		o.line("%d of %d %simages cannot be read and are left out", len(bad), set.Len(), part)
	}
	return indices, nil
}

// plan finds, before anything is trained, what would stop a variant later. It returns
// the variant as a report shows it, without runs.
func (e *Experiment) plan(v Variant) (results.Variant, error) {
	net, err := e.Spec.Network(v, e.Size, len(e.training.Classes()), e.Spec.Seed, true)
	if err == nil {
		err = train.CheckMemory(net, train.Options{Batch: e.Spec.Batch, Optimiser: e.optimiser, Evaluations: e.evaluations(nil)})
	}
	if err != nil {
		return results.Variant{}, err
	}
	if e.Spec.Initial != "" && e.starts(v) {
		if err := e.load(net, e.observer.Note); err != nil {
			return results.Variant{}, err
		}
	}
	if _, err := e.loader(v, e.Spec.Seed); err != nil {
		return results.Variant{}, err
	}
	description := v.Description
	if v.Sleeps() {
		if _, err := e.sleeper(v, net, e.Spec.Seed); err != nil {
			return results.Variant{}, err
		}
		description = fmt.Sprintf(description, e.phase.Kind.Adverb())
	}
	schedule := e.schedule
	schedule.Rate = e.learningRate(v)
	if err := schedule.Check(); err != nil {
		return results.Variant{}, err
	}
	return results.Variant{
		Name: v.Name, Description: description, Method: v.Method, Parameters: net.ParameterCount(),
		LearningRate: schedule.Rate, Local: len(net.LocalLayers()) > 0,
	}, nil
}

// Network builds the network of a variant for the images of the experiment.
func (e *Experiment) Network(v Variant, seed uint64) (*graph.Network, error) {
	return e.Spec.Network(v, e.Size, len(e.training.Classes()), seed, false)
}

// load sets the initial weights to those of a file. Notes on it are told, unless note is
// nil.
func (e *Experiment) load(net *graph.Network, note func(line string)) error {
	return net.Load(e.Spec.Initial, graph.LoadOptions{Deviation: max(e.Spec.Local.Deviation, 0), Seed: e.Spec.Seed, Note: note})
}

// loader returns the training batches of a variant.
func (e *Experiment) loader(v Variant, seed uint64) (*data.Loader, error) {
	return data.NewLoader(e.training, data.LoaderOptions{
		Batch: e.Spec.Batch, Repetitions: v.Repetitions, Transform: e.transform,
		Normalisation: e.Normalisation, Seed: seed, Workers: e.loaderWorkers,
	})
}

// StepsPerEpoch is one pass over the images at the full batch, the same for all
// variants, so that they are compared at equal work: repetitions make a pass longer, not
// an epoch.
func (e *Experiment) StepsPerEpoch() int { return e.training.Len() / e.Spec.Batch }

// TotalSteps is how many steps all runs have.
func (e *Experiment) TotalSteps() int {
	return len(e.variants) * e.Spec.Seeds * e.Spec.Epochs * e.StepsPerEpoch()
}

// learningRate is that of the Spec, or else the variant's own.
func (e *Experiment) learningRate(v Variant) float64 {
	if e.Spec.LearningRate > 0 {
		return e.Spec.LearningRate
	}
	return v.learningRate()
}

// Describe lists the settings for a report, and where the learning rates come from.
func (e *Experiment) Describe() (settings []results.Setting, rateChoice string) {
	s := e.Spec
	images := []string{fmt.Sprintf("%d training", e.training.Len())}
	for _, p := range e.parts {
		if p.name != "training" {
			images = append(images, fmt.Sprintf("%d %s", p.set.Len(), p.name))
		}
	}
	last := len(images) - 1
	settings = []results.Setting{
		{Name: "model", Value: s.Model + ", width " + s.describeWidth()},
		{Name: "data", Value: fmt.Sprintf("%s: %s images of %d×%d, %d classes", s.Data.Name, strings.Join(images[:last], ", ")+" and "+images[last], e.Size.Height, e.Size.Width, len(e.training.Classes()))},
		{Name: "training", Value: fmt.Sprintf("%d epochs of %d steps, batches of %d images", s.Epochs, e.StepsPerEpoch(), s.Batch)},
		{Name: "optimizer", Value: fmt.Sprintf("%s, weight decay %g, schedule %s", s.Optimiser.Method, s.Optimiser.WeightDecay, s.Schedule.Form)},
		{Name: "translations", Value: e.transform.String()},
		{Name: "sleep", Value: e.phase.String()},
	}
	if s.Initial != "" {
		settings = append(settings, results.Setting{Name: "initial weights", Value: s.Initial})
	}
	if c := s.Local.Connectivity(); c != (graph.Connectivity{}) {
		c.Local = true
		settings = append(settings, results.Setting{Name: "local networks", Value: c.String()})
	}
	return settings, s.rateChoice()
}
