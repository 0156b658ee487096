package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/graph"
	"hypnos/ops"
	"hypnos/weightshare"
)

// byHand puts a layer to sleep twice, by operators that are composed here and by the one
// call that does the same, and prints how far apart the weights are.
func byHand(out io.Writer, iterations int) error {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "sleep\tw-SNR before\tby operators\tby the Sleeper\tweights differ by\t")
	for _, kind := range []weightshare.Kind{weightshare.Hebbian, weightshare.Dynamic} {
		phase := weightshare.Reference(kind)
		phase.Iterations, phase.Rate = iterations, 0.1
		const seed = 1

		// # One call
		net, err := oneLayer()
		if err != nil {
			return err
		}
		sleeper, err := weightshare.New(net, weightshare.Options{Phase: phase, Seed: seed})
		if err != nil {
			return err
		}
		if _, err := sleeper.Sleep(); err != nil {
			return err
		}

		// # The same by hand, from the same patterns
		other, err := oneLayer()
		if err != nil {
			return err
		}
		l := other.LocalLayers()[0]
		before := weightshare.PoolSNR(l)
		if err := compose(l, phase, seed); err != nil {
			return err
		}

		want := net.LocalLayers()[0]
		fmt.Fprintf(table, "%v\t%.3g\t%.3g\t%.3g\t%.0e\t\n", kind, before, weightshare.PoolSNR(l), weightshare.PoolSNR(want),
			farthest(l.Field.Weight.Data, want.Field.Weight.Data))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return settle(out)
}

// oneLayer returns a network of one locally connected layer.
func oneLayer() (*graph.Network, error) {
	b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 16, Width: 16}, Connectivity: graph.Connectivity{Local: true}, Seed: 1})
	x := b.Local("conv1", b.Input(), graph.Local{Channels: 8, Kernel: 3, Padding: 1})
	return b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 10))
}

// compose runs a phase of sleep on one layer:
//
//	patterns → Tile → Local → PoolDeviation or RatesFromInput → Hebbian → weights
func compose(l *graph.Layer, phase weightshare.Phase, seed uint64) error {
	// # Values: patterns of the size of the kernel, and weights that change in place
	f, g := l.Field, gorgonia.NewGraph()
	bound := func(name string, data []float32, shape ...int) *gorgonia.Node {
		v := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
		return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	drawn := make([]float32, f.Kernel*f.Kernel*f.Input.Channels*phase.Patterns)
	patterns := bound("patterns", drawn, f.Kernel, f.Kernel, f.Input.Channels, phase.Patterns)
	weights := bound("weights", f.Weight.Data, f.Weight.Shape...)
	start := bound("start", slices.Clone(f.Weight.Data), f.Weight.Shape...)

	// # What each neuron sees, and its response
	field := f.Options()
	x, err := ops.Tile(patterns, f.Input.Height, f.Input.Width)
	if err != nil {
		return err
	}
	z, err := ops.Local(x, weights, nil, field)
	if err != nil {
		return err
	}

	// # Lateral connections
	//
	// Patterns repeat every three pixels, so that neurons three apart see the same: they are
	// a pool. Neurons at the border see padding too, and are alone.
	pools := ops.PoolOptions{Height: f.Input.Height, Width: f.Input.Width, Kernel: f.Kernel, Field: field, Border: ops.BorderAlone}
	var response *gorgonia.Node
	rest := 0.0
	if phase.Kind == weightshare.Hebbian {
		response, err = ops.PoolDeviation(z, pools)
	} else {
		rest = 1
		response, err = ops.RatesFromInput(z, ops.RateOptions{
			Pools: pools, Tau: phase.Tau, Alpha: phase.Alpha, Bias: rest, Steps: phase.Steps, AloneAtRest: true,
		})
	}
	if err != nil {
		return err
	}

	// # Each neuron learns from its input and its response
	learned, err := ops.Hebbian(weights, start, x, response, ops.HebbianOptions{
		Field: field, Rate: phase.Rate, Gamma: phase.Gamma, Momentum: phase.Momentum, Rest: rest,
	})
	if err != nil {
		return err
	}

	// # The night
	machine, err := ops.NewMachine(learned)
	if err != nil {
		return err
	}
	for iteration := range phase.Iterations {
		weightshare.GaussianPatterns(drawn, seed, 1, iteration, l.Name)
		if err := machine.RunAll(); err != nil {
			return err
		}
	}
	return nil
}

// farthest returns the largest difference of two lists, relative to the largest value of
// the second.
func farthest(a, b []float32) float64 {
	difference, largest := 0.0, 0.0
	for i := range a {
		difference, largest = max(difference, math.Abs(float64(a[i]-b[i]))), max(largest, math.Abs(float64(b[i])))
	}
	return difference / largest
}

// settle prints how the rates of a pool of four neurons come to rest after their inputs
// become 1, 2, 3 and 6: at first each follows its input, then inhibition, which is the
// same for all of them, takes away most of the mean.
func settle(out io.Writer) error {
	g := gorgonia.NewGraph()
	z := gorgonia.NewTensor(g, tensor.Float64, 4, gorgonia.WithShape(1, 4, 1, 1), gorgonia.WithName("z"),
		gorgonia.WithValue(tensor.New(tensor.WithShape(1, 4, 1, 1), tensor.WithBacking([]float64{1, 2, 3, 6}))))
	const dt, steps = 2, 150
	rates, err := ops.RatesFromInput(z, ops.RateOptions{
		Pools: ops.PoolOptions{Height: 1, Width: 4, Kernel: 1}, Tau: 30, Alpha: 10, Bias: 1, DT: dt, Steps: steps, Trajectory: true,
	})
	if err != nil {
		return err
	}
	machine, err := ops.NewMachine(rates)
	if err != nil {
		return err
	}
	if err := machine.RunAll(); err != nil {
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "time\trate 1\trate 2\trate 3\trate 4\t")
	for _, time := range []int{10, 20, 40, 80, 300} {
		r := rates.Value().Data().([]float64)[(time/dt-1)*4:]
		fmt.Fprintf(table, "%d\t%.2f\t%.2f\t%.2f\t%.2f\t\n", time, r[0], r[1], r[2], r[3])
	}
	return table.Flush()
}
