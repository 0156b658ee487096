// Package speed measures how fast hypnos is on this machine: what the machine
// can do, the layers of a network phase by phase, whole steps, and the same
// network in other programs, which take turns with it.
//
// The machine comes first, because the rest is also said as a share of it:
//
//	machine  operations a second of multiply-adds in registers, copy bandwidth
//	layers   forward, input gradient and weight gradient, in this process
//	passes   norm, relu, add, optimiser, sharing, in this process
//	data     the loader alone, in this process
//	steps    training, evaluation and sharing, each in a process of its own
//	fits     regressions on features, each in a process of its own
//
// Fits are measured where a peer can do them, and the rest unless all that peers
// can do is fits.
//
// An operation is a multiplication or an addition with a weight; those with
// the zeros of padding, which need not be done, are not counted. Bytes are
// those that a pass must read and write.
package speed

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/peers"
	"hypnos/bench/results"
	"hypnos/bench/setting"
	"hypnos/graph"
	"hypnos/zoo"
)

// Options say what to measure.
type Options struct {
	Model    string   // a network of the zoo
	Width    int      // channels of its first stage; 0 means as published
	Batches  []int    // images a step; layers are measured at the largest
	Variants []string // conv, lc
	Data     Data     // that the loader is measured on
	Rounds   int      // how often each contestant of a step has its turn
	Repeats  int      // how often a layer's phase is measured
	FitUnits int      // features of the regressions
	// StepTime is how long a turn lasts at least, unless one step is longer.
	StepTime time.Duration
	// YardstickTime is how long each measure of the machine is repeated.
	YardstickTime time.Duration
	// StreamBytes is the length of the arrays that are copied and that empty
	// the caches: several times the largest cache.
	StreamBytes int

	// Self is how to start the worker of this program, which is one of the
	// contestants: see Work. Flags may be put before its last argument.
	Self        peers.Launch
	Peers       []peers.Peer
	PeerOptions peers.Options
	Timeout     time.Duration // of an answer of a contestant
	// Profile returns arguments that make a worker write profiles that bear
	// this name; nil means none.
	Profile func(name string) []string

	// Progress hears of what is measured next; Note of what is not, and why.
	Progress, Note func(what string)
}

// VariantNames are the variants that can be measured.
var VariantNames = []string{"conv", "lc"}

// Plan is a measurement that can be run.
type Plan struct {
	Options
	width    int  // resolved
	networks bool // are measured, and not fits alone
	threads  int
	tasks    []task
	result   *Result
	machine  machine
	example  *graph.Network // conv: the geometry of all variants
	cleanUp  func()
	// missing are the peers that could not be started, by name.
	missing map[string]bool
}

// task is a part of a measurement.
type task struct {
	name string
	run  func(ctx context.Context) error
}

// check is an error for options that nothing can be measured by.
func (o Options) check() error {
	switch {
	case len(o.Batches) == 0:
		return errors.New("no batch sizes to measure")
	case slices.Min(o.Batches) < 1:
		return errors.Errorf("a batch of %d images, want at least 1", slices.Min(o.Batches))
	case o.Rounds < 1:
		return errors.Errorf("%d rounds, want at least 1", o.Rounds)
	case o.Width < 0:
		return errors.Errorf("width %d, want at least 0", o.Width)
	case o.FitUnits < 1:
		return errors.Errorf("fits of %d features, want at least 1", o.FitUnits)
	case o.Timeout <= 0:
		return errors.Errorf("a timeout of %v, want more than 0", o.Timeout)
	case len(o.Variants) == 0:
		return errors.New("no variants to measure")
	}
	for _, v := range o.Variants {
		if !slices.Contains(VariantNames, v) {
			return errors.Errorf("unknown variant %q, want %s", v, strings.Join(VariantNames, " or "))
		}
	}
	if err := setting.Distinct("variant %q", o.Variants); err != nil {
		return err
	}
	return setting.Distinct("a batch of %d images", o.Batches)
}

// NewPlan checks the options. Its errors are a user's mistakes.
func NewPlan(o Options) (*Plan, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &Plan{Options: o, threads: runtime.GOMAXPROCS(0), missing: map[string]bool{}, result: &Result{}}
	entry, err := zoo.Find(o.Model)
	if err != nil {
		return nil, err
	}
	if p.example, err = p.network("conv"); err != nil {
		return nil, err
	}
	p.width = entry.Width
	if o.Width > 0 {
		p.width = o.Width
	}
	var tasks []peers.Task
	fits := p.anyCan(p.fitTasks())
	if p.networks = !fits || p.anyCan(p.stepTasks()); p.networks {
		p.planMachine()
		for _, v := range o.Variants {
			if err := p.checkMemory(v); err != nil {
				return nil, err
			}
			p.planLayers(v)
		}
		p.planPasses()
		if err := p.planLoader(); err != nil {
			return nil, err
		}
		tasks = p.stepTasks()
	}
	if fits {
		tasks = append(tasks, p.fitTasks()...)
	}
	prepared := p.planPeers()
	for _, t := range tasks {
		p.planStep(t, prepared)
	}
	return p, nil
}

// Steps returns how often Run calls Progress.
func (p *Plan) Steps() int { return len(p.tasks) }

// Run measures. It also returns what it has when the context ends, with its
// error. A peer that cannot be measured is noted, and is no error.
func (p *Plan) Run(ctx context.Context) (*Result, error) {
	p.result.Started = time.Now()
	p.result.Machine, p.result.Versions, p.result.Settings = results.Machine(), results.Versions(), p.settings()
	defer p.cleanUp()
	defer func() {
		p.result.Seconds = time.Since(p.result.Started).Seconds()
		p.result.aims(p)
	}()
	for _, t := range p.tasks {
		if ctx.Err() != nil {
			return p.result, ctx.Err()
		}
		p.Progress(t.name)
		if err := t.run(ctx); err != nil {
			return p.result, err
		}
	}
	return p.result, nil
}

// settings lists what is measured.
func (p *Plan) settings() []results.Setting {
	s := []results.Setting{{Name: "rounds", Value: fmt.Sprint(p.Rounds)}}
	if p.networks {
		s = append(s,
			results.Setting{Name: "model", Value: fmt.Sprintf("%s, width %d", p.Model, p.width)},
			results.Setting{Name: "batches", Value: strings.Trim(fmt.Sprint(p.Batches), "[]")},
			results.Setting{Name: "variants", Value: strings.Join(p.Variants, " ")},
			results.Setting{Name: "calls of a phase", Value: fmt.Sprint(p.Repeats)})
	}
	for _, peer := range p.Peers {
		s = append(s, results.Setting{Name: "peer", Value: peer.Name})
	}
	if e := p.PeerOptions.Environment; e != nil {
		s = append(s, results.Setting{Name: "environment of peers", Value: strings.Join(e, " ")})
	}
	return s
}

// plan adds a task.
func (p *Plan) plan(name string, run func(ctx context.Context) error) {
	p.tasks = append(p.tasks, task{name, run})
}

// note tells, once, of something that is not measured.
func (p *Plan) note(what string) {
	p.result.Notes = append(p.result.Notes, what)
	p.Note(what)
}

// network builds the network of a variant.
func (p *Plan) network(variant string) (*graph.Network, error) {
	return network(p.Model, p.Width, variant)
}

// network builds a network of the zoo in a variant; width 0 is as published.
func network(model string, width int, variant string) (*graph.Network, error) {
	return zoo.New(model, zoo.Config{Width: width, Seed: 1, Connectivity: graph.Connectivity{Local: variant == "lc"}})
}

// checkMemory is an error if training a variant on the largest batch takes more memory
// than there is.
func (p *Plan) checkMemory(variant string) error {
	net, err := zoo.New(p.Model, zoo.Config{Width: p.Width, Blank: true, Connectivity: graph.Connectivity{Local: variant == "lc"}})
	if err != nil {
		return err
	}
	m, err := net.TrainingMemory(p.largest())
	if err != nil {
		return err
	}
	m.Evaluation = 0 // a training and an evaluation take turns
	return errors.WithMessage(net.CheckMemory(m), variant)
}

// largest returns the largest batch.
func (p *Plan) largest() int { return slices.Max(p.Batches) }
