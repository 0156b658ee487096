package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/brain"
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
func newLikeness(ctx context.Context, c console, name string, e *experiment) (*likeness, error) {
	if name == "" {
		return nil, nil
	}
	if err := e.seesPictures(); err != nil {
		return nil, errors.Wrap(err, "-brain")
	}
	l := new(likeness)
	l.flags.register(flag.NewFlagSet("brain", flag.ContinueOnError)) // its defaults
	l.flags.recording, l.flags.model.seed = name, e.seed
	var err error
	if l.recording, err = openRecording(ctx, c, name, e.background, e.skipBad); err != nil {
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
func (l *likeness) measure(ctx context.Context, b *bar, e *experiment, variants []variant, r *results.Comparison, keepers []*keeper, out string) error {
	l.started = time.Now()
	starts := map[string]bool{}
	var sources, before []source
	for n, k := range keepers {
		v := variants[n%len(variants)]
		s, err := l.flags.ofRun(e, v, v.name, k.Run.Seed, k.folder.Tensors(k.at))
		if err != nil {
			return err
		}
		sources = append(sources, s)
		if key := brain.Named(v.start(), k.Run.Seed); !starts[key] {
			starts[key] = true
			s, err := l.flags.ofRun(e, v, v.start(), k.Run.Seed, "")
			if err != nil {
				return err
			}
			before = append(before, s)
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
			r.Variants[i].Runs[j].Brain = scoresOf(found, v.name, run.Seed)
			r.Variants[i].Runs[j].Untrained = scoresOf(found, v.start(), run.Seed)
		}
	}
	l.flags.complete(found, l.recording, l.started)
	return brainreport.Write(found, filepath.Join(out, "brain"))
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

// needTensors is an error if a finished run has no weights to compare.
func (k *keeper) needTensors() error {
	if !k.Run.Complete {
		return nil
	}
	if _, err := os.Stat(k.folder.Tensors(k.at)); err != nil {
		return errors.Errorf("%s in %s has no weights for -brain: with -fresh the run is trained again", k.at, k.folder.Dir)
	}
	return nil
}
