// Package flags makes the flags of commands: of settings of an experiment.Spec by their
// table experiment.Fields, of networks to look at, and of profiles. What is said on the
// command line has to have an effect; that is one rule for all flags.
package flags

import (
	"flag"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/data"
)

// Names of settings that several commands have as flags.
var (
	Local       = experiment.NamesOf(experiment.ForLocal)
	Training    = experiment.NamesOf(experiment.ForTraining, experiment.ForLocal)
	Evaluation  = experiment.NamesOf(experiment.ForEvaluation)
	Checkpoints = experiment.NamesOf(experiment.ForCheckpoints)
)

// Register makes flags of settings of a Spec, which has their defaults.
func Register(fs *flag.FlagSet, s *experiment.Spec, names ...string) {
	for _, name := range names {
		f := experiment.FieldOf(name)
		fs.Var(f.Value(s), name, f.Help)
	}
}

// Explain gives a flag another help than that of its setting.
func Explain(fs *flag.FlagSet, name, help string) { fs.Lookup(name).Usage = help }

// RegisterMarkdown adds the flag of a command that prints tables.
func RegisterMarkdown(fs *flag.FlagSet, markdown *bool) {
	fs.BoolVar(markdown, "markdown", false, "print tables as Markdown")
}

// Given returns the flags that were set on the command line.
func Given(fs *flag.FlagSet) map[string]bool {
	names := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { names[f.Name] = true })
	return names
}

// Quick sets those of the flags, name by value, that were not given, and returns their
// names. It is an error if all were, since -quick, which does this, has no effect then.
func Quick(fs *flag.FlagSet, values map[string]string) (set map[string]bool, err error) {
	given, set := Given(fs), map[string]bool{}
	for name, value := range values {
		if !given[name] {
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

// Effect says whether flags have an effect as the others stand.
type Effect struct {
	Flags   []string
	Has     bool
	Because string // they have none
}

// NeedEffects is an error if a flag was given that has no effect: whoever gave it
// meant something by it. Of the settings of a Spec, Spec.NeedEffects says it. A flag
// that has no effect only because of what lies in a folder is not an error, but a note.
func NeedEffects(given map[string]bool, effects ...Effect) error {
	for _, e := range effects {
		for _, name := range e.Flags {
			if given[name] && !e.Has {
				return errors.Errorf("-%s has no effect: %s", name, e.Because)
			}
		}
	}
	return nil
}

// OfPictures is the effect of the flags of pictures on a data set: images that are held
// in memory were read when the set was opened, and are not transparent.
func OfPictures(set data.Dataset) Effect {
	_, files := set.(*data.Files)
	return Effect{[]string{"skip-bad-images", "background"}, files, "the data set is not of JPEG and PNG files"}
}

// Check checks what flags have made of a Spec, before anything is read.
func Check(s *experiment.Spec, given map[string]bool) error {
	if err := s.Check(); err != nil {
		return err
	}
	return s.NeedEffects(given)
}
