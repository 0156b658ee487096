package experiment

import (
	"encoding/json"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"time"

	"github.com/pkg/errors"

	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
	"hypnos/zoo"
)

// Spec says what to train, how, and what to measure. It is plain data, and JSON keeps
// it; what its JSON does not mention is as Default has it. Numbers mean what they say:
// a weight decay of 0 is none. Start from Default, since most zeros are no training.
type Spec struct {
	Model string `json:"model"` // a network of hypnos/zoo
	Width int    `json:"width"` // channels of its first stage or area; 0 means that of Width
	Steps int    `json:"steps"` // time steps of cornet-r and cornet-rt; 0 means as published
	Local Local  `json:"local"` // of the variants that are

	Variants []string `json:"variants"` // names: see ParseVariant
	// Repetitions is how often an image stands in its batch, each time in another
	// translation; 0 means as the variant says.
	Repetitions int    `json:"repetitions"`
	Initial     string `json:"initial_weights"` // file of weights to start with, safetensors or PyTorch's; "" means random ones

	Data Data `json:"data"`

	Epochs       int       `json:"epochs"`        // as many steps as make one pass over the images, for every variant
	Batch        int       `json:"batch"`         // images a step, repetitions included
	LearningRate float64   `json:"learning_rate"` // the largest of one cycle; 0 means the variant's default
	Optimiser    Optimiser `json:"optimiser"`
	Schedule     Schedule  `json:"schedule"`
	Sleep        Sleep     `json:"sleep"` // of the variants that do

	// Seed is the source of weights, order, translations and the validation split. A
	// variant is trained from Seeds seeds: Seed, Seed+1 and so on.
	Seed  uint64 `json:"seed"`
	Seeds int    `json:"seeds"`

	Evaluation  Evaluation  `json:"evaluation"`
	Checkpoints Checkpoints `json:"checkpoints"`
	Save        string      `json:"-"` // file to write the trained weights of the last run to, .safetensors; "" means none
}

// Local says which layers of local networks are excepted, and how weights start: see
// graph.Connectivity.
type Local struct {
	FirstConvolutional int  `json:"first_convolutional"`
	Convolutional1x1   bool `json:"convolutional_1x1"`
	Frozen1x1          bool `json:"frozen_1x1"`
	// Deviation starts weights at a kernel that all locations share plus so many times
	// as much noise; negative means independently.
	Deviation float64 `json:"deviation"`
}

// Data says what images there are to train on and to evaluate.
type Data struct {
	Name       string  `json:"name"`       // a data set of data.List
	Folder     string  `json:"folder"`     // where it is, unless it is in the program
	Download   bool    `json:"-"`          // fetch it into Folder if it is not there
	Side       int     `json:"side"`       // of the images of the set "folder", pixels; 0 means 224
	Padding    int     `json:"padding"`    // largest translation of a training image, pixels, where it is not a random part
	Flip       bool    `json:"flip"`       // mirror half of the training images
	Background string  `json:"background"` // colour behind transparent pictures: see ParseColour; "" drops transparency
	SkipBad    bool    `json:"skip_bad"`   // count and list images that cannot be read, instead of stopping
	Validation float64 `json:"validation"` // share of the training images to hold back; 0 means none
}

// Optimiser is the optimiser of a training: see train.OptimiserOptions.
type Optimiser struct {
	Method      string  `json:"method"` // adamw, adam or sgd
	WeightDecay float64 `json:"weight_decay"`
	Momentum    float64 `json:"momentum"` // of sgd
}

// Schedule is the course of the learning rate: see train.Schedule.
type Schedule struct {
	Form       string  `json:"form"`       // onecycle, multistep or constant
	Milestones []int   `json:"milestones"` // epochs after which multistep multiplies the rate by Gamma
	Gamma      float64 `json:"gamma"`
}

// Sleep is what happens in a sleep: see weightshare.Phase.
type Sleep struct {
	Kind       string  `json:"kind"`       // instant, hebbian or dynamic
	Source     string  `json:"source"`     // of patterns: gaussian, patches or pooled
	Engine     string  `json:"engine"`     // that computes it: fast or graph
	Iterations int     `json:"iterations"` // each with patterns of its own
	Patterns   int     `json:"patterns"`   // an iteration
	Period     int     `json:"period"`     // side of the patterns, pixels; 0 means each layer's kernel
	Rate       float64 `json:"rate"`       // 0 means the default of weightshare.Phase
	Gamma      float64 `json:"gamma"`      // pull to the weights from before
	Momentum   float64 `json:"momentum"`
	Tau        float64 `json:"tau"`   // of the rates of a dynamic sleep, time steps
	Alpha      float64 `json:"alpha"` // strength of inhibition
	Steps      int     `json:"steps"` // a pattern
	OverTime   bool    `json:"over_time"`
	Settle     int     `json:"settle"`
}

// Evaluation says on which images networks are evaluated, and when.
type Evaluation struct {
	Mode          string `json:"mode"`           // images that results are of: test or validation; the latter never looks at the test images
	Every         int    `json:"every"`          // epochs from one to the next; there is always one after the last epoch
	EveryTraining int    `json:"every_training"` // likewise on the training images, as they are; 0 means never
}

// Checkpoints say where the state of runs is kept, so that they can go on.
type Checkpoints struct {
	// Folder is where: in runs/VARIANT-seed-SEED in it or, where OneRun is true, in the
	// folder itself. "" keeps none.
	Folder string `json:"-"`
	OneRun bool   `json:"-"`
	// Every is how often: a number of epochs, or a time such as 10m. There is also one
	// when a run is stopped or ends.
	Every       string `json:"every"`
	Keep        int    `json:"keep"` // how many stay, the newest
	Fresh       bool   `json:"-"`    // start anew, and remove those that are there
	SkipDamaged bool   `json:"-"`    // go on from the newest that is not damaged
	Command     string `json:"-"`    // that a new run notes as what started it
}

// What the default comparison is of: a model at a width that trains in minutes.
const (
	defaultModel  = "resnet8"
	defaultWidth  = 8
	defaultEpochs = 60
	defaultBatch  = 64
)

// Default is the experiment of bench compare without flags: four variants of a small
// network, trained on images that the program carries along in minutes.
func Default() Spec {
	p := weightshare.Reference(weightshare.Dynamic)
	return Spec{
		Model:    defaultModel,
		Local:    Local{Deviation: -1},
		Variants: []string{"conv", "lc", "lc-sleep-1", "lc-sleep-10"},
		Data:     Data{Name: data.Default, Padding: 4},
		Epochs:   defaultEpochs, Batch: defaultBatch,
		Optimiser: Optimiser{Method: "adamw", WeightDecay: 0.01, Momentum: 0.9},
		Schedule:  Schedule{Form: "onecycle", Gamma: train.DefaultGamma},
		Sleep: Sleep{
			Kind: "instant", Source: "gaussian", Engine: "fast", Iterations: p.Iterations, Patterns: p.Patterns,
			Gamma: p.Gamma, Momentum: p.Momentum, Tau: p.Tau, Alpha: p.Alpha, Steps: p.Steps,
		},
		Seed: 1, Seeds: 1,
		Evaluation:  Evaluation{Mode: "test", Every: 5},
		Checkpoints: Checkpoints{Every: "10m", Keep: 2},
	}
}

// UnmarshalJSON reads a Spec. What is not mentioned is as Default has it.
func (s *Spec) UnmarshalJSON(text []byte) error {
	type plain Spec
	p := plain(Default())
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	*s = Spec(p)
	return nil
}

// Width is the width that 0 stands for: a network of the zoo is as wide as it was
// published, but for resnet8, which experiments have at 8 channels, so that it trains in
// minutes.
func Width(model string, width int) int {
	if width == 0 && model == defaultModel {
		return defaultWidth
	}
	return width
}

// Connectivity is that of networks which are local, but for these exceptions.
func (l Local) Connectivity() graph.Connectivity {
	c := graph.Connectivity{FirstConvolutional: l.FirstConvolutional, Convolutional1x1: l.Convolutional1x1, Frozen1x1: l.Frozen1x1}
	if !(l.Deviation < 0) { // NaN is an error of the network's
		c.SharedStart, c.Deviation = true, l.Deviation
	}
	return c
}

// Network builds the network of a variant for images of that size. A blank one has
// zeros for weights. No classes, or the zero value of the size, mean as published.
func (s Spec) Network(v Variant, input graph.Size, classes int, seed uint64, blank bool) (*graph.Network, error) {
	return zoo.New(s.Model, zoo.Config{
		Classes: classes, Input: input, Width: Width(s.Model, s.Width), Steps: s.Steps,
		Connectivity: v.connectivity(s.Local.Connectivity()), Seed: seed, Blank: blank,
	})
}

// Phase is the sleep as package weightshare takes it.
func (s Sleep) Phase() (weightshare.Phase, error) {
	kind, err := weightshare.ParseKind(s.Kind)
	if err != nil {
		return weightshare.Phase{}, err
	}
	p := weightshare.Reference(kind)
	p.Period = s.Period
	if !kind.Learns() {
		return p, p.Check()
	}
	if p.Source, err = weightshare.ParseSource(s.Source); err != nil {
		return p, err
	}
	if p.Engine, err = weightshare.ParseEngine(s.Engine); err != nil {
		return p, err
	}
	p.Iterations, p.Patterns, p.Rate, p.Gamma, p.Momentum = s.Iterations, s.Patterns, s.Rate, s.Gamma, s.Momentum
	p.Tau, p.Alpha, p.Steps, p.OverTime, p.Settle = s.Tau, s.Alpha, s.Steps, s.OverTime, s.Settle
	return p, p.Check()
}

// settled is what a Spec's words stand for, as other packages take it.
type settled struct {
	variants      []Variant
	phase         weightshare.Phase
	optimiser     train.OptimiserOptions
	schedule      train.Schedule // without its rate
	transform     data.Transform // of training images
	preprocessing data.Preprocessing
	background    color.Color
	epochs        int           // from one checkpoint to the next or, if 0,
	time          time.Duration // the time between them
}

// Check returns an error for a Spec that cannot be trained, whatever the data. It names
// settings as Fields does, with a dash.
func (s Spec) Check() error {
	_, err := s.settle()
	return err
}

func (s Spec) settle() (settled, error) {
	var t settled
	var err error
	if t.phase, err = s.Sleep.Phase(); err != nil {
		return t, err
	}
	if t.optimiser.Method, err = train.ParseMethod(s.Optimiser.Method); err != nil {
		return t, err
	}
	t.optimiser.WeightDecay = s.Optimiser.WeightDecay
	if t.optimiser.Method == train.SGD {
		t.optimiser.Momentum = s.Optimiser.Momentum
	}
	if t.schedule.Form, err = train.ParseForm(s.Schedule.Form); err != nil {
		return t, err
	}
	t.schedule.Milestones, t.schedule.Gamma = s.Schedule.Milestones, s.Schedule.Gamma
	if t.variants, err = ParseVariants(s.Variants...); err != nil {
		return t, err
	}
	for i := range t.variants {
		if s.Repetitions > 0 {
			t.variants[i].Repetitions = s.Repetitions
		}
	}
	if _, err = zoo.Find(s.Model); err != nil {
		return t, err
	}
	if err = s.inRange(); err != nil {
		return t, err
	}
	if t.epochs, t.time, err = s.Checkpoints.every(); err != nil {
		return t, err
	}
	if t.background, err = ParseColour(s.Data.Background); err != nil {
		return t, err
	}
	options := data.TransformOptions{Padding: s.Data.Padding, Flip: s.Data.Flip, Side: s.Data.Side}
	if t.transform, t.preprocessing, err = data.Transforms(s.Data.Name, options); err != nil {
		return t, err
	}
	return t, t.optimiser.Check()
}

// inRange checks numbers that nobody else does.
func (s Spec) inRange() error {
	for _, n := range []struct {
		name         string
		value, least int
	}{
		{"epochs", s.Epochs, 1}, {"batch", s.Batch, 1}, {"width", s.Width, 0}, {"steps", s.Steps, 0},
		{"repetitions", s.Repetitions, 0}, {"seeds", s.Seeds, 1}, {"keep", s.Checkpoints.Keep, 1},
		{"evaluate-every", s.Evaluation.Every, 1}, {"evaluate-training-every", s.Evaluation.EveryTraining, 0},
	} {
		if n.value < n.least {
			return errors.Errorf("-%s %d, want at least %d", n.name, n.value, n.least)
		}
	}
	switch mode, rate := s.Evaluation.Mode, s.LearningRate; {
	case mode != "test" && mode != "validation":
		return errors.Errorf("-mode %q, want test or validation", mode)
	case mode == "validation" && s.Data.Validation == 0:
		return errors.New("-mode validation needs -validation, the share of the training images to hold back")
	case !(rate >= 0) || math.IsInf(rate, 1):
		return errors.Errorf("-lr %v, want a number of at least 0", rate)
	}
	return nil
}

// every reads how often there is a checkpoint: after so many epochs, or else so long
// after the one before.
func (c Checkpoints) every() (epochs int, after time.Duration, err error) {
	if epochs, err = strconv.Atoi(c.Every); err != nil {
		after, err = time.ParseDuration(c.Every)
	}
	if err != nil || epochs < 1 && after <= 0 {
		err = errors.Errorf("-checkpoint-every %q, want a number of epochs or a time such as 10m", c.Every)
	}
	return epochs, after, err
}

// rateChoice says where learning rates come from.
func (s Spec) rateChoice() string {
	if s.LearningRate > 0 {
		return "given by -lr for all variants"
	}
	return fmt.Sprintf("each variant's default: the best by the command search, on a validation split of the embedded images, for ResNet-8 of width %d, %d epochs of batches of %d, AdamW and one cycle", defaultWidth, defaultEpochs, defaultBatch)
}

// describeWidth says how wide networks are.
func (s Spec) describeWidth() string {
	if w := Width(s.Model, s.Width); w > 0 {
		return fmt.Sprint(w)
	}
	return "as published"
}
