package main

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// checkpointFlags are the flags of commands whose runs can be stopped and go on.
type checkpointFlags struct {
	every              string
	epochs             int           // that every says, or
	time               time.Duration // that it says
	keep               int
	fresh, skipDamaged bool
}

// register adds the flags.
func (f *checkpointFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.every, "checkpoint-every", "10m", "`epochs`, or a time such as 10m, between checkpoints in -out; there is also one when a run is stopped or ends")
	fs.IntVar(&f.keep, "keep", 2, "`number` of checkpoints that stay, the newest")
	fs.BoolVar(&f.fresh, "fresh", false, "start anew where -out has checkpoints, and remove them")
	fs.BoolVar(&f.skipDamaged, "skip-damaged", false, "go on from the newest checkpoint that is not damaged")
}

// checkpointNames are the flags of checkpointFlags.
var checkpointNames = []string{"checkpoint-every", "keep", "fresh", "skip-damaged"}

// check reads what the flags say.
func (f *checkpointFlags) check() error {
	var err error
	if f.epochs, err = strconv.Atoi(f.every); err != nil {
		f.time, err = time.ParseDuration(f.every)
	}
	if err != nil || f.epochs < 1 && f.time <= 0 {
		return errors.Errorf("-checkpoint-every %q, want a number of epochs or a time such as 10m", f.every)
	}
	if f.keep < 1 {
		return errors.Errorf("-keep %d, want at least 1", f.keep)
	}
	return nil
}

// due tells whether there is a checkpoint after a step, so long after the last.
func (f *checkpointFlags) due(step, perEpoch int, since time.Duration) bool {
	if f.epochs > 0 {
		return step%(f.epochs*perEpoch) == 0
	}
	return since >= f.time
}

// passing are the flags that say nothing about a run: how this process deals
// with it, or which runs there are.
var passing = []string{
	"out", "resume", "fresh", "skip-damaged", "download", "cpuprofile", "memprofile", "trace", "save",
	"variants", "seeds", "quick", "brain",
}

// changeable are the flags that a run is told again when it goes on, but that
// may also change.
var changeable = []string{"data-dir", "checkpoint-every", "keep"}

// flagValues are the values of all flags that a run is told when it goes on.
func flagValues(fs *flag.FlagSet) map[string]string {
	values := map[string]string{}
	fs.VisitAll(func(f *flag.Flag) {
		if slices.Contains(passing, f.Name) {
			return
		}
		value := f.Value.String()
		if f.Name == "data-dir" && value != "" { // it may go on from elsewhere
			if absolute, err := filepath.Abs(value); err == nil {
				value = absolute
			}
		}
		values[f.Name] = value
	})
	return values
}

// adopt sets the flags that were not given to what a run was told. It is an
// error, which lists them all, if others contradict it.
func adopt(fs *flag.FlagSet, was map[string]string) error {
	given := given(fs)
	contradicted, now := map[string]string{}, map[string]string{}
	for name, value := range was {
		f := fs.Lookup(name)
		switch {
		case f == nil || slices.Contains(passing, name):
			contradicted[name] = value
		case !given[name]:
			if err := fs.Set(name, value); err != nil {
				return errors.Wrapf(err, "-%s %s", name, value)
			}
		case !slices.Contains(changeable, name):
			contradicted[name], now[name] = value, f.Value.String()
		}
	}
	return differences("-", contradicted, now)
}

// settingsOf are the settings that a run was told. Flags of its command that say
// nothing about them are passed over.
func settingsOf(flags map[string]string) (settings, error) {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	var s settings
	s.register(fs)
	s.registerEvaluation(fs, 1)
	for name, value := range flags {
		if fs.Lookup(name) == nil {
			continue
		}
		if err := fs.Set(name, value); err != nil {
			return s, errors.Wrapf(err, "-%s %s", name, value)
		}
	}
	return s, nil
}

// differ compares the flags of a run with what it is told now. One that the
// program did not have yet was at its default.
func differ(was map[string]string, fs *flag.FlagSet) error {
	changeable := func(name, _ string) bool { return slices.Contains(changeable, name) }
	was, is := maps.Clone(was), flagValues(fs)
	for name := range is {
		if _, ok := was[name]; !ok {
			was[name] = fs.Lookup(name).DefValue
		}
	}
	maps.DeleteFunc(was, changeable)
	maps.DeleteFunc(is, changeable)
	return differences("-", was, is)
}

// differences lists what two sets of values do not agree in, or returns nil.
func differences(prefix string, was, is map[string]string) error {
	names := slices.Sorted(maps.Keys(was))
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, ok := was[name]; !ok {
			names = append(names, name)
		}
	}
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
	for _, name := range names {
		if before, now := shown(was, name), shown(is, name); before != now {
			list = append(list, fmt.Sprintf("%s%s %s, now %s", prefix, name, before, now))
		}
	}
	if list == nil {
		return nil
	}
	return errors.New(strings.Join(list, "; "))
}

// facts are what a run of a variant depends on besides its flags: the data and
// what the program makes of it all.
func (e *experiment) facts(v variant, parameters int) map[string]string {
	facts := map[string]string{
		"learning rate":   fmt.Sprint(e.learningRate(v)),
		"parameters":      strconv.Itoa(parameters),
		"classes":         strconv.Itoa(len(e.training.Classes())),
		"training images": strconv.Itoa(e.training.Len()),
		"image size":      fmt.Sprintf("%d×%d×%d", e.size.Channels, e.size.Height, e.size.Width),
		"normalisation":   fmt.Sprint(e.normalisation),
	}
	for _, p := range e.parts {
		facts[p.name+" images"] = strconv.Itoa(p.set.Len())
	}
	return facts
}

// fits compares what a kept run depends on with what it is to go on with. All
// differences are listed; another build of the program or another processor is
// only said.
func (k *keeper) fits(fs *flag.FlagSet, facts map[string]string, say func(format string, args ...any)) error {
	if !k.keeps() {
		return nil
	}
	err := differ(k.Flags, fs)
	if other := differences("", k.Facts, facts); err == nil {
		err = other
	} else if other != nil {
		err = errors.Errorf("%v; %v", err, other)
	}
	if err != nil {
		return errors.Errorf("%s in %s is of a run with other settings: %v", k.at, k.folder.Dir, err)
	}
	if k.Build != build() {
		say("%s in %s was made by another build of this program, whose results may differ in bits", k.at, k.folder.Dir)
	}
	if now := instructions(); k.Instructions != "" && k.Instructions != now {
		say("%s in %s was computed with %s, and this process computes with %s: results may differ in bits", k.at, k.folder.Dir, k.Instructions, now)
	}
	return nil
}
