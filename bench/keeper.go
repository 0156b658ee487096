package main

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/bench/runs"
	"hypnos/graph"
	"hypnos/internal/kernel"
	"hypnos/train"
	"hypnos/weightshare"
)

// record is what a checkpoint holds beside its tensors.
type record struct {
	Flags map[string]string `json:"flags"` // see flagValues
	Facts map[string]string `json:"facts"` // see experiment.facts
	Build string            `json:"build"` // of the program
	// Instructions are those that it was computed with; "" in checkpoints of
	// programs that did not record them.
	Instructions string      `json:"instructions"`
	Command      string      `json:"command"`
	Started      time.Time   `json:"started"`
	Seconds      float64     `json:"seconds"` // of the run, from all its processes
	Run          results.Run `json:"run"`
	State        train.State `json:"state"`
	Sleep        sleepRecord `json:"sleep"`
}

// sleepRecord is the state of a sleeper in JSON, which has no NaN but in a
// report.
type sleepRecord struct {
	Phases int             `json:"phases"`
	Last   []results.Layer `json:"last"` // Spread and Cosine
}

func recordSleep(s weightshare.SleeperState) sleepRecord {
	r := sleepRecord{Phases: s.Phases}
	for _, c := range s.Last {
		r.Last = append(r.Last, results.Layer{Name: c.Layer, SNR: math.NaN(), PoolSNR: math.NaN(), Spread: c.Spread, Cosine: c.Cosine})
	}
	return r
}

func (r sleepRecord) state() weightshare.SleeperState {
	s := weightshare.SleeperState{Phases: r.Phases}
	for _, l := range r.Last {
		s.Last = append(s.Last, weightshare.Change{Layer: l.Name, Spread: l.Spread, Cosine: l.Cosine})
	}
	return s
}

// keeper keeps the checkpoints of one run.
type keeper struct {
	folder  runs.Folder
	flags   checkpointFlags
	repeats bool // the finished run may be gone on with, to save its weights elsewhere
	record       // the newest; what it says of the run is right from the start
	at      runs.Place
	begun   time.Time // of this process's part, zero if that is over
	written time.Time // the newest, or begun
}

// newKeeper starts to keep a run, or goes on where the folder has its
// checkpoints. Of those that are damaged it says so, and goes past them only if
// it was told to.
func newKeeper(dir string, skipDamaged bool, say func(format string, args ...any)) (*keeper, error) {
	k := &keeper{folder: runs.Folder{Dir: dir}}
	at, damaged, err := k.folder.Newest(&k.record)
	if err != nil {
		return nil, err
	}
	k.at = at
	for _, d := range damaged {
		switch {
		case !k.keeps():
			d = errors.Errorf("%v, and there is none before it to go on from", d)
		case skipDamaged:
			d = errors.Errorf("%v; the run goes on from %s", d, at)
		default:
			d = errors.Errorf("%v; with -skip-damaged the run goes on from %s", d, at)
		}
		if !skipDamaged {
			return nil, d
		}
		say("%v", d)
	}
	return k, nil
}

// keeps tells whether there is a checkpoint.
func (k *keeper) keeps() bool { return k != nil && k.at != (runs.Place{}) }

// begin says that the run, of these flags and facts, is trained from now on.
func (k *keeper) begin(o checkpointFlags, flags, facts map[string]string, command string, seed uint64) {
	now := time.Now()
	k.flags = o
	if !k.keeps() {
		k.record = record{Command: command, Started: now, Run: results.Run{Seed: seed}}
	}
	k.Flags, k.Facts, k.Build, k.Instructions = flags, facts, build(), instructions()
	k.begun, k.written = now, now
}

// end says that it is not, for now.
func (k *keeper) end() {
	k.Seconds, k.begun = k.seconds(), time.Time{}
}

// seconds is how long the run took, in all processes.
func (k *keeper) seconds() float64 {
	if k.begun.IsZero() {
		return k.Seconds
	}
	return k.Seconds + time.Since(k.begun).Seconds()
}

// restore sets network and sleeper, which may be nil, to the checkpoint.
func (k *keeper) restore(net *graph.Network, sleeper *weightshare.Sleeper) error {
	path := k.folder.Tensors(k.at)
	if err := net.Load(path, graph.LoadOptions{}); err != nil {
		return err
	}
	tensors, err := graph.ReadBeside(path)
	if err != nil {
		return err
	}
	averages := map[string][]float32{}
	for _, t := range tensors {
		averages[t.Name] = t.Data
	}
	k.State.Optimiser.Averages = nil
	for _, p := range net.Parameters() {
		if !p.Frozen {
			k.State.Optimiser.Averages = append(k.State.Optimiser.Averages, train.Average{
				Parameter: p, First: averages[averageName("first", p)], Second: averages[averageName("second", p)],
			})
		}
	}
	if sleeper == nil {
		return nil
	}
	return sleeper.Restore(k.Sleep.state())
}

// averageName is what an optimiser's average of a parameter is called in files.
func averageName(which string, p *graph.Parameter) string { return graph.Beside + which + "." + p.Name }

// offer takes a checkpoint where one is due.
func (k *keeper) offer(s train.State, stopping bool, run results.Run, sleeper *weightshare.Sleeper, net *graph.Network, steps, perEpoch int) error {
	run.Complete = s.Step == steps
	if !stopping && !run.Complete && !k.flags.due(s.Step, perEpoch, time.Since(k.written)) {
		return nil
	}
	next := k.record
	k.State.Optimiser.Averages = nil // the optimiser has copied them
	next.Run, next.State, next.Seconds = run, s, k.seconds()
	if sleeper != nil {
		next.Sleep = recordSleep(sleeper.State())
	}
	at := runs.Place{Epochs: s.Step / perEpoch}
	if s.Step%perEpoch > 0 {
		at.Step = s.Step
	}
	beside := averages(s)
	if run.Complete && !k.repeats {
		beside = nil
	}
	save := func(path string) error { return net.Save(path, beside...) }
	if err := k.folder.Write(at, next, save, k.flags.keep); err != nil {
		return err
	}
	k.at, k.written = at, time.Now()
	return nil
}

// averages are the optimiser's, to be written.
func averages(s train.State) []graph.Tensor {
	var tensors []graph.Tensor
	for _, a := range s.Optimiser.Averages {
		for _, of := range []struct {
			which string
			data  []float32
		}{{"first", a.First}, {"second", a.Second}} {
			if of.data != nil {
				tensors = append(tensors, graph.Tensor{Name: averageName(of.which, a.Parameter), Shape: a.Parameter.Shape, Data: of.data})
			}
		}
	}
	return tensors
}

// build tells programs apart: the beginning of this one's checksum.
var build = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	program, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer program.Close()
	h := sha256.New()
	if _, err := io.Copy(h, program); err != nil {
		return "unknown"
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
})

// instructions are those that this process computes with. The compilers of other
// processors round otherwise, too.
func instructions() string { return kernel.Instructions() + " on " + runtime.GOARCH }

// keepTime sets the times of a report to those of its runs, in all processes.
func keepTime(r *results.Comparison, keepers []*keeper) {
	r.Duration = 0
	for _, k := range keepers {
		r.Duration += time.Duration(k.seconds() * float64(time.Second))
		if !k.Started.IsZero() && k.Started.Before(r.Started) {
			r.Started = k.Started
		}
	}
}
