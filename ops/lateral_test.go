package ops

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/golden"
)

// One graph: patterns → local → deviation from the pool → Hebbian.
func TestGoldenHebbian(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			f := golden.Open(t, fmt.Sprintf("hebbian%d", i))
			in := []golden.Tensor{f.Tensor("w").Weights(), f.Tensor("w_init").Weights(), f.Tensor("x").Activations()}
			field := LocalOptions{Stride: f.Int("stride"), Padding: f.Int("padding")}
			pools := PoolOptions{Height: in[2].Shape[0], Width: in[2].Shape[1], Kernel: f.Int("kernel"), Field: field, Border: BorderAlone}
			b := build(t, tensor.Float32, []tensor.Shape{in[0].Shape, in[1].Shape, in[2].Shape}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				z, err := Local(in[2], in[0], nil, field)
				if err != nil {
					return nil, err
				}
				deviation, err := PoolDeviation(z, pools)
				if err != nil {
					return nil, err
				}
				return Hebbian(in[0], in[1], in[2], deviation, HebbianOptions{Field: field, Rate: f.Float("learning_rate"), Gamma: f.Float("gamma")})
			})
			for i, x := range in {
				set(b.values[i], x.Data)
			}
			b.run()
			golden.Check(t, "weights", numbers(b.values[0]), f.Tensor("w_next").Weights().Data, 1e-5)
			golden.Check(t, "result", numbers(b.output.Value()), numbers(b.values[0]), 0)
		})
	}
}

// The neurons of the trajectory are a row of locations of a 1x1 layer, all of
// one pool, that see one pixel of many channels.
func TestGoldenRates(t *testing.T) {
	f := golden.Open(t, "rates")
	neurons, inputs, hold := f.Int("neurons"), f.Int("inputs"), f.Int("hold")
	pools := PoolOptions{Height: 1, Width: neurons, Kernel: 1}
	o := RateOptions{Pools: pools, Tau: f.Float("tau"), Alpha: f.Float("alpha"), Bias: f.Float("b"), Steps: 1}
	state, err := NewRateState(tensor.Float64, o, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	state.Rates.Zero() // where the reference starts
	o.State = state
	weights := tensor.Shape{neurons, 1, 1, 1, inputs}
	b := build(t, tensor.Float64, []tensor.Shape{weights, weights, {1, neurons, inputs, 1}}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		z, err := Local(in[2], in[0], nil, LocalOptions{})
		if err != nil {
			return nil, err
		}
		r, err := RatesFromInput(z, o)
		if err != nil {
			return nil, err
		}
		return Hebbian(in[0], in[1], in[2], r, HebbianOptions{
			Rate: f.Float("learning_rate"), Gamma: f.Float("gamma"), Momentum: f.Float("momentum"), Rest: f.Float("b"),
		})
	})
	for i := range 2 {
		set(b.values[i], f.Tensor("w0").Data)
	}
	var rates []float64
	for step := range f.Int("steps") {
		set(b.values[2], slices.Repeat(f.Tensor("x").Data[step/hold*inputs:][:inputs], neurons))
		b.run()
		rates = append(append(rates, numbers(state.Rates)...), numbers(state.Inhibition)...)
	}
	golden.Check(t, "rates", rates, f.Tensor("rates").Data, 1e-9)
	golden.Check(t, "weights", numbers(b.values[0]), f.Tensor("w").Data, 1e-9)
}

// A trajectory ends where the last rates are, and its middle is where a state
// is handed over.
func TestTrajectory(t *testing.T) {
	o := RateOptions{Pools: lateral, Tau: 30, Alpha: 10, Bias: 1, Steps: 8}
	shape := tensor.Shape{7, 6, 2, 3}
	last := build(t, tensor.Float64, []tensor.Shape{shape}, nil, rates(o))
	o.Trajectory = true
	all := build(t, tensor.Float64, []tensor.Shape{shape}, nil, rates(o))
	o.Steps = 4
	state, err := NewRateState(tensor.Float64, o, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	o.State = state
	half := build(t, tensor.Float64, []tensor.Shape{shape}, nil, rates(o))
	var halves []float64
	for _, b := range []*bench{last, all, half, half} {
		b.randomise(nil)
		b.run()
		if b == half {
			halves = append(halves, numbers(b.output.Value())...)
		}
	}
	trajectory := numbers(all.output.Value())
	golden.Check(t, "last", numbers(last.output.Value()), trajectory[len(trajectory)-shape.TotalSize():], 0)
	golden.Check(t, "halves", halves, trajectory, 0)
}

// Images do not depend on each other, in batches of more numbers than are pooled at
// a time too.
func TestLargeBatch(t *testing.T) {
	for name, apply := range map[string]func(gorgonia.Nodes) (*gorgonia.Node, error){
		"pool mean":      func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolMean(in[0], lateral) },
		"pool deviation": func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolDeviation(in[0], bordered) },
		"rates":          rates(RateOptions{Pools: lateral, Tau: 30, Alpha: 10, Bias: 1, Steps: 20}),
	} {
		const n = 300 // of two channels
		large := build(t, tensor.Float64, []tensor.Shape{{7, 6, 2, n}}, nil, apply)
		large.randomise(nil)
		large.run()
		for _, image := range []int{0, 140, n - 1} {
			one := build(t, tensor.Float64, []tensor.Shape{{7, 6, 2, 1}}, nil, apply)
			of := func(v gorgonia.Value) (x []float64) {
				for i := image; i < v.Shape().TotalSize(); i += n {
					x = append(x, numbers(v)[i])
				}
				return x
			}
			set(one.values[0], of(large.values[0]))
			one.run()
			golden.Check(t, name, of(large.output.Value()), numbers(one.output.Value()), 1e-14)
		}
	}
}

// Neurons that are alone stay at rest where they are told to, and the others do
// what they do anyway.
func TestAloneAtRest(t *testing.T) {
	shape := tensor.Shape{7, 6, 2, 3}
	o := RateOptions{Pools: lateral, Tau: 30, Alpha: 10, Bias: 2, Steps: 5, Trajectory: true}
	all := build(t, tensor.Float64, []tensor.Shape{shape}, nil, rates(o))
	all.randomise(nil)
	all.run()
	o.AloneAtRest = true
	state, err := NewRateState(tensor.Float64, o, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	lists, err := lateral.Pools()
	if err != nil {
		t.Fatal(err)
	}
	alone := map[int]bool{}
	for _, pool := range lists {
		alone[pool[0]] = len(pool) == 1
	}
	want := slices.Clone(numbers(all.output.Value()))
	for i := range want {
		if alone[i%shape.TotalSize()/6] {
			want[i] = 2
		}
	}
	for _, o.State = range []*RateState{nil, state} {
		b := build(t, tensor.Float64, []tensor.Shape{shape}, nil, rates(o))
		b.randomise(nil)
		b.run()
		golden.Check(t, "rates", numbers(b.output.Value()), want, 0)
	}
	golden.Check(t, "state", numbers(state.Rates), want[len(want)-shape.TotalSize():], 0)
}

// A rate of 0 is one over the mean square length of what each neuron sees.
func TestHebbianOwnRates(t *testing.T) {
	shapes := []tensor.Shape{{4, 2, 2, 2, 1}, {4, 2, 2, 2, 1}, {3, 3, 2, 2}, {2, 2, 2, 2}}
	step := func(rate float64, change func(b *bench)) []float64 {
		b := build(t, tensor.Float64, shapes, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return Hebbian(in[0], in[1], in[2], in[3], HebbianOptions{Field: LocalOptions{Groups: 2}, Rate: rate, Gamma: 0.3})
		})
		b.randomise(nil)
		change(b)
		b.run()
		return numbers(b.values[0])
	}
	kept := func(*bench) {}
	got := step(0, kept)
	var seen []float64 // 3 3 2 2
	step(1, func(b *bench) { seen = slices.Clone(numbers(b.values[2])) })
	for neuron := range 8 {
		location, group := neuron/2, neuron%2
		sum := 0.0
		for i := range 2 {
			for j := range 2 {
				for n := range 2 {
					v := seen[(((location/2+i)*3+location%2+j)*2+group)*2+n]
					sum += v * v
				}
			}
		}
		want := step(2/sum, kept)
		golden.Check(t, fmt.Sprint("neuron ", neuron), got[4*neuron:][:4], want[4*neuron:][:4], 1e-14)
	}
	// With gaps, and zeros above and to the left: 3×2 locations of which each sees 1×2.
	shapes = []tensor.Shape{{6, 1, 1, 2, 2}, {6, 1, 1, 2, 2}, {2, 3, 2, 2}, {3, 2, 1, 2}}
	step = func(rate float64, change func(b *bench)) []float64 {
		b := build(t, tensor.Float64, shapes, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return Hebbian(in[0], in[1], in[2], in[3], HebbianOptions{Field: LocalOptions{DilationWidth: 3, Pad: Pad{Top: 1, Left: 2}}, Rate: rate, Gamma: 0.3})
		})
		b.randomise(nil)
		change(b)
		b.run()
		return numbers(b.values[0])
	}
	got = step(0, kept)
	step(1, func(b *bench) { seen = slices.Clone(numbers(b.values[2])) })
	for location := range 6 {
		sum := 0.0
		for j := range 2 {
			row, column := location/2-1, location%2-2+3*j
			if row < 0 || column < 0 {
				continue
			}
			for i := range 4 {
				v := seen[(row*3+column)*4+i]
				sum += v * v
			}
		}
		rate := math.SmallestNonzeroFloat64
		if sum > 0 {
			rate = 2 / sum
		}
		want := step(rate, kept)
		golden.Check(t, fmt.Sprint("location ", location), got[4*location:][:4], want[4*location:][:4], 1e-14)
	}
	silent := func(b *bench) { set(b.values[2], make([]float64, b.values[2].DataSize())) }
	golden.Check(t, "without input", step(0, silent), step(math.SmallestNonzeroFloat64, silent), 0)
}

// A machine lends no memory to an operator that changes its input, and stays in
// step with the tape machine.
func TestHebbianOnMachine(t *testing.T) {
	shapes := []tensor.Shape{{25, 2, 3, 3, 2}, {25, 2, 3, 3, 2}, {3, 3, 2, 4}}
	o := LocalOptions{Padding: 1}
	pools := PoolOptions{Height: 5, Width: 5, Kernel: 3, Field: o, Border: BorderAlone}
	var results [2][]float64
	for i := range results {
		b := build(t, tensor.Float32, shapes, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			x, err := Tile(in[2], 5, 5)
			if err != nil {
				return nil, err
			}
			z, err := Local(x, in[0], nil, o)
			if err != nil {
				return nil, err
			}
			deviation, err := PoolDeviation(z, pools)
			if err != nil {
				return nil, err
			}
			return Hebbian(in[0], in[1], x, deviation, HebbianOptions{Field: o, Rate: 0.1, Momentum: 0.5})
		})
		b.randomise(nil)
		if i == 1 {
			machine, err := NewMachine(b.output)
			if err != nil {
				t.Fatal(err)
			}
			if want := 4 * 25 * (8 + 8 + 8); machine.Bytes() != want {
				t.Errorf("%d bytes, want %d", machine.Bytes(), want)
			}
			b.machine = machine
		}
		for range 3 {
			b.run()
		}
		results[i] = numbers(b.values[0])
	}
	golden.Check(t, "weights", results[1], results[0], 0)
}

// At rest r = b + z - α/(1+α)·mean z.
func TestRatesAtRest(t *testing.T) {
	shape := tensor.Shape{7, 6, 2, 3}
	for _, alpha := range []float64{0, 1, 10, 1000} {
		r := build(t, tensor.Float64, []tensor.Shape{shape}, nil, rates(RateOptions{Pools: lateral, Tau: 30, Alpha: alpha, Bias: 2, DT: 30 / (2 + alpha), Steps: 2000 + int(60*alpha)}))
		mean := build(t, tensor.Float64, []tensor.Shape{shape}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolMean(in[0], lateral) })
		r.randomise(nil)
		mean.randomise(nil)
		r.run()
		mean.run()
		want := slices.Clone(numbers(r.values[0]))
		for i, m := range numbers(mean.output.Value()) {
			want[i] += 2 - alpha/(1+alpha)*m
		}
		golden.Check(t, fmt.Sprintf("rest at alpha %v", alpha), numbers(r.output.Value()), want, 1e-6)
	}
}

// Every location stands in one pool; only those whose receptive fields lie
// inside the input share one, unless the border is pooled.
func TestPools(t *testing.T) {
	for _, o := range []PoolOptions{
		lateral, bordered,
		{Height: 9, Width: 14, Kernel: 3, Field: LocalOptions{Stride: 2, Padding: 1}, Border: BorderAlone},
		{Height: 9, Width: 14, Kernel: 5, Field: LocalOptions{Stride: 3, Padding: 2, Dilation: 2}, Border: BorderAlone},
		{Height: 5, Width: 5, Kernel: 1},
		{Height: 4, Width: 4, Kernel: 3, Field: LocalOptions{Padding: 3}, Border: BorderAlone},
		{Height: 12, Width: 12, Kernel: 3, Period: 4},
		{Height: 3, Width: 3, Kernel: 3, Border: BorderPooled},
		{Height: 9, Width: 14, Kernel: 2, KernelWidth: 5, Border: BorderPooled},
		{Height: 9, Width: 14, Kernel: 3, KernelWidth: 2, Field: LocalOptions{StrideWidth: 2, DilationWidth: 3, Pad: Pad{Top: 1, Right: 4}}, Border: BorderAlone},
		{Height: 3, Width: 2, Kernel: 2, KernelWidth: 3, Field: LocalOptions{Stride: 2, Pad: Pad{Right: 2}}, Border: BorderAlone},
		{Height: 12, Width: 7, Kernel: 1, KernelWidth: 3, Field: LocalOptions{Same: true}, Period: 4, Border: BorderAlone},
		{Height: 9, Width: 9, Kernel: 1, Period: 2, PeriodWidth: 3},
	} {
		pools, err := o.Pools()
		if err != nil {
			t.Fatal(err)
		}
		f, kernelWidth := o.Field.withDefaults(), cmp.Or(o.KernelWidth, o.Kernel)
		period, periodWidth := cmp.Or(o.Period, o.Kernel), cmp.Or(o.PeriodWidth, o.Period, kernelWidth)
		grid, err := f.Over(o.Height, o.Width, o.Kernel, kernelWidth)
		if err != nil {
			t.Fatal(err)
		}
		oh, ow := grid.Height, grid.Width
		inside := func(location int) bool {
			top, left := location/ow*f.Stride-grid.Pad.Top, location%ow*f.StrideWidth-grid.Pad.Left
			return o.Border == BorderPooled || top >= 0 && top+f.Dilation*(o.Kernel-1) < o.Height && left >= 0 && left+f.DilationWidth*(kernelWidth-1) < o.Width
		}
		poolOf := map[int]int{}
		for i, pool := range pools {
			for _, l := range pool {
				if other, ok := poolOf[l]; ok {
					t.Errorf("%+v: location %d stands in pools %d and %d", o, l, other, i)
				}
				poolOf[l] = i
			}
		}
		if len(poolOf) != oh*ow {
			t.Errorf("%+v: %d of %d locations stand in pools", o, len(poolOf), oh*ow)
		}
		for a := range oh * ow {
			for b := range a {
				want := inside(a) && inside(b) && (a/ow-b/ow)%period == 0 && (a%ow-b%ow)%periodWidth == 0
				if got := poolOf[a] == poolOf[b]; got != want {
					t.Fatalf("%+v: locations %d and %d in one pool: %t, want %t", o, a, b, got, want)
				}
			}
		}
	}
}

func TestLateralMistakes(t *testing.T) {
	valid, hebbian := RateOptions{Pools: lateral, Tau: 30, Alpha: 10, Steps: 1}, HebbianOptions{Rate: 0.1}
	rate := func(change func(*RateOptions)) error {
		o := valid
		change(&o)
		return o.Check()
	}
	hebb := func(change func(*HebbianOptions)) error {
		o := hebbian
		change(&o)
		return o.Check()
	}
	pool := func(o PoolOptions) error {
		_, err := o.Pools()
		return err
	}
	graph := func(shapes []tensor.Shape, apply func(gorgonia.Nodes) (*gorgonia.Node, error)) error {
		g := gorgonia.NewGraph()
		var in gorgonia.Nodes
		for i, shape := range shapes {
			in = append(in, gorgonia.NewTensor(g, tensor.Float64, shape.Dims(), gorgonia.WithShape(shape...), gorgonia.WithName(fmt.Sprint(i))))
		}
		_, err := apply(in)
		return err
	}
	hebbianOf := func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Hebbian(in[0], in[1], in[2], in[3], hebbian) }
	for _, c := range []struct {
		err  error
		want string
	}{
		{rate(func(o *RateOptions) {}), ""},
		{rate(func(o *RateOptions) { o.Tau = -1 }), "tau -1"},
		{rate(func(o *RateOptions) { o.Tau = math.Inf(1) }), "tau +Inf, want a positive number"},
		{rate(func(o *RateOptions) { o.Bias = math.NaN() }), "bias NaN, want a number"},
		{rate(func(o *RateOptions) { o.Alpha = -1 }), "alpha -1"},
		{rate(func(o *RateOptions) { o.Alpha = math.NaN() }), "alpha NaN"},
		{rate(func(o *RateOptions) { o.Bias = math.Inf(1) }), "bias +Inf"},
		{rate(func(o *RateOptions) { o.Steps = 0 }), "0 steps"},
		{rate(func(o *RateOptions) { o.DT = -1 }), "steps of -1"},
		{rate(func(o *RateOptions) { o.DT = 6 }), "steps of 6 diverge at tau"},
		{hebb(func(o *HebbianOptions) {}), ""},
		{hebb(func(o *HebbianOptions) { o.Rate = 0 }), ""},
		{hebb(func(o *HebbianOptions) { o.Rate = -1 }), "learning rate -1"},
		{hebb(func(o *HebbianOptions) { o.Rate = math.Inf(1) }), "learning rate +Inf, want"},
		{hebb(func(o *HebbianOptions) { o.Gamma = math.Inf(1) }), "gamma +Inf, want"},
		{hebb(func(o *HebbianOptions) { o.Rest = math.Inf(-1) }), "rest -Inf, want"},
		{hebb(func(o *HebbianOptions) { o.Gamma = -1 }), "gamma -1"},
		{hebb(func(o *HebbianOptions) { o.Momentum = 1 }), "momentum 1"},
		{hebb(func(o *HebbianOptions) { o.Rest = math.NaN() }), "rest NaN"},
		{hebb(func(o *HebbianOptions) { o.Field.Stride = -1 }), "stride -1"},
		{hebb(func(o *HebbianOptions) { o.Field.Groups = -1 }), "-1 groups"},
		{func() error { _, err := NewRateState(tensor.Int, valid, 1, 1); return err }(), "element type int"},
		{pool(PoolOptions{Height: 4, Width: 4, Kernel: 3, Period: 2}), "a pattern of 2×2 pixels is smaller than the kernel of 3×3"},
		{pool(PoolOptions{Height: 4, Width: 4, Kernel: 2, KernelWidth: 3, Period: 2}), "a pattern of 2×2 pixels is smaller than the kernel of 2×3"},
		{pool(PoolOptions{Height: 2, Width: 2, Kernel: 3}), "pools: a kernel of 3 is larger than its input of 2×2 with padding 0"},
		{pool(PoolOptions{Height: 4, Width: 4, Kernel: 3, Border: 7}), "Border(7)"},
		{graph([]tensor.Shape{{4, 4, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolMean(in[0], lateral) }), "shape (4, 4, 1, 1), the pools' layer (7, 6, 1, 1)"},
		{graph([]tensor.Shape{{3, 3, 1, 1}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Tile(in[0], 4, 0) }), "at least one pixel"},
		{graph([]tensor.Shape{{1, 1, 3, 3, 1}, {1, 1, 3, 3, 1}, {5, 5, 1, 2}, {3, 3, 1, 2}}, hebbianOf), "shared"},
		{graph([]tensor.Shape{{9, 1, 3, 3, 1}, {9, 1, 3, 3, 1}, {5, 5, 1, 2}, {3, 3, 1, 1}}, hebbianOf), "response has shape (3, 3, 1, 1)"},
		{graph([]tensor.Shape{{9, 1, 3, 3, 1}, {9, 2, 3, 3, 1}, {5, 5, 1, 2}, {3, 3, 1, 2}}, hebbianOf), "initial values"},
	} {
		if c.want == "" && c.err != nil || c.want != "" && (c.err == nil || !strings.Contains(c.err.Error(), c.want)) {
			t.Errorf("error %v, want one with %q", c.err, c.want)
		}
	}
}
