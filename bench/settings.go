package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/report"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/internal/imagenet"
	"hypnos/train"
	"hypnos/weightshare"
	"hypnos/zoo"
)

// settings are the flags that train, compare and search have in common.
type settings struct {
	model, data, dataDir string
	download             bool
	width, epochs, batch int
	method, form         string
	rate                 float64
	weightDecay          float64
	momentum, gamma      float64
	milestones           string
	padding, imageSize   int
	flip, skipBad        bool
	background           background
	validation           float64
	mode                 string          // test or validation: which images the results are of
	evaluateEvery        int             // epochs
	evaluateTraining     int             // epochs; 0 means never
	given                map[string]bool // flags that were, on the command line
	short                bool            // so few epochs, by -quick of compare, that nothing can be judged by them
	seed                 uint64
	out, save            string // save is empty but for train
	initial              string // file of weights to start with, of train
	resumed              bool   // the run has checkpoints to go on from
	steps                int
	local                localFlags
	sleep                sleepFlags
}

// The default comparison is of this model, at a width that trains in minutes.
const (
	defaultModel  = "resnet8"
	defaultWidth  = 8
	defaultEpochs = 60
	defaultBatch  = 64
)

// register adds the flags.
func (s *settings) register(fs *flag.FlagSet) {
	fs.StringVar(&s.model, "model", defaultModel, "`name` of the network: see bench list")
	fs.IntVar(&s.width, "width", 0, fmt.Sprintf("channels of the network's first stage; 0 means %d for %s, as published for the others", defaultWidth, defaultModel))
	fs.IntVar(&s.steps, "steps", 0, "time steps of cornet-r and cornet-rt; 0 means as published")
	fs.StringVar(&s.data, "data", data.Default, "`name` of the data set: see bench list")
	fs.StringVar(&s.dataDir, "data-dir", "", "`folder` of a data set that is not embedded")
	fs.BoolVar(&s.download, "download", false, "fetch the data set into -data-dir if it is not there")
	fs.IntVar(&s.epochs, "epochs", defaultEpochs, "epochs: as many steps as make one pass over the images, for every variant")
	fs.IntVar(&s.batch, "batch", defaultBatch, "images a step, repetitions included")
	fs.StringVar(&s.method, "optimizer", "adamw", "sgd, adam or adamw")
	fs.Float64Var(&s.rate, "lr", 0, "learning rate, the largest of one cycle; 0 means the variant's default")
	fs.Float64Var(&s.weightDecay, "weight-decay", 0.01, "weight decay")
	fs.Float64Var(&s.momentum, "momentum", 0.9, "momentum of sgd")
	fs.StringVar(&s.form, "schedule", "onecycle", "course of the learning rate: onecycle, multistep or constant")
	fs.StringVar(&s.milestones, "milestones", "", "`epochs` after which multistep multiplies the rate by -gamma, such as 100,150")
	fs.Float64Var(&s.gamma, "gamma", train.DefaultGamma, "factor of multistep")
	fs.IntVar(&s.imageSize, "image-size", 0, fmt.Sprintf("side of the images of -data folder, pixels; 0 means %d", imagenet.Side))
	fs.BoolVar(&s.skipBad, skipBadFlag, false, "count and list images that cannot be read instead of stopping: in training the next of their class stands in, test images are left out")
	s.background.register(fs)
	fs.IntVar(&s.padding, "padding", 4, "largest translation of a training image, pixels; imagenet and folder train on random parts instead")
	fs.BoolVar(&s.flip, "flip", false, "mirror half of the training images; imagenet and folder always do")
	fs.Float64Var(&s.validation, "validation", 0, "share of the training images to hold back and evaluate on; 0 means none")
	fs.Uint64Var(&s.seed, "seed", 1, "source of initial weights, order and translations")
	s.local.register(fs)
	s.sleep.register(fs)
}

// registerEvaluation adds the flags of commands whose results may be of the test
// images, which are evaluated every so many epochs.
func (s *settings) registerEvaluation(fs *flag.FlagSet, every int) {
	fs.StringVar(&s.mode, "mode", "test", "`images` that the results are of: test, or validation, which needs -validation and never looks at the test images")
	fs.IntVar(&s.evaluateEvery, "evaluate-every", every, "`epochs` from one evaluation on test and validation images to the next; there is always one after the last epoch")
	fs.IntVar(&s.evaluateTraining, "evaluate-training-every", 0, "likewise on the training images, untranslated and with running statistics; takes about a third of the time of an epoch each; 0 means never")
}

// experiment is what the settings come to: data at hand, options checked.
type experiment struct {
	settings
	training      data.Dataset    // as it is
	parts         []part          // to evaluate on
	skipping      *data.Skipping  // the training images, where bad ones are skipped
	listed        map[string]bool // of these, that were skipped and said so
	transform     data.Transform  // of training images
	preprocessing data.Preprocessing
	normalisation data.Normalisation
	optimiser     train.OptimiserOptions
	schedule      train.Schedule
	size          graph.Size
	connectivity  graph.Connectivity // of local variants
	loaderWorkers int
	phase         weightshare.Phase // of variants that sleep
}

// part is a set of images to evaluate on.
type part struct {
	name  string       // test, validation or training
	set   data.Dataset // preprocessed
	every int          // epochs
}

// open reads the data and checks the options of a training of these variants.
// Nothing is written, except by -download.
func (s settings) open(ctx context.Context, c console, variants ...variant) (*experiment, error) {
	e := &experiment{settings: s, loaderWorkers: 1, connectivity: s.local.connectivity(), listed: map[string]bool{}}
	var err error
	if e.phase, err = s.sleep.phase(); err != nil {
		return nil, err
	}
	if e.optimiser.Method, err = train.ParseMethod(s.method); err != nil {
		return nil, err
	}
	e.optimiser.WeightDecay = s.weightDecay
	if e.optimiser.Method == train.SGD {
		e.optimiser.Momentum = s.momentum
	}
	if e.schedule.Form, err = train.ParseForm(s.form); err != nil {
		return nil, err
	}
	e.schedule.Gamma = s.gamma
	if e.schedule.Milestones, err = parseNumbers(s.milestones); err != nil {
		return nil, err
	}
	switch {
	case s.epochs < 1:
		return nil, errors.Errorf("-epochs %d, want at least 1", s.epochs)
	case s.batch < 1:
		return nil, errors.Errorf("-batch %d, want at least 1", s.batch)
	case s.width < 0:
		return nil, errors.Errorf("-width %d, want at least 0", s.width)
	case s.steps < 0:
		return nil, errors.Errorf("-steps %d, want at least 0", s.steps)
	case s.mode != "test" && s.mode != "validation":
		return nil, errors.Errorf("-mode %q, want test or validation", s.mode)
	case s.mode == "validation" && s.validation == 0:
		return nil, errors.New("-mode validation needs -validation, the share of the training images to hold back")
	case s.evaluateEvery < 1:
		return nil, errors.Errorf("-evaluate-every %d, want at least 1", s.evaluateEvery)
	case s.evaluateTraining < 0:
		return nil, errors.Errorf("-evaluate-training-every %d, want at least 0", s.evaluateTraining)
	case !(s.rate >= 0) || math.IsInf(s.rate, 1):
		return nil, errors.Errorf("-lr %v, want a number of at least 0", s.rate)
	}
	if e.width == 0 && e.model == defaultModel {
		e.width = defaultWidth
	}
	options := data.TransformOptions{Padding: s.padding, Flip: s.flip, Side: s.imageSize}
	if e.transform, e.preprocessing, err = data.Transforms(s.data, options); err != nil {
		return nil, err
	}
	if err := needEffects(s.given, e.effects(variants)); err != nil {
		return nil, err
	}
	if s.download {
		if err := download(ctx, c, s.data, s.dataDir); err != nil {
			return nil, err
		}
	}
	if err := e.openData(c); err != nil {
		return nil, err
	}
	channels, height, width := e.training.Size()
	e.size.Channels = channels
	if e.size.Height, e.size.Width, err = e.transform.Size(height, width); err != nil {
		return nil, err
	}
	if height == 0 { // pictures, which are decoded when they are asked for
		e.loaderWorkers = runtime.GOMAXPROCS(0)
	}
	for i := range e.parts {
		p := &e.parts[i]
		if p.set, err = data.Preprocess(p.set, e.preprocessing); err != nil {
			return nil, err
		}
		if e.skipBad && p.name != "training" {
			indices, err := readable(ctx, c, p.set, p.name+" ")
			if err != nil {
				return nil, err
			}
			p.set = data.Subset(p.set, indices)
		}
	}
	e.normalisation, err = data.NormalisationFor(s.data, e.training)
	return e, err
}

// openData finds the images to train and to evaluate on.
func (e *experiment) openData(c console) error {
	training, test, err := data.Open(e.data, e.dataDir)
	if err != nil {
		return err
	}
	e.background.behind(training, test)
	c.note(data.Notes(training, test)...)
	if err := needEffects(e.given, []effect{pictureEffect(test)}); err != nil {
		return err
	}
	var validation data.Dataset
	if e.validation != 0 {
		if training, validation, err = data.Split(training, e.validation, e.seed); err != nil {
			return err
		}
	}
	// Bad images are skipped after the split, so that none takes the place of one
	// in another part.
	if e.training = training; e.skipBad {
		e.skipping = data.SkipBad(training)
		e.training = e.skipping
	}
	if e.mode == "test" {
		e.parts = append(e.parts, part{"test", test, e.evaluateEvery})
	}
	if validation != nil {
		e.parts = append(e.parts, part{"validation", validation, e.evaluateEvery})
	}
	if e.evaluateTraining > 0 {
		e.parts = append(e.parts, part{"training", e.training, e.evaluateTraining})
	}
	return nil
}

// parseNumbers reads whole numbers between commas; an empty list is none.
func parseNumbers(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var numbers []int
	for _, field := range strings.Split(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil {
			return nil, errors.Errorf("%q in %q is not a whole number", field, list)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// network builds the network of a variant.
func (e *experiment) network(v variant, seed uint64) (*graph.Network, error) {
	return zoo.New(e.model, zoo.Config{
		Classes: len(e.training.Classes()), Input: e.size, Width: e.width, Steps: e.steps,
		Connectivity: v.connectivity(e.connectivity), Seed: seed,
	})
}

// loader returns the training batches of a variant.
func (e *experiment) loader(v variant, seed uint64) (*data.Loader, error) {
	return data.NewLoader(e.training, data.LoaderOptions{
		Batch: e.batch, Repetitions: v.repetitions, Transform: e.transform,
		Normalisation: e.normalisation, Seed: seed, Workers: e.loaderWorkers,
	})
}

// stepsPerEpoch is one pass over the images at the full batch, the same for
// all variants, so that they are compared at equal work: repetitions make a
// pass longer, not an epoch.
func (e *experiment) stepsPerEpoch() int { return e.training.Len() / e.batch }

// learningRate is the flag's, or else the variant's own.
func (e *experiment) learningRate(v variant) float64 {
	if e.rate > 0 {
		return e.rate
	}
	return v.learningRate()
}

// rateChoice says where the learning rates come from.
func (e *experiment) rateChoice() string {
	if e.rate > 0 {
		return "given by -lr for all variants"
	}
	return fmt.Sprintf("each variant's default: the best by bench search, on a validation split of the embedded images, for ResNet-8 of width %d, %d epochs of batches of %d, AdamW and one cycle", defaultWidth, defaultEpochs, defaultBatch)
}

// describe lists the settings for the report.
func (e *experiment) describe() []report.Setting {
	images := []string{fmt.Sprintf("%d training", e.training.Len())}
	for _, p := range e.parts {
		if p.name != "training" {
			images = append(images, fmt.Sprintf("%d %s", p.set.Len(), p.name))
		}
	}
	last := len(images) - 1
	width := "as published"
	if e.width > 0 {
		width = strconv.Itoa(e.width)
	}
	settings := []report.Setting{
		{Name: "model", Value: e.model + ", width " + width},
		{Name: "data", Value: fmt.Sprintf("%s: %s images of %d×%d, %d classes", e.data, strings.Join(images[:last], ", ")+" and "+images[last], e.size.Height, e.size.Width, len(e.training.Classes()))},
		{Name: "training", Value: fmt.Sprintf("%d epochs of %d steps, batches of %d images", e.epochs, e.stepsPerEpoch(), e.batch)},
		{Name: "optimizer", Value: fmt.Sprintf("%s, weight decay %g, schedule %s", e.method, e.weightDecay, e.form)},
		{Name: "translations", Value: e.transform.String()},
		e.describeSleep(),
	}
	if e.initial != "" {
		settings = append(settings, report.Setting{Name: "initial weights", Value: e.initial})
	}
	if c := e.connectivity; c != (graph.Connectivity{}) {
		c.Local = true
		settings = append(settings, report.Setting{Name: "local networks", Value: c.String()})
	}
	return settings
}

// download fetches a data set, with a progress bar.
func download(ctx context.Context, c console, name, dir string) error {
	if dir == "" {
		return errors.New("-download needs -data-dir, the folder to fetch the data set into")
	}
	bar := newBar(c.err, -1, "download "+name)
	defer bar.finish()
	return data.Download(ctx, name, dir, bar.bytes)
}
