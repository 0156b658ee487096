package main

import (
	"context"
	"flag"
	"fmt"
	"image/color"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/brain"
	"hypnos/bench/experiment"
	"hypnos/bench/report"
	"hypnos/bench/report/brainreport"
	"hypnos/bench/results"
	"hypnos/recordings"
	"hypnos/ventral"
)

// brainFlags are the flags of brain.
type brainFlags struct {
	model            modelFlags
	models           string
	recording        string
	dataDir          string
	areas            string
	untrained        bool
	splits, resample int
	ridge            string
	given            map[string]bool // flags that were, on the command line
	markdown         bool
	out              string
}

// register adds the flags.
func (f *brainFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.models, "models", "", "`names` of what to compare: folders of bench train or compare, models of bench list, pixels, gabor")
	fs.BoolVar(&f.untrained, "untrained", false, "compare also the networks of folders as they were before training")
	fs.StringVar(&f.recording, "data", "it92", "it92, which comes with the program, or a `folder` of pictures and responses to them: see recordings/README.md")
	fs.StringVar(&f.dataDir, "data-dir", "", "`folder` of the data set that the networks of folders were trained on, where it is not where it was")
	fs.StringVar(&f.areas, "areas", "auto", "`names` of areas or layers, such as V4,IT; auto means all areas")
	fs.IntVar(&f.splits, "splits", ventral.DefaultSplits, "number of splits of the stimuli, for PLS and ridge")
	fs.StringVar(&f.ridge, "ridge", "auto", "`alpha` of ridge; auto means chosen in every split from "+ridgeGrid+" by nested cross-validation")
	fs.IntVar(&f.resample, "resamples", 0, fmt.Sprintf("resamples and permutations of the pictures, for the errors and P of RSA; 0 means %d, or %d of more than %d pictures", ventral.DefaultResamples, resamplesOfMany, manyPictures))
	fs.BoolVar(&f.markdown, "markdown", false, "print the table as Markdown")
	fs.StringVar(&f.out, "out", "hypnos-brain", "`folder` to write the report to")
	f.model.register(fs)
	f.model.registerWeights(fs)
	f.model.registerPictures(fs, 32)
	explain(fs, "seed", "source of initial weights, splits, halves and resamples")
}

// Of more pictures than manyPictures resamples take long: there are fewer by default.
const (
	manyPictures    = 200
	resamplesOfMany = 200
)

// ridgeGrid says from what ridge chooses its alpha.
var ridgeGrid = fmt.Sprintf("1e%d, 1e%d, …, 1e%d", brain.FirstDecade, brain.FirstDecade+1, brain.LastDecade)

func brainCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("brain", flag.ContinueOnError)
	var f brainFlags
	f.register(fs)
	return &ffcli.Command{
		Name:       "brain",
		ShortUsage: "go run ./bench brain -models FOLDER|MODEL,… [flags]",
		ShortHelp:  "measure how like recordings of the brain networks are",
		LongHelp: strings.TrimSpace(`
Shows the pictures of a recording to each model and compares what its areas
answer with what was recorded: PLS and ridge predictivity and CKA where there are
responses, RSA also where there are dissimilarities alone. The area that is most
like a region is chosen on one half of the pictures and reported on the other.
Says which models differ beyond their errors, prints a table and writes a report:
report.html, areas.csv, best.csv, differences.csv, models.csv, brain.json and
figures. A folder of pictures without responses compares the models with each
other.

A folder of bench compare stands for all its runs, of which variants are averaged
over seeds. Flags of size, variant and weights are of models that are named.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			f.given = given(fs)
			return f.run(ctx, c)
		},
	}
}

func (f brainFlags) run(ctx context.Context, c console) error {
	started := time.Now()
	recording, err := openRecording(ctx, c, f.recording, f.model.background(), f.model.spec.Data.SkipBad)
	if err != nil {
		return err
	}
	options, err := f.options(recording)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(recording.Regions, func(r recordings.Region) bool { return r.Responses != nil }) {
		for _, name := range []string{"splits", "ridge"} {
			if f.given[name] {
				c.note(fmt.Sprintf("-%s has no effect: %s has no responses", name, recording.Name))
			}
		}
	}
	sources, err := f.sources(ctx, c)
	if err != nil {
		return err
	}
	study, err := brain.New(recording, options)
	if err != nil {
		return err
	}
	if err := report.Prepare(f.out); err != nil {
		return err
	}
	b := newBar(c.err, len(sources)*(recording.Stimuli.Len()+1), "brain")
	defer b.finish()
	for _, s := range sources {
		err := s.show(ctx, b, study, recording)
		if errors.Is(err, context.Canceled) {
			study.Warn("it was interrupted before %s", s)
			break
		}
		if err != nil {
			return err
		}
	}
	r := study.Report()
	b.finish()
	f.complete(r, recording, started)
	if err := brainreport.Write(r, f.out); err != nil {
		return err
	}
	table := brainreport.Text(r)
	if f.markdown {
		table = brainreport.Markdown(r)
	}
	fmt.Fprint(c.out, table)
	fmt.Fprintf(c.out, "\nreport: %s%creport.html\n", strings.TrimRight(f.out, "/"), os.PathSeparator)
	return nil
}

// openRecording opens the recording of that name and says what is noted of it. Bad
// pictures are left out if they are to be.
func openRecording(ctx context.Context, c console, name string, background color.Color, skipBad bool) (*recordings.Recording, error) {
	recording, err := recordings.Open(name)
	if err != nil {
		return nil, err
	}
	c.note(recording.Notes...)
	recording.Stimuli.Background = background
	if !skipBad {
		return recording, nil
	}
	indices, err := experiment.Readable(ctx, recording.Stimuli, "", c.observer())
	if err != nil {
		return nil, err
	}
	if all := recording.Stimuli.Len(); len(indices) < all {
		recording = recording.Subset(indices)
		recording.Notes = append(slices.Clone(recording.Notes), fmt.Sprintf("%d of %d pictures cannot be read and are left out", all-len(indices), all))
	}
	return recording, nil
}

// show compares a model's answers with the recording.
func (s source) show(ctx context.Context, b *bar, study *brain.Study, recording *recordings.Recording) error {
	b.describe(s.String())
	if s.warning != "" {
		study.Warn("%s: %s", s, s.warning)
	}
	areas, err := s.answer(ctx, b, recording.Stimuli)
	if err != nil {
		return errors.Wrapf(err, "%s", s)
	}
	study.Add(brain.Model{Name: s.name, Seed: s.seed, Areas: areas})
	b.step()
	return nil
}

// complete says where a report comes from.
func (f brainFlags) complete(r *results.Brain, recording *recordings.Recording, started time.Time) {
	r.Title = "How like the brain: " + recording.Name
	r.Summary = f.summary(recording)
	r.Command = commandLine()
	r.Started, r.Duration = started, time.Since(started)
	r.Settings, r.Machine, r.Versions = f.describe(recording), results.Machine(), results.Versions()
}

// options checks the flags of the measures.
func (f *brainFlags) options(of *recordings.Recording) (brain.Options, error) {
	if f.resample == 0 {
		f.resample = ventral.DefaultResamples
		if of.Stimuli.Len() > manyPictures {
			f.resample = resamplesOfMany
		}
	}
	o := brain.Options{Splits: f.splits, Resamples: f.resample, Seed: f.model.spec.Seed}
	switch {
	case f.splits < 2 || f.splits > 1000:
		return o, errors.Errorf("-splits %d, want 2 to 1000", f.splits)
	case f.resample < 2 || f.resample > 1e6:
		return o, errors.Errorf("-resamples %d, want 2 to 1000000", f.resample)
	}
	if err := f.model.checkBatch(); err != nil {
		return o, err
	}
	if f.ridge != "auto" {
		alpha, err := strconv.ParseFloat(f.ridge, 64)
		if err != nil || !(alpha > 0) || alpha > 1e300 {
			return o, errors.Errorf("-ridge %q, want auto or a number above 0", f.ridge)
		}
		o.Alphas = []float64{alpha}
	}
	return o, nil
}

func (f brainFlags) summary(r *recordings.Recording) string {
	what := fmt.Sprintf("What areas of models answer to the %d pictures of %s, compared with each other", r.Stimuli.Len(), r.Name)
	var regions []string
	for _, region := range r.Regions {
		regions = append(regions, region.Name)
	}
	if regions == nil {
		return what + "."
	}
	return what + " and with what was recorded of " + strings.Join(regions, " and ") + ". Of each model the area that is most like a region by a measure is chosen on one half of the pictures, and its score is that on the other half."
}

// describe lists the settings for the report.
func (f brainFlags) describe(r *recordings.Recording) []results.Setting {
	settings := []results.Setting{
		{Name: "pictures", Value: fmt.Sprintf("%d of %s", r.Stimuli.Len(), r.Name)},
		{Name: "areas", Value: f.areas},
	}
	for _, region := range r.Regions {
		if region.Responses == nil {
			continue
		}
		_, neuroids := region.Responses.Mean().Dims()
		ridge := "alpha " + f.ridge
		if f.ridge == "auto" {
			ridge = "alpha by nested cross-validation from " + ridgeGrid
		}
		splits := fmt.Sprintf("%d splits of %d and %d %%", f.splits, int(100*(1-ventral.DefaultTestFraction)), int(100*ventral.DefaultTestFraction))
		settings = append(settings,
			results.Setting{Name: region.Name, Value: fmt.Sprintf("%d neuroids, up to %d repetitions", neuroids, region.Responses.Count())},
			results.Setting{Name: "PLS", Value: fmt.Sprintf("%d components, %s", ventral.DefaultComponents, splits)},
			results.Setting{Name: "ridge", Value: ridge + ", " + splits})
	}
	return append(settings,
		results.Setting{Name: "RSA", Value: fmt.Sprintf("%d resamples and permutations", f.resample)},
		results.Setting{Name: "seed", Value: strconv.FormatUint(f.model.spec.Seed, 10)})
}
