package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/brain"
	"hypnos/bench/experiment"
	"hypnos/bench/flags"
	"hypnos/bench/report/brainreport"
	"hypnos/bench/results"
	"hypnos/bench/screen"
	"hypnos/recordings"
	"hypnos/ventral"
)

// brainFlags are the flags of brain.
type brainFlags struct {
	model             flags.Model
	models            string
	recording         string
	dataDir           string
	areas             string
	untrained         bool
	splits, resamples int
	ridge             string
	given             map[string]bool // flags that were, on the command line
	markdown          bool
	out               string
}

// register adds the flags.
func (f *brainFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.models, "models", "", "`names` of what to compare: folders of train or compare, models of the command list, pixels, gabor")
	fs.BoolVar(&f.untrained, "untrained", false, "compare also the networks of folders as they were before training")
	fs.StringVar(&f.recording, "data", "it92", "it92, which comes with the program, or a `folder` of pictures and responses to them: see recordings/README.md")
	fs.StringVar(&f.dataDir, "data-dir", "", "`folder` of the data set that the networks of folders were trained on, where it is not where it was")
	fs.StringVar(&f.areas, "areas", "auto", "`names` of areas or layers, such as V4,IT; auto means all areas")
	fs.IntVar(&f.splits, "splits", ventral.DefaultSplits, "number of splits of the stimuli, for PLS and ridge")
	fs.StringVar(&f.ridge, "ridge", "auto", "`alpha` of ridge; auto means chosen in every split from "+brain.RidgeGrid+" by nested cross-validation")
	fs.IntVar(&f.resamples, "resamples", 0, fmt.Sprintf("resamples and permutations of the pictures, for the errors and P of RSA; 0 means %d, or %d of more than %d pictures", ventral.DefaultResamples, brain.ResamplesOfMany, brain.ManyStimuli))
	fs.StringVar(&f.out, "out", "hypnos-brain", "`folder` to write the report to")
	flags.RegisterMarkdown(fs, &f.markdown)
	f.model.Register(fs)
	f.model.RegisterWeights(fs)
	f.model.RegisterPictures(fs, brain.DefaultBatch)
	flags.Explain(fs, "seed", "source of initial weights, splits, halves and resamples")
}

func brainCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("brain", flag.ContinueOnError)
	var f brainFlags
	f.register(fs)
	return &ffcli.Command{
		Name:       "brain",
		ShortUsage: "brain -models FOLDER|MODEL,… [flags]",
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
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			f.given = flags.Given(fs)
			return f.run(ctx, c)
		},
	}
}

func (f brainFlags) run(ctx context.Context, c screen.Console) error {
	started := time.Now()
	view := screen.New(c)
	background, err := experiment.ParseColour(f.model.Spec.Data.Background)
	if err != nil {
		return err
	}
	recording, err := brain.Open(ctx, f.recording, background, f.model.Spec.Data.SkipBad, view.Observer())
	if err != nil {
		return err
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(recording.Regions, func(r recordings.Region) bool { return r.Responses != nil }) {
		for _, name := range []string{"splits", "ridge"} {
			if f.given[name] {
				c.Note(fmt.Sprintf("-%s has no effect: %s has no responses", name, recording.Name))
			}
		}
	}
	sources, err := f.sources(ctx, view)
	if err != nil {
		return err
	}
	study, err := brain.New(recording, options)
	if err != nil {
		return err
	}
	if err := results.PrepareFolder(f.out); err != nil {
		return err
	}
	view.Begin("brain", len(sources)*(recording.Stimuli.Len()+1))
	defer view.End()
	for _, s := range sources {
		err := study.Show(ctx, s, view.Observer())
		if errors.Is(err, context.Canceled) {
			study.Warn("it was interrupted before %s", s)
			break
		}
		if err != nil {
			return err
		}
	}
	r := study.Report()
	view.End()
	study.Describe(r, brain.Origin{Started: started, Command: c.Program.String(), Areas: f.areas, Ridge: f.ridge})
	if err := brainreport.Write(r, f.out); err != nil {
		return err
	}
	table := brainreport.Text(r)
	if f.markdown {
		table = brainreport.Markdown(r)
	}
	fmt.Fprint(c.Out, table)
	c.Report(f.out)
	return nil
}

// options checks the flags of the measures.
func (f brainFlags) options() (brain.Options, error) {
	o := brain.Options{Splits: f.splits, Resamples: f.resamples, Seed: f.model.Spec.Seed}
	switch {
	case f.splits < 2 || f.splits > 1000:
		return o, errors.Errorf("-splits %d, want 2 to 1000", f.splits)
	case f.resamples != 0 && f.resamples < 2 || f.resamples > 1e6:
		return o, errors.Errorf("-resamples %d, want 2 to 1000000", f.resamples)
	}
	if err := f.model.CheckBatch(); err != nil {
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

// sources finds the models that the flags name. It is an error if a flag has no effect
// on them.
func (f brainFlags) sources(ctx context.Context, view *screen.Screen) ([]brain.Source, error) {
	names, err := brain.ParseNames(f.models)
	if err != nil {
		return nil, err
	}
	if n := len(names.Zoo); f.model.Spec.Initial != "" && n != 1 {
		return nil, errors.Errorf("-weights is of one model, and -models names %d of the command list", n)
	}
	folders, zoo := names.Folders != nil, names.Zoo != nil
	if err := flags.NeedEffects(f.given,
		flags.Effect{Flags: []string{"untrained", "data-dir"}, Has: folders, Because: "it is of the networks of folders, and -models names none"},
		flags.Effect{Flags: slices.Concat([]string{"variant", "width", "classes", "image-size", "steps"}, flags.Local), Has: zoo, Because: "it is of models of the command list, and -models names none"},
		flags.Effect{Flags: []string{"areas", "batch"}, Has: folders || zoo, Because: "it is of networks, and -models names none"},
	); err != nil {
		return nil, err
	}
	given := maps.Clone(f.given)
	delete(given, "data-dir") // here it is of the data of folders, not of a data set that is named
	if err := f.model.Spec.NeedEffects(given); err != nil {
		return nil, err
	}
	models := brain.Models{Names: names, Zoo: f.model.Model, Areas: f.areas, DataFolder: f.dataDir, Untrained: f.untrained}
	return models.Sources(ctx, view.Observer())
}
