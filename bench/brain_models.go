package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/brain"
	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/bench/runs"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/ventral"
	"hypnos/ventral/reference"
	"hypnos/zoo"
)

// source is a model that bench brain compares.
type source struct {
	name    string
	seed    uint64 // 0 for a model that has none
	warning string
	// answer shows it pictures, and counts them on the bar.
	answer func(ctx context.Context, b *bar, stimuli *data.Files) ([]brain.Area, error)
}

func (s source) String() string { return brain.Named(s.name, s.seed) }

// sources finds all models that the flags name, before any is shown anything.
func (f brainFlags) sources(ctx context.Context, c console) ([]source, error) {
	if f.models == "" {
		return nil, errors.New("-models is missing: folders of bench train or compare, models of bench list, pixels or gabor")
	}
	var names, folders []string
	named := 0 // of the zoo
	for _, name := range strings.Split(f.models, ",") {
		name = filepath.Clean(strings.TrimSpace(name))
		if slices.Contains(names, name) {
			return nil, errors.Errorf("-models: %q stands twice", name)
		}
		names = append(names, name)
		if slices.Contains(zoo.Names(), name) {
			named++
		} else if info, err := os.Stat(name); err == nil && info.IsDir() {
			folders = append(folders, name)
		}
	}
	if f.model.spec.Initial != "" && named != 1 {
		return nil, errors.Errorf("-weights is of one model, and -models names %d of bench list", named)
	}
	if err := needEffects(f.given,
		effect{[]string{"untrained", "data-dir"}, folders != nil, "it is of the networks of folders, and -models names none"},
		effect{slices.Concat([]string{"variant", "width", "classes", "image-size", "steps"}, localFlags), named > 0, "it is of models of bench list, and -models names none"},
		effect{[]string{"areas", "batch"}, folders != nil || named > 0, "it is of networks, and -models names none"},
	); err != nil {
		return nil, err
	}
	if err := f.model.spec.NeedEffects(withoutFolder(f.given)); err != nil {
		return nil, err
	}
	var sources, before []source
	experiments := map[string]*experiment.Experiment{}
	for _, name := range names {
		if !slices.Contains(folders, name) {
			s, err := f.named(name)
			if err != nil {
				return nil, err
			}
			sources = append(sources, s)
			continue
		}
		prefix := ""
		if len(folders) > 1 {
			prefix = filepath.Base(name) + "/"
		}
		trained, untrained, err := f.folder(ctx, c, name, prefix, experiments)
		if err != nil {
			return nil, err
		}
		sources, before = append(sources, trained...), append(before, untrained...)
	}
	if f.untrained {
		sources = append(sources, before...)
	}
	for i, s := range sources {
		if slices.ContainsFunc(sources[:i], func(other source) bool { return other.String() == s.String() }) {
			return nil, errors.Errorf("-models: two models are called %q", s)
		}
	}
	return sources, nil
}

// named is a reference model or one of the zoo.
func (f brainFlags) named(name string) (source, error) {
	switch name {
	case "pixels":
		m, err := reference.NewPixels(0)
		return referenceSource(m), err
	case "gabor":
		m, err := reference.NewGabor(reference.GaborOptions{})
		return referenceSource(m), err
	}
	if _, err := zoo.Find(name); err != nil {
		return source{}, errors.Errorf("-models: %q is no folder, no model of bench list, and not pixels or gabor", name)
	}
	blank, err := f.model.network(name, true)
	if err != nil {
		return source{}, err
	}
	layers, err := layersOf(blank, f.areas)
	if err != nil {
		return source{}, errors.Wrap(err, name)
	}
	shown := name
	if f.model.spec.Variants[0] != "conv" {
		shown += " " + f.model.spec.Variants[0]
	}
	if f.model.spec.Initial == "" {
		shown = "untrained " + shown
	}
	return source{name: shown, answer: func(ctx context.Context, b *bar, stimuli *data.Files) ([]brain.Area, error) {
		net, err := f.model.weighted(name, b.note)
		if err != nil {
			return nil, err
		}
		set, err := look.PreparedFor(stimuli, name, net, f.model.spec.Batch)
		if err != nil {
			return nil, err
		}
		return answers(ctx, b, net, set, layers)
	}}, nil
}

// referenceSource is a model that learns nothing.
func referenceSource(m reference.Model) source {
	return source{name: m.Name(), answer: func(_ context.Context, b *bar, stimuli *data.Files) ([]brain.Area, error) {
		set, err := data.Preprocess(stimuli, data.ResizeCrop{Resize: m.Side(), Crop: m.Side()})
		if err != nil {
			return nil, err
		}
		features, err := reference.Features(m, set)
		b.steps(set.Len())
		return []brain.Area{{Features: features}}, err
	}}
}

// folder finds the runs of a folder of bench train, or of all of bench compare,
// and the networks that they started with, each once. Names get the prefix.
func (f brainFlags) folder(ctx context.Context, c console, dir, prefix string, experiments map[string]*experiment.Experiment) (trained, before []source, err error) {
	folders, err := runs.All(dir)
	if err != nil {
		return nil, nil, err
	}
	started := map[string]bool{}
	for _, folder := range folders {
		k, err := experiment.Load(folder, false)
		if err != nil {
			return nil, nil, err
		}
		if k == nil {
			fmt.Fprintf(c.err, "%s has no checkpoint yet and is left out\n", folder)
			continue
		}
		v, err := experiment.ParseVariant(k.Spec.Variants[0])
		if err != nil {
			return nil, nil, errors.Wrap(err, folder)
		}
		if _, err := os.Stat(k.Weights); err != nil {
			return nil, nil, errors.Errorf("%s in %s has no weights: with -fresh the run is trained again", k.Name, folder)
		}
		e, err := f.experiment(ctx, c, k, experiments)
		if err != nil {
			return nil, nil, errors.Wrap(err, folder)
		}
		s, err := f.ofRun(e, v, prefix+v.Name, k.Run.Seed, k.Weights)
		if err != nil {
			return nil, nil, errors.Wrap(err, folder)
		}
		if !k.Run.Complete {
			s.warning = fmt.Sprintf("trained for %d of %d epochs so far", k.Epochs, e.Spec.Epochs)
		}
		trained = append(trained, s)
		start := prefix + v.Start()
		switch key := brain.Named(start, k.Run.Seed); {
		case started[key]:
		case k.Spec.Initial != "":
			fmt.Fprintf(c.err, "%s started from a file: there is no untrained network of it\n", folder)
		default:
			started[key] = true
			if s, err = f.ofRun(e, v, start, k.Run.Seed, ""); err != nil {
				return nil, nil, err
			}
			before = append(before, s)
		}
	}
	if trained == nil {
		return nil, nil, errors.Errorf("folder %q has no checkpoint of bench train and no runs of bench compare", dir)
	}
	return trained, before, nil
}

// experiment opens what a run was trained with. It is an error if that has
// changed since.
func (f brainFlags) experiment(ctx context.Context, c console, k *experiment.Kept, opened map[string]*experiment.Experiment) (*experiment.Experiment, error) {
	s := k.Spec
	s.Variants = nil // its data alone
	if f.dataDir != "" {
		s.Data.Folder = f.dataDir
	}
	key := fmt.Sprintf("%+v", s)
	if opened[key] == nil {
		e, err := experiment.Open(ctx, s, c.observer())
		if err != nil {
			return nil, err
		}
		opened[key] = e
	}
	return opened[key], k.Fits(opened[key])
}

// withoutFolder are the flags that were given but for that of where the data of folders
// is, which is not where recordings are.
func withoutFolder(given map[string]bool) map[string]bool {
	given = maps.Clone(given)
	delete(given, "data-dir")
	return given
}

// ofRun is the network of a run, with the weights of the file or, without one,
// those that it started with.
func (f brainFlags) ofRun(e *experiment.Experiment, v experiment.Variant, name string, seed uint64, path string) (source, error) {
	if err := seesPictures(e); err != nil {
		return source{}, err
	}
	blank, err := e.Network(v, seed)
	if err != nil {
		return source{}, err
	}
	layers, err := layersOf(blank, f.areas)
	if err != nil {
		return source{}, err
	}
	return source{name: name, seed: seed, answer: func(ctx context.Context, b *bar, stimuli *data.Files) ([]brain.Area, error) {
		net, err := e.Network(v, seed)
		if err != nil {
			return nil, err
		}
		if path != "" {
			if err := net.Load(path, graph.LoadOptions{}); err != nil {
				return nil, err
			}
		}
		resize, ok := e.Preprocessing.(data.ResizeCrop)
		if !ok {
			resize = data.ResizeCrop{Resize: e.Size.Height, Crop: e.Size.Height}
		}
		set := &look.Pictures{Files: stimuli, Normalisation: e.Normalisation, Batch: f.model.spec.Batch}
		if set.Prepared, err = data.Preprocess(stimuli, resize); err != nil {
			return nil, err
		}
		return answers(ctx, b, net, set, layers)
	}}, nil
}

// seesPictures is an error if pictures cannot be shown to networks that are
// trained on these images.
func seesPictures(e *experiment.Experiment) error {
	if e.Size.Channels == 3 && e.Size.Height == e.Size.Width {
		return nil
	}
	return errors.Errorf("networks for images of %d channels and %d×%d pixels, want squares of 3 channels to show pictures to them", e.Size.Channels, e.Size.Height, e.Size.Width)
}

// answers shows all pictures to a network.
func answers(ctx context.Context, b *bar, net *graph.Network, set *look.Pictures, layers []string) ([]brain.Area, error) {
	observation, err := net.Observe(min(set.Batch, set.Len()), layers...)
	if err != nil {
		return nil, err
	}
	values := make([][]float32, len(layers))
	for batch, err := range set.Batches(ctx, b.steps) {
		if err != nil {
			return nil, err
		}
		features, err := observation.Features(batch.Images)
		if err != nil {
			return nil, err
		}
		for i, f := range features {
			if values[i] == nil {
				values[i] = make([]float32, 0, len(f.Data)/len(batch.Labels)*set.Len())
			}
			values[i] = append(values[i], f.Data...)
		}
	}
	areas := make([]brain.Area, len(layers))
	for i, name := range layers {
		features, err := ventral.NewFeatures(set.Len(), len(values[i])/set.Len(), values[i])
		if err != nil {
			return nil, err
		}
		areas[i] = brain.Area{Name: name, Features: features}
	}
	return areas, nil
}
