package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/brain"
	"hypnos/bench/experiment"
	"hypnos/bench/report/brainreport"
	"hypnos/bench/results"
	"hypnos/recordings"
)

// likeness compares the networks of a comparison with a recording of the brain.
type likeness struct {
	flags     brainFlags
	recording *recordings.Recording
	study     *brain.Study
	started   time.Time
}

// newLikeness opens the recording of that name; no name is no recording.
func newLikeness(ctx context.Context, c console, name string, e *experiment.Experiment) (*likeness, error) {
	if name == "" {
		return nil, nil
	}
	if err := seesPictures(e); err != nil {
		return nil, errors.Wrap(err, "-brain")
	}
	l := new(likeness)
	l.flags.register(flag.NewFlagSet("brain", flag.ContinueOnError)) // its defaults
	l.flags.recording, l.flags.model.spec.Seed = name, e.Spec.Seed
	l.flags.model.spec.Data.Background = e.Spec.Data.Background
	var err error
	if l.recording, err = openRecording(ctx, c, name, l.flags.model.background(), e.Spec.Data.SkipBad); err != nil {
		return nil, err
	}
	options, err := l.flags.options(l.recording)
	if err != nil {
		return nil, err
	}
	if l.recording.Regions == nil {
		return nil, errors.Errorf("-brain: %s has no responses to compare networks with", name)
	}
	l.study, err = brain.New(l.recording, options)
	return l, err
}

// measure compares the networks of finished runs, trained and as they were
// before, adds the scores to the report of the comparison, and writes a report of
// its own into the folder brain beside it.
func (l *likeness) measure(ctx context.Context, b *bar, e *experiment.Experiment, r *results.Comparison) error {
	l.started = time.Now()
	starts := map[string]bool{}
	var sources, before []source
	variants, err := experiment.ParseVariants(e.Spec.Variants...)
	if err != nil {
		return err
	}
	for j := range e.Spec.Seeds {
		for i, v := range variants {
			seed := r.Variants[i].Runs[j].Seed
			s, err := l.flags.ofRun(e, v, v.Name, seed, e.Weights(i, j))
			if err != nil {
				return err
			}
			sources = append(sources, s)
			if key := brain.Named(v.Start(), seed); !starts[key] {
				starts[key] = true
				s, err := l.flags.ofRun(e, v, v.Start(), seed, "")
				if err != nil {
					return err
				}
				before = append(before, s)
			}
		}
	}
	for _, s := range append(sources, before...) {
		if err := s.show(ctx, b, l.study, l.recording); err != nil {
			return err
		}
	}
	found := l.study.Report()
	for i, v := range variants {
		for j, run := range r.Variants[i].Runs {
			r.Variants[i].Runs[j].Brain = scoresOf(found, v.Name, run.Seed)
			r.Variants[i].Runs[j].Untrained = scoresOf(found, v.Start(), run.Seed)
		}
	}
	l.flags.complete(found, l.recording, l.started)
	return brainreport.Write(found, filepath.Join(e.Spec.Checkpoints.Folder, "brain"))
}

// scoresOf are those of the best areas of a network: PLS where there are
// responses, else Spearman's RSA.
func scoresOf(b *results.Brain, model string, seed uint64) []results.BrainScore {
	var scores []results.BrainScore
	for _, region := range b.Regions {
		var chosen *results.BrainScore
		for i, s := range b.Best {
			if s.Region != region || s.Model != model || s.Seed != seed {
				continue
			}
			if s.Measure == results.MeasurePLS || s.Measure == results.MeasureSpearman && chosen == nil {
				chosen = &b.Best[i]
			}
		}
		if chosen != nil {
			scores = append(scores, *chosen)
		}
	}
	return scores
}

// needWeights is an error if a finished run has no weights to compare.
func needWeights(e *experiment.Experiment) error {
	for i, v := range e.Variants {
		for j, run := range v.Runs {
			if path := e.Weights(i, j); run.Complete {
				if _, err := os.Stat(path); err != nil {
					return errors.Errorf("%s has no weights for -brain: with -fresh the run is trained again", strings.TrimSuffix(path, filepath.Ext(path)))
				}
			}
		}
	}
	return nil
}
