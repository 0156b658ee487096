package weightshare

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/graph"
	"hypnos/ops"
)

// layerPhase is the phase of one layer as the paper has it: every neuron of the
// map answers to patterns, and learns by itself.
type layerPhase struct {
	Phase
	field         *graph.Field
	pattern       *tensor.Dense // SH SW C N
	weight, start *tensor.Dense // L O KH KW C/g; weight is the layer's own memory
	rates         *ops.RateState
}

// newLayerPhase prepares the phase of a layer whose weights were start, which is
// only read.
func newLayerPhase(p Phase, l *sleeper, start []float32) *layerPhase {
	f := l.layer.Field
	dense := func(data []float32, shape ...int) *tensor.Dense {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
	}
	return &layerPhase{
		Phase: p, field: f,
		pattern: dense(make([]float32, l.patterns.size()), l.patterns.rows, l.patterns.columns, l.patterns.channels, l.patterns.count),
		weight:  dense(f.Weight.Data, f.Weight.Shape...), start: dense(start, f.Weight.Shape...),
	}
}

// compose builds the graph of so many time steps of a pattern, after which
// neurons learn, and returns the machine that runs it:
//
//	pattern → Tile → Local → PoolDeviation or RatesFromInput → Hebbian → weight
//
// RatesFromInput takes the time steps. Where nothing is learned the graph ends with it.
func (l *layerPhase) compose(steps int, learns bool) (*ops.Machine, error) {
	g := gorgonia.NewGraph()
	bound := func(name string, v *tensor.Dense) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, v.Dims(), gorgonia.WithShape(v.Shape()...), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	pattern, weight, start := bound("pattern", l.pattern), bound("weight", l.weight), bound("start", l.start)
	f := l.field
	field := f.Options()
	pools := poolOptions(f, l.Period, l.Border)

	// The pattern fills the layer's view, and every neuron responds.
	x, err := ops.Tile(pattern, f.Input.Height, f.Input.Width)
	if err != nil {
		return nil, err
	}
	z, err := ops.Local(x, weight, nil, field)
	if err != nil {
		return nil, err
	}

	// Lateral connections compare neurons of a pool, which see the same patch.
	learning := mechanisms[l.Kind].learning
	response, err := learning.respond(l, z, pools, steps)
	if err != nil || !learns {
		return machineOf(response, err)
	}

	// Each neuron learns from its input and its response.
	return machineOf(ops.Hebbian(weight, start, x, response, ops.HebbianOptions{
		Field: field, Rate: l.rate(f.Kernel * f.KernelWidth * f.Input.Channels / f.Groups), Gamma: l.Gamma, Momentum: l.Momentum, Rest: learning.resting,
	}))
}

// machineOf returns a machine that computes a node.
func machineOf(n *gorgonia.Node, err error) (*ops.Machine, error) {
	if err != nil {
		return nil, err
	}
	return ops.NewMachine(n)
}

// run computes the phase; draw fills x with the patterns of an iteration.
func (l *layerPhase) run(draw func(x []float32, iteration int)) error {
	listening, rounds, steps := mechanisms[l.Kind].learning.times(l.Phase)
	var listen *ops.Machine
	var err error
	if listening > 0 {
		if listen, err = l.compose(listening, false); err != nil {
			return err
		}
	}
	learn, err := l.compose(steps, true)
	if err != nil {
		return err
	}
	for iteration := range l.Iterations {
		draw(l.pattern.Float32s(), iteration)
		if listen != nil {
			if err := listen.RunAll(); err != nil {
				return err
			}
		}
		for range rounds {
			if err := learn.RunAll(); err != nil {
				return err
			}
		}
	}
	return nil
}

// sleepByGraph computes the phase of one layer, whose weights were start, by operators.
func (s *Sleeper) sleepByGraph(l *sleeper, start []float32) (sums, error) {
	if len(l.cohorts) == 0 { // all neurons are alone
		return sums{}, nil
	}
	phase := newLayerPhase(s.options.Phase, l, start)
	err := phase.run(func(x []float32, iteration int) { s.draw(l, x, iteration) })
	if err != nil {
		return sums{}, errors.Wrap(err, "sleep by the graph")
	}
	var total sums
	for _, c := range l.cohorts {
		total.add(c.changed(start, s.options.Phase.Gamma))
	}
	return total, nil
}

// changed adds up how the cohort's weights have changed; before is what they were.
func (c *cohort) changed(before []float32, gamma float64) sums {
	field := c.field()
	var total sums
	for _, p := range c.pools {
		rows := make([]float32, 2*len(p.locations)*field)
		was, is := rows[:len(rows)/2], rows[len(rows)/2:]
		mean, means := make([]float64, field), make([]float32, 2*field)
		for filter := range c.filters {
			c.gather(was, mean, before, p, filter)
			round(means[:field], mean)
			c.gather(is, mean, c.layer.Field.Weight.Data, p, filter)
			round(means[field:], mean)
			total.add(compare(means[:field], means[field:], was, is, gamma))
		}
	}
	return total
}

// averageLaterally returns activations H W C N averaged over the pools of
// neurons of a map that lie so many rows and columns apart: what lateral connections
// make of them.
func averageLaterally(x []float32, height, width, channels, rows, columns int) ([]float32, error) {
	g := gorgonia.NewGraph()
	shape := tensor.Shape{height, width, channels, len(x) / (height * width * channels)}
	in := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithShape(shape...), gorgonia.WithName("activations"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(x))))
	mean, err := ops.PoolMean(in, ops.PoolOptions{Height: height, Width: width, Kernel: 1, Period: rows, PeriodWidth: columns})
	machine, err := machineOf(mean, err)
	if err == nil {
		err = machine.RunAll()
	}
	if err != nil {
		return nil, err
	}
	return mean.Value().Data().([]float32), nil
}
