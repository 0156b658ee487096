package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/flags"
	"hypnos/bench/peers"
	"hypnos/bench/results"
	"hypnos/bench/screen"
	"hypnos/bench/setting"
	"hypnos/bench/speed"
)

// speedFlags are the flags of speed.
type speedFlags struct {
	options                    speed.Options
	spec                       experiment.Spec // Model, Width and Data
	batches, variants          string
	peers, python, environment string
	quick, markdown            bool
	out                        string
	profiles                   flags.Profiles
	given                      map[string]bool // flags that were, on the command line
}

func speedCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("speed", flag.ContinueOnError)
	var f speedFlags
	f.spec = experiment.Default()
	f.spec.Model = "resnet20"
	flags.Register(fs, &f.spec, "model", "width", "data", "data-dir", "image-size")
	flags.Explain(fs, "data", "`name` of the data set whose loader is measured alone: see the command list")
	fs.StringVar(&f.batches, "batch", "1,32,128", "`sizes` of batches for whole steps; layers are measured at the largest")
	fs.StringVar(&f.variants, "variants", "conv,lc", "`names` of the variants: conv, lc")
	fs.StringVar(&f.peers, "peer", "", "`names` of programs to compare with: pytorch, gorgonia, scikit-learn; none unless given")
	fs.StringVar(&f.python, "python", "", "Python `interpreter` that has torch or scikit-learn; unless given python3, or /usr/bin/python3 where that has none")
	fs.StringVar(&f.environment, "peer-env", "", "`settings` of the environment of peers, NAME=VALUE,…; NAME= takes a variable away")
	fs.IntVar(&f.options.Rounds, "rounds", 3, "how often each program has its turn with a step")
	fs.DurationVar(&f.options.Timeout, "timeout", 10*time.Minute, "longest `time` that a program may take for its turn")
	fs.BoolVar(&f.quick, "quick", false, "a short look: batches of 32, fits of 5,000 features, one round, few repetitions, unless -batch or -rounds say otherwise")
	fs.StringVar(&f.out, "out", "", "`folder` to write speed.csv and speed.json to; none unless given")
	flags.RegisterMarkdown(fs, &f.markdown)
	f.profiles.Register(fs)
	return &ffcli.Command{
		Name:       "speed",
		ShortUsage: "speed [flags]",
		ShortHelp:  "measure how fast layers and whole steps are, and compare with others",
		LongHelp: strings.TrimSpace(`
Measures this machine, then the layers of a network phase by phase, then whole
steps, and says each as a share of what the machine can do. With -peer the same
network runs in other programs, which take turns with this one. With the peer
scikit-learn regressions are measured, and with it alone nothing else. A peer that
is not installed is skipped. Profiles are of the layers and passes; those of whole
steps, which run in processes of their own, get the step's name in theirs.
Ctrl-C stops it and prints what is there.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if len(args) == 1 && workers[args[0]] != nil { // a process of a measurement
				return f.profiles.During(func() error { return workers[args[0]](os.Stdin, c.Out) })
			}
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			f.given = flags.Given(fs)
			return f.measure(ctx, c)
		},
	}
}

// The arguments by which speed starts itself to measure a step, and what it does then.
const hypnosWorker, gorgoniaWorker = "worker", "worker-gorgonia"

var workers = map[string]func(io.Reader, io.Writer) error{hypnosWorker: speed.Work, gorgoniaWorker: speed.WorkByGorgonia}

// measure runs the measurement and prints and writes what it found.
func (f *speedFlags) measure(ctx context.Context, c screen.Console) error {
	o, err := f.settle()
	if err != nil {
		return err
	}
	view := screen.New(c)
	o.Progress = func(what string) { view.Steps(1); view.Describe(what) }
	o.Note = view.Line
	plan, err := speed.NewPlan(o)
	if err != nil {
		return err
	}
	if f.out != "" {
		if err := results.PrepareFolder(f.out); err != nil {
			return err
		}
	}
	view.Begin("speed", plan.Steps())
	defer view.End()
	var result *speed.Result
	var cause error
	err = f.profiles.During(func() error {
		result, cause = plan.Run(ctx)
		return nil
	})
	if err != nil {
		return err
	}
	view.End()
	return f.finish(c, result, cause)
}

// settle returns the options that the flags come to.
func (f *speedFlags) settle() (speed.Options, error) {
	o := f.options
	o.Model, o.Width = f.spec.Model, experiment.Width(f.spec.Model, f.spec.Width)
	o.Data = speed.Data{Name: f.spec.Data.Name, Dir: f.spec.Data.Folder, Side: f.spec.Data.Side}
	o.Repeats, o.StepTime, o.YardstickTime, o.StreamBytes = 7, time.Second, time.Second, 256<<20
	o.FitUnits = 100_000
	if f.quick {
		o.FitUnits = 5_000
		o.Repeats, o.StepTime, o.YardstickTime = 3, 200*time.Millisecond, 300*time.Millisecond
		if !f.given["batch"] {
			f.batches = "32"
		}
		if !f.given["rounds"] {
			o.Rounds = 1
		}
	}
	var err error
	if o.Batches, err = setting.Integers(f.batches); err != nil {
		return o, err
	}
	o.Variants = setting.Names(f.variants)
	if o.Peers, err = peers.Parse(f.peers); err != nil {
		return o, err
	}
	ofPeers := flags.Effect{Flags: []string{"python", "peer-env", "timeout"}, Has: f.peers != "", Because: "it is of -peer, and none is named"}
	if err := flags.NeedEffects(f.given, ofPeers); err != nil {
		return o, err
	}
	if err := f.spec.NeedEffects(f.given); err != nil {
		return o, err
	}
	o.PeerOptions.Python = f.python
	if o.PeerOptions.Environment, err = peers.ParseEnvironment(f.environment); err != nil {
		return o, err
	}
	program, err := os.Executable()
	if err != nil {
		return o, errors.Wrap(err, "this program, to start it again")
	}
	o.Self = peers.Launch{Name: "hypnos", Command: []string{program, "speed", hypnosWorker}}
	o.PeerOptions.Gorgonia = []string{program, "speed", gorgoniaWorker}
	if f.profiles != (flags.Profiles{}) {
		o.Profile = f.profiles.Named
	}
	return o, nil
}

// finish prints the tables and writes the files, also of a run that was
// interrupted or failed.
func (f *speedFlags) finish(c screen.Console, r *speed.Result, cause error) error {
	r.Command = c.Program.String()
	r.Interrupted = cause != nil
	if f.out != "" {
		if err := r.Write(f.out); err != nil {
			return err
		}
	}
	if err := r.WriteTables(c.Out, f.markdown); err != nil {
		return err
	}
	if errors.Is(cause, context.Canceled) {
		fmt.Fprintln(c.Err, "interrupted: the tables show what was finished")
		cause = nil
	}
	if f.out != "" {
		fmt.Fprintf(c.Out, "\nfiles: %s, %s\n", filepath.Join(f.out, "speed.csv"), filepath.Join(f.out, "speed.json"))
	}
	return cause
}
