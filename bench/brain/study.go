// Package brain measures how like recordings of the brain the areas of models are, and
// how like each other. A Study compares answers, wherever they are from; Models finds
// networks whose answers it may ask for, and Comparison does so with the networks of an
// experiment.
package brain

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/recordings"
	"hypnos/ventral"
)

// Model is a model's answers to the stimuli of a recording.
type Model struct {
	Name  string
	Seed  uint64 // 0 for a model that has none
	Areas []Area
}

// Area is what one area of a model answers. A model that is a single
// representation has one without a name.
type Area struct {
	Name     string
	Features *ventral.Features // stimuli × units
}

// The grid from which ridge chooses unless told otherwise is 10^firstDecade, …,
// 10^lastDecade.
const (
	firstDecade = -2
	lastDecade  = 8
)

// Of more stimuli than ManyStimuli resamples take long: there are fewer by default.
const (
	ManyStimuli     = 200
	ResamplesOfMany = 200
)

// Options are those of a study.
type Options struct {
	Splits int       // of PLS and ridge; 0 means ventral.DefaultSplits
	Alphas []float64 // of ridge: one, or a grid for nested cross-validation; nil means that of RidgeGrid
	// Resamples is the number of resamples of the stimuli, for the errors of RSA, and of
	// permutations, for its P; 0 means ventral.DefaultResamples or, of more than
	// ManyStimuli, ResamplesOfMany.
	Resamples int
	Seed      uint64
}

// Study is a recording with the models that were compared with it so far.
type Study struct {
	recording *recordings.Recording
	options   Options
	regions   []region
	warnings  []string
	report    results.Brain
	draws     [][]float64      // of each of the report's best scores: see scored
	shown     []representation // areas of the first seed of each model, named with it
	seen      map[string]bool  // models that were added, whatever their seed
}

// New starts a study. It is an error if there are fewer stimuli than splits, or if
// what was recorded does not vary.
func New(recording *recordings.Recording, o Options) (*Study, error) {
	if o.Splits == 0 {
		o.Splits = ventral.DefaultSplits
	}
	if o.Alphas == nil {
		o.Alphas = ventral.Decades(firstDecade, lastDecade)
	}
	if o.Resamples == 0 {
		o.Resamples = ventral.DefaultResamples
		if recording.Stimuli.Len() > ManyStimuli {
			o.Resamples = ResamplesOfMany
		}
	}
	s := &Study{recording: recording, options: o, seen: map[string]bool{}}
	s.report.Credit, s.report.Categories = recording.Credit, recording.Categories
	for _, note := range recording.Notes {
		s.Warn("%s", note)
	}
	for _, r := range recording.Regions {
		r, err := newRegion(r, recording, o)
		if err != nil {
			return nil, errors.Wrapf(err, "%s", r.Name)
		}
		for _, w := range r.warnings {
			s.Warn("%s: %s", r.Name, w)
		}
		s.regions = append(s.regions, r)
		s.report.Regions = append(s.report.Regions, r.Name)
		s.report.Matrices = append(s.report.Matrices, results.BrainMatrix{Name: r.Name, Dissimilarities: r.Dissimilarities})
		for _, m := range r.measures {
			if !slices.Contains(s.report.Measures, m.name) {
				s.report.Measures = append(s.report.Measures, m.name)
			}
		}
		models := slices.Clone(recording.Models)
		for _, other := range recording.Regions {
			if other.Name != r.Name { // one species is a model of another
				models = append(models, recordings.Model{Name: other.Name, Dissimilarities: other.Dissimilarities})
			}
		}
		for _, model := range models {
			if err := s.addRecorded(r, model); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// addRecorded scores a model that came with the recording, as dissimilarities alone.
func (s *Study) addRecorded(r region, model recordings.Model) error {
	for _, m := range r.measures {
		if !m.geometric {
			continue
		}
		all := representation{dissimilarities: model.Dissimilarities}
		score, err := m.score(all, everything(s.recording.Stimuli.Len()), false)
		if err != nil {
			return errors.Wrapf(err, "%s and %s", r.Name, model.Name)
		}
		s.report.Given = append(s.report.Given, m.row(r, Model{Name: model.Name}, "", score))
	}
	return nil
}

// Add compares a model with all regions. What cannot be compared is left out and named in
// the report's warning: an area that does not vary over stimuli, or not over units for
// one of them; a model that has no other areas; and a measure by which an area has no
// score.
func (s *Study) Add(m Model) {
	name := Named(m.Name, m.Seed)
	var areas []representation
	for _, a := range m.Areas {
		r, err := represent(a)
		if err != nil {
			s.Warn("%s is left out: %v", label(name, a.Name), err)
			continue
		}
		areas = append(areas, r)
	}
	if len(areas) == 0 {
		return
	}
	first := !s.seen[m.Name]
	if first {
		s.seen[m.Name] = true
		s.report.Models = append(s.report.Models, m.Name)
		for _, a := range areas {
			s.shown = append(s.shown, representation{label(name, a.name), a.kernel, a.dissimilarities})
		}
	}
	drawn := areas[len(areas)-1] // as a matrix: the area that is most like the first region
	for i, r := range s.regions {
		for j, measure := range r.measures {
			best, err := s.compare(m, areas, r, measure)
			if err != nil {
				s.Warn("%s, %s of %s is left out: %v", name, measure.name, r.Name, err)
				continue
			}
			if i == 0 && j == 0 || i == 0 && measure.name == results.MeasureSpearman {
				drawn = areas[best]
			}
		}
	}
	if first {
		s.report.Matrices = append(s.report.Matrices, results.BrainMatrix{Name: label(name, drawn.name), Dissimilarities: drawn.dissimilarities})
	}
}

// compare scores all areas, and the best of them, whose index it returns. With too few
// stimuli to choose one it is the last.
func (s *Study) compare(m Model, areas []representation, r region, measure measure) (best int, err error) {
	n := s.recording.Stimuli.Len()
	for _, a := range areas {
		score, err := measure.score(a, everything(n), false)
		if err != nil {
			return 0, err
		}
		s.report.Areas = append(s.report.Areas, measure.row(r, m, a.name, score))
	}
	if measure.undivided {
		return len(areas) - 1, nil
	}
	var last scored
	asked := 0
	choice := ventral.Choice{Categories: s.recording.Categories, Seed: s.options.Seed}
	chosen, err := ventral.BestArea(len(areas), n, choice, func(area int, stimuli []int) (ventral.Score, error) {
		var err error
		asked++ // the last time for the score that is reported
		last, err = measure.score(areas[area], stimuli, asked <= len(areas))
		return last.Score, err
	})
	if err != nil {
		return 0, err
	}
	s.report.Best = append(s.report.Best, measure.row(r, m, areas[chosen.Area].name, last))
	s.draws = append(s.draws, last.draws)
	return chosen.Area, nil
}

// Warn adds a line to what is missing.
func (s *Study) Warn(format string, args ...any) {
	s.warnings = append(s.warnings, fmt.Sprintf(format, args...))
}

// Report returns what was found so far; Describe says where it comes from. Two areas that
// cannot be compared have NaN.
func (s *Study) Report() *results.Brain {
	b := s.report
	b.Warning = strings.Join(s.warnings, "; ")
	b.Differences = s.differences()
	b.Pairs = nil
	for i, a := range s.shown {
		for _, c := range s.shown[:i] {
			pair := results.BrainPair{A: c.name, B: a.name, CKA: none, RSA: none}
			if cka, err := ventral.CKA(c.kernel, a.kernel); err == nil {
				pair.CKA = cka
			}
			if rsa, err := ventral.RSA(c.dissimilarities, a.dissimilarities, ventral.RSAOptions{Resamples: -1, Permutations: -1}); err == nil {
				pair.RSA = rsa.Value
			}
			b.Pairs = append(b.Pairs, pair)
		}
	}
	return &b
}

// Named is a model's name with its seed, if it has one.
func Named(model string, seed uint64) string {
	if seed == 0 {
		return model
	}
	return fmt.Sprintf("%s, seed %d", model, seed)
}

// label names an area of a model.
func label(model, area string) string {
	if area == "" {
		return model
	}
	return model + ": " + area
}

// everything is all of n stimuli.
func everything(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

var none = math.NaN()
