package brain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/bench/runs"
	"hypnos/bench/setting"
	"hypnos/ventral/reference"
	"hypnos/zoo"
)

// Names are what models to compare are called.
type Names struct {
	All     []string // in order
	Folders []string // of these, folders of runs
	Zoo     []string // and networks of package zoo
}

// ParseNames reads names between commas: of folders, networks of package zoo, pixels and
// gabor.
func ParseNames(list string) (Names, error) {
	var n Names
	if list == "" {
		return n, errors.New("-models is missing: folders of train or compare, models of the command list, pixels or gabor")
	}
	for _, name := range setting.Names(list) {
		name = filepath.Clean(name)
		n.All = append(n.All, name)
		if slices.Contains(zoo.Names(), name) {
			n.Zoo = append(n.Zoo, name)
		} else if info, err := os.Stat(name); err == nil && info.IsDir() {
			n.Folders = append(n.Folders, name)
		}
	}
	return n, setting.Distinct("-models: %q", n.All)
}

// Models says which models to compare.
type Models struct {
	Names      Names
	Zoo        look.Model // networks of package zoo; its batch is that of all networks, 0 meaning DefaultBatch
	Areas      string     // names of areas or layers, for look.Layers
	DataFolder string     // of the data that runs were trained on; "" means where it was
	Untrained  bool       // also networks of runs as they were before training
}

// Sources finds all models before any is shown anything. Untrained networks of runs come
// last, each once. The observer hears of runs that are left out.
func (m Models) Sources(ctx context.Context, o experiment.Observer) ([]Source, error) {
	if m.Zoo.Spec.Batch == 0 {
		m.Zoo.Spec.Batch = DefaultBatch
	}
	f := finder{Models: m, observer: o.Heard(), experiments: map[string]*experiment.Experiment{}}
	var sources []Source
	for _, name := range m.Names.All {
		if !slices.Contains(m.Names.Folders, name) {
			s, err := m.named(name)
			if err != nil {
				return nil, err
			}
			sources = append(sources, s)
			continue
		}
		prefix := ""
		if len(m.Names.Folders) > 1 {
			prefix = filepath.Base(name) + "/"
		}
		trained, err := f.folder(ctx, name, prefix)
		if err != nil {
			return nil, err
		}
		sources = append(sources, trained...)
	}
	if m.Untrained {
		sources = append(sources, f.untrained...)
	}
	for i, s := range sources {
		if slices.ContainsFunc(sources[:i], func(other Source) bool { return other.String() == s.String() }) {
			return nil, errors.Errorf("-models: two models are called %q", s)
		}
	}
	return sources, nil
}

// named is a reference model or a network of package zoo.
func (m Models) named(name string) (Source, error) {
	switch name {
	case "pixels":
		model, err := reference.NewPixels(0)
		return referenceSource(model), err
	case "gabor":
		model, err := reference.NewGabor(reference.GaborOptions{})
		return referenceSource(model), err
	}
	if !slices.Contains(m.Names.Zoo, name) {
		return Source{}, errors.Errorf("-models: %q is no folder, no model of the command list, and not pixels or gabor", name)
	}
	return zooSource(name, m.Zoo, m.Areas)
}

// finder finds the runs of folders.
type finder struct {
	Models
	observer    experiment.Observer
	experiments map[string]*experiment.Experiment // with the data of runs, opened once
	untrained   []Source                          // networks that runs started with
}

// folder finds the runs of a folder of bench train, or all of one of bench compare. Names
// get the prefix.
func (f *finder) folder(ctx context.Context, dir, prefix string) (trained []Source, err error) {
	folders, err := runs.All(dir)
	if err != nil {
		return nil, err
	}
	started := map[string]bool{}
	for _, folder := range folders {
		k, err := experiment.Load(folder, false)
		if err != nil {
			return nil, err
		}
		if k == nil {
			f.observer.Line(folder + " has no checkpoint yet and is left out")
			continue
		}
		r, err := f.run(ctx, folder, k)
		if err != nil {
			return nil, err
		}
		s, err := r.source(prefix+r.variant.Name, f.Areas, f.Zoo.Spec.Batch)
		if err != nil {
			return nil, errors.Wrap(err, folder)
		}
		if !k.Run.Complete {
			s.warning = fmt.Sprintf("trained for %d of %d epochs so far", k.Epochs, k.Spec.Epochs)
		}
		trained = append(trained, s)
		start := prefix + r.variant.Start()
		switch key := Named(start, k.Run.Seed); {
		case started[key]:
		case k.Spec.Initial != "":
			f.observer.Line(folder + " started from a file: there is no untrained network of it")
		default:
			started[key] = true
			r.weights = ""
			if s, err = r.source(start, f.Areas, f.Zoo.Spec.Batch); err != nil {
				return nil, err
			}
			f.untrained = append(f.untrained, s)
		}
	}
	if trained == nil {
		return nil, errors.Errorf("folder %q has no checkpoint of train and no runs of compare", dir)
	}
	return trained, nil
}

// run opens a run that is kept. It is an error if its data has changed since.
func (f *finder) run(ctx context.Context, folder string, k *experiment.Kept) (run, error) {
	v, err := experiment.ParseVariant(k.Spec.Variants[0])
	if err != nil {
		return run{}, errors.Wrap(err, folder)
	}
	if _, err := os.Stat(k.Weights); err != nil {
		return run{}, errors.Errorf("%s in %s has no weights: with -fresh the run is trained again", k.Name, folder)
	}
	s := k.Spec
	s.Variants = nil // its data alone
	if f.DataFolder != "" {
		s.Data.Folder = f.DataFolder
	}
	key := fmt.Sprintf("%+v", s)
	if f.experiments[key] == nil {
		e, err := experiment.Open(ctx, s, f.observer)
		if err != nil {
			return run{}, errors.Wrap(err, folder)
		}
		f.experiments[key] = e
	}
	e := f.experiments[key]
	return run{e, v, k.Run.Seed, k.Weights}, errors.Wrap(k.Matches(e), folder)
}
