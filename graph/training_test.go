package graph

import (
	"math"
	"slices"
	"testing"
)

// The initial values of a layer with a bias are uniform in ±1/√n, where n is the
// number of its inputs, and its own.
func TestUniformStart(t *testing.T) {
	b := NewBuilder(Options{Input: Size{8, 12, 12}, Seed: 3})
	x := b.Local("one", b.Input(), Local{Channels: 64, Kernel: 3, Padding: 1, Groups: 2, Bias: ChannelBias})
	x = b.Local("two", x, Local{Channels: 64, Kernel: 3, Padding: 1, Groups: 16, Bias: ChannelBias})
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 100))
	if err != nil {
		t.Fatal(err)
	}
	for name, inputs := range map[string]float64{"one.bias": 4 * 9, "two.bias": 4 * 9, "fc.weight": 64, "fc.bias": 64} {
		values := net.Parameter(name).Data
		bound := float32(1 / math.Sqrt(inputs))
		if low, high := slices.Min(values), slices.Max(values); low < -bound || low > -0.9*bound || high > bound || high < 0.9*bound {
			t.Errorf("%s starts in %v to %v, want ±%v", name, low, high, bound)
		}
	}
	if slices.Equal(net.Parameter("one.bias").Data, net.Parameter("two.bias").Data) {
		t.Error("two layers start alike")
	}
}

// A step depends on its own labels alone.
func TestStepsLabels(t *testing.T) {
	first, second := images(3), images(3)
	second.Labels = []int{2, 2, 1}
	loss := func(batches ...Batch) (loss float64) {
		training, err := newTiny(t, Connectivity{}, 1).Train(3)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			loss = step(t, training, b, 0)
		}
		return loss
	}
	if got, want := loss(first, second), loss(second); got != want {
		t.Errorf("after other labels the loss is %v, want %v", got, want)
	}
}

// What is not finite is found at the layer where it begins: in its parameters, or in
// what it answers to the last batch.
func TestNotFinite(t *testing.T) {
	after := func(change func(n *Network, b Batch)) string {
		net, b := newTiny(t, Connectivity{}, 1), images(3)
		training, err := net.Train(3)
		if err != nil {
			t.Fatal(err)
		}
		if got := training.Gradient(0); got != nil {
			t.Errorf("gradient %v before the first step", got)
		}
		change(net, b)
		if _, err := training.Step(b); err != nil {
			t.Fatal(err)
		}
		return training.NotFinite()
	}
	large := float32(3e38)
	for want, change := range map[string]func(n *Network, b Batch){
		"":    func(*Network, Batch) {},
		"bn1": func(n *Network, _ Batch) { n.Parameter("bn1.bias").Data[1] = float32(math.Inf(1)) },
		"conv2": func(n *Network, _ Batch) {
			for i := range n.Parameter("conv2.weight").Data {
				n.Parameter("conv2.weight").Data[i] = large
			}
		},
		"images": func(_ *Network, b Batch) { b.Images[7] = float32(math.NaN()) },
	} {
		if got := after(change); got != want {
			t.Errorf("not finite is %q, want %q", got, want)
		}
	}
}

// Local layers are those with weights of their own at each location.
func TestLocalLayers(t *testing.T) {
	var names []string
	for _, l := range newTiny(t, Connectivity{Local: true, FirstConvolutional: 1}, 1).LocalLayers() {
		names = append(names, l.Name)
	}
	if want := []string{"conv2", "shortcut"}; !slices.Equal(names, want) {
		t.Errorf("local layers %v, want %v", names, want)
	}
}
