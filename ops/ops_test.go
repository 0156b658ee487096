package ops

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/golden"
)

// bench is an operator applied to inputs in float64 or float32, with its
// gradients, ready to run again for changed inputs.
type bench struct {
	t       testing.TB
	inputs  gorgonia.Nodes
	values  []*tensor.Dense
	output  *gorgonia.Node
	upwards *tensor.Dense // gradient of the loss with respect to the output
	grads   gorgonia.Nodes
	machine gorgonia.VM
}

// build applies an operator to inputs of the given shapes. The gradients are
// those of Σ upwards·output with respect to the inputs listed in wrt.
func build(t testing.TB, dtype tensor.Dtype, shapes []tensor.Shape, wrt []int, apply func(gorgonia.Nodes) (*gorgonia.Node, error)) *bench {
	t.Helper()
	g := gorgonia.NewGraph()
	b := &bench{t: t}
	for i, shape := range shapes {
		v := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
		b.values = append(b.values, v)
		b.inputs = append(b.inputs, gorgonia.NewTensor(g, dtype, shape.Dims(), gorgonia.WithShape(shape...),
			gorgonia.WithName(fmt.Sprintf("input%d", i)), gorgonia.WithValue(v)))
	}
	var err error
	if b.output, err = apply(b.inputs); err != nil {
		t.Fatal(err)
	}
	if len(wrt) > 0 {
		var nodes gorgonia.Nodes
		for _, i := range wrt {
			nodes = append(nodes, b.inputs[i])
		}
		if b.output.IsScalar() {
			b.grads, err = gorgonia.Grad(b.output, nodes...)
		} else {
			shape := b.output.Shape()
			b.upwards = tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
			up := gorgonia.NewTensor(g, dtype, shape.Dims(), gorgonia.WithShape(shape...), gorgonia.WithName("upwards"), gorgonia.WithValue(b.upwards))
			b.grads, err = gorgonia.Backpropagate(gorgonia.Nodes{b.output}, gorgonia.Nodes{up}, nodes)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.machine = gorgonia.NewTapeMachine(g)
	return b
}

func (b *bench) run() {
	b.t.Helper()
	b.machine.Reset()
	if err := b.machine.RunAll(); err != nil {
		b.t.Fatal(err)
	}
}

func numbers(v gorgonia.Value) []float64 {
	switch d := v.Data().(type) {
	case float32:
		return []float64{float64(d)}
	case float64:
		return []float64{d}
	case []float64:
		return d
	case []float32:
		out := make([]float64, len(d))
		for i, x := range d {
			out[i] = float64(x)
		}
		return out
	}
	panic(fmt.Sprintf("%T", v.Data()))
}

// set fills a tensor with numbers.
func set(v *tensor.Dense, x []float64) {
	switch d := v.Data().(type) {
	case []float64:
		copy(d, x)
	case []float32:
		for i := range d {
			d[i] = float32(x[i])
		}
	}
}

// cases are the operators that the conformance test covers, in configurations
// that differ in every field.
var cases = []struct {
	name   string
	shapes []tensor.Shape
	wrt    []int
	fill   func(input int, r *rand.Rand) float64 // nil means standard normal
	apply  func(in gorgonia.Nodes) (*gorgonia.Node, error)
}{
	{"local", []tensor.Shape{{5, 4, 2, 3}, {20, 3, 3, 3, 2}}, []int{0, 1}, nil, local(LocalOptions{Padding: 1})},
	{"convolution", []tensor.Shape{{5, 4, 2, 3}, {1, 3, 3, 3, 2}}, []int{0, 1}, nil, local(LocalOptions{Padding: 1})},
	{"local, channel bias", []tensor.Shape{{4, 5, 2, 3}, {9, 4, 2, 3, 2}, {4}}, []int{0, 1, 2}, nil, local(LocalOptions{Stride: 2, Padding: 1})},
	{"local, location bias", []tensor.Shape{{4, 5, 2, 3}, {9, 4, 2, 3, 2}, {9, 4}}, []int{0, 1, 2}, nil, local(LocalOptions{Stride: 2, Padding: 1})},
	{"convolution, location bias", []tensor.Shape{{4, 5, 2, 3}, {1, 4, 2, 3, 2}, {9, 4}}, []int{0, 1, 2}, nil, local(LocalOptions{Stride: 2, Padding: 1})},
	{"local, groups, dilation", []tensor.Shape{{6, 5, 4, 2}, {12, 6, 2, 2, 2}, {6}}, []int{0, 1, 2}, nil, local(LocalOptions{Groups: 2, Dilation: 2, Padding: 0})},
	{"convolution, groups, dilation, stride", []tensor.Shape{{7, 6, 4, 2}, {1, 6, 3, 3, 2}}, []int{0, 1}, nil, local(LocalOptions{Groups: 2, Dilation: 2, Padding: 3, Stride: 3})},
	{"local 1x1, stride", []tensor.Shape{{5, 5, 3, 1}, {9, 2, 1, 1, 3}}, []int{0, 1}, nil, local(LocalOptions{Stride: 2})},
	{"local of wide padding", []tensor.Shape{{2, 2, 1, 2}, {16, 2, 3, 3, 1}}, []int{0, 1}, nil, local(LocalOptions{Padding: 2})},
	{"local, rectangular", []tensor.Shape{{5, 7, 2, 3}, {12, 3, 2, 3, 2}, {12, 3}}, []int{0, 1, 2}, nil, local(LocalOptions{StrideWidth: 2})},
	{"convolution, rectangular, one-sided", []tensor.Shape{{5, 4, 4, 3}, {1, 4, 1, 4, 2}, {4}}, []int{0, 1, 2}, nil, local(LocalOptions{Pad: Pad{Left: 3}, Groups: 2})},
	{"local, one-sided, dilation", []tensor.Shape{{5, 4, 2, 3}, {30, 3, 3, 2, 2}}, []int{0, 1}, nil, local(LocalOptions{Pad: Pad{Top: 2, Bottom: 1, Right: 3}, DilationWidth: 2})},
	{"local, same", []tensor.Shape{{5, 4, 2, 3}, {6, 3, 4, 3, 2}}, []int{0, 1}, nil, local(LocalOptions{Stride: 2, Same: true})},
	{"convolution of one image, same", []tensor.Shape{{5, 4, 2, 1}, {1, 3, 4, 2, 2}}, []int{0, 1}, nil, local(LocalOptions{Same: true})},
	{"local, fixed input", []tensor.Shape{{3, 3, 2, 2}, {9, 2, 3, 3, 2}}, []int{1}, nil, local(LocalOptions{Padding: 1, FixedInput: true})},
	{"local, fixed weight", []tensor.Shape{{3, 3, 2, 2}, {9, 2, 3, 3, 2}}, []int{0}, nil, local(LocalOptions{Padding: 1, FixedWeight: true})},
	{"batch norm, training", []tensor.Shape{{3, 4, 2, 5}, {2}, {2}}, []int{0, 1, 2}, nil, norm64(BatchNormOptions{Training: true})},
	{"batch norm, training, epsilon", []tensor.Shape{{3, 4, 2, 5}, {2}, {2}}, []int{0, 1, 2}, nil, norm64(BatchNormOptions{Training: true, Epsilon: 0.5})},
	{"batch norm, inference", []tensor.Shape{{3, 4, 2, 5}, {2}, {2}}, []int{0, 1, 2}, nil, norm64(BatchNormOptions{})},
	{"batch norm, relu", []tensor.Shape{{3, 4, 2, 5}, {2}, {2}}, []int{0, 1, 2}, nil, norm64(BatchNormOptions{Training: true, ReLU: true})},
	{"batch norm, relu, inference", []tensor.Shape{{3, 4, 2, 600}, {2}, {2}}, []int{1, 2}, nil, norm64(BatchNormOptions{ReLU: true})},
	{"batch norm, shortcut", []tensor.Shape{{3, 4, 2, 5}, {2}, {2}, {3, 4, 2, 5}}, []int{0, 1, 2, 3}, nil, norm64(BatchNormOptions{Training: true})},
	{"batch norm, shortcut, relu", []tensor.Shape{{3, 4, 2, 5}, {2}, {2}, {3, 4, 2, 5}}, []int{0, 1, 2, 3}, nil, norm64(BatchNormOptions{Training: true, ReLU: true})},
	// Batches of 32 have passes of their own.
	{"batch norm of 32", []tensor.Shape{{2, 2, 2, 32}, {2}, {2}}, []int{0, 1, 2}, nil, norm64(BatchNormOptions{Training: true})},
	{"batch norm of 32, inference", []tensor.Shape{{2, 2, 2, 32}, {2}, {2}}, []int{0, 1, 2}, nil, norm64(BatchNormOptions{Epsilon: 0.25})},
	{"batch norm of 32, shortcut, relu", []tensor.Shape{{2, 1, 2, 32}, {2}, {2}, {2, 1, 2, 32}}, []int{0, 1, 2, 3}, nil, norm64(BatchNormOptions{Training: true, ReLU: true, Momentum: 0.5})},
	{"group norm", []tensor.Shape{{3, 4, 6, 5}, {6}, {6}}, []int{0, 1, 2}, nil, groupNorm64(GroupNormOptions{Groups: 2})},
	{"group norm, epsilon", []tensor.Shape{{3, 4, 6, 5}, {6}, {6}}, []int{0, 1, 2}, nil, groupNorm64(GroupNormOptions{Groups: 6, Epsilon: 0.5})},
	{"max pool", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, distinct, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return MaxPool(in[0], WindowOptions{}) }},
	{"max pool, overlapping", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, distinct, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return MaxPool(in[0], WindowOptions{Kernel: 3, Stride: 2, Padding: 1})
	}},
	{"max pool, rectangular", []tensor.Shape{{6, 7, 2, 3}}, []int{0}, distinct, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return MaxPool(in[0], WindowOptions{Kernel: 1, KernelWidth: 4, Stride: 2, StrideWidth: 3, Pad: Pad{Left: 2, Right: 1}})
	}},
	{"max pool, same", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, distinct, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return MaxPool(in[0], WindowOptions{KernelWidth: 3, Stride: 1, Same: true})
	}},
	{"every location", []tensor.Shape{{15, 2, 1, 1, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return EveryLocation(in[0], 5, 3, 2) }},
	{"relu", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, awayFromZero, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return ReLU(in[0]) }},
	{"add", []tensor.Shape{{3, 4, 2, 5}, {3, 4, 2, 5}}, []int{0, 1}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Add(in[0], in[1]) }},
	{"global average pool", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return GlobalAveragePool(in[0]) }},
	{"average pool", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return AveragePool(in[0], WindowOptions{}) }},
	{"average pool, overlapping", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return AveragePool(in[0], WindowOptions{Kernel: 3, Stride: 2, Padding: 1})
	}},
	{"average pool, rectangular, one side", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return AveragePool(in[0], WindowOptions{Kernel: 3, KernelWidth: 2, Stride: 1, StrideWidth: 2, Pad: Pad{Right: 1}})
	}},
	{"adaptive average pool", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return AdaptiveAveragePool(in[0], 4, 7) }},
	{"sigmoid", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Sigmoid(in[0]) }},
	{"tanh", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Tanh(in[0]) }},
	{"leaky relu", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, awayFromZero, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return LeakyReLU(in[0], 0.1) }},
	{"gelu", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return GELU(in[0]) }},
	{"dropout", []tensor.Shape{{3, 4, 2, 5}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Dropout(in[0], DropoutOptions{Rate: 0.3}) }},
	{"layer norm", []tensor.Shape{{3, 4, 2, 5}, {2, 3, 4}, {2, 3, 4}}, []int{0, 1, 2}, nil, layerNorm64(LayerNormOptions{})},
	{"layer norm, epsilon", []tensor.Shape{{3, 4, 2, 5}, {2, 3, 4}, {2, 3, 4}}, []int{0, 1, 2}, nil, layerNorm64(LayerNormOptions{Epsilon: 0.5})},
	{"layer norm of vectors", []tensor.Shape{{1, 1, 7, 5}, {7}, {7}}, []int{0, 1, 2}, nil, layerNorm64(LayerNormOptions{})},
	{"linear", []tensor.Shape{{1, 1, 4, 5}, {3, 4}, {3}}, []int{0, 1, 2}, nil, linearly},
	{"linear of a map", []tensor.Shape{{2, 3, 4, 5}, {3, 24}, {3}}, []int{0, 1, 2}, nil, linearly},
	{"batch innermost", []tensor.Shape{{2, 3, 4, 5}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return BatchInnermost(in[0]) }},
	{"batch outermost", []tensor.Shape{{1, 1, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return BatchOutermost(in[0]) }},
	{"cross-entropy", []tensor.Shape{{4, 3}, {4, 3}}, []int{0}, distribution, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return CrossEntropy(in[0], in[1]) }},
	{"pool mean", []tensor.Shape{{7, 6, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolMean(in[0], lateral) }},
	{"pool mean, border pooled", []tensor.Shape{{7, 6, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolMean(in[0], bordered) }},
	{"pool deviation", []tensor.Shape{{7, 6, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return PoolDeviation(in[0], lateral) }},
	{"rates", []tensor.Shape{{7, 6, 2, 3}}, nil, nil, rates(RateOptions{Pools: lateral, Tau: 30, Alpha: 10, Bias: 1, Steps: 20})},
	{"rates, trajectory", []tensor.Shape{{7, 6, 2, 3}}, nil, nil, rates(RateOptions{Pools: bordered, Tau: 3, Alpha: 1, DT: 0.5, Steps: 4, Trajectory: true})},
	{"rates, alone at rest", []tensor.Shape{{7, 6, 2, 3}}, nil, nil, rates(RateOptions{Pools: lateral, Tau: 3, Alpha: 1, Bias: 1, Steps: 4, Trajectory: true, AloneAtRest: true})},
	{"pool mean, rectangular", []tensor.Shape{{6, 5, 2, 3}}, []int{0}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return PoolMean(in[0], PoolOptions{Height: 7, Width: 5, Kernel: 2, KernelWidth: 3, Field: LocalOptions{Pad: Pad{Left: 2}}, Border: BorderAlone})
	}},
	{"tile", []tensor.Shape{{3, 2, 2, 2}}, nil, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Tile(in[0], 7, 5) }},
	{"hebbian", []tensor.Shape{{12, 4, 3, 3, 2}, {12, 4, 3, 3, 2}, {7, 6, 2, 3}, {4, 3, 4, 3}}, nil, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return Hebbian(in[0], in[1], in[2], in[3], HebbianOptions{Field: LocalOptions{Stride: 2, Padding: 1}, Rate: 0.1, Gamma: 0.2, Rest: 1})
	}},
	{"hebbian, rectangular, own rates", []tensor.Shape{{15, 4, 2, 3, 2}, {15, 4, 2, 3, 2}, {7, 6, 2, 3}, {3, 5, 4, 3}}, nil, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return Hebbian(in[0], in[1], in[2], in[3], HebbianOptions{Field: LocalOptions{Stride: 2, StrideWidth: 1, Pad: Pad{Left: 1}}, Gamma: 0.2})
	}},
	{"hebbian, own rates", []tensor.Shape{{12, 4, 2, 2, 2}, {12, 4, 2, 2, 2}, {7, 6, 4, 3}, {4, 3, 4, 3}}, nil, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return Hebbian(in[0], in[1], in[2], in[3], HebbianOptions{Field: LocalOptions{Stride: 2, Padding: 1, Dilation: 2, Groups: 2}, Gamma: 0.2})
	}},
}

// lateral and bordered are the pools of a 3x3 layer that leaves 7 × 6 positions.
var (
	lateral  = PoolOptions{Height: 7, Width: 6, Kernel: 3, Field: LocalOptions{Padding: 1}, Border: BorderAlone}
	bordered = PoolOptions{Height: 7, Width: 6, Kernel: 3, Field: LocalOptions{Padding: 1}}
)

func rates(o RateOptions) func(gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) { return RatesFromInput(in[0], o) }
}

func local(o LocalOptions) func(gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		var bias *gorgonia.Node
		if len(in) > 2 {
			bias = in[2]
		}
		return Local(in[0], in[1], bias, o)
	}
}

func linearly(in gorgonia.Nodes) (*gorgonia.Node, error) { return Linear(in[0], in[1], in[2]) }

func layerNorm64(o LayerNormOptions) func(gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) { return LayerNorm(in[0], in[1], in[2], o) }
}

func groupNorm64(o GroupNormOptions) func(gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) { return GroupNorm(in[0], in[1], in[2], o) }
}

func norm64(o BatchNormOptions) func(gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		running := runningMoments(in[0].Dtype(), in[0].Shape()[2])
		set(running.Mean, []float64{0.3, -0.2})
		set(running.Variance, []float64{0.7, 1.9})
		var shortcut *gorgonia.Node
		if len(in) > 3 {
			shortcut = in[3]
		}
		return BatchNorm(in[0], in[1], in[2], shortcut, running, o)
	}
}

func runningMoments(dtype tensor.Dtype, c int) RunningMoments {
	return RunningMoments{tensor.New(tensor.Of(dtype), tensor.WithShape(c)), tensor.New(tensor.Of(dtype), tensor.WithShape(c))}
}

// awayFromZero keeps numbers off the kink of a ReLU, where no gradient exists.
func awayFromZero(_ int, r *rand.Rand) float64 {
	x := r.NormFloat64()
	if x < 0 {
		return x - 0.1
	}
	return x + 0.1
}

// distinct keeps numbers apart, so that the largest stays the largest.
func distinct(_ int, r *rand.Rand) float64 { return float64(r.IntN(1000)) + r.Float64()/2 }

func distribution(input int, r *rand.Rand) float64 {
	if input == 0 {
		return 3 * r.NormFloat64()
	}
	return r.Float64()
}

func (b *bench) randomise(fill func(int, *rand.Rand) float64) {
	r := rand.New(rand.NewPCG(1, 2))
	if fill == nil {
		fill = func(_ int, r *rand.Rand) float64 { return r.NormFloat64() }
	}
	for i, v := range b.values {
		x := make([]float64, v.DataSize())
		for j := range x {
			x[j] = fill(i, r)
		}
		set(v, x)
	}
	if b.upwards != nil {
		x := make([]float64, b.upwards.DataSize())
		for j := range x {
			x[j] = r.NormFloat64()
		}
		set(b.upwards, x)
	}
}

// TestConformance holds every operator to the rules of the package.
func TestConformance(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := build(t, tensor.Float64, c.shapes, c.wrt, c.apply)
			b.randomise(c.fill)
			op := b.output.Op().(*operator)
			if op.Arity() != len(c.shapes) {
				t.Errorf("arity %d, want %d", op.Arity(), len(c.shapes))
			}
			if wrt := op.DiffWRT(len(c.shapes)); len(wrt) != len(c.shapes) {
				t.Errorf("DiffWRT has %d entries, want %d", len(wrt), len(c.shapes))
			}
			var before [][]float64
			for _, v := range b.values {
				before = append(before, slices.Clone(numbers(v)))
			}
			b.run()
			if !slices.Equal(b.output.Shape(), b.output.Value().Shape()) {
				t.Errorf("inferred shape %v, result %v", b.output.Shape(), b.output.Value().Shape())
			}
			_, changes := op.definition.(changing)
			for i, v := range b.values {
				if want := changes && i == 0; slices.Equal(before[i], numbers(v)) == want {
					t.Errorf("input %d was changed: %t, want %t", i, !want, want)
				}
			}
			if len(b.grads) != len(c.wrt) {
				t.Fatalf("%d gradients, want %d", len(b.grads), len(c.wrt))
			}
			for i, input := range c.wrt {
				checkGradient(t, b, i, input)
			}
			checkFloat32(t, b, c.shapes, c.wrt, c.fill, c.apply)
			checkMachine(t, b) // last: operators have other buffers then
			// The same of inputs that may be written over.
			again := build(t, tensor.Float64, c.shapes, c.wrt, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
				results := slices.Clone(in)
				for i, n := range in {
					var err error
					if n.Dims() == 0 {
						continue
					}
					if results[i], err = apply(add{n.Dims()}, n, n); err != nil {
						return nil, err
					}
				}
				return c.apply(results)
			})
			again.randomise(c.fill)
			checkMachine(t, again)
		})
	}
}

// checkMachine runs the operator and its gradients on our machine, which must give what
// gorgonia's gave.
func checkMachine(t *testing.T, b *bench) {
	t.Helper()
	if _, changes := b.output.Op().(*operator).definition.(changing); changes {
		return // a second run starts from other inputs
	}
	b.run()
	nodes := append(slices.Clone(b.grads), b.output)
	var want [][]float64
	for _, n := range nodes {
		want = append(want, slices.Clone(numbers(n.Value())))
	}
	machine, err := NewMachine(nodes...)
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range nodes {
		if !slices.Equal(numbers(n.Value()), want[i]) {
			t.Errorf("result %d is %v on our machine, %v on gorgonia's", i, numbers(n.Value()), want[i])
		}
	}
}

// checkGradient compares grads[i], with respect to an input, with central
// differences.
func checkGradient(t *testing.T, b *bench, i, input int) {
	t.Helper()
	b.run()
	got := slices.Clone(numbers(b.grads[i].Value()))
	if !slices.Equal(b.grads[i].Value().Shape(), b.values[input].Shape()) {
		t.Errorf("gradient %d has shape %v, its input %v", i, b.grads[i].Value().Shape(), b.values[input].Shape())
	}
	at := slices.Clone(numbers(b.values[input]))
	loss := func(x []float64) float64 {
		set(b.values[input], x)
		b.run()
		y := numbers(b.output.Value())
		if b.upwards == nil {
			return y[0]
		}
		sum := 0.0
		for j, u := range numbers(b.upwards) {
			sum += u * y[j]
		}
		return sum
	}
	want := fd.Gradient(nil, loss, at, &fd.Settings{Formula: fd.Central, Step: 1e-5})
	set(b.values[input], at)
	golden.Check(t, fmt.Sprintf("gradient of input %d", input), got, want, 1e-7)
}

// checkFloat32 compares result and gradients in float32 with those in float64.
func checkFloat32(t *testing.T, b *bench, shapes []tensor.Shape, wrt []int, fill func(int, *rand.Rand) float64, apply func(gorgonia.Nodes) (*gorgonia.Node, error)) {
	t.Helper()
	b.randomise(fill)
	b.run()
	b32 := build(t, tensor.Float32, shapes, wrt, apply)
	b32.randomise(fill)
	b32.run()
	golden.Check(t, "result in float32", numbers(b32.output.Value()), numbers(b.output.Value()), 1e-5)
	for i := range b.grads {
		golden.Check(t, fmt.Sprintf("gradient %d in float32", i), numbers(b32.grads[i].Value()), numbers(b.grads[i].Value()), 1e-5)
	}
}

// Two operators are never one node, and differ in name wherever they differ in
// configuration.
func TestHashes(t *testing.T) {
	hashes, names := map[uint32]string{}, map[string]string{}
	for _, c := range cases {
		for range 2 {
			op := build(t, tensor.Float32, c.shapes, nil, c.apply).output.Op()
			if other, ok := hashes[op.Hashcode()]; ok {
				t.Errorf("%s and %s have the same hash", c.name, other)
			}
			hashes[op.Hashcode()] = c.name
		}
	}
	for _, d := range []definition{
		localForward{LocalOptions{Stride: 1}, 0}, localForward{LocalOptions{Stride: 2}, 0}, localForward{LocalOptions{Padding: 1}, 0},
		localForward{LocalOptions{Dilation: 1}, 0}, localForward{LocalOptions{Groups: 1}, 0}, localForward{LocalOptions{FixedInput: true}, 0},
		localForward{LocalOptions{StrideWidth: 2}, 0}, localForward{LocalOptions{DilationWidth: 2}, 0}, localForward{LocalOptions{Same: true}, 0},
		localForward{LocalOptions{Pad: Pad{Top: 1}}, 0}, localForward{LocalOptions{Pad: Pad{Bottom: 1}}, 0}, localForward{LocalOptions{Pad: Pad{Left: 1}}, 0},
		localForward{LocalOptions{Pad: Pad{Right: 1}}, 0}, maxPool{WindowOptions{KernelWidth: 2}}, maxPool{WindowOptions{StrideWidth: 2}}, maxPool{WindowOptions{Same: true}},
		localForward{LocalOptions{FixedWeight: true}, 0}, localForward{LocalOptions{}, 1}, localForward{LocalOptions{}, 2},
		batchNorm{BatchNormOptions: BatchNormOptions{Training: true}}, batchNorm{BatchNormOptions: BatchNormOptions{Momentum: 1}},
		batchNorm{BatchNormOptions: BatchNormOptions{Epsilon: 1}}, batchNorm{BatchNormOptions: BatchNormOptions{ReLU: true}},
		groupNorm{GroupNormOptions: GroupNormOptions{Groups: 2}}, groupNorm{GroupNormOptions: GroupNormOptions{Epsilon: 1}},
		maxPool{WindowOptions{Kernel: 2}}, maxPool{WindowOptions{Stride: 2}}, maxPool{WindowOptions{Padding: 2}}, everyLocation{1, 2, 3}, everyLocation{2, 1, 3},
		everyLocation{1, 2, 2}, batchNorm{shortcut: true}, row{0}, row{1}, add{1}, add{2},
		localInputGradient{LocalOptions{}, tensor.Shape{1}, false}, localInputGradient{LocalOptions{}, tensor.Shape{1}, true},
		averagePool{WindowOptions: WindowOptions{Kernel: 2}}, averagePool{WindowOptions: WindowOptions{Stride: 2}},
		averagePool{WindowOptions: WindowOptions{Padding: 2}}, averagePool{height: 1, width: 2}, averagePool{height: 2, width: 1},
		activation{curve: sigmoid}, activation{curve: tanh}, activation{curve: gelu}, activation{curve: leakyReLU}, activation{leakyReLU, 1},
		dropout{DropoutOptions{Rate: 0.5}}, dropout{DropoutOptions{Seed: 1}}, dropout{DropoutOptions{Name: "a"}},
		layerNorm{rank: 1}, layerNorm{rank: 3}, layerNorm{LayerNormOptions: LayerNormOptions{Epsilon: 1}},
		unflatten{tensor.Shape{1, 2, 3, 4}}, unflatten{tensor.Shape{2, 1, 3, 4}},
		poolMean{pools{PoolOptions: lateral}}, poolMean{pools{PoolOptions: bordered}}, poolDeviation{pools{PoolOptions: lateral}},
		poolMean{pools{PoolOptions: PoolOptions{Height: 7, Width: 6, Kernel: 3, Period: 4}}},
		ratesFromInput{RateOptions: RateOptions{Tau: 1}}, ratesFromInput{RateOptions: RateOptions{Alpha: 1}}, ratesFromInput{RateOptions: RateOptions{Bias: 1}},
		ratesFromInput{RateOptions: RateOptions{DT: 2}}, ratesFromInput{RateOptions: RateOptions{Steps: 1}}, ratesFromInput{RateOptions: RateOptions{Trajectory: true}},
		ratesFromInput{RateOptions: RateOptions{AloneAtRest: true}}, tile{1, 2}, tile{2, 1},
		&hebbian{HebbianOptions: HebbianOptions{Rate: 1}}, &hebbian{HebbianOptions: HebbianOptions{Gamma: 1}}, &hebbian{HebbianOptions: HebbianOptions{Momentum: 1}},
		&hebbian{HebbianOptions: HebbianOptions{Rest: 1}}, &hebbian{HebbianOptions: HebbianOptions{Field: LocalOptions{Stride: 2}}},
	} {
		if _, ok := names[d.String()]; ok {
			t.Errorf("two configurations are called %v", d)
		}
		names[d.String()] = ""
	}
}

func TestGoldenLocal(t *testing.T) {
	for i := range 7 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			f := golden.Open(t, fmt.Sprintf("local%d", i))
			in := []golden.Tensor{f.Tensor("x").Activations(), f.Tensor("w").Weights()}
			wrt := []int{0, 1}
			if f.Has("bias") {
				in, wrt = append(in, f.Tensor("bias")), append(wrt, 2)
			}
			var shapes []tensor.Shape
			for _, x := range in {
				shapes = append(shapes, x.Shape)
			}
			o := LocalOptions{Stride: f.Int("stride"), Padding: f.Int("padding"), Groups: f.Int("groups")}
			b := build(t, tensor.Float32, shapes, wrt, local(o))
			for i, x := range in {
				set(b.values[i], x.Data)
			}
			set(b.upwards, f.Tensor("dy").Activations().Data)
			b.run()
			golden.Check(t, "y", numbers(b.output.Value()), f.Tensor("y").Activations().Data, 1e-4)
			golden.Check(t, "dx", numbers(b.grads[0].Value()), f.Tensor("dx").Activations().Data, 1e-4)
			golden.Check(t, "dw", numbers(b.grads[1].Value()), f.Tensor("dw").Weights().Data, 1e-4)
			if f.Has("bias") {
				golden.Check(t, "dbias", numbers(b.grads[2].Value()), f.Tensor("dbias").Data, 1e-4)
			}
		})
	}
}

// A convolution is a local layer whose locations have equal weights.
func TestConvolutionIsSharedLocal(t *testing.T) {
	o := LocalOptions{Stride: 2, Padding: 1}
	conv := build(t, tensor.Float64, []tensor.Shape{{7, 6, 2, 3}, {1, 4, 3, 3, 2}}, []int{0, 1}, local(o))
	loc := build(t, tensor.Float64, []tensor.Shape{{7, 6, 2, 3}, {12, 4, 3, 3, 2}}, []int{0, 1}, local(o))
	conv.randomise(nil)
	set(loc.values[0], numbers(conv.values[0]))
	set(loc.values[1], slices.Repeat(numbers(conv.values[1]), 12))
	set(loc.upwards, numbers(conv.upwards))
	conv.run()
	loc.run()
	golden.Check(t, "y", numbers(loc.output.Value()), numbers(conv.output.Value()), 1e-14)
	golden.Check(t, "dx", numbers(loc.grads[0].Value()), numbers(conv.grads[0].Value()), 1e-14)
	want := numbers(conv.grads[1].Value())
	sum := make([]float64, len(want))
	for i, v := range numbers(loc.grads[1].Value()) {
		sum[i%len(sum)] += v
	}
	golden.Check(t, "dw, summed over locations", sum, want, 1e-13)
}

func TestRunningMoments(t *testing.T) {
	running := runningMoments(tensor.Float64, 1)
	set(running.Mean, []float64{1})
	set(running.Variance, []float64{2})
	b := build(t, tensor.Float64, []tensor.Shape{{1, 2, 1, 2}, {1}, {1}}, nil, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return BatchNorm(in[0], in[1], in[2], nil, running, BatchNormOptions{Training: true})
	})
	set(b.values[0], []float64{1, 2, 3, 6}) // mean 3, unbiased variance 14/3
	b.run()
	golden.Check(t, "mean", numbers(running.Mean), []float64{0.9*1 + 0.1*3}, 1e-15)
	golden.Check(t, "variance", numbers(running.Variance), []float64{0.9*2 + 0.1*14/3.}, 1e-15)
}

// A node that is used twice receives the sum of two gradients.
func TestAddToItself(t *testing.T) {
	b := build(t, tensor.Float64, []tensor.Shape{{3, 4, 2, 5}}, []int{0}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Add(in[0], in[0]) })
	b.randomise(nil)
	checkGradient(t, b, 0, 0)
}
