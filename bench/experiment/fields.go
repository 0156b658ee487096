package experiment

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/runs"
	"hypnos/bench/setting"
	"hypnos/data"
	"hypnos/internal/imagenet"
	"hypnos/train"
	"hypnos/weightshare"
)

// Field is a setting of a Spec: a flag of the commands, by its name and help.
type Field struct {
	Name, Help string
	Group      Group
	// Role says what becomes of a run that goes on with another value.
	Role Role
	// Value is where the setting stands in a Spec, as text. Its text in Default is the
	// default.
	Value func(*Spec) setting.Value
	// Idle says why the setting has no effect as the others stand, "" if it has one; nil
	// means that it always has.
	Idle func(*Spec) string
}

// Group is which commands have a setting.
type Group int

const (
	ForTraining    Group = iota // those that train
	ForLocal                    // those, and others that build local networks
	ForEvaluation               // those that evaluate what they train
	ForCheckpoints              // those that keep it
	ForSome                     // those that name it
)

// NamesOf returns the names of the settings of groups.
func NamesOf(groups ...Group) []string {
	var names []string
	for _, f := range Fields {
		if slices.Contains(groups, f.Group) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Role is what a setting is to a run that is kept.
type Role int

const (
	Identity   Role = iota // another value is another run
	Changeable             // kept with the run, and may change when it goes on
	NotKept                // how one process deals with runs, or which runs there are
)

// Fields are all settings. A command takes those that it has a use for.
var Fields = []Field{
	{"model", "`name` of the network: see the command list", ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Model }), nil},
	{"width", fmt.Sprintf("channels of the network's first stage or area; 0 means %d for %s, as published for the others", defaultWidth, defaultModel), ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Width }), nil},
	{"steps", "time steps of cornet-r and cornet-rt; 0 means as published", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Steps }), nil},
	{"variants", "`names` of the variants: see the command list", ForSome, NotKept, setting.List(func(s *Spec) *[]string { return &s.Variants }), nil},
	{"variant", "`name` of the variant to train: see the command list", ForSome, Identity, setting.One(func(s *Spec) *[]string { return &s.Variants }), nil},
	{"repetitions", "translations of each image in its batch; 0 means the variant's", ForSome, Identity, setting.Integer(func(s *Spec) *int { return &s.Repetitions }), nil},
	{"init", "`file` of weights to start with, safetensors or PyTorch's; none unless given", ForSome, Identity, setting.Text(func(s *Spec) *string { return &s.Initial }), nil},
	{"data", "`name` of the data set: see the command list", ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Data.Name }), nil},
	{"data-dir", "`folder` of a data set that is not embedded", ForTraining, Changeable, setting.Text(func(s *Spec) *string { return &s.Data.Folder }), ofFolders},
	{"download", "fetch the data set into -data-dir if it is not there", ForTraining, NotKept, setting.Truth(func(s *Spec) *bool { return &s.Data.Download }), ofFolders},
	{"epochs", "epochs: as many steps as make one pass over the images, for every variant", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Epochs }), nil},
	{"batch", "images a step, repetitions included", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Batch }), nil},
	{"optimizer", "sgd, adam or adamw", ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Optimiser.Method }), nil},
	{"lr", "learning rate, the largest of one cycle; 0 means the variant's default", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.LearningRate }), nil},
	{"weight-decay", "weight decay", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Optimiser.WeightDecay }), nil},
	{"momentum", "momentum of sgd", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Optimiser.Momentum }), ofMomentum},
	{"schedule", "course of the learning rate: onecycle, multistep or constant", ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Schedule.Form }), nil},
	{"milestones", "`epochs` after which multistep multiplies the rate by -gamma, such as 100,150", ForTraining, Identity, setting.IntegerList(func(s *Spec) *[]int { return &s.Schedule.Milestones }), ofMultistep},
	{"gamma", "factor of multistep", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Schedule.Gamma }), ofMultistep},
	{"image-size", fmt.Sprintf("side of the images of -data folder, pixels; 0 means %d", imagenet.Side), ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Data.Side }), nil},
	{"skip-bad-images", "count and list images that cannot be read instead of stopping: in training the next of their class stands in, test images are left out", ForTraining, Identity, setting.Truth(func(s *Spec) *bool { return &s.Data.SkipBad }), nil},
	{"background", "lay transparent pictures over this `colour`, such as white, #8090a0 or 128,128,128; otherwise their transparency is dropped, as torchvision does it", ForTraining, Identity, setting.Checked(func(s *Spec) *string { return &s.Data.Background }, isColour), nil},
	{"padding", "largest translation of a training image, pixels; imagenet and folder train on random parts instead", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Data.Padding }), ofTranslations},
	{"flip", "mirror half of the training images; imagenet and folder always do", ForTraining, Identity, setting.Truth(func(s *Spec) *bool { return &s.Data.Flip }), ofTranslations},
	{"validation", "share of the training images to hold back and evaluate on; 0 means none", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Data.Validation }), nil},
	{"seed", "source of initial weights, order and translations", ForTraining, Identity, setting.Seed(func(s *Spec) *uint64 { return &s.Seed }), nil},
	{"seeds", "seeds to train each variant with, counted from -seed", ForSome, NotKept, setting.Integer(func(s *Spec) *int { return &s.Seeds }), nil},

	{"first-conv", "keep the first `n` layers of local networks convolutional", ForLocal, Identity, setting.Integer(func(s *Spec) *int { return &s.Local.FirstConvolutional }), ofLocal},
	{"conv-1x1", "keep the 1x1 layers of local networks convolutional", ForLocal, Identity, setting.Truth(func(s *Spec) *bool { return &s.Local.Convolutional1x1 }), ofLocal},
	{"freeze-1x1", "freeze the 1x1 layers of local networks at their initial weights", ForLocal, Identity, setting.Truth(func(s *Spec) *bool { return &s.Local.Frozen1x1 }), ofLocal},
	{"deviation", "start local weights at a shared kernel plus `eps` times as much noise; negative means independently", ForLocal, Identity, setting.Number(func(s *Spec) *float64 { return &s.Local.Deviation }), ofLocal},

	{"sleep", "what happens in the sleep of lc-sleep variants: " + either(weightshare.Kinds()), ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Sleep.Kind }), ofSleep},
	{"sleep-period", "side of the patterns, pixels, for all layers; 0 means each layer's kernel", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Sleep.Period }), ofSleep},
	{"sleep-source", "patterns of hebbian and dynamic sleep: gaussian, patches (of images) or pooled (images made periodic)", ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Sleep.Source }), ofLearning},
	{"sleep-engine", "how hebbian and dynamic sleep are computed: fast, or graph (neuron by neuron, in a gorgonia graph; the same to rounding, and slower)", ForTraining, Identity, setting.Text(func(s *Spec) *string { return &s.Sleep.Engine }), ofLearning},
	{"sleep-iterations", "iterations of a sleep, each with patterns of its own", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Sleep.Iterations }), ofLearning},
	{"sleep-patterns", "patterns an iteration", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Sleep.Patterns }), ofLearning},
	{"sleep-rate", fmt.Sprintf("learning rate of a sleep; 0 means %v for gaussian patterns, less for layers that it would let diverge, and the largest that is safe for others", weightshare.ReferenceRate), ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Sleep.Rate }), ofLearning},
	{"sleep-gamma", "pull to the weights from before a sleep", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Sleep.Gamma }), ofLearning},
	{"sleep-momentum", "momentum of a sleep", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Sleep.Momentum }), ofLearning},
	{"sleep-tau", "time constant of the rates of a dynamic sleep, time steps", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Sleep.Tau }), ofDynamics},
	{"sleep-alpha", "strength of inhibition of a dynamic sleep", ForTraining, Identity, setting.Number(func(s *Spec) *float64 { return &s.Sleep.Alpha }), ofDynamics},
	{"sleep-steps", "time steps a pattern of a dynamic sleep", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Sleep.Steps }), ofDynamics},
	{"sleep-over-time", "learn after each time step of a dynamic sleep, not only after the last of a pattern", ForTraining, Identity, setting.Truth(func(s *Spec) *bool { return &s.Sleep.OverTime }), ofDynamics},
	{"sleep-settle", "time steps at the start of a pattern without learning, with -sleep-over-time", ForTraining, Identity, setting.Integer(func(s *Spec) *int { return &s.Sleep.Settle }), ofSettling},

	{"mode", "`images` that the results are of: test, or validation, which needs -validation and never looks at the test images", ForEvaluation, Identity, setting.Text(func(s *Spec) *string { return &s.Evaluation.Mode }), nil},
	{"evaluate-every", "`epochs` from one evaluation on test and validation images to the next; there is always one after the last epoch", ForEvaluation, Identity, setting.Integer(func(s *Spec) *int { return &s.Evaluation.Every }), nil},
	{"evaluate-training-every", "likewise on the training images, untranslated and with running statistics; takes about a third of the time of an epoch each; 0 means never", ForEvaluation, Identity, setting.Integer(func(s *Spec) *int { return &s.Evaluation.EveryTraining }), nil},

	{"out", "`folder` to write the report and checkpoints to; none unless given", ForCheckpoints, NotKept, setting.Text(func(s *Spec) *string { return &s.Checkpoints.Folder }), nil},
	{"save", "`file` to write the trained weights to: .safetensors", ForSome, NotKept, setting.Text(func(s *Spec) *string { return &s.Save }), nil},
	{"checkpoint-every", "`epochs`, or a time such as 10m, between checkpoints in -out; there is also one when a run is stopped or ends", ForCheckpoints, Changeable, setting.Text(func(s *Spec) *string { return &s.Checkpoints.Every }), ofCheckpoints},
	{"keep", "`number` of checkpoints that stay, the newest", ForCheckpoints, Changeable, setting.Integer(func(s *Spec) *int { return &s.Checkpoints.Keep }), ofCheckpoints},
	{"fresh", "start anew where -out has checkpoints, and remove them", ForCheckpoints, NotKept, setting.Truth(func(s *Spec) *bool { return &s.Checkpoints.Fresh }), ofCheckpoints},
	{"skip-damaged", "go on from the newest checkpoint that is not damaged", ForCheckpoints, NotKept, setting.Truth(func(s *Spec) *bool { return &s.Checkpoints.SkipDamaged }), ofCheckpoints},
}

// either lists names as in "a, b or c".
func either[T fmt.Stringer](all []T) string {
	text := all[0].String()
	for i, one := range all[1:] {
		separator := ", "
		if i == len(all)-2 {
			separator = " or "
		}
		text += separator + one.String()
	}
	return text
}

// FieldOf returns the field of that name, or nil.
func FieldOf(name string) *Field {
	if i := slices.IndexFunc(Fields, func(f Field) bool { return f.Name == name }); i >= 0 {
		return &Fields[i]
	}
	return nil
}

// NeedEffects is an error if one of these settings, which somebody gave, has no effect
// in a Spec: whoever gave it meant something by it.
func (s *Spec) NeedEffects(given map[string]bool) error {
	for _, f := range Fields {
		if given[f.Name] && f.Idle != nil {
			if because := f.Idle(s); because != "" {
				return errors.Errorf("-%s has no effect: %s", f.Name, because)
			}
		}
	}
	return nil
}

// The functions from here on are Idle of fields.

func ofFolders(s *Spec) string {
	for _, set := range data.List() {
		if set.Name == s.Data.Name && !set.Folder {
			return fmt.Sprintf("-data %s is in the program itself", s.Data.Name)
		}
	}
	return ""
}

func ofMomentum(s *Spec) string {
	switch {
	case s.Optimiser.Method != "sgd":
		return fmt.Sprintf("-optimizer %s has none of its own to set", s.Optimiser.Method)
	case s.Schedule.Form == "onecycle" && s.Optimiser.Momentum != 0:
		return fmt.Sprintf("-schedule onecycle moves it from %v to %v and back", train.HighMomentum, train.LowMomentum)
	}
	return ""
}

func ofMultistep(s *Spec) string {
	if s.Schedule.Form != "multistep" {
		return "it is of -schedule multistep, and this is " + s.Schedule.Form
	}
	return ""
}

func ofTranslations(s *Spec) string {
	training, _, err := data.Transforms(s.Data.Name, data.TransformOptions{Side: s.Data.Side})
	if _, parts := training.(data.RandomResizedCrop); err == nil && parts {
		return fmt.Sprintf("training images of -data %s are random parts, half of them mirrored", s.Data.Name)
	}
	return ""
}

// hasVariant tells whether a variant is of some kind. Where variants are misspelt, which
// Check says, it is true.
func (s *Spec) hasVariant(kind func(Variant) bool) bool {
	variants, err := ParseVariants(s.Variants...)
	return err != nil || slices.ContainsFunc(variants, kind)
}

func ofLocal(s *Spec) string {
	if !s.hasVariant(func(v Variant) bool { return v.Local }) {
		return "it is of local layers, and the variant conv has none"
	}
	return ""
}

func ofSleep(s *Spec) string {
	if !s.hasVariant(Variant.Sleeps) {
		return "it is of variants that sleep, and none is here"
	}
	return ""
}

func ofLearning(s *Spec) string { return ofKinds(s, weightshare.Kind.Learns) }
func ofDynamics(s *Spec) string { return ofKinds(s, weightshare.Kind.HasDynamics) }

// ofKinds is that of settings of some kinds of sleep.
func ofKinds(s *Spec, has func(weightshare.Kind) bool) string {
	kind, err := weightshare.ParseKind(s.Sleep.Kind)
	if because := ofSleep(s); because != "" || err != nil || has(kind) {
		return because
	}
	var names []string
	for _, k := range weightshare.Kinds() {
		if has(k) {
			names = append(names, k.String())
		}
	}
	return fmt.Sprintf("it is of -sleep %s, and this is %v", strings.Join(names, " and "), kind)
}

func ofSettling(s *Spec) string {
	if because := ofDynamics(s); because != "" || s.Sleep.OverTime {
		return because
	}
	return "it is of -sleep-over-time"
}

func ofCheckpoints(s *Spec) string {
	if s.Checkpoints.Folder == "" {
		return "checkpoints are kept in -out, and none is given"
	}
	return ""
}

// Differences lists the settings by which the runs of two Specs are told apart and that
// differ, or returns nil.
func Differences(was, is Spec) error {
	before, now := map[string]string{}, map[string]string{}
	for _, f := range Fields {
		if f.Role == Identity {
			before[f.Name], now[f.Name] = f.Value(&was).String(), f.Value(&is).String()
		}
	}
	return differences("-", before, now)
}

// differences lists the names whose values differ in two sets, or returns nil. The prefix
// comes before each name.
func differences(prefix string, was, is map[string]string) error {
	all := maps.Clone(was)
	maps.Copy(all, is)
	shown := func(of map[string]string, name string) string {
		switch value, ok := of[name]; {
		case !ok:
			return "not there"
		case value == "":
			return `""`
		default:
			return value
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if before, now := shown(was, name), shown(is, name); before != now {
			list = append(list, fmt.Sprintf("%s%s %s, now %s", prefix, name, before, now))
		}
	}
	if list == nil {
		return nil
	}
	return errors.New(strings.Join(list, "; "))
}

// specOf is the Spec of a run whose checkpoint, in that folder, has flags as text. What
// the program that wrote it did not know was at its default.
func specOf(flags map[string]string, dir string) (Spec, error) {
	s := Default()
	if _, one := flags["variant"]; one { // of bench train
		s.Evaluation.Every = 1
	} else if name := runs.Variant(dir); name != "" {
		s.Variants = []string{name}
	}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		f := FieldOf(name)
		switch {
		case name == "v": // list what does not fit, which is no setting of a run
		case f == nil || f.Role == NotKept:
			return s, errors.Errorf("-%s %s, now not there", name, flags[name])
		default:
			if err := f.Value(&s).Set(flags[name]); err != nil {
				return s, errors.Wrapf(err, "-%s %s", name, flags[name])
			}
		}
	}
	return s, nil
}
