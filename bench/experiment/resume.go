package experiment

import (
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/bench/runs"
)

// dir is where a run has its checkpoints.
func (c Checkpoints) dir(variant string, seed uint64) string {
	if c.OneRun {
		return c.Folder
	}
	return runs.Of(c.Folder, variant, seed)
}

// Kept is the newest checkpoint of a run.
type Kept struct {
	Spec    Spec // of its experiment, with the variant of the run alone
	Run     results.Run
	Epochs  int    // finished
	Name    string // of the checkpoint
	Weights string // file of its weights, which may have been removed
	facts   map[string]string
}

// Load reads the newest checkpoint of a run, or the newest that is not damaged if one
// that is may be skipped. It is nil if the folder has none.
func Load(dir string, skipDamaged bool) (*Kept, error) {
	r, at, err := newest(dir, skipDamaged, func(string, ...any) {})
	if err != nil || at == (runs.Place{}) {
		return nil, err
	}
	return &Kept{*r.Spec, r.Run, at.Epochs, at.String(), (runs.Folder{Dir: dir}).Tensors(at), r.Facts}, nil
}

// GoOn is what the newest checkpoint in a folder of one run was told, with what now was
// told besides: the settings that were given, by name. It is an error, which lists them
// all, if these contradict the checkpoint.
func GoOn(dir string, now Spec, given map[string]bool) (Spec, error) {
	if places, err := (runs.Folder{Dir: dir}).Places(); err != nil || len(places) == 0 {
		return now, errors.Errorf("folder %q has no checkpoint to go on from", dir)
	}
	switch c := now.Checkpoints; {
	case c.Folder != "" && filepath.Clean(c.Folder) != filepath.Clean(dir):
		return now, errors.Errorf("-out %s and -resume %s: a run stays in its folder", c.Folder, dir)
	case c.Fresh:
		return now, errors.New("-fresh starts anew and -resume goes on: want one of them")
	}
	kept, err := Load(dir, now.Checkpoints.SkipDamaged)
	switch {
	case err != nil:
		return now, err
	case kept == nil:
		return now, errors.Errorf("folder %q has no checkpoint that is not damaged", dir)
	}
	s := kept.Spec
	for _, f := range Fields {
		if given[f.Name] {
			if err := f.Value(&s).Set(f.Value(&now).String()); err != nil {
				return now, errors.Wrapf(err, "-%s", f.Name)
			}
		}
	}
	if err := Differences(kept.Spec, s); err != nil {
		return now, errors.Errorf("%s in %s is of a run with other settings: %v", kept.Name, dir, err)
	}
	if kept.Run.Seed != s.Seed {
		return now, errors.Errorf("%s in %s is of seed %d of a comparison from seed %d, which the command compare goes on with", kept.Name, dir, kept.Run.Seed, s.Seed)
	}
	s.Checkpoints.Folder, s.Checkpoints.OneRun, s.Seeds = dir, true, 1
	return s, nil
}

// Matches is an error if the images of an experiment are not what the network of a
// checkpoint was trained on.
func (k *Kept) Matches(e *Experiment) error {
	was, is := map[string]string{}, map[string]string{}
	now := e.facts(Variant{}, 0)
	for _, name := range []string{"classes", "image size", "normalisation"} {
		was[name], is[name] = k.facts[name], now[name]
	}
	return errors.Wrapf(differences("", was, is), "%s is not what the network was trained on", e.Spec.Data.Name)
}

// starts tells whether a run of a variant has no checkpoint to go on from.
func (e *Experiment) starts(v Variant) bool {
	c := e.Spec.Checkpoints
	if c.Folder == "" || c.Fresh {
		return true
	}
	for j := range e.Spec.Seeds {
		places, err := runs.Folder{Dir: c.dir(v.Name, e.Spec.Seed+uint64(j))}.Places()
		if err != nil || len(places) == 0 {
			return true
		}
	}
	return false
}

// Start makes this process the only one that works in the folder of checkpoints, until
// Close, and finds what there is to go on with. It is an error if that is of other
// settings. Run calls it if nobody has.
func (e *Experiment) Start() error {
	c := e.Spec.Checkpoints
	if c.Folder == "" {
		return nil
	}
	if err := results.PrepareFolder(c.Folder); err != nil {
		return err
	}
	unlock, err := runs.Lock(c.Folder)
	if err != nil {
		return err
	}
	e.unlock = unlock
	if err = e.find(); err != nil {
		e.Close()
	}
	return err
}

// Close gives the folder of checkpoints back.
func (e *Experiment) Close() error {
	if e.unlock == nil {
		return nil
	}
	unlock := e.unlock
	e.unlock, e.keepers = nil, nil
	return unlock()
}

// find finds the checkpoints of all runs.
func (e *Experiment) find() error {
	c := e.Spec.Checkpoints
	if c.Fresh {
		folders := []string{c.Folder}
		if !c.OneRun {
			var err error
			if folders, err = runs.Several(c.Folder); err != nil {
				return err
			}
		}
		for _, dir := range folders {
			if err := (runs.Folder{Dir: dir}).Clear(); err != nil {
				return err
			}
		}
	}
	finished := 0
	for j := range e.Spec.Seeds {
		seed := e.Spec.Seed + uint64(j)
		for i, v := range e.variants {
			dir := c.dir(v.Name, seed)
			k := &keeper{folder: runs.Folder{Dir: dir}, epochs: e.epochs, time: e.time, keep: c.Keep, repeats: c.OneRun}
			var err error
			if k.Record, k.at, err = newest(dir, c.SkipDamaged, e.observer.line); err != nil {
				return err
			}
			if err := k.check(e.keptSpec(v), e.facts(v, e.Variants[i].Parameters), seed, e.observer.line); err != nil {
				return err
			}
			k.Run.Seed = seed
			if k.Run.Complete {
				finished++
			}
			e.keepers = append(e.keepers, k)
			e.Variants[i].Runs = append(e.Variants[i].Runs, k.Run)
		}
	}
	switch {
	case finished == 0:
	case c.OneRun:
		e.observer.line("the run in %s was finished before", c.Folder)
	case finished == len(e.keepers):
		e.observer.line("%s holds this comparison, which was finished before; -fresh trains anew", c.Folder)
	default:
		e.observer.line("%d of %d runs were finished before", finished, len(e.keepers))
	}
	return nil
}

// keptSpec is the Spec that is kept with a run of a variant.
func (e *Experiment) keptSpec(v Variant) Spec {
	s := e.Spec
	s.Variants = []string{v.Name}
	if s.Data.Folder != "" { // it may go on from elsewhere
		if absolute, err := filepath.Abs(s.Data.Folder); err == nil {
			s.Data.Folder = absolute
		}
	}
	return s
}

// facts are what a run of a variant depends on besides its Spec: the data and what the
// program makes of it all.
func (e *Experiment) facts(v Variant, parameters int) map[string]string {
	facts := map[string]string{
		"learning rate":   fmt.Sprint(e.learningRate(v)),
		"parameters":      strconv.Itoa(parameters),
		"classes":         strconv.Itoa(len(e.training.Classes())),
		"training images": strconv.Itoa(e.training.Len()),
		"image size":      fmt.Sprintf("%d×%d×%d", e.Size.Channels, e.Size.Height, e.Size.Width),
		"normalisation":   fmt.Sprint(e.Normalisation),
	}
	for _, p := range e.parts {
		facts[p.name+" images"] = strconv.Itoa(p.set.Len())
	}
	return facts
}

// check is an error, which lists all differences, if a run that is kept is to go on with
// other settings or on other data. Another build of the program or another processor is
// no error; say hears of it.
func (k *keeper) check(s Spec, facts map[string]string, seed uint64, say func(format string, args ...any)) error {
	if !k.has() {
		return nil
	}
	err := Differences(*k.Spec, s)
	if other := differences("", k.Facts, facts); err == nil {
		err = other
	} else if other != nil {
		err = errors.Errorf("%v; %v", err, other)
	}
	if err == nil && k.Run.Seed != seed {
		err = errors.Errorf("its seed is %d, and this run's %d", k.Run.Seed, seed)
	}
	if err != nil {
		err = errors.Errorf("%s in %s is of a run with other settings: %v", k.at, k.folder.Dir, err)
		if !s.Checkpoints.OneRun {
			err = errors.Errorf("%v (-fresh starts anew, another -out leaves it as it is)", err)
		}
		return err
	}
	if k.Build != runs.Build() {
		say("%s in %s was made by another build of this program, whose results may differ in bits", k.at, k.folder.Dir)
	}
	if now := runs.Instructions(); k.Instructions != "" && k.Instructions != now {
		say("%s in %s was computed with %s, and this process computes with %s: results may differ in bits", k.at, k.folder.Dir, k.Instructions, now)
	}
	return nil
}

// Weights is the file of a run's weights in its newest checkpoint: of seed j of variant
// i. It is "" where nothing is kept.
func (e *Experiment) Weights(i, j int) string {
	if n := j*len(e.variants) + i; n < len(e.keepers) && e.keepers[n].has() {
		return e.keepers[n].folder.Tensors(e.keepers[n].at)
	}
	return ""
}

// Command is what started the first run, if it is kept.
func (e *Experiment) Command() string {
	if len(e.keepers) == 0 {
		return ""
	}
	return e.keepers[0].Record.Command
}
