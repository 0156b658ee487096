package ops

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
	"hypnos/internal/names"
)

// Border says what becomes of neurons that see padding: a periodic pattern
// does not show them what it shows the others of their pool.
type Border int

const (
	// BorderPooled lets them belong to pools as all others do, as the
	// reference implementation does in instant sharing.
	BorderPooled Border = iota
	// BorderAlone makes each of them a pool of its own, as the reference
	// implementation does in Hebbian and dynamic sharing.
	BorderAlone
)

var borders = names.List{"pooled", "alone"}

// String returns "pooled" or "alone".
func (b Border) String() string { return borders.Of(int(b), "Border") }

// PoolOptions say which neurons of a channel are connected laterally: those
// whose rows and columns are equal modulo Period, since a pattern of that
// period shows them the same patch (Pogodin et al. 2021, section 4). They are
// the neurons of a local layer.
type PoolOptions struct {
	Height, Width int          // of the layer's input
	Kernel        int          // side of the layer's kernel
	KernelWidth   int          // its width, where it is another; 0 means Kernel
	Field         LocalOptions // stride, padding, dilation of the layer
	Period        int          // at least the kernel; 0 means the kernel, along each axis
	PeriodWidth   int          // along the width, where it is another; 0 means Period
	Border        Border       // the zero value is BorderPooled
}

func (o PoolOptions) withDefaults() PoolOptions {
	o.KernelWidth = cmp.Or(o.KernelWidth, o.Kernel)
	o.PeriodWidth = cmp.Or(o.PeriodWidth, o.Period, o.KernelWidth)
	o.Period = cmp.Or(o.Period, o.Kernel)
	return o
}

// Pools returns the locations of each pool, h·OW + w in ascending order; every
// location stands in one pool. A pattern smaller than the kernel is an error:
// a neuron would see parts of it twice.
func (o PoolOptions) Pools() ([][]int, error) {
	p, err := o.check()
	return p.lists, err
}

// pools are pools with the size of their map, checked.
type pools struct {
	PoolOptions
	oh, ow int
	lists  [][]int
}

func (o PoolOptions) check() (pools, error) {
	o = o.withDefaults()
	fields := o.Field.windows(o.Kernel, o.KernelWidth)
	fields.op = "pools"
	g, err := fields.over(o.Height, o.Width)
	switch {
	case err != nil:
		return pools{}, err
	case o.Period < o.Kernel || o.PeriodWidth < o.KernelWidth:
		return pools{}, errors.Errorf("ops: pools: a pattern of %d×%d pixels is smaller than the kernel of %d×%d", o.Period, o.PeriodWidth, o.Kernel, o.KernelWidth)
	case o.Border != BorderAlone && o.Border != BorderPooled:
		return pools{}, errors.Errorf("ops: pools: border rule %v is none of pooled, alone", o.Border)
	}
	if o.Border == BorderPooled {
		g.Rows, g.Columns = [2]int{0, g.Height}, [2]int{0, g.Width}
	}
	return pools{o, g.Height, g.Width, kernel.Pools(g.Height, g.Width, [2]int{o.Period, o.PeriodWidth}, g.Rows, g.Columns)}, nil
}

// fit checks that activations are those of the pools' map.
func (p pools) fit(d definition, x tensor.Shape) error {
	return same(d, "activations of the map", x, "the pools' layer", tensor.Shape{p.oh, p.ow, x[2], x[3]})
}

// PoolMean computes the mean of activations over each neuron's pool: what
// lateral connections tell a neuron of its pool.
//
//	x       OH OW O N
//	result  OH OW O N
//
// It is an error if x is not the output of the pools' layer in size.
func PoolMean(x *gorgonia.Node, o PoolOptions) (*gorgonia.Node, error) {
	p, err := o.check()
	if err != nil {
		return nil, err
	}
	return apply(poolMean{p}, x)
}

type poolMean struct{ pools }

func (d poolMean) String() string                                { return fmt.Sprintf("pool mean%+v", d.PoolOptions) }
func (d poolMean) ranks() ([]int, int)                           { return []int{4}, 4 }
func (d poolMean) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], d.fit(d, in[0]) }
func (d poolMean) wrt() []bool                                   { return []bool{true} }

func (d poolMean) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.PoolMean(y, in[0], d.lists, s[0][2]*s[0][3])
}
func (d poolMean) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.PoolMean(y, in[0], d.lists, s[0][2]*s[0][3])
}

// gradient is the mean again: averaging over pools is symmetric.
func (d poolMean) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(d, grad)
	return gorgonia.Nodes{dx}, err
}

// PoolDeviation computes by how much each neuron differs from its pool, z_i -
// mean_j z_j: what the Hebbian rule learns from (Pogodin et al. 2021, eq. 4).
// Neurons that are pools of their own give 0.
//
//	z       OH OW O N
//	result  OH OW O N
//
// It is an error if z is not the output of the pools' layer in size.
func PoolDeviation(z *gorgonia.Node, o PoolOptions) (*gorgonia.Node, error) {
	p, err := o.check()
	if err != nil {
		return nil, err
	}
	return apply(poolDeviation{p}, z)
}

type poolDeviation struct{ pools }

func (d poolDeviation) String() string                                { return fmt.Sprintf("pool deviation%+v", d.PoolOptions) }
func (d poolDeviation) ranks() ([]int, int)                           { return []int{4}, 4 }
func (d poolDeviation) shape(in []tensor.Shape) (tensor.Shape, error) { return in[0], d.fit(d, in[0]) }
func (d poolDeviation) wrt() []bool                                   { return []bool{true} }

func (d poolDeviation) run32(y []float32, in [][]float32, s []tensor.Shape) {
	kernel.PoolDeviation(y, in[0], d.lists, s[0][2]*s[0][3])
}
func (d poolDeviation) run64(y []float64, in [][]float64, s []tensor.Shape) {
	kernel.PoolDeviation(y, in[0], d.lists, s[0][2]*s[0][3])
}

// gradient is the deviation again: it is symmetric too.
func (d poolDeviation) gradient(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := apply(d, grad)
	return gorgonia.Nodes{dx}, err
}

// RateOptions configure RatesFromInput.
type RateOptions struct {
	Pools PoolOptions
	Tau   float64 // time constant of all neurons, in time steps; more than 0
	Alpha float64 // strength of inhibition, at least 0
	Bias  float64 // rate of a neuron without input, at rest
	DT    float64 // time that passes between two values, in time steps; 0 means 1
	Steps int     // how many values are computed, at least 1
	// Trajectory makes the result the rates after each step instead of those
	// after the last.
	Trajectory bool
	// AloneAtRest keeps neurons that are pools of their own at rest: with nobody
	// else in the pool they would inhibit themselves.
	AloneAtRest bool
	// State is where the rates start, and where they stand afterwards: an
	// input that changes is shown by running the operator again. Nil means
	// that every run starts at rest.
	State *RateState
}

// Check returns an error for a field that is out of range, or for steps of
// time so large that rates diverge.
func (o RateOptions) Check() error {
	dt := o.dt()
	switch {
	case !(o.Tau > 0) || math.IsInf(o.Tau, 1):
		return errors.Errorf("ops: rates: tau %v, want a positive number", o.Tau)
	case !(o.Alpha >= 0) || math.IsInf(o.Alpha, 1):
		return errors.Errorf("ops: rates: alpha %v, want a number of at least 0", o.Alpha)
	case math.IsNaN(o.Bias) || math.IsInf(o.Bias, 0):
		return errors.Errorf("ops: rates: bias %v, want a number", o.Bias)
	case o.Steps < 1:
		return errors.Errorf("ops: rates: %d steps, want at least 1", o.Steps)
	// The pool mean and its inhibition rotate by ±√α: |1 - s ± i·s·√α| < 1.
	case !(dt > 0 && dt/o.Tau*(1+o.Alpha) < 2):
		return errors.Errorf("ops: rates: steps of %v diverge at tau %v and alpha %v, want more than 0 and less than 2·tau/(1+alpha) = %v", dt, o.Tau, o.Alpha, 2*o.Tau/(1+o.Alpha))
	}
	return nil
}

func (o RateOptions) dt() float64 {
	if o.DT == 0 {
		return 1
	}
	return o.DT
}

// RateState is the state of the rate dynamics of a map, which each run changes. It is for
// the goroutine that runs the graph.
type RateState struct {
	Rates      *tensor.Dense // OH OW O N
	Inhibition *tensor.Dense // P O N: of the inhibitory neuron of each of P pools
}

// NewRateState returns a map of O channels and a batch of N at rest: rates of
// o.Bias, and no inhibition. It is an error if an option is out of range.
func NewRateState(dtype tensor.Dtype, o RateOptions, channels, batch int) (*RateState, error) {
	p, err := o.pools()
	if err != nil {
		return nil, err
	}
	s := &RateState{
		Rates:      tensor.New(tensor.Of(dtype), tensor.WithShape(p.oh, p.ow, channels, batch)),
		Inhibition: tensor.New(tensor.Of(dtype), tensor.WithShape(len(p.lists), channels, batch)),
	}
	switch dtype {
	case tensor.Float32:
		fill(s.Rates.Float32s(), float32(o.Bias))
	case tensor.Float64:
		fill(s.Rates.Float64s(), o.Bias)
	default:
		return nil, errors.Errorf("ops: rates: element type %v, want float32 or float64", dtype)
	}
	return s, nil
}

func fill[T kernel.Float](x []T, value T) {
	for i := range x {
		x[i] = value
	}
}

// pools checks the options and returns the pools that have an inhibitory neuron.
func (o RateOptions) pools() (pools, error) {
	if err := o.Check(); err != nil {
		return pools{}, err
	}
	p, err := o.Pools.check()
	if o.AloneAtRest {
		p.lists = slices.DeleteFunc(p.lists, func(pool []int) bool { return len(pool) == 1 })
	}
	return p, err
}

// RatesFromInput computes the rates of neurons that inhibit each other through
// one inhibitory neuron a pool, under a constant input z (Pogodin et al. 2021,
// eq. 6), by Euler's method:
//
//	τ r_i'   = -r_i + z_i - α r_inh + b
//	τ r_inh' = -r_inh + mean_j r_j - b
//
// both derivatives taken before the step. At rest r_i = b + z_i -
// α/(1+α)·mean_j z_j: with strong inhibition the deviation from the pool.
//
//	z       OH OW O N
//	result  OH OW O N, or Steps OH OW O N where Trajectory
//
// It is an error if z is not the output of the pools' layer in size, or if an
// option is out of range. It has no gradient.
func RatesFromInput(z *gorgonia.Node, o RateOptions) (*gorgonia.Node, error) {
	p, err := o.pools()
	if err != nil {
		return nil, err
	}
	return apply(ratesFromInput{o, p}, z)
}

type ratesFromInput struct {
	RateOptions
	pools pools
}

func (d ratesFromInput) String() string {
	return fmt.Sprintf("rates from input, tau %v, alpha %v, bias %v, %d steps of %v, trajectory %t, alone at rest %t, state %t, %+v",
		d.Tau, d.Alpha, d.Bias, d.Steps, d.dt(), d.Trajectory, d.AloneAtRest, d.State != nil, d.Pools)
}

func (d ratesFromInput) ranks() ([]int, int) {
	if d.Trajectory {
		return []int{4}, 5
	}
	return []int{4}, 4
}

func (d ratesFromInput) shape(in []tensor.Shape) (tensor.Shape, error) {
	if err := d.pools.fit(d, in[0]); err != nil {
		return nil, err
	}
	if d.State != nil {
		inhibition := tensor.Shape{len(d.pools.lists), in[0][2], in[0][3]}
		if err := same(d, "state", d.State.Rates.Shape(), "activations", in[0]); err != nil {
			return nil, err
		}
		if err := same(d, "state of inhibition", d.State.Inhibition.Shape(), "pools", inhibition); err != nil {
			return nil, err
		}
	}
	if d.Trajectory {
		return append(tensor.Shape{d.Steps}, in[0]...), nil
	}
	return in[0], nil
}

func (d ratesFromInput) run32(r []float32, in [][]float32, s []tensor.Shape) {
	runRates(d, r, in[0], s)
}
func (d ratesFromInput) run64(r []float64, in [][]float64, s []tensor.Shape) {
	runRates(d, r, in[0], s)
}

func runRates[T kernel.Float](d ratesFromInput, result, z []T, s []tensor.Shape) {
	size := s[0][2] * s[0][3]
	rates := kernel.Rates{Step: d.dt() / d.Tau, Alpha: d.Alpha, Bias: d.Bias}
	state, trajectory := result, []T(nil)
	if d.Trajectory {
		state, trajectory = make([]T, len(z)), result
	}
	var inhibition []T
	if d.State != nil {
		state, inhibition = d.State.Rates.Data().([]T), d.State.Inhibition.Data().([]T)
	} else {
		fill(state, T(d.Bias))
		inhibition = make([]T, len(d.pools.lists)*size)
	}
	if d.Trajectory && d.AloneAtRest { // of those that are in no list
		for step := range d.Steps {
			copy(trajectory[step*len(state):], state)
		}
	}
	kernel.LateralRates(rates, trajectory, state, inhibition, z, d.pools.lists, size, d.Steps)
	if d.State != nil && !d.Trajectory {
		copy(result, state)
	}
}
