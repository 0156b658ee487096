package weightshare

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/internal/kernel"
)

// Schedule says when a network sleeps. Its fields may be combined.
type Schedule struct {
	Steps  int  // after every so many steps; 0 means never
	Epochs int  // after every so many epochs; 0 means never
	AtEnd  bool // once after the last step
}

// Options configure a Sleeper.
type Options struct {
	Phase    Phase
	Schedule Schedule
	// StepsPerEpoch and TotalSteps are those of the training, where the
	// schedule counts by them.
	StepsPerEpoch, TotalSteps int
	Seed                      uint64 // of the patterns
	// Images returns n images N C H W that a phase, counted from 1, makes
	// patterns from, where its source needs them. It is called once a phase,
	// with as many as the phase has patterns an iteration.
	Images func(phase, n int) ([]float32, error)
}

// Sleeper puts a network to sleep. It is for one goroutine at a time, and says so; Last and
// State are safe at any time.
type Sleeper struct {
	options  Options
	net      *graph.Network
	layers   []*graph.Layer // that sleep
	pools    [][][]int      // of each of them
	sleeping atomic.Bool

	mutex  sync.Mutex // of what follows
	phases int        // so far
	last   []Change
}

// New returns a Sleeper of the local layers of a network that learn. It is an
// error if there are none, if an option is out of range, or if the pattern is
// smaller than the kernel of a layer.
func New(net *graph.Network, o Options) (*Sleeper, error) {
	if err := o.Phase.Check(); err != nil {
		return nil, err
	}
	s := &Sleeper{options: o, net: net}
	for _, l := range net.LocalLayers() {
		if l.Field.Weight.Frozen {
			continue
		}
		if l.Field.Weight.Data == nil {
			return nil, errors.Errorf("weightshare: layer %q has no weights: its network is too large for memory", l.Name)
		}
		pools, err := poolOptions(l.Field, o.Phase.Period, o.Phase.Border).Pools()
		if err != nil {
			return nil, errors.Wrapf(err, "weightshare: layer %q", l.Name)
		}
		s.layers, s.pools = append(s.layers, l), append(s.pools, pools)
	}
	schedule := o.Schedule
	switch {
	case len(s.layers) == 0:
		return nil, errors.New("weightshare: the network has no locally connected layers whose weights could be shared")
	case schedule.Steps < 0 || schedule.Epochs < 0:
		return nil, errors.Errorf("weightshare: sleep every %d steps and %d epochs, want at least 0", schedule.Steps, schedule.Epochs)
	case schedule.Epochs > 0 && o.StepsPerEpoch < 1:
		return nil, errors.Errorf("weightshare: sleep every %d epochs of %d steps, want at least 1", schedule.Epochs, o.StepsPerEpoch)
	case schedule.AtEnd && o.TotalSteps < 1:
		return nil, errors.Errorf("weightshare: sleep after the last of %d steps, want at least 1", o.TotalSteps)
	case o.Phase.Kind.Learns() && o.Phase.Source != Gaussian && o.Images == nil:
		return nil, errors.Errorf("weightshare: %v patterns are made from images, and there are none", o.Phase.Source)
	}
	return s, nil
}

// Step sleeps where the schedule has a phase after that step, counted from 1:
// a hook for the training loop.
func (s *Sleeper) Step(step int) error {
	o := s.options
	every := func(n int) bool { return n > 0 && step%n == 0 }
	if every(o.Schedule.Steps) || every(o.Schedule.Epochs*o.StepsPerEpoch) || o.Schedule.AtEnd && step == o.TotalSteps {
		_, err := s.Sleep()
		return err
	}
	return nil
}

// Last returns what the last phase has changed, by layer, or nil before the
// first.
func (s *Sleeper) Last() []Change { return s.State().Last }

// SleeperState is what the phases of a Sleeper to come depend on, apart from the
// network.
type SleeperState struct {
	Phases int      // so far
	Last   []Change // of the last of them
}

// State returns the state after the last phase, or in one that has begun.
func (s *Sleeper) State() SleeperState {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return SleeperState{s.phases, s.last}
}

// set sets the state.
func (s *Sleeper) set(phases int, last []Change) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.phases, s.last = phases, last
}

// alone is an error if another goroutine uses the Sleeper; otherwise nobody else may until
// done is called.
func (s *Sleeper) alone() (done func(), err error) {
	if !s.sleeping.CompareAndSwap(false, true) {
		return nil, errors.New("weightshare: the sleeper is in use by another goroutine")
	}
	return func() { s.sleeping.Store(false) }, nil
}

// Restore sets the state. It is an error if it is not of a Sleeper of these
// layers.
func (s *Sleeper) Restore(state SleeperState) error {
	done, err := s.alone()
	if err != nil {
		return err
	}
	defer done()
	fits := state.Phases >= 0 && (len(state.Last) == 0 || len(state.Last) == len(s.layers))
	for i, change := range state.Last {
		fits = fits && change.Layer == s.layers[i].Name
	}
	if !fits {
		return errors.Errorf("weightshare: the state after %d phases is not one of the network's %d layers that sleep", state.Phases, len(s.layers))
	}
	s.set(state.Phases, state.Last)
	return nil
}

// Sleep is one phase: it changes the weights of all layers that sleep, and says
// by how much. Biases, other layers and frozen weights stay as they are. If a
// layer diverges, its weights not finite or its pools less alike than before,
// an error names it and all weights are what they were before the phase. It is an error if
// another goroutine uses the Sleeper or the network.
func (s *Sleeper) Sleep() ([]Change, error) {
	done, err := s.alone()
	if err != nil {
		return nil, err
	}
	defer done()
	s.set(s.phases+1, s.last)
	changes := make([]Change, len(s.layers))
	if s.options.Phase.Kind.Learns() {
		err = s.learn(changes)
	} else {
		err = s.net.Change(func() error {
			for i, l := range s.layers {
				changes[i] = average(l, s.pools[i])
			}
			return nil
		})
	}
	if err != nil {
		s.set(s.phases-1, s.last) // so that the next one is what this would have been
		return nil, err
	}
	s.set(s.phases, changes)
	return changes, nil
}

// learn is a phase in which neurons learn. It sets changes.
func (s *Sleeper) learn(changes []Change) error {
	sleeping, err := s.fallAsleep()
	if err != nil {
		return errors.Wrap(err, "weightshare")
	}
	if s.options.Phase.Engine == Fast {
		s.dream(sleeping)
	}
	return s.net.Change(func() error { return s.wake(sleeping, changes) })
}

// wake changes the weights, and sets changes.
func (s *Sleeper) wake(sleeping []*sleeper, changes []Change) error {
	before := make([][]float32, len(s.layers))
	for i, l := range sleeping {
		var err error
		before[i] = slices.Clone(l.layer.Field.Weight.Data)
		var total sums
		if s.options.Phase.Engine == Graph {
			total, err = s.sleepByGraph(l, before[i])
		} else {
			total = l.wake(s.options.Phase)
		}
		if err == nil {
			changes[i], err = l.change(total, s.options.Phase)
		}
		if err != nil {
			for j := range i + 1 {
				copy(s.layers[j].Field.Weight.Data, before[j])
			}
			return errors.Wrapf(err, "weightshare: layer %q", l.layer.Name)
		}
	}
	return nil
}

// sleeper is a layer in a phase.
type sleeper struct {
	layer    *graph.Layer
	patterns patterns
	cohorts  []*cohort
}

// fallAsleep prepares the layers for a phase.
func (s *Sleeper) fallAsleep() ([]*sleeper, error) {
	phase := s.options.Phase
	all := make([]*sleeper, len(s.layers))
	for i, l := range s.layers {
		of := cohorts(l, s.pools[i], phase)
		if phase.Engine == Fast {
			for _, c := range of {
				c.deviations = newMatrix(c.field(), phase.Patterns)
				if phase.Kind.HasDynamics() {
					c.means = newMatrix(c.field(), phase.Patterns)
				}
			}
		}
		rows, columns := patternSize(l.Field, phase.Period)
		all[i] = &sleeper{l, patterns{source: phase.Source, rows: rows, columns: columns, channels: l.Field.Input.Channels, count: phase.Patterns}, of}
	}
	if phase.Source == Gaussian {
		return all, nil
	}
	images, err := s.options.Images(s.phases, phase.Patterns)
	if err != nil {
		return nil, err
	}
	inputs := make([]*graph.Layer, len(s.layers))
	for i, l := range s.layers {
		inputs[i] = l.Inputs[0]
	}
	seen, err := s.net.Activations(images, inputs...)
	if err != nil {
		return nil, err
	}
	for i, l := range all {
		if err := l.patterns.see(seen[i], l.layer.Field.Input); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// iterationsAtATime is for how many iterations patterns are drawn before the
// layers see them, so that work is in larger pieces.
const iterationsAtATime = 8

// dream shows the layers their patterns. Each population is one piece of work,
// the largest first, and so is drawing the patterns of a layer and iteration.
func (s *Sleeper) dream(layers []*sleeper) {
	phase := s.options.Phase
	type work struct {
		layer, cohort int
		population    *population[float32]
		dynamics      dynamics
	}
	deviation, mean := phase.dynamics()
	var all []work
	for i, l := range layers {
		for j, c := range l.cohorts {
			for _, p := range c.deviations.populations {
				all = append(all, work{i, j, p, deviation})
			}
			for _, p := range c.means.populations {
				all = append(all, work{i, j, p, mean})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b work) int { return cmp.Compare(len(b.population.weight), len(a.population.weight)) })

	type drawn struct {
		patterns []float32
		patches  [][]float32 // by cohort
		rates    []float64
	}
	seen := make([][iterationsAtATime]drawn, len(layers))
	for first := 0; first < phase.Iterations; first += iterationsAtATime {
		count := min(iterationsAtATime, phase.Iterations-first)
		kernel.Parallel(len(layers)*count, func(i int) {
			l, d := layers[i/count], &seen[i/count][i%count]
			if len(l.cohorts) == 0 {
				return
			}
			if d.patterns == nil {
				d.patterns = make([]float32, l.patterns.size())
				d.patches, d.rates = make([][]float32, len(l.cohorts)), make([]float64, len(l.cohorts))
			}
			s.draw(l, d.patterns, first+i%count)
			for j, c := range l.cohorts {
				d.patches[j] = c.patches(d.patterns)
				d.rates[j] = phase.rateFor(d.patches[j])
			}
		})
		kernel.Parallel(len(all), func(i int) {
			w := all[i]
			for iteration := range count {
				d := &seen[w.layer][iteration]
				phase.show(w.population, d.patches[w.cohort], w.dynamics, d.rates[w.cohort])
			}
		})
	}
}

// draw fills x with the patterns of an iteration.
func (s *Sleeper) draw(l *sleeper, x []float32, iteration int) {
	l.patterns.fill(x, patternsOf(s.options.Seed, s.phases, iteration, l.layer.Name))
}

// ReferenceRate is the learning rate of the reference implementation.
const ReferenceRate = 0.1

// rate returns the learning rate of neurons with so many inputs, or 0 if it
// depends on what they see.
func (p Phase) rate(inputs int) float64 {
	if p.Rate != 0 || p.Source != Gaussian {
		return p.Rate
	}
	return min(ReferenceRate, 1/(1+(float64(inputs)+1)/float64(p.Patterns)))
}

// rateFor returns the learning rate for patches, field × patterns.
func (p Phase) rateFor(patches []float32) float64 {
	if rate := p.rate(len(patches) / p.Patterns); rate != 0 {
		return rate
	}
	sum := 0.0
	for _, v := range patches {
		sum += float64(v) * float64(v)
	}
	if sum == 0 {
		return 0
	}
	return float64(p.Patterns) / sum
}

// show is one iteration.
func (p Phase) show(neurons *population[float32], patches []float32, d dynamics, rate float64) {
	mechanisms[p.Kind].learning.show(p, neurons, patches, d, p.rule(rate))
}

// Share sets the weights of every neuron of a local layer, in the whole
// network, to the mean over its pool: instant sharing, with the neurons that see
// padding, as in the reference. Biases and frozen weights stay as they are.
func Share(net *graph.Network) error {
	s, err := New(net, Options{})
	if err != nil {
		return err
	}
	_, err = s.Sleep()
	return err
}
