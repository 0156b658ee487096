package main

import (
	"flag"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/data"
)

// The settings of experiment.Fields that commands have as flags.
var (
	localFlags    = []string{"first-conv", "conv-1x1", "freeze-1x1", "deviation"}
	trainingFlags = slices.Concat([]string{
		"model", "width", "steps", "data", "data-dir", "download", "image-size", "skip-bad-images", "background", "padding", "flip", "validation",
		"epochs", "batch", "optimizer", "lr", "weight-decay", "momentum", "schedule", "milestones", "gamma", "seed",
		"sleep", "sleep-source", "sleep-engine", "sleep-iterations", "sleep-patterns", "sleep-period", "sleep-rate", "sleep-gamma", "sleep-momentum",
		"sleep-tau", "sleep-alpha", "sleep-steps", "sleep-over-time", "sleep-settle",
	}, localFlags)
	evaluationFlags = []string{"mode", "evaluate-every", "evaluate-training-every"}
	checkpointFlags = []string{"out", "checkpoint-every", "keep", "fresh", "skip-damaged"}
)

// register makes flags of settings of a Spec, which has their defaults.
func register(fs *flag.FlagSet, s *experiment.Spec, names ...string) {
	for _, name := range names {
		f := experiment.FieldOf(name)
		fs.Var(f.Value(s), name, f.Help)
	}
}

// explain gives flags another explanation than that of their setting.
func explain(fs *flag.FlagSet, name, help string) { fs.Lookup(name).Usage = help }

// given returns the flags that were set on the command line.
func given(fs *flag.FlagSet) map[string]bool {
	names := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { names[f.Name] = true })
	return names
}

// quick sets flags, name by value, that were not given, and returns which. It is an
// error if all were.
func quick(fs *flag.FlagSet, values map[string]string) (set map[string]bool, err error) {
	all, set := given(fs), map[string]bool{}
	for name, value := range values {
		if !all[name] {
			set[name] = true
			if err := fs.Set(name, value); err != nil {
				return nil, errors.Wrapf(err, "-%s %s", name, value)
			}
		}
	}
	if len(set) == 0 {
		var names []string
		for name := range values {
			names = append(names, "-"+name)
		}
		slices.Sort(names)
		verb := "says"
		if last := len(names) - 1; last > 0 {
			verb, names = "say", append(names[:last-1], names[last-1]+" and "+names[last])
		}
		err = errors.Errorf("-quick has no effect: %s %s all that it would", strings.Join(names, ", "), verb)
	}
	return set, err
}

// effect says whether flags of a single command have an effect as the others stand.
type effect struct {
	flags   []string
	there   bool
	because string // it is not
}

// needEffects is an error if a flag was given that has no effect: whoever gave it
// meant something by it. It is one rule for all commands; of the settings of a Spec the
// table says it. What has no effect for what lies in a folder, and not for other flags,
// is a note.
func needEffects(given map[string]bool, effects ...effect) error {
	for _, e := range effects {
		for _, name := range e.flags {
			if given[name] && !e.there {
				return errors.Errorf("-%s has no effect: %s", name, e.because)
			}
		}
	}
	return nil
}

// pictureEffect is that of the flags of pictures on a data set: those that are held
// in memory were read when they were opened, and are not transparent.
func pictureEffect(set data.Dataset) effect {
	_, files := set.(*data.Files)
	return effect{[]string{"skip-bad-images", "background"}, files, "the data set is not of JPEG and PNG files"}
}
