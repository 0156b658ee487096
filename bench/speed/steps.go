package speed

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"slices"

	"hypnos/bench/peers"
	"hypnos/graph"
	"hypnos/weightshare"
)

// contestant is a program that takes part in the measurement of a step.
type contestant struct {
	system   string // as Row has it
	threads  int
	launches []peers.Launch
	peer     bool // one that may be missing
	process  *peers.Process
	failed   bool
	answer   peers.Answer // the last
	seconds  []float64
	perTurn  int // steps
	// iterations are those of one sleep: as many as the reference has for hypnos, which
	// computes a sleep as a whole, and one for programs that do one after the other.
	iterations int
}

// own is a task as the contestant is asked for it.
func (c *contestant) own(t peers.Task) peers.Task {
	if t.Name == "sleep" {
		t.Batch = c.iterations
	}
	return t
}

// planPeers plans how peers are made ready, and returns how each is then started.
func (p *Plan) planPeers() map[string][]peers.Launch {
	prepared := map[string][]peers.Launch{}
	var cleanUp []func()
	if len(p.Peers) > 0 {
		p.plan("peers", func(ctx context.Context) error {
			for _, peer := range p.Peers {
				launches, done, err := peer.Prepare(ctx, p.PeerOptions)
				if err != nil {
					if ctx.Err() != nil {
						return ctx.Err()
					}
					p.note(fmt.Sprintf("not measured: %v", err))
					continue
				}
				prepared[peer.Name] = launches
				cleanUp = append(cleanUp, done)
			}
			return nil
		})
	}
	p.cleanUp = func() {
		for _, done := range cleanUp {
			done()
		}
	}
	return prepared
}

// stepTasks are the whole steps that are measured: of training and evaluation at
// each batch, the largest first, of instant sharing, and of an iteration of
// Hebbian sleep.
func (p *Plan) stepTasks() []peers.Task {
	var tasks []peers.Task
	batches := slices.Sorted(slices.Values(p.Batches))
	slices.Reverse(batches)
	for _, name := range []string{"train", "evaluate"} {
		for _, variant := range p.Variants {
			for _, batch := range batches {
				tasks = append(tasks, peers.Task{Name: name, Variant: variant, Batch: batch})
			}
		}
	}
	if slices.Contains(p.Variants, "lc") {
		tasks = append(tasks, peers.Task{Name: "share", Variant: "lc", Batch: 1}, peers.Task{Name: "sleep", Variant: "lc", Batch: 1})
	}
	return tasks
}

// describe says which task that is.
func describe(t peers.Task) string {
	of := "batch"
	if t.Name == "fit" {
		of = "features"
	}
	return fmt.Sprintf("%s %s, %s %d", t.Name, t.Variant, of, t.Batch)
}

// planStep plans the steps of one task by all who can do it.
func (p *Plan) planStep(t peers.Task, prepared map[string][]peers.Launch) {
	p.plan(describe(t), func(ctx context.Context) error {
		contestants := []*contestant{p.self(t, p.threads)}
		if p.threads > 1 && t.Name == "train" && t.Batch == p.largest() {
			contestants = append(contestants, p.self(t, 1))
		}
		for _, peer := range p.Peers {
			if launches := prepared[peer.Name]; launches != nil && !p.missing[peer.Name] && peer.Can(t, p.largest()) {
				contestants = append(contestants, &contestant{system: peer.Name, threads: p.threads, launches: launches, peer: true, iterations: 1})
			}
		}
		return p.race(ctx, t, contestants)
	})
}

// self is this program as a contestant.
func (p *Plan) self(t peers.Task, threads int) *contestant {
	launch := p.Self
	if p.Profile != nil {
		name := fmt.Sprintf("%s-%s-%d-threads-%d", t.Name, t.Variant, t.Batch, threads)
		last := len(launch.Command) - 1 // flags stand before the argument
		launch.Command = slices.Concat(launch.Command[:last], p.Profile(name), launch.Command[last:])
	}
	return &contestant{
		system: "hypnos", threads: threads, launches: []peers.Launch{launch},
		iterations: weightshare.Reference(weightshare.Hebbian).Iterations,
	}
}

// notMeasured notes that a peer did not do a task: or does none, if it does not
// even start.
func (p *Plan) notMeasured(t peers.Task, c *contestant, err error) {
	if c.process == nil {
		p.missing[c.system] = true
		p.note(fmt.Sprintf("not measured: %v", err))
		return
	}
	p.note(fmt.Sprintf("not measured: %s: %v", describe(t), err))
}

// race lets contestants take turns and adds a row for each.
func (p *Plan) race(ctx context.Context, t peers.Task, contestants []*contestant) error {
	// The memory that layers and passes needed is given back before.
	p.machine.stream = [2][]byte{}
	debug.FreeOSMemory()
	defer func() {
		for _, c := range contestants {
			if c.process != nil {
				c.process.Close()
			}
		}
	}()
	for round := range p.Rounds {
		for _, c := range contestants {
			if c.failed {
				continue
			}
			err := p.turn(ctx, t, c, round)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err == nil {
				err = differs(c.system, c.answer, contestants[0].answer)
			}
			if err != nil {
				if !c.peer {
					return err
				}
				c.failed = true
				p.notMeasured(t, c, err)
			}
		}
	}
	for _, c := range contestants {
		if !c.failed {
			p.addStep(t, c, contestants[0].median(t))
		}
	}
	return nil
}

// median is how many seconds a step of a task takes, or an iteration of a sleep.
func (c *contestant) median(t peers.Task) float64 {
	seconds := median(c.seconds)
	if t.Name == "sleep" {
		seconds /= float64(c.iterations)
	}
	return seconds
}

// turn lets a contestant take its steps of one round. The first step says how
// many fit into a turn.
func (p *Plan) turn(ctx context.Context, t peers.Task, c *contestant, round int) (err error) {
	if c.process == nil {
		for _, launch := range c.launches {
			if c.process, err = peers.Start(ctx, launch, c.threads, p.Model, p.width, p.Timeout); err == nil {
				break
			}
		}
		if err != nil {
			return err
		}
		c.perTurn = 1
	}
	if err := c.measure(ctx, t, c.perTurn); err != nil || round > 0 {
		return err
	}
	const most = 50
	c.perTurn = int(min(most, max(1, p.StepTime.Seconds()/c.seconds[0])))
	if c.perTurn == 1 {
		return nil
	}
	return c.measure(ctx, t, c.perTurn-1)
}

// measure takes steps.
func (c *contestant) measure(ctx context.Context, t peers.Task, steps int) (err error) {
	if c.answer, err = c.process.Measure(ctx, c.own(t), steps); err == nil {
		c.seconds = append(c.seconds, c.answer.Seconds...)
	}
	return err
}

// addStep adds the row of a contestant. The reference is how many seconds hypnos takes on
// all threads.
func (p *Plan) addStep(t peers.Task, c *contestant, reference float64) {
	seconds := c.median(t)
	r := Row{
		Section: "steps", System: c.system, Version: c.process.Hello.Name, Variant: t.Variant, Batch: t.Batch, Threads: c.process.Hello.Threads,
		Phase: t.Name, Milliseconds: 1e3 * seconds, Steps: len(c.seconds), Ratio: seconds / reference,
		HeapBytes: math.NaN(), PeakBytes: math.NaN(),
	}
	if h := c.answer.HeapBytes; h != nil {
		r.HeapBytes = *h
	}
	if b := c.answer.PeakBytes; b > 0 {
		r.PeakBytes = float64(b)
	}
	switch t.Name {
	case "fit":
		r.Section, r.Batch, r.Geometry, r.Score = "fits", 0, fitGeometry(t.Batch), c.answer.Score
	case "share", "sleep":
		r.Batch = 0
	default:
		r.Rate, r.Unit = float64(t.Batch)/seconds, "images/s"
		r.operations = stepOperations(p.example, t)
		r.Share = r.operations / seconds / 1e9 / p.machine.peak
	}
	p.result.add(r)
}

// stepOperations is how many operations a step takes in layers with weights.
func stepOperations(net *graph.Network, t peers.Task) float64 {
	total := 0.0
	for _, l := range net.Answering() {
		passes, operations := 3.0, 2*float64(l.MultiplyAdds*t.Batch)
		if l.Field != nil {
			g := geometryOf(l, t.Batch)
			operations = g.operations()
			if g.first {
				passes = 2
			}
		}
		if t.Name == "evaluate" {
			passes = 1
		}
		total += passes * operations
	}
	return total
}
