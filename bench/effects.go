package main

import (
	"flag"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"hypnos/data"
	"hypnos/train"
	"hypnos/weightshare"
)

// effect says whether flags have an effect as the others stand.
type effect struct {
	flags   []string
	there   bool
	because string // it is not
}

// needEffects is an error if a flag was given that has no effect: whoever gave it
// meant something by it. It is one rule for all commands. What has no effect for
// what lies in a folder, and not for other flags, is a note.
func needEffects(given map[string]bool, effects []effect) error {
	for _, e := range effects {
		for _, name := range e.flags {
			if given[name] && !e.there {
				return errors.Errorf("-%s has no effect: %s", name, e.because)
			}
		}
	}
	return nil
}

// given returns the flags that were set on the command line.
func given(fs *flag.FlagSet) map[string]bool {
	names := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { names[f.Name] = true })
	return names
}

// effects are those of the settings on a training of these variants.
func (e *experiment) effects(variants []variant) []effect {
	_, parts := e.transform.(data.RandomResizedCrop)
	sgd, cycle := e.optimiser.Method == train.SGD, e.schedule.Form == train.OneCycle
	momentum := fmt.Sprintf("-optimizer %s has none of its own to set", e.method)
	if sgd {
		momentum = fmt.Sprintf("-schedule onecycle moves it from %v to %v and back", train.HighMomentum, train.LowMomentum)
	}
	return slices.Concat([]effect{
		{[]string{"momentum"}, sgd && (!cycle || e.momentum == 0), momentum},
		{[]string{"milestones", "gamma"}, e.schedule.Form == train.MultiStep, "it is of -schedule multistep, and this is " + e.form},
		{[]string{"padding", "flip"}, !parts, fmt.Sprintf("training images of -data %s are random parts, half of them mirrored", e.data)},
		{localNames, slices.ContainsFunc(variants, func(v variant) bool { return v.local }), "it is of local layers, and no variant here has them"},
		{sleepNames, slices.ContainsFunc(variants, variant.sleeps), "it is of variants that sleep, and none is here"},
		folderEffect(e.data),
	}, e.sleep.effects(e.phase))
}

// localNames are the flags of localFlags.
var localNames = []string{"first-conv", "conv-1x1", "freeze-1x1", "deviation"}

// The flags of sleepFlags: all, and those of some kinds of sleep.
var (
	patternNames = []string{"sleep-source", "sleep-iterations", "sleep-patterns", "sleep-rate", "sleep-gamma", "sleep-momentum"}
	dynamicNames = []string{"sleep-tau", "sleep-alpha", "sleep-steps", "sleep-over-time", "sleep-settle"}
	sleepNames   = slices.Concat([]string{"sleep", "sleep-period"}, patternNames, dynamicNames)
)

// effects are those of the flags of a sleep on the phase that they come to.
func (f sleepFlags) effects(p weightshare.Phase) []effect {
	return []effect{
		{patternNames, p.Kind != weightshare.Instant, "it is of -sleep hebbian and dynamic, and this is instant"},
		{dynamicNames, p.Kind == weightshare.Dynamic, fmt.Sprintf("it is of -sleep dynamic, and this is %v", p.Kind)},
		{[]string{"sleep-settle"}, f.OverTime, "it is of -sleep-over-time"},
	}
}

// effects are those of the flags that name and size one network.
func (f modelFlags) effects() []effect {
	return []effect{
		f.localEffect(),
		{[]string{"seed"}, f.weights == "" || f.local.deviation > 0, "all weights are those of the file"},
	}
}

// localEffect is that of the flags of local layers.
func (f modelFlags) localEffect() effect {
	return effect{localNames, f.variant != "conv", "it is of local layers, and -variant conv has none"}
}

// folderEffect is that of where the data set of this name is.
func folderEffect(name string) effect {
	sets := data.List()
	i := slices.IndexFunc(sets, func(set data.Info) bool { return set.Name == name })
	return effect{[]string{"data-dir", "download"}, i < 0 || sets[i].Folder, fmt.Sprintf("-data %s is in the program itself", name)}
}
