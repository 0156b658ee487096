package graph

import (
	"hash"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/checkpoint"
	"hypnos/ops"
)

// gain is a layer of a user's own: x·weight, with a weight of four axes.
func gain(b *Builder, name string, x, again *Layer) *Layer {
	o := Op{
		Kind: "gain", Inputs: []*Layer{x}, Again: again, MultiplyAdds: 7,
		Apply: func(n OpNodes) (*gorgonia.Node, error) {
			return gorgonia.BroadcastHadamardProd(n.Inputs[0], n.Parameters[0], nil, []byte{3})
		},
	}
	if again == nil {
		s := x.Output
		o.Parameters = []OpParameter{{Name: "weight", Shape: []int{s.Height, s.Width, s.Channels, 1}, Start: func(values []float32, r *rand.Rand) {
			for i := range values {
				values[i] = float32(1 + 0.1*r.NormFloat64())
			}
		}}}
	}
	return b.Op(name, o)
}

func withOp(b *Builder) *Layer {
	x := b.Local("V1.conv", b.Input(), Local{Channels: 4, Kernel: 3, Padding: 1})
	first := gain(b, "V1.gain", x, nil)
	x = b.ReLU("V1.relu", b.BatchNorm("V1.norm", first))
	b.At(1)
	x = gain(b, "V1.gain.t1", b.Local("V1.conv2", x, Local{Channels: 4, Kernel: 3, Padding: 1}), first)
	b.At(0)
	b.Area("V1", x)
	return b.Linear("fc", x, 3)
}

// A layer of a user's own learns, is saved and loaded in the shape of its parameter, and
// repeats at a later time.
func TestOp(t *testing.T) {
	for _, c := range []Connectivity{{}, {Local: true}} {
		build := func() *Network { return built(t, c, withOp) }
		net := build()
		p := net.Parameter("V1.gain.weight")
		if p == nil || !slices.Equal(p.Shape, []int{6, 5, 4, 1}) || p.Data[0] == p.Data[1] || p.Data[0] < 0.5 {
			t.Fatalf("parameter %+v, want one of 6 5 4 1 that starts around 1", p)
		}
		if other := build(); !slices.Equal(other.Parameter("V1.gain.weight").Data, p.Data) {
			t.Error("another network of the seed starts otherwise")
		}
		learns(t, net, build)
		var b strings.Builder
		if err := net.WriteSummary(&b, 2); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"V1.gain ", "gain ", "4×6×5", "120", "as V1.gain"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("no %q in\n%s", want, b.String())
			}
		}
		_, boxes := draw(t, net, DOT{})
		if !slices.ContainsFunc(boxes, func(box string) bool { return strings.Contains(box, "gain gain") }) {
			t.Errorf("no gain in the boxes %q", boxes)
		}
	}
}

// A frozen parameter of a layer of one's own stays, and a loaded one is as it was saved.
func TestFrozenOp(t *testing.T) {
	build := func(seed uint64) *Network {
		b := NewBuilder(Options{Input: Size{2, 6, 5}, Seed: seed})
		x := b.Op("noise", Op{
			Inputs:     []*Layer{b.Input()},
			Parameters: []OpParameter{{Name: "level", Shape: []int{2, 3, 2, 3}, Frozen: true, Start: func(v []float32, r *rand.Rand) { v[5] = r.Float32() }}},
			Apply: func(n OpNodes) (*gorgonia.Node, error) {
				if n.Training {
					return ops.Tanh(n.Inputs[0])
				}
				sum := gorgonia.Must(gorgonia.Sum(n.Parameters[0]))
				return gorgonia.Mul(n.Inputs[0], sum)
			},
		})
		net, err := b.Build(b.Linear("fc", x, 3))
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	net := build(1)
	training, err := net.Train(9)
	if err != nil {
		t.Fatal(err)
	}
	step(t, training, images(9), 0.1)
	if got := training.Learned(); len(got) != 2 || got[0].Name != "fc.weight" {
		t.Errorf("learned %v", got)
	}
	path := filepath.Join(t.TempDir(), "net.safetensors")
	if err := net.Save(path); err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	saved := make([]float32, 36)
	if err := f.Dicts[0].Read("noise.level", saved); err != nil || !slices.Equal(saved, net.Parameter("noise.level").Data) {
		t.Errorf("the file has %v in another order than the parameter, error %v", saved, err)
	}
	other := build(2)
	if other.Parameter("noise.level").Data[5] == net.Parameter("noise.level").Data[5] {
		t.Fatal("two seeds start alike")
	}
	if err := other.Load(path, LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(other.Parameter("noise.level").Data, net.Parameter("noise.level").Data) {
		t.Error("the parameter is loaded in another order")
	}
	if !slices.Equal(answers(t, other, images(9).Images), answers(t, net, images(9).Images)) {
		t.Error("the loaded network answers otherwise")
	}
}

// A mistake in a layer of one's own is an error of Build or of compiling, with both sides.
func TestOpErrors(t *testing.T) {
	tanh := func(n OpNodes) (*gorgonia.Node, error) { return gorgonia.Tanh(n.Inputs[0]) }
	for _, c := range []struct {
		want string
		op   func(x *Layer) Op
	}{
		{`with 0 inputs, Apply set: true`, func(x *Layer) Op { return Op{Apply: tanh} }},
		{`with 1 inputs, Apply set: false`, func(x *Layer) Op { return Op{Inputs: []*Layer{x}} }},
		{`an op of kind "relu"`, func(x *Layer) Op { return Op{Kind: "relu", Inputs: []*Layer{x}, Apply: tanh} }},
		{`its input 0 is nil`, func(x *Layer) Op { return Op{Inputs: []*Layer{nil}, Apply: tanh} }},
		{`an output of size 1×0×1`, func(x *Layer) Op { return Op{Inputs: []*Layer{x}, Output: Size{1, 0, 1}, Apply: tanh} }},
		{`its result has shape (6, 5, 2, 2), want H W C N = (6, 5, 3, 2) for an output of 3×6×5 and a batch of 2`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Output: Size{3, 6, 5}, Apply: tanh}
		}},
		{`no node of the graph`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Apply: func(OpNodes) (*gorgonia.Node, error) { return nil, nil }}
		}},
		{`its result is float64`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Apply: func(n OpNodes) (*gorgonia.Node, error) {
				return gorgonia.NewTensor(n.Inputs[0].Graph(), tensor.Float64, 4, gorgonia.WithShape(n.Inputs[0].Shape()...), gorgonia.WithName("y")), nil
			}}
		}},
		{`no sigmoids today`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Apply: func(OpNodes) (*gorgonia.Node, error) { return nil, errors.New("no sigmoids today") }}
		}},
		{`layer "own": its Apply panicked`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Apply: func(n OpNodes) (*gorgonia.Node, error) {
				return gorgonia.Must(gorgonia.Add(n.Inputs[0], n.Parameters[3])), nil
			}}
		}},
		{`a parameter "p" of shape [2 0]`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Apply: tanh, Parameters: []OpParameter{{Name: "p", Shape: []int{2, 0}}}}
		}},
		{`a parameter "" of shape [2]`, func(x *Layer) Op {
			return Op{Inputs: []*Layer{x}, Apply: tanh, Parameters: []OpParameter{{Shape: []int{2}}}}
		}},
		{`-1 multiply-adds, want at least 0`, func(x *Layer) Op { return Op{Inputs: []*Layer{x}, Apply: tanh, MultiplyAdds: -1} }},
		{`repeats "images", of kind "input"`, func(x *Layer) Op { return Op{Inputs: []*Layer{x}, Apply: tanh, Again: x} }},
	} {
		b := NewBuilder(Options{Input: Size{2, 6, 5}})
		_, err := b.Build(b.Linear("fc", b.Op("own", c.op(b.Input())), 3))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `layer "own"`) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	// Two are the batch of the trial, but not of all that follow.
	net := built(t, Connectivity{}, func(b *Builder) *Layer {
		return b.Linear("fc", b.Op("own", Op{Inputs: []*Layer{b.Input()}, Apply: func(n OpNodes) (*gorgonia.Node, error) {
			return gorgonia.Reshape(n.Inputs[0], tensor.Shape{6, 5, 2, 2})
		}}), 3)
	})
	if _, err := net.Train(2); err != nil {
		t.Error(err)
	}
	want := `layer "own": shape size`
	if _, err := net.Infer(3); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// An operator that fails when it is run or differentiated is said with its layer, and so is
// a function of initial values that panics.
func TestOpFails(t *testing.T) {
	own := func(name string, f func(x *gorgonia.Node) (*gorgonia.Node, error)) func(b *Builder) *Layer {
		return func(b *Builder) *Layer {
			x := b.Op("before", Op{Inputs: []*Layer{b.Local("conv", b.Input(), Local{Channels: 2, Kernel: 1})}, Apply: func(n OpNodes) (*gorgonia.Node, error) {
				return gorgonia.Tanh(n.Inputs[0])
			}})
			x = b.Op(name, Op{Inputs: []*Layer{x}, Apply: func(n OpNodes) (*gorgonia.Node, error) { return f(n.Inputs[0]) }})
			return b.Linear("fc", b.Op("after", Op{Inputs: []*Layer{x}, Apply: func(n OpNodes) (*gorgonia.Node, error) {
				return gorgonia.Tanh(n.Inputs[0])
			}}), 3)
		}
	}
	train := func(net *Network) error {
		training, err := net.Train(9)
		if err == nil {
			_, err = training.Step(images(9))
		}
		return err
	}
	net := built(t, Connectivity{}, own("rectified", gorgonia.Rectify))
	if err := train(net); err != nil {
		t.Errorf("gorgonia's rectification is not trained through: %v", err)
	}
	net = built(t, Connectivity{}, own("floor", gorgonia.Floor))
	if err := train(net); err == nil || !strings.Contains(err.Error(), `the loss does not depend on "conv.weight" through operators with gradients`) {
		t.Errorf("error %v of a function without a gradient", err)
	}
	net = built(t, Connectivity{}, own("broken", func(x *gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.ApplyOp(broken{gorgonia.Must(gorgonia.Tanh(x)).Op()}, x)
	}))
	_, err := net.Features(images(2).Images, "fc")
	for _, err := range []error{err, train(net)} {
		if err == nil || !strings.Contains(err.Error(), `layer "broken": ops: broken`) || !strings.Contains(err.Error(), "no tanh today") {
			t.Errorf("error %v", err)
		}
	}
	b := NewBuilder(Options{Input: Size{2, 6, 5}})
	x := b.Op("own", Op{
		Inputs: []*Layer{b.Input()}, Apply: func(n OpNodes) (*gorgonia.Node, error) { return gorgonia.Tanh(n.Inputs[0]) },
		Parameters: []OpParameter{{Name: "p", Shape: []int{2}, Start: func(v []float32, _ *rand.Rand) { v[2] = 1 }}},
	})
	const want = `graph: the initial values of parameter "own.p": their function panicked: `
	if _, err := b.Build(b.Linear("fc", x, 3)); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// broken fails when it runs.
type broken struct{ gorgonia.Op }

func (broken) String() string                               { return "broken" }
func (broken) Hashcode() uint32                             { return 1 }
func (broken) WriteHash(h hash.Hash)                        { h.Write([]byte("broken")) }
func (broken) Do(...gorgonia.Value) (gorgonia.Value, error) { return nil, errors.New("no tanh today") }
func (b broken) DiffWRT(int) []bool                         { return []bool{true} }
func (b broken) SymDiff(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return gorgonia.Nodes{grad}, nil
}
