package experiment

import (
	"math"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/results"
	"hypnos/bench/runs"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
)

// Record is what a checkpoint holds beside its tensors.
type Record struct {
	// Spec is that of the experiment, with the run's variant alone. Programs before it
	// wrote flags as text instead: see flags.
	Spec  *Spec             `json:"spec,omitempty"`
	Flags map[string]string `json:"flags,omitempty"`
	Facts map[string]string `json:"facts"` // see Experiment.facts
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
	epochs  int           // from one checkpoint to the next or, if 0,
	time    time.Duration // the time between them
	keep    int           // how many stay
	repeats bool          // a finished run keeps its optimiser's averages, and may save its weights elsewhere
	Record                // the newest; before there is one, Run has the seed alone
	at      runs.Place
	begun   time.Time // when this process began to train it; zero while it does not
	written time.Time // when the newest checkpoint was, or begun
}

// newest reads the newest checkpoint of a folder, if there is one. One that is damaged is
// an error or, with skipDamaged, said and skipped.
func newest(dir string, skipDamaged bool, say func(format string, args ...any)) (Record, runs.Place, error) {
	var r Record
	at, damaged, err := runs.Folder{Dir: dir}.Newest(&r)
	if err != nil {
		return r, at, err
	}
	for _, d := range damaged {
		switch {
		case at == runs.Place{}:
			d = errors.Errorf("%v, and there is none before it to go on from", d)
		case skipDamaged:
			d = errors.Errorf("%v; the run goes on from %s", d, at)
		default:
			d = errors.Errorf("%v; with -skip-damaged the run goes on from %s", d, at)
		}
		if !skipDamaged {
			return r, at, d
		}
		say("%v", d)
	}
	if at != (runs.Place{}) && r.Spec == nil {
		s, err := specOf(r.Flags, dir)
		if err != nil {
			return r, at, errors.Errorf("%s in %s is of a run with other settings: %v", at, dir, err)
		}
		r.Spec = &s
	}
	return r, at, nil
}

// has tells whether there is a checkpoint; also of a nil keeper, which has none.
func (k *keeper) has() bool { return k != nil && k.at != (runs.Place{}) }

// begin starts the clock of this process's part of a run. Checkpoints from now on are of
// this Spec and these facts.
func (k *keeper) begin(s Spec, facts map[string]string) {
	now := time.Now()
	if !k.has() {
		k.Record = Record{Command: s.Checkpoints.Command, Started: now, Run: results.Run{Seed: k.Run.Seed}}
	}
	k.Spec, k.Flags, k.Facts, k.Build, k.Instructions = &s, nil, facts, runs.Build(), runs.Instructions()
	k.begun, k.written = now, now
}

// end stops the clock, when this process trains the run no longer.
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

// due tells whether there is a checkpoint after a step.
func (k *keeper) due(step, perEpoch int) bool {
	if k.epochs > 0 {
		return step%(k.epochs*perEpoch) == 0
	}
	return time.Since(k.written) >= k.time
}

// offer takes a checkpoint where one is due.
func (k *keeper) offer(s train.State, stopping bool, run results.Run, sleeper *weightshare.Sleeper, net *graph.Network, steps, perEpoch int) error {
	run.Complete = s.Step == steps
	if !stopping && !run.Complete && !k.due(s.Step, perEpoch) {
		return nil
	}
	next := k.Record
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
	if err := k.folder.Write(at, next, save, k.keep); err != nil {
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
