package brain

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/results"
)

// Comparison compares the networks of an experiment with a recording.
type Comparison struct {
	experiment *experiment.Experiment
	study      *Study
}

// NewComparison opens the recording of that name. It is an error if it has nothing to
// compare the networks with, or if they cannot be shown pictures.
func NewComparison(ctx context.Context, name string, e *experiment.Experiment, o experiment.Observer) (*Comparison, error) {
	if err := seesPictures(e); err != nil {
		return nil, errors.Wrap(err, "-brain")
	}
	background, err := experiment.ParseColour(e.Spec.Data.Background)
	if err != nil {
		return nil, err
	}
	recording, err := Open(ctx, name, background, e.Spec.Data.SkipBad, o)
	if err != nil {
		return nil, err
	}
	if recording.Regions == nil {
		return nil, errors.Errorf("-brain: %s has no responses to compare networks with", name)
	}
	study, err := New(recording, Options{Seed: e.Spec.Seed})
	return &Comparison{e, study}, err
}

// Check is an error if a finished run of the experiment has no weights to compare.
func (c *Comparison) Check() error {
	for i, v := range c.experiment.Variants {
		for j, run := range v.Runs {
			if path := c.experiment.Weights(i, j); run.Complete {
				if _, err := os.Stat(path); err != nil {
					return errors.Errorf("%s has no weights for -brain: with -fresh the run is trained again", strings.TrimSuffix(path, filepath.Ext(path)))
				}
			}
		}
	}
	return nil
}

// Run compares the networks of the runs, which are finished, trained and as they were
// before. It adds the scores to the runs, and returns a report on the comparison.
func (c *Comparison) Run(ctx context.Context, command string, o experiment.Observer) (*results.Brain, error) {
	started := time.Now()
	variants, err := experiment.ParseVariants(c.experiment.Spec.Variants...)
	if err != nil {
		return nil, err
	}
	sources, err := c.sources(variants)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		if err := c.study.Show(ctx, s, o); err != nil {
			return nil, err
		}
	}
	found := c.study.Report()
	c.study.Describe(found, Origin{Started: started, Command: command, Areas: "auto", Ridge: "auto"})
	for i, v := range variants {
		of := c.experiment.Variants[i].Runs
		for j := range of {
			of[j].Brain = scoresOf(found, v.Name, of[j].Seed)
			of[j].Untrained = scoresOf(found, v.Start(), of[j].Seed)
		}
	}
	return found, nil
}

// sources are the networks of all runs, and then those that they started with, each once.
func (c *Comparison) sources(variants []experiment.Variant) ([]Source, error) {
	var sources, before []Source
	starts := map[string]bool{}
	for j := range c.experiment.Spec.Seeds {
		for i, v := range variants {
			r := run{c.experiment, v, c.experiment.Variants[i].Runs[j].Seed, c.experiment.Weights(i, j)}
			s, err := r.source(v.Name, "", DefaultBatch)
			if err != nil {
				return nil, err
			}
			sources = append(sources, s)
			if key := Named(v.Start(), r.seed); !starts[key] {
				starts[key] = true
				r.weights = ""
				if s, err = r.source(v.Start(), "", DefaultBatch); err != nil {
					return nil, err
				}
				before = append(before, s)
			}
		}
	}
	return append(sources, before...), nil
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
