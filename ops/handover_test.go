package ops

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// layered is a loss of a local layer or convolution and a linear one.
type layered struct {
	weight, linear, bias, loss *gorgonia.Node
}

func newLayered(t *testing.T, locations int, dtype tensor.Dtype) layered {
	t.Helper()
	g, must := gorgonia.NewGraph(), must(t)
	leaf := leaves(g, dtype)
	l := layered{weight: leaf("weight", locations, 5, 3, 3, 2), linear: leaf("linear", 3, 5), bias: leaf("bias", 3)}
	hidden := must(Local(leaf("x", 6, 6, 2, 7), l.weight, nil, LocalOptions{Padding: 1}))
	logits := must(BatchOutermost(must(Linear(must(GlobalAveragePool(hidden)), l.linear, l.bias))))
	l.loss = must(CrossEntropy(logits, leaf("target", 7, 3)))
	return l
}

// A gradient that is handed over has the bits of one that is kept, each number comes once,
// and it takes no memory of the machine.
func TestHandover(t *testing.T) {
	for _, locations := range []int{1, 36} {
		l := newLayered(t, locations, tensor.Float32)
		grads, err := Gradients(l.loss, l.weight, l.linear)
		if err != nil {
			t.Fatal(err)
		}
		keeping, err := NewMachine(append(gorgonia.Nodes{l.loss}, grads...)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := keeping.RunAll(); err != nil {
			t.Fatal(err)
		}
		want := [][]float32{slices.Clone(grads[0].Value().Data().([]float32)), slices.Clone(grads[1].Value().Data().([]float32))}
		if !CanHandOver(grads[0], l.weight, l.loss, grads[1]) {
			t.Fatal("cannot be handed over")
		}
		var lock sync.Mutex
		got := make([]float32, len(want[0]))
		reads := make([]float32, len(got))
		machine, err := NewMachineWith([]Handover{{Gradient: grads[0], Weight: l.weight, To: func(from int, gradient []float32) {
			lock.Lock()
			defer lock.Unlock()
			for i, v := range gradient {
				if !math.IsNaN(float64(got[from+i])) {
					t.Errorf("number %d comes twice", from+i)
				}
				got[from+i] = v
			}
		}, Reads: func() [][]float32 { return [][]float32{reads} }}}, l.loss, grads[1])
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			for i := range got {
				got[i] = float32(math.NaN())
			}
			if err := machine.RunAll(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want[0]) || !slices.Equal(grads[1].Value().Data().([]float32), want[1]) {
				t.Errorf("%d locations: other bits than those that are kept", locations)
			}
		}
		if saved := keeping.Bytes() - machine.Bytes(); locations > 1 && saved < 4*len(got) {
			t.Errorf("%d bytes of memory are saved, want %d", saved, 4*len(got))
		}
		if err := keeping.RunAll(); err != nil || !slices.Equal(grads[0].Value().Data().([]float32), want[0]) {
			t.Errorf("error %v, or the machine that keeps the gradient has other bits after the one that does not", err)
		}
	}
}

// The gradient of weights that several layers have is handed over by the last of them, with
// what the others contributed, and its memory serves others then.
func TestHandoverRepeated(t *testing.T) {
	for _, locations := range []int{1, 16} {
		g, must := gorgonia.NewGraph(), must(t)
		leaf := leaves(g, tensor.Float32)
		weight, x := leaf("weight", locations, 2, 3, 3, 2), leaf("x", 4, 4, 2, 3)
		for range 3 {
			x = must(Local(x, weight, nil, LocalOptions{Padding: 1}))
		}
		loss := must(CrossEntropy(must(BatchOutermost(must(GlobalAveragePool(x)))), leaf("target", 3, 2)))
		grads, err := Gradients(loss, weight)
		if err != nil {
			t.Fatal(err)
		}
		keeping, err := NewMachine(grads[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := keeping.RunAll(); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(grads[0].Value().Data().([]float32))
		got := make([]float32, len(want))
		machine, err := NewMachineWith([]Handover{{Gradient: grads[0], Weight: weight, To: func(from int, gradient []float32) { copy(got[from:], gradient) }}}, loss)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			clear(got)
			if err := machine.RunAll(); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d locations: other bits than those that are kept", locations)
			}
		}
	}
}

// What cannot be handed over is an error, and says why.
func TestHandoverErrors(t *testing.T) {
	l := newLayered(t, 36, tensor.Float32)
	grads, err := Gradients(l.loss, l.weight, l.linear)
	if err != nil {
		t.Fatal(err)
	}
	double, err := apply(add{5}, grads[0], grads[0])
	if err != nil {
		t.Fatal(err)
	}
	later, err := apply(add{5}, l.weight, l.weight)
	if err != nil {
		t.Fatal(err)
	}
	wide := newLayered(t, 36, tensor.Float64)
	wideGrads, err := Gradients(wide.loss, wide.weight)
	if err != nil {
		t.Fatal(err)
	}
	r := newRepeated(t, 1, true)
	repeatedGrads, err := Gradients(r.loss, r.weight)
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		gradient, weight *gorgonia.Node
		nodes            gorgonia.Nodes
	}{
		"is no operator's result":              {l.weight, l.weight, gorgonia.Nodes{l.loss}},
		"or there is no weight":                {grads[0], nil, gorgonia.Nodes{l.loss}},
		"is not that of the weights":           {grads[1], l.linear, gorgonia.Nodes{l.loss}},
		`not that of the weights "linear"`:     {grads[0], l.linear, gorgonia.Nodes{l.loss}},
		`it reads the gradient of "weight"`:    {grads[0], l.weight, gorgonia.Nodes{double}},
		`it reads "weight" after its gradient`: {grads[0], l.weight, gorgonia.Nodes{l.loss, later}},
		"is no gradient of float32":            {wideGrads[0], wide.weight, gorgonia.Nodes{wide.loss}},
		"add of 5 axes is not that":            {repeatedGrads[0], r.weight, gorgonia.Nodes{r.loss}},
	} {
		if CanHandOver(c.gradient, c.weight, c.nodes...) {
			t.Errorf("%s: can be handed over", want)
		}
		_, err := NewMachineWith([]Handover{{Gradient: c.gradient, Weight: c.weight, To: func(int, []float32) {}}}, c.nodes...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	h := Handover{Gradient: grads[0], Weight: l.weight, To: func(int, []float32) {}}
	for want, c := range map[string]struct {
		handovers []Handover
		nodes     gorgonia.Nodes
	}{
		"asked for twice":        {[]Handover{h, h}, gorgonia.Nodes{l.loss}},
		"kept and handed over":   {[]Handover{h}, gorgonia.Nodes{l.loss, grads[0]}},
		"or nobody that gets it": {[]Handover{{Gradient: grads[0], Weight: l.weight}}, gorgonia.Nodes{l.loss}},
	} {
		if _, err := NewMachineWith(c.handovers, c.nodes...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
