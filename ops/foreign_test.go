package ops

import (
	"fmt"
	"hash"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/diff/fd"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/golden"
)

// expressions are operators of gorgonia's and a user's, alone and between ours, of x of
// shape 2 3 4 5 and w of shape 2 3 4 5.
var expressions = map[string]func(x, w *G.Node) (*G.Node, error){
	"sigmoid":    func(x, _ *G.Node) (*G.Node, error) { return G.Sigmoid(x) },
	"tanh":       func(x, _ *G.Node) (*G.Node, error) { return G.Tanh(x) },
	"square":     func(x, _ *G.Node) (*G.Node, error) { return G.Square(x) },
	"product":    func(x, w *G.Node) (*G.Node, error) { return G.HadamardProd(x, w) },
	"itself":     func(x, _ *G.Node) (*G.Node, error) { return G.HadamardProd(x, x) },
	"quotient":   func(x, w *G.Node) (*G.Node, error) { return G.HadamardDiv(x, G.Must(G.Exp(w))) },
	"difference": func(x, w *G.Node) (*G.Node, error) { return G.Sub(x, w) },
	"scaled": func(x, w *G.Node) (*G.Node, error) {
		return G.Mul(x, G.Must(G.Mean(w)))
	},
	"constant": func(x, _ *G.Node) (*G.Node, error) {
		half := 0.5
		if x.Dtype() == tensor.Float32 {
			return G.Mul(x, G.NewConstant(float32(half)))
		}
		return G.Mul(x, G.NewConstant(half))
	},
	"broadcast": func(x, w *G.Node) (*G.Node, error) {
		gain := G.Must(G.Reshape(G.Must(G.Slice(w, G.S(1), G.S(1), G.S(0, 4), G.S(2))), tensor.Shape{1, 1, 4, 1}))
		return G.BroadcastHadamardProd(x, gain, nil, []byte{0, 1, 3})
	},
	"matrices": func(x, w *G.Node) (*G.Node, error) {
		a, b := G.Must(G.Reshape(x, tensor.Shape{6, 20})), G.Must(G.Reshape(w, tensor.Shape{20, 6}))
		return G.Reshape(G.Must(G.Mul(G.Must(G.Mul(a, b)), a)), tensor.Shape{2, 3, 4, 5})
	},
	"between ours": func(x, w *G.Node) (*G.Node, error) {
		y := G.Must(Tanh(x))
		z := G.Must(G.HadamardProd(y, w)) // reads y, which is read again
		return Add(G.Must(GELU(z)), y)
	},
	"in a branch": func(x, w *G.Node) (*G.Node, error) {
		y := G.Must(Add(x, w))
		return Add(G.Must(G.Sigmoid(y)), G.Must(G.Tanh(G.Must(Sigmoid(y)))))
	},
	"rectified": func(x, w *G.Node) (*G.Node, error) { // its comparison has no gradient
		return G.Rectify(G.Must(G.HadamardProd(x, w)))
	},
	"leaky": func(x, w *G.Node) (*G.Node, error) { return G.LeakyRelu(G.Must(G.HadamardProd(x, w)), 0.1) },
	"without its mean": func(x, _ *G.Node) (*G.Node, error) { // nor has the count of numbers
		mean := G.Must(G.Reshape(G.Must(G.Mean(x, 0, 1)), tensor.Shape{1, 1, 4, 5}))
		return G.BroadcastSub(x, mean, nil, []byte{0, 1})
	},
	"a user's": func(x, w *G.Node) (*G.Node, error) {
		return G.ApplyOp(&cube{}, G.Must(Add(x, w)))
	},
	"a user's that overwrites what it reads twice": func(x, w *G.Node) (*G.Node, error) {
		y := G.Must(Add(x, w))
		return G.ApplyOp(&twice{}, y, y)
	},
	"a user's that overwrites": func(x, w *G.Node) (*G.Node, error) {
		y := G.Must(Add(x, w))
		return Add(G.Must(G.ApplyOp(&cube{overwrites: true}, y)), y)
	},
}

// twice is an operator of a user's, y = 2a·b, that overwrites a before it reads b.
type twice struct{ cube }

func (twice) Arity() int { return 2 }
func (twice) Type() hm.Type {
	t := G.TensorType{Dims: 4, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t, t)
}
func (twice) String() string       { return "twice" }
func (twice) Hashcode() uint32     { return 2 }
func (twice) OverwritesInput() int { return 0 }
func (twice) DiffWRT(int) []bool   { return []bool{true, true} }
func (twice) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	two := G.Must(Add(grad, grad))
	return G.Nodes{G.Must(G.HadamardProd(two, in[1])), G.Must(G.HadamardProd(two, in[0]))}, nil
}
func (twice) Do(in ...G.Value) (G.Value, error) {
	a := in[0].(*tensor.Dense)
	if _, err := a.Add(a, tensor.UseUnsafe()); err != nil {
		return nil, err
	}
	return a.Mul(in[1].(*tensor.Dense), tensor.UseUnsafe())
}

// cube is an operator of a user's, y = x³. It may overwrite its input.
type cube struct{ overwrites, failing, short, loud, empty bool }

func (c *cube) Arity() int { return 1 }
func (c *cube) Type() hm.Type {
	t := G.TensorType{Dims: 4, Of: hm.TypeVariable('a')}
	return hm.NewFnType(t, t)
}
func (c *cube) InferShape(in ...G.DimSizer) (tensor.Shape, error) { return in[0].(tensor.Shape), nil }
func (c *cube) Do(in ...G.Value) (G.Value, error) {
	switch {
	case c.failing:
		return nil, errors.New("no cubes today")
	case c.empty:
		return nil, nil
	case c.loud:
		panic("a cube is broken")
	case c.short:
		return tensor.New(tensor.Of(in[0].Dtype()), tensor.WithShape(1, 1, 1, 2)), nil
	}
	x := in[0].(*tensor.Dense)
	if !c.overwrites {
		x = x.Clone().(*tensor.Dense)
	}
	switch data := x.Data().(type) {
	case []float32:
		for i, v := range data {
			data[i] = v * v * v
		}
	case []float64:
		for i, v := range data {
			data[i] = v * v * v
		}
	}
	return x, nil
}
func (c *cube) ReturnsPtr() bool  { return c.overwrites }
func (c *cube) CallsExtern() bool { return false }
func (c *cube) OverwritesInput() int {
	if c.overwrites {
		return 0
	}
	return -1
}
func (c *cube) WriteHash(h hash.Hash) { fmt.Fprint(h, c) }
func (c *cube) Hashcode() uint32      { return uint32(len(c.String())) }
func (c *cube) String() string        { return fmt.Sprintf("cube overwrites %t", c.overwrites) }
func (c *cube) DiffWRT(int) []bool    { return []bool{true} }
func (c *cube) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	three := G.NewConstant(3.0)
	if in[0].Dtype() == tensor.Float32 {
		three = G.NewConstant(float32(3))
	}
	return G.Nodes{G.Must(G.HadamardProd(G.Must(G.Mul(G.Must(G.Square(in[0])), three)), grad))}, nil
}

// weighted is the sum of an expression of x and w, each number with a weight.
type weighted struct {
	x, w   *tensor.Dense
	inputs G.Nodes
	loss   *G.Node
}

func newWeighted(t testing.TB, dtype tensor.Dtype, expression func(x, w *G.Node) (*G.Node, error)) weighted {
	t.Helper()
	g := G.NewGraph()
	r := rand.New(rand.NewPCG(3, 4))
	leaf := func(name string) (*tensor.Dense, *G.Node) {
		v := tensor.New(tensor.Of(dtype), tensor.WithShape(2, 3, 4, 5))
		x := make([]float64, 120)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		set(v, x)
		return v, G.NewTensor(g, dtype, 4, G.WithShape(2, 3, 4, 5), G.WithName(name), G.WithValue(v))
	}
	var e weighted
	x, xNode := leaf("x")
	w, wNode := leaf("w")
	_, upwards := leaf("upwards")
	y, err := expression(xNode, wNode)
	if err != nil {
		t.Fatal(err)
	}
	e.x, e.w, e.inputs = x, w, G.Nodes{xNode, wNode}
	e.loss = G.Must(G.Sum(G.Must(G.HadamardProd(y, upwards))))
	return e
}

// Operators of others have on our machine the values, and with our gradients the
// gradients, that follow from central differences; in float32, too. Values that are bound
// to nodes stay.
func TestForeignOperators(t *testing.T) {
	for name, expression := range expressions {
		t.Run(name, func(t *testing.T) {
			e := newWeighted(t, tensor.Float64, expression)
			wrt := e.inputs
			if _, err := Gradients(e.loss, wrt...); err != nil {
				wrt = e.inputs[:1] // w is not used
			}
			run := func(dtype tensor.Dtype) (*Machine, weighted, G.Nodes) {
				e := newWeighted(t, dtype, expression)
				grads, err := Gradients(e.loss, e.inputs[:len(wrt)]...)
				if err != nil {
					t.Fatal(err)
				}
				machine, err := NewMachine(append(slices.Clone(grads), e.loss)...)
				if err != nil {
					t.Fatal(err)
				}
				before := [2][]float64{slices.Clone(numbers(e.x)), slices.Clone(numbers(e.w))}
				for range 2 {
					if err := machine.RunAll(); err != nil {
						t.Fatal(err)
					}
				}
				if !slices.Equal(numbers(e.x), before[0]) || !slices.Equal(numbers(e.w), before[1]) {
					t.Error("an input was changed")
				}
				return machine, e, grads
			}
			machine, e, grads := run(tensor.Float64)
			_, single, grads32 := run(tensor.Float32)
			alone := newWeighted(t, tensor.Float64, expression)
			forwards, err := NewMachine(alone.loss) // where nothing is kept for gradients
			if err != nil {
				t.Fatal(err)
			}
			if err := forwards.RunAll(); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "loss without gradients", numbers(alone.loss.Value()), numbers(e.loss.Value()), 1e-14)
			golden.Check(t, "loss in float32", numbers(single.loss.Value()), numbers(e.loss.Value()), 1e-4)
			var results [][]float64
			for i, grad := range grads {
				results = append(results, slices.Clone(numbers(grad.Value())))
				golden.Check(t, fmt.Sprintf("gradient %d in float32", i), numbers(grads32[i].Value()), results[i], 1e-4)
			}
			for i, v := range []*tensor.Dense{e.x, e.w}[:len(wrt)] {
				at := slices.Clone(numbers(v))
				want := fd.Gradient(nil, func(x []float64) float64 {
					set(v, x)
					if err := machine.RunAll(); err != nil {
						t.Fatal(err)
					}
					return numbers(e.loss.Value())[0]
				}, at, &fd.Settings{Formula: fd.Central, Step: 1e-5})
				set(v, at)
				golden.Check(t, fmt.Sprintf("gradient %d", i), results[i], want, 1e-7)
			}
		})
	}
}

// The tape machine runs them, too, among ours.
func TestForeignAgainstTape(t *testing.T) {
	e := newWeighted(t, tensor.Float64, expressions["between ours"])
	if err := G.NewTapeMachine(e.loss.Graph()).RunAll(); err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(numbers(e.loss.Value()))
	e = newWeighted(t, tensor.Float64, expressions["between ours"])
	machine, err := NewMachine(e.loss)
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "loss", numbers(e.loss.Value()), want, 1e-12)
}

// What a user's operator does wrong is an error that names it.
func TestForeignErrors(t *testing.T) {
	for want, op := range map[string]*cube{
		"cube overwrites false: no cubes today":                                                   {failing: true},
		"cube overwrites false: a cube is broken":                                                 {loud: true},
		"cube overwrites false has no result":                                                     {empty: true},
		"cube overwrites false: its result has shape (1, 1, 1, 2), want (2, 3, 4, 5) as inferred": {short: true},
	} {
		e := newWeighted(t, tensor.Float32, func(x, _ *G.Node) (*G.Node, error) { return G.ApplyOp(op, x) })
		machine, err := NewMachine(e.loss)
		if err != nil {
			t.Fatal(err)
		}
		if err := machine.RunAll(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// misled is an operator of a user's whose gradient is another's.
type misled struct {
	cube
	wrt  []bool
	grad func(in G.Nodes, grad *G.Node) G.Nodes
}

func (m *misled) DiffWRT(int) []bool { return m.wrt }
func (m *misled) SymDiff(in G.Nodes, _, grad *G.Node) (G.Nodes, error) {
	return m.grad(in, grad), nil
}

// What is wrong with the gradient of a user's operator is said of the operator; that it has
// more than inputs is not, if they are nil, as in gorgonia's BatchNormOp.
func TestForeignGradients(t *testing.T) {
	gradients := func(wrt []bool, grad func(in G.Nodes, grad *G.Node) G.Nodes) error {
		var y *G.Node
		e := newWeighted(t, tensor.Float32, func(x, _ *G.Node) (*G.Node, error) {
			var err error
			y, err = G.ApplyOp(&misled{wrt: wrt, grad: grad}, x)
			return y, err
		})
		_, err := Gradients(e.loss, e.inputs[0])
		var of *OperatorError
		if errors.As(err, &of) && of.Node != y {
			t.Errorf("error %v is of node %v, want %v", err, of.Node, y)
		}
		return err
	}
	leaf := func(g *G.ExprGraph, dtype tensor.Dtype, shape ...int) G.Nodes {
		return G.Nodes{G.NewTensor(g, dtype, len(shape), G.WithShape(shape...), G.WithName("leaf"))}
	}
	for _, c := range []struct {
		want string
		wrt  []bool
		grad func(in G.Nodes, grad *G.Node) G.Nodes
	}{
		{"", []bool{true}, func(_ G.Nodes, grad *G.Node) G.Nodes { return G.Nodes{grad, nil, nil} }},
		{"cube overwrites false: 2 gradients, want 1", []bool{true}, func(_ G.Nodes, grad *G.Node) G.Nodes { return G.Nodes{grad, grad} }},
		{"cube overwrites false: DiffWRT tells of 2 inputs, want 1", []bool{true, true}, nil},
		{`the loss does not depend on "x" through operators with gradients`, []bool{false}, nil},
		{`the loss does not depend on "x" through operators with gradients`, []bool{true}, func(G.Nodes, *G.Node) G.Nodes { return G.Nodes{nil} }},
		{"cube overwrites false: the gradient of input 0 is of another graph", []bool{true}, func(G.Nodes, *G.Node) G.Nodes {
			return leaf(G.NewGraph(), tensor.Float32, 2, 3, 4, 5)
		}},
		{"cube overwrites false: the gradient of input 0 is float64, the input float32", []bool{true}, func(in G.Nodes, _ *G.Node) G.Nodes {
			return leaf(in[0].Graph(), tensor.Float64, 2, 3, 4, 5)
		}},
		{"cube overwrites false: the gradient of input 0 has shape (2, 3), the input (2, 3, 4, 5)", []bool{true}, func(in G.Nodes, _ *G.Node) G.Nodes {
			return leaf(in[0].Graph(), tensor.Float32, 2, 3)
		}},
		{"cube overwrites false: no gradient today", []bool{true}, func(G.Nodes, *G.Node) G.Nodes { panic("no gradient today") }},
	} {
		err := gradients(c.wrt, c.grad)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
