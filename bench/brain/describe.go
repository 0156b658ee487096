package brain

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hypnos/bench/results"
	"hypnos/ventral"
)

// RidgeGrid says from what ridge chooses its alpha, unless told otherwise.
var RidgeGrid = fmt.Sprintf("1e%d, 1e%d, …, 1e%d", firstDecade, firstDecade+1, lastDecade)

// Origin is what a report says of where it comes from, besides what a study knows.
type Origin struct {
	Started time.Time
	Command string // that its reader can call to see the same
	Areas   string // which were asked for, auto being all
	Ridge   string // its alpha, auto being chosen from the grid
}

// Describe says in a report of the study what it is about and where it comes from.
func (s *Study) Describe(b *results.Brain, o Origin) {
	b.Title = "How like the brain: " + s.recording.Name
	b.Summary = s.summary()
	b.Command, b.Started, b.Duration = o.Command, o.Started, time.Since(o.Started)
	b.Settings, b.Machine, b.Versions = s.settings(o), results.Machine(), results.Versions()
}

func (s *Study) summary() string {
	what := fmt.Sprintf("What areas of models answer to the %d pictures of %s, compared with each other", s.recording.Stimuli.Len(), s.recording.Name)
	if len(s.regions) == 0 {
		return what + "."
	}
	return what + " and with what was recorded of " + strings.Join(s.report.Regions, " and ") + ". Of each model the area that is most like a region by a measure is chosen on one half of the pictures, and its score is that on the other half."
}

// settings lists the settings of the study.
func (s *Study) settings(o Origin) []results.Setting {
	settings := []results.Setting{
		{Name: "pictures", Value: fmt.Sprintf("%d of %s", s.recording.Stimuli.Len(), s.recording.Name)},
		{Name: "areas", Value: o.Areas},
	}
	for _, region := range s.recording.Regions {
		if region.Responses == nil {
			continue
		}
		_, neuroids := region.Responses.Mean().Dims()
		ridge := "alpha " + o.Ridge
		if o.Ridge == "auto" {
			ridge = "alpha by nested cross-validation from " + RidgeGrid
		}
		splits := fmt.Sprintf("%d splits of %d and %d %%", s.options.Splits, int(100*(1-ventral.DefaultTestFraction)), int(100*ventral.DefaultTestFraction))
		settings = append(settings,
			results.Setting{Name: region.Name, Value: fmt.Sprintf("%d neuroids, up to %d repetitions", neuroids, region.Responses.Count())},
			results.Setting{Name: "PLS", Value: fmt.Sprintf("%d components, %s", ventral.DefaultComponents, splits)},
			results.Setting{Name: "ridge", Value: ridge + ", " + splits})
	}
	return append(settings,
		results.Setting{Name: "RSA", Value: fmt.Sprintf("%d resamples and permutations", s.options.Resamples)},
		results.Setting{Name: "seed", Value: strconv.FormatUint(s.options.Seed, 10)})
}
