package graph

import (
	"math"
	"runtime"
	"slices"
	"testing"
)

// tiny adds a small network with one layer of every kind.
func tiny(b *Builder) *Layer {
	x := b.Local("conv1", b.Input(), Local{Channels: 4, Kernel: 3, Padding: 1, Bias: ChannelBias})
	x = b.ReLU("relu1", b.BatchNorm("bn1", x))
	y := b.Local("conv2", x, Local{Channels: 6, Kernel: 3, Stride: 2, Padding: 1, Groups: 2, Bias: LocationBias})
	shortcut := b.Local("shortcut", x, Local{Channels: 6, Kernel: 1, Stride: 2})
	x = b.ReLU("relu2", b.Add("add", y, shortcut))
	return b.Linear("fc", b.GlobalAveragePool("pool", x), 3)
}

func newTiny(t testing.TB, c Connectivity, seed uint64) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: c, Seed: seed})
	net, err := b.Build(tiny(b))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func images(n int) Batch {
	b := Batch{Images: make([]float32, n*2*6*5), Labels: make([]int, n)}
	for i := range b.Images {
		b.Images[i] = float32(math.Sin(float64(i * i)))
	}
	for i := range b.Labels {
		b.Labels[i] = i % 3
	}
	return b
}

// step trains one step by plain gradient descent.
func step(t *testing.T, training *Training, b Batch, rate float32) float64 {
	t.Helper()
	loss, err := training.Step(b)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range training.Learned() {
		for j, g := range training.Gradient(i) {
			p.Data[j] -= rate * g
		}
	}
	return loss
}

func TestTrainingLowersTheLoss(t *testing.T) {
	for _, c := range []Connectivity{{}, {Local: true}} {
		training, err := newTiny(t, c, 1).Train(9)
		if err != nil {
			t.Fatal(err)
		}
		b := images(9)
		first := step(t, training, b, 0.5)
		for range 100 {
			step(t, training, b, 0.5)
		}
		if last := step(t, training, b, 0.5); !(last < first/2) {
			t.Errorf("%v: the loss goes from %v to %v", c, first, last)
		}
	}
}

// Training and inference are forms of one network: they share its values.
func TestInferenceSeesTraining(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	inference, err := net.Infer(4)
	if err != nil {
		t.Fatal(err)
	}
	answers := func(b Batch) []float32 {
		logits, err := inference.Logits(b.Images)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(logits)
	}
	before := answers(images(4))
	training, err := net.Train(4)
	if err != nil {
		t.Fatal(err)
	}
	step(t, training, images(4), 0.1)
	after := answers(images(4))
	if slices.Equal(before, after) {
		t.Error("a training step does not change the answers")
	}
	if !slices.Equal(after, answers(images(4))) {
		t.Error("inference changes the network")
	}
	// An image is answered alike alone and among others.
	if alone := answers(images(1)); !slices.Equal(alone, after[:3]) {
		t.Errorf("alone %v, among others %v", alone, after[:3])
	}
}

// The same seed gives the same bits, on any number of threads; another seed
// gives other weights.
func TestSameSeedSameBits(t *testing.T) {
	run := func(threads int, seed uint64, local bool) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		net := newTiny(t, Connectivity{Local: local}, seed)
		training, err := net.Train(17)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			step(t, training, images(17), 0.05)
		}
		var all []float32
		for _, p := range append(net.Parameters(), net.Moments()...) {
			all = append(all, p.Data...)
		}
		return all
	}
	for _, local := range []bool{false, true} {
		want := run(1, 1, local)
		for _, threads := range []int{1, 2, 8} {
			if !slices.Equal(run(threads, 1, local), want) {
				t.Errorf("local %t: %d threads give other bits", local, threads)
			}
		}
		if slices.Equal(run(1, 2, local), want) {
			t.Errorf("local %t: another seed gives the same weights", local)
		}
	}
}

func TestInitialWeights(t *testing.T) {
	weights := func(c Connectivity) []float32 {
		b := NewBuilder(Options{Input: Size{8, 12, 12}, Connectivity: c, Seed: 3})
		x := b.Local("conv", b.Input(), Local{Channels: 16, Kernel: 3, Padding: 1})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		return net.Parameter("conv.weight").Data
	}
	deviation := func(x []float32) float64 {
		sum := 0.0
		for _, v := range x {
			sum += float64(v) * float64(v)
		}
		return math.Sqrt(sum / float64(len(x)))
	}
	want := math.Sqrt(2. / (16 * 9))
	conv := weights(Connectivity{})
	for _, c := range []Connectivity{{}, {Local: true}, {Local: true, SharedStart: true}, {Local: true, SharedStart: true, Deviation: 1}} {
		if got := deviation(weights(c)); math.Abs(got/want-1) > 0.05 {
			t.Errorf("%v: deviation %v, want %v", c, got, want)
		}
	}
	shared := weights(Connectivity{Local: true, SharedStart: true})
	if !slices.Equal(shared, slices.Repeat(conv, 144)) {
		t.Error("a shared start is not the convolution's kernel at every location")
	}
	if !slices.Equal(weights(Connectivity{SharedStart: true, Deviation: 1}), conv) {
		t.Error("noise between locations changes a convolution")
	}
	// Half of the variance of weights that start with deviation 1 is common.
	noisy := weights(Connectivity{Local: true, SharedStart: true, Deviation: 1})
	dot := 0.0
	for i, v := range noisy {
		dot += float64(v) * float64(conv[i%len(conv)]) * math.Sqrt2
	}
	if common := dot / float64(len(noisy)) / want / want; math.Abs(common-1) > 0.1 {
		t.Errorf("noisy weights hold %v of the kernel, want 1", common)
	}
	independent := weights(Connectivity{Local: true})
	if slices.Equal(independent[:len(conv)], independent[len(conv):2*len(conv)]) {
		t.Error("independent locations have equal weights")
	}
}

func TestFrozenWeightsStay(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true, Frozen1x1: true}, 1)
	training, err := net.Train(4)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range training.Learned() {
		if p.Name == "shortcut.weight" {
			t.Error("frozen weights learn")
		}
	}
	if len(training.Learned()) != len(net.Parameters())-1 {
		t.Errorf("%d of %d parameters learn", len(training.Learned()), len(net.Parameters()))
	}
}
