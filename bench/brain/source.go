package brain

import (
	"context"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/ventral"
	"hypnos/ventral/reference"
)

// DefaultBatch is how many pictures networks are shown at a time, unless told otherwise.
const DefaultBatch = 32

// Source is a model that can be shown pictures. Its network is made when it is.
type Source struct {
	Name    string
	Seed    uint64 // 0 for a model that has none
	warning string // for the report
	// answer shows it pictures; the observer hears of each.
	answer func(ctx context.Context, stimuli *data.Files, o experiment.Observer) ([]Area, error)
}

func (s Source) String() string { return Named(s.Name, s.Seed) }

// Show shows a model the stimuli of the recording and adds its answers to the study. The
// observer hears of a step a picture, and of one more for the comparison.
func (s *Study) Show(ctx context.Context, model Source, o experiment.Observer) error {
	o = o.Heard()
	o.Describe(model.String())
	if model.warning != "" {
		s.Warn("%s: %s", model, model.warning)
	}
	areas, err := model.answer(ctx, s.recording.Stimuli, o)
	if err != nil {
		return errors.Wrapf(err, "%s", model)
	}
	s.Add(Model{Name: model.Name, Seed: model.Seed, Areas: areas})
	o.Steps(1)
	return nil
}

// referenceSource is a model that learns nothing.
func referenceSource(m reference.Model) Source {
	return Source{Name: m.Name(), answer: func(_ context.Context, stimuli *data.Files, o experiment.Observer) ([]Area, error) {
		set, err := data.Preprocess(stimuli, data.ResizeCrop{Resize: m.Side(), Crop: m.Side()})
		if err != nil {
			return nil, err
		}
		features, err := reference.Features(m, set)
		o.Steps(set.Len())
		return []Area{{Features: features}}, err
	}}
}

// zooSource is the network of that name, as a model says.
func zooSource(name string, model look.Model, areas string) (Source, error) {
	blank, err := model.Network(name, true)
	if err != nil {
		return Source{}, err
	}
	layers, err := look.Layers(blank, areas)
	if err != nil {
		return Source{}, errors.Wrap(err, name)
	}
	shown := name
	if variant := model.Spec.Variants[0]; variant != "conv" {
		shown += " " + variant
	}
	if model.Spec.Initial == "" {
		shown = "untrained " + shown
	}
	return Source{Name: shown, answer: func(ctx context.Context, stimuli *data.Files, o experiment.Observer) ([]Area, error) {
		net, err := model.Weighted(name, o.Note)
		if err != nil {
			return nil, err
		}
		set, err := look.PreparedFor(stimuli, name, net, model.Spec.Batch)
		if err != nil {
			return nil, err
		}
		return answers(ctx, net, set, layers, o)
	}}, nil
}

// run is a run of an experiment: its network with the weights of a file or, without
// one, those that it started with.
type run struct {
	experiment *experiment.Experiment
	variant    experiment.Variant
	seed       uint64
	weights    string
}

// source is the run as a model of that name, whose areas are compared.
func (r run) source(name, areas string, batch int) (Source, error) {
	e := r.experiment
	if err := seesPictures(e); err != nil {
		return Source{}, err
	}
	blank, err := e.Network(r.variant, r.seed)
	if err != nil {
		return Source{}, err
	}
	layers, err := look.Layers(blank, areas)
	if err != nil {
		return Source{}, err
	}
	return Source{Name: name, Seed: r.seed, answer: func(ctx context.Context, stimuli *data.Files, o experiment.Observer) ([]Area, error) {
		net, err := e.Network(r.variant, r.seed)
		if err != nil {
			return nil, err
		}
		if r.weights != "" {
			if err := net.Load(r.weights, graph.LoadOptions{}); err != nil {
				return nil, err
			}
		}
		resize, ok := e.Preprocessing.(data.ResizeCrop)
		if !ok {
			resize = data.ResizeCrop{Resize: e.Size.Height, Crop: e.Size.Height}
		}
		set := &look.Pictures{Files: stimuli, Normalisation: e.Normalisation, Batch: batch}
		if set.Prepared, err = data.Preprocess(stimuli, resize); err != nil {
			return nil, err
		}
		return answers(ctx, net, set, layers, o)
	}}, nil
}

// seesPictures is an error if pictures cannot be shown to networks that are trained on
// the images of an experiment.
func seesPictures(e *experiment.Experiment) error {
	if e.Size.Channels == 3 && e.Size.Height == e.Size.Width {
		return nil
	}
	return errors.Errorf("networks for images of %d channels and %d×%d pixels, want squares of 3 channels to show pictures to them", e.Size.Channels, e.Size.Height, e.Size.Width)
}

// answers shows all pictures to a network and returns what its layers answer.
func answers(ctx context.Context, net *graph.Network, set *look.Pictures, layers []string, o experiment.Observer) ([]Area, error) {
	observation, err := net.Observe(min(set.Batch, set.Len()), layers...)
	if err != nil {
		return nil, err
	}
	values := make([][]float32, len(layers))
	for batch, err := range set.Batches(ctx, o.Steps) {
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
	areas := make([]Area, len(layers))
	for i, name := range layers {
		features, err := ventral.NewFeatures(set.Len(), len(values[i])/set.Len(), values[i])
		if err != nil {
			return nil, err
		}
		areas[i] = Area{Name: name, Features: features}
	}
	return areas, nil
}
