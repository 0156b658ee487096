package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/report"
	"hypnos/bench/results"
	"hypnos/bench/runs"
)

// trainFlags are the flags of train.
type trainFlags struct {
	settings
	variant     string
	repetitions int
	resume      string
	checkpoints checkpointFlags
	profiles    profiles
}

func trainCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("train", flag.ContinueOnError)
	var f trainFlags
	f.register(fs)
	f.registerEvaluation(fs, 1)
	f.profiles.register(fs)
	f.checkpoints.register(fs)
	fs.StringVar(&f.variant, "variant", "conv", "`name` of the variant to train: see bench list")
	fs.IntVar(&f.repetitions, "repetitions", 0, "translations of each image in its batch; 0 means the variant's")
	fs.StringVar(&f.initial, "init", "", "`file` of weights to start with, safetensors or PyTorch's; none unless given")
	registerVerbose(fs)
	fs.StringVar(&f.out, "out", "", "`folder` to write the report and checkpoints to; none unless given")
	fs.StringVar(&f.save, "save", "", "`file` to write the trained weights to: .safetensors")
	fs.StringVar(&f.resume, "resume", "", "`folder` of a run that was stopped or killed, to go on with it; needs no other flags")
	return &ffcli.Command{
		Name:       "train",
		ShortUsage: "go run ./bench train [flags]",
		ShortHelp:  "train one model",
		LongHelp: strings.TrimSpace(`
Trains one variant from one seed. With -out, Ctrl-C leaves a checkpoint, and
-resume goes on from the newest as if the run had never been stopped. A
checkpoint is also a file of weights, for -init.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			return f.profiles.during(func() error { return f.train(ctx, c, fs) })
		},
	}
}

// train trains one variant with one seed, or goes on with that.
func (f *trainFlags) train(ctx context.Context, c console, fs *flag.FlagSet) error {
	say := func(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) }
	f.given = given(fs) // before -resume sets others
	var k *keeper
	if f.resume != "" {
		if kept, err := (runs.Folder{Dir: f.resume}).Places(); err != nil || len(kept) == 0 {
			return errors.Errorf("folder %q has no checkpoint to go on from", f.resume)
		}
		unlock, err := runs.Lock(f.resume)
		if err != nil {
			return err
		}
		defer unlock()
		if k, err = f.goOn(fs, say); err != nil {
			return err
		}
	}
	if err := f.checkpoints.check(); err != nil {
		return err
	}
	if err := needEffects(f.given, []effect{{checkpointNames, f.out != "", "checkpoints are kept in -out, and none is given"}}); err != nil {
		return err
	}
	v, err := parseVariant(f.variant)
	if err != nil {
		return err
	}
	if f.repetitions < 0 {
		return errors.Errorf("-repetitions %d, want at least 0", f.repetitions)
	}
	if f.repetitions > 0 {
		v.repetitions = f.repetitions
	}
	e, err := f.open(ctx, c, v)
	if err != nil {
		return err
	}
	row, err := e.check(c, v)
	if err != nil {
		return err
	}
	if f.out != "" && k == nil {
		if err := report.Prepare(f.out); err != nil {
			return err
		}
		unlock, err := runs.Lock(f.out)
		if err != nil {
			return err
		}
		defer unlock()
		if k, err = f.startIn(say); err != nil {
			return err
		}
	}
	if f.save != "" {
		if err := prepareFile("-save", f.save, ".safetensors"); err != nil {
			return err
		}
	}
	r := newReport("Training of "+f.model, e)
	var keepers []*keeper
	if k != nil {
		facts := e.facts(v, row.Parameters)
		if err := k.fits(fs, facts, say); err != nil {
			return err
		}
		if k.Run.Complete {
			say("the run in %s was finished before", f.out)
		}
		k.repeats = true
		k.begin(f.checkpoints, flagValues(fs), facts, r.Command, f.seed)
		r.Command, keepers = k.Command, []*keeper{k}
	}
	b := newBar(c.err, e.epochs*e.stepsPerEpoch(), f.variant)
	defer b.finish()
	run, err := e.measure(ctx, v, f.seed, b, k)
	row.Runs = []results.Run{run}
	r.Variants = []results.Variant{row}
	if k != nil {
		k.end()
		goOn := "nothing was kept"
		if k.keeps() {
			goOn = "go on with: go run ./bench train -resume " + f.out
		}
		return finish(c, b, r, f.out, keepers, goOn, err)
	}
	b.finish()
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(c.err, "interrupted: the table shows what was finished; with -out the run could go on")
		err = nil
	}
	if err != nil {
		return err
	}
	return report.WriteTable(c.out, r)
}

// goOn finds the checkpoint to go on from, and sets the flags to its own.
func (f *trainFlags) goOn(fs *flag.FlagSet, say func(string, ...any)) (*keeper, error) {
	switch {
	case f.out != "" && filepath.Clean(f.out) != filepath.Clean(f.resume):
		return nil, errors.Errorf("-out %s and -resume %s: a run stays in its folder", f.out, f.resume)
	case f.checkpoints.fresh:
		return nil, errors.New("-fresh starts anew and -resume goes on: want one of them")
	}
	f.out = f.resume
	k, err := newKeeper(f.out, f.checkpoints.skipDamaged, say)
	if err != nil {
		return nil, err
	}
	if !k.keeps() {
		return nil, errors.Errorf("folder %q has no checkpoint that is not damaged", f.out)
	}
	f.resumed = true
	if err := adopt(fs, k.Flags); err != nil {
		return nil, errors.Errorf("%s in %s is of a run with other settings: %v", k.at, f.out, err)
	}
	return k, nil
}

// startIn starts to keep a run in a folder that has none.
func (f *trainFlags) startIn(say func(string, ...any)) (*keeper, error) {
	folder := runs.Folder{Dir: f.out}
	if f.checkpoints.fresh {
		if err := folder.Clear(); err != nil {
			return nil, err
		}
	}
	kept, err := folder.Places()
	if err != nil {
		return nil, err
	}
	if len(kept) > 0 {
		return nil, errors.Errorf("folder %q has checkpoints of a run: -resume %s goes on with it, -fresh starts anew", f.out, f.out)
	}
	return newKeeper(f.out, f.checkpoints.skipDamaged, say)
}
