package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/brain"
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
	var sources, untrained []source
	seen, named := map[string]bool{}, 0
	experiments := map[string]*experiment{}
	for _, name := range strings.Split(f.models, ",") {
		name = strings.TrimSpace(name)
		if seen[name] {
			return nil, errors.Errorf("-models: %q stands twice", name)
		}
		seen[name] = true
		if info, err := os.Stat(name); err == nil && info.IsDir() && !slices.Contains(zoo.Names(), name) {
			trained, before, err := f.folder(ctx, c, name, experiments)
			if err != nil {
				return nil, err
			}
			sources, untrained = append(sources, trained...), append(untrained, before...)
			continue
		}
		s, err := f.named(name)
		if err != nil {
			return nil, err
		}
		if _, err := zoo.Find(name); err == nil {
			named++
		}
		sources = append(sources, s)
	}
	switch {
	case f.model.weights != "" && named != 1:
		return nil, errors.Errorf("-weights is of one model, and -models names %d of bench list", named)
	case f.untrained && untrained == nil:
		return nil, errors.New("-untrained is of the networks of folders, and -models names none")
	case f.untrained:
		sources = append(sources, untrained...)
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
	layers, err := f.layers(blank)
	if err != nil {
		return source{}, errors.Wrap(err, name)
	}
	shown := name
	if f.model.variant != "conv" {
		shown += " " + f.model.variant
	}
	if f.model.weights == "" {
		shown = "untrained " + shown
	}
	return source{name: shown, answer: func(ctx context.Context, b *bar, stimuli *data.Files) ([]brain.Area, error) {
		net, err := f.model.weighted(name)
		if err != nil {
			return nil, err
		}
		set, err := preparedFor(stimuli, name, net, f.batch)
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

// runName is what bench compare calls the folder of a run.
var runName = regexp.MustCompile(`^(.+)-seed-([0-9]{1,20})$`)

// folder finds the runs of a folder of bench train, or of all of bench compare,
// and the networks that they started with, each once.
func (f brainFlags) folder(ctx context.Context, c console, dir string, experiments map[string]*experiment) (trained, before []source, err error) {
	folders := []string{dir}
	if places, err := (runs.Folder{Dir: dir}).Places(); err != nil || len(places) == 0 {
		folders, err = filepath.Glob(filepath.Join(dir, "runs", "*-seed-*"))
		if err != nil || folders == nil {
			return nil, nil, errors.Errorf("folder %q has no checkpoint of bench train and no runs of bench compare", dir)
		}
	}
	started := map[string]bool{}
	for _, folder := range folders {
		var r record
		k, damaged, err := runs.Folder{Dir: folder}.Newest(&r)
		switch {
		case err != nil:
			return nil, nil, err
		case damaged != nil:
			return nil, nil, damaged[0]
		case k == runs.Place{}:
			fmt.Fprintf(c.err, "%s has no checkpoint yet and is left out\n", folder)
			continue
		}
		name := r.Flags["variant"]
		if m := runName.FindStringSubmatch(filepath.Base(folder)); name == "" && m != nil {
			name = m[1]
		}
		v, err := parseVariant(name)
		if err != nil {
			return nil, nil, errors.Wrap(err, folder)
		}
		path := (runs.Folder{Dir: folder}).Tensors(k)
		if _, err := os.Stat(path); err != nil {
			return nil, nil, errors.Errorf("%s in %s has no weights: with -fresh the run is trained again", k, folder)
		}
		e, err := f.experiment(ctx, c, r.Flags, experiments)
		if err != nil {
			return nil, nil, errors.Wrap(err, folder)
		}
		s, err := f.ofRun(e, v, v.name, r.Run.Seed, path)
		if err != nil {
			return nil, nil, errors.Wrap(err, folder)
		}
		if !r.Run.Complete {
			s.warning = fmt.Sprintf("trained for %d of %d epochs so far", k.Epochs, e.epochs)
		}
		trained = append(trained, s)
		if key := brain.Named(v.start(), r.Run.Seed); !started[key] {
			started[key] = true
			s, err := f.ofRun(e, v, v.start(), r.Run.Seed, "")
			if err != nil {
				return nil, nil, err
			}
			before = append(before, s)
		}
	}
	if trained == nil {
		return nil, nil, errors.Errorf("folder %q has no checkpoint yet", dir)
	}
	return trained, before, nil
}

// start names the network that a variant starts with: all local ones of a seed
// start alike.
func (v variant) start() string {
	if v.local {
		return "untrained lc"
	}
	return "untrained conv"
}

// experiment opens what runs of these flags were trained with, once.
func (f brainFlags) experiment(ctx context.Context, c console, flags map[string]string, opened map[string]*experiment) (*experiment, error) {
	key := fmt.Sprint(flags["model"], flags["data"], flags["data-dir"], flags["validation"], flags["width"], flags["steps"], flags["image-size"])
	if e := opened[key]; e != nil {
		return e, nil
	}
	s, err := settingsOf(flags)
	if err != nil {
		return nil, err
	}
	if f.dataDir != "" {
		s.dataDir = f.dataDir
	}
	e, err := s.open(ctx, c)
	if err != nil {
		return nil, err
	}
	opened[key] = e
	return e, nil
}

// ofRun is the network of a run, with the weights of the file or, without one,
// those that it started with.
func (f brainFlags) ofRun(e *experiment, v variant, name string, seed uint64, path string) (source, error) {
	if e.size.Channels != 3 || e.size.Height != e.size.Width {
		return source{}, errors.Errorf("the network takes images of %v, want squares of 3 channels to show pictures to it", e.size)
	}
	blank, err := e.network(v, seed)
	if err != nil {
		return source{}, err
	}
	layers, err := f.layers(blank)
	if err != nil {
		return source{}, err
	}
	return source{name: name, seed: seed, answer: func(ctx context.Context, b *bar, stimuli *data.Files) ([]brain.Area, error) {
		net, err := e.network(v, seed)
		if err != nil {
			return nil, err
		}
		if path != "" {
			if err := net.Load(path, graph.LoadOptions{}); err != nil {
				return nil, err
			}
		}
		resize, ok := e.preprocessing.(data.ResizeCrop)
		if !ok {
			resize = data.ResizeCrop{Resize: e.size.Height, Crop: e.size.Height}
		}
		set := &pictures{Files: stimuli, normalisation: e.normalisation, batch: f.batch}
		if set.prepared, err = data.Preprocess(stimuli, resize); err != nil {
			return nil, err
		}
		return answers(ctx, b, net, set, layers)
	}}, nil
}

// layers are the names of the areas, or what else the flag names.
func (f brainFlags) layers(net *graph.Network) ([]string, error) {
	if f.areas == "auto" {
		return net.AreaNames(), nil
	}
	var names []string
	for _, name := range strings.Split(f.areas, ",") {
		name = strings.TrimSpace(name)
		if _, err := net.Find(name); err != nil {
			return nil, err
		}
		if slices.Contains(names, name) {
			return nil, errors.Errorf("-areas: %q stands twice", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// answers shows all pictures to a network.
func answers(ctx context.Context, b *bar, net *graph.Network, set *pictures, layers []string) ([]brain.Area, error) {
	values := make([][]float32, len(layers))
	for batch, err := range set.batches(ctx, b) {
		if err != nil {
			return nil, err
		}
		features, err := net.Features(batch.Images, layers...)
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
