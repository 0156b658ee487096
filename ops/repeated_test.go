package ops

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// repeated is a loss of layers that have one weight, the second of them in a sum with
// another one, whose gradient is that of the sum.
type repeated struct {
	graph               *gorgonia.ExprGraph
	weight, other, loss *gorgonia.Node
}

// leaves returns a function that makes nodes of a graph with random values.
func leaves(g *gorgonia.ExprGraph, dtype tensor.Dtype) func(name string, shape ...int) *gorgonia.Node {
	random := rand.New(rand.NewPCG(1, 2))
	return func(name string, shape ...int) *gorgonia.Node {
		v := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
		for i := range v.Shape().TotalSize() {
			if x := random.NormFloat64(); dtype == tensor.Float32 {
				v.Float32s()[i] = float32(x)
			} else {
				v.Float64s()[i] = x
			}
		}
		return gorgonia.NewTensor(g, dtype, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
}

// must returns a function that takes a node that there must be.
func must(t *testing.T) func(n *gorgonia.Node, err error) *gorgonia.Node {
	return func(n *gorgonia.Node, err error) *gorgonia.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// newRepeated makes the loss. Later says whether layers after the sum have the weight.
func newRepeated(t *testing.T, locations int, later bool) repeated {
	t.Helper()
	g, must := gorgonia.NewGraph(), must(t)
	leaf := leaves(g, tensor.Float32)
	r := repeated{graph: g, weight: leaf("weight", locations, 2, 3, 3, 2), other: leaf("other", locations, 2, 3, 3, 2)}
	layer := func(x, weight *gorgonia.Node) *gorgonia.Node {
		return must(Local(x, weight, nil, LocalOptions{Padding: 1}))
	}
	y := layer(leaf("x", 4, 4, 2, 3), r.weight)
	y = layer(y, must(apply(add{5}, r.weight, r.other)))
	if later {
		y = layer(y, r.weight)
	}
	pooled := must(GlobalAveragePool(y))
	if later && locations > 1 { // the same weights on a coarser map
		coarse := must(Local(y, must(EveryLocation(r.weight, 4, 4, 2)), nil, LocalOptions{Stride: 2, Padding: 1}))
		pooled = must(Add(pooled, must(GlobalAveragePool(coarse))))
	}
	target := leaf("target", 3, 2)
	r.loss = must(CrossEntropy(must(BatchOutermost(pooled)), target))
	return r
}

// Gradients of weights that several layers have are those that gorgonia adds up, to
// rounding, and nothing is added to what another node's gradient is.
func TestRepeatedWeights(t *testing.T) {
	for i := range 4 {
		locations, later := []int{1, 16}[i%2], i > 1
		r := newRepeated(t, locations, later)
		grads, err := Gradients(r.loss, r.weight, r.other)
		if err != nil {
			t.Fatal(err)
		}
		machine, err := NewMachine(grads...)
		if err != nil {
			t.Fatal(err)
		}
		tape := gorgonia.NewTapeMachine(r.graph)
		var got, byTape [][]float64
		for range 2 { // nothing is left of a run in the next
			tape.Reset()
			if err := tape.RunAll(); err != nil {
				t.Fatal(err)
			}
			byTape = nil
			for _, n := range grads {
				byTape = append(byTape, slices.Clone(numbers(n.Value())))
			}
			if err := machine.RunAll(); err != nil {
				t.Fatal(err)
			}
		}
		for i, n := range grads {
			got = append(got, slices.Clone(numbers(n.Value())))
			if !slices.Equal(got[i], byTape[i]) {
				t.Errorf("%d locations, later %t: gradient %d is %v on our machine, %v on gorgonia's", locations, later, i, got[i], byTape[i])
			}
		}
		s := newRepeated(t, locations, later)
		reference, err := gorgonia.Grad(s.loss, s.weight, s.other)
		if err != nil {
			t.Fatal(err)
		}
		vm := gorgonia.NewTapeMachine(s.graph)
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		for i, n := range reference {
			want := numbers(n.Value())
			for j := range want {
				if difference := got[i][j] - want[j]; difference > 1e-5 || difference < -1e-5 {
					t.Fatalf("%d locations: gradient %d of %v is %v, want %v", locations, j, n, got[i][j], want[j])
				}
			}
		}
	}
}

// The gradient of repeated weights takes memory once.
func TestRepeatedWeightsMemory(t *testing.T) {
	bytes := func(layers int) int {
		g := gorgonia.NewGraph()
		leaf := func(name string, shape ...int) *gorgonia.Node {
			return gorgonia.NewTensor(g, tensor.Float32, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name))
		}
		weight, target := leaf("weight", 64, 16, 3, 3, 16), leaf("target", 1, 16)
		x := leaf("x", 8, 8, 16, 1)
		var err error
		for range layers {
			if x, err = Local(x, weight, nil, LocalOptions{Padding: 1}); err != nil {
				t.Fatal(err)
			}
		}
		pooled, err := GlobalAveragePool(x)
		if err != nil {
			t.Fatal(err)
		}
		logits, err := BatchOutermost(pooled)
		if err != nil {
			t.Fatal(err)
		}
		loss, err := CrossEntropy(logits, target)
		if err != nil {
			t.Fatal(err)
		}
		grads, err := Gradients(loss, weight)
		if err != nil {
			t.Fatal(err)
		}
		machine, err := NewMachine(grads...)
		if err != nil {
			t.Fatal(err)
		}
		return machine.Bytes()
	}
	const weights = 4 * 64 * 16 * 3 * 3 * 16
	if once, thrice := bytes(1), bytes(3); thrice-once > weights/10 {
		t.Errorf("three layers take %d bytes more than one, of weights of %d", thrice-once, weights)
	}
}
