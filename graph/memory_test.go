package graph

import (
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"hypnos/internal/memory"
)

// large is a network of one layer of so many channels.
func large(t *testing.T, channels int, o Options) (*Network, error) {
	t.Helper()
	o.Input = Size{3, 4, 4}
	b := NewBuilder(o)
	x := b.ReLU("relu", b.BatchNorm("norm", b.Local("conv", b.Input(), Local{Channels: channels, Kernel: 3, Padding: 1})))
	return b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 10))
}

// What cannot be is refused in one line, with what it takes and what there is, before
// anything is set aside.
func TestTooLarge(t *testing.T) {
	const channels = 1 << 30 // 155 GB of weights and moments
	refused := func(what string, err error, want ...string) {
		t.Helper()
		for _, want := range append(want, " GB") {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %v, want one with %q", what, err, want)
			}
		}
	}
	allocated := totalAlloc()
	_, err := large(t, channels, Options{MemoryLimit: 16e9})
	refused("build", err, "the network takes 176 GB of memory (weights 176 GB), and the limit of its options has 16 GB")
	net, err := large(t, channels, Options{MemoryLimit: 16e9, Blank: true})
	if err != nil {
		t.Fatal(err)
	}
	var summary strings.Builder
	if err := net.WriteSummary(&summary, 64); err != nil {
		t.Fatal(err)
	}
	if want := "memory for training on batches of 64 with AdamW: 19 TB"; !strings.Contains(summary.String(), want) {
		t.Errorf("the summary is\n%s, want %q", &summary, want)
	}
	_, err = net.Train(1)
	refused("train", err, "weights 176 GB, gradients 51.5 GB", "limit of its options has 16 GB")
	_, err = net.Infer(1)
	refused("infer", err, "(weights 176 GB)", "limit of its options has 16 GB")
	_, err = net.Observe(1, "norm")
	refused("observe", err, "(weights 176 GB)")
	_, err = net.Features(make([]float32, 48), "norm")
	refused("features", err, "(weights 176 GB)")
	refused("load", net.Load("none", LoadOptions{}), "weights 176 GB")
	refused("save", net.Save(t.TempDir()+"/x"), "weights 176 GB")
	if size := net.Layers[1].Field.Filter(0, 0).Bounds(); !size.Empty() {
		t.Errorf("a filter of %v of weights that do not exist", size)
	}
	if allocated := totalAlloc() - allocated; allocated > 16e6 {
		t.Errorf("%d bytes are set aside for what is refused", allocated)
	}
}

// What else a program has in use counts where the limit is the machine's, and no longer than
// it is in use.
func TestMemoryBesides(t *testing.T) {
	limit := memory.Limit
	defer func() { memory.Limit = limit }()
	net, err := large(t, 8, Options{})
	if err != nil {
		t.Fatal(err)
	}
	memory.Limit = func() (float64, string) { return memory.InUse(true) + 32e6, "machine" }
	m := Memory{Weights: 10e6}
	if err := net.CheckMemoryBesides(m); err != nil {
		t.Error(err)
	}
	most := memory.InUse(true) + 32e6
	memory.Limit = func() (float64, string) { return most, "machine" }
	held := make([]byte, 64e6)
	if err := net.CheckMemoryBesides(m); err == nil || !strings.Contains(err.Error(), "takes 10 MB of memory (weights 10 MB) besides ") || !strings.Contains(err.Error(), " MB in use, and the machine has ") {
		t.Errorf("64 MB are in use: error %v", err)
	}
	if err := net.CheckMemory(m); err != nil {
		t.Errorf("the network alone: %v", err)
	}
	runtime.KeepAlive(held)
	if err := net.CheckMemoryBesides(m); err != nil {
		t.Errorf("nothing is in use any more: %v", err)
	}
}

// Sizes that no number holds are refused alike.
func TestTooLargeToCount(t *testing.T) {
	for want, build := range map[string]func(b *Builder, x *Layer) *Layer{
		`layer "a": its 4.43e+20 weights are too many: they take 1.77e+03 EB of memory, and the `: func(b *Builder, x *Layer) *Layer {
			return b.Local("a", x, Local{Channels: math.MaxInt / 9, Kernel: 3, Padding: 1})
		},
		`layer "b": its 1.84e+19 weights are too many: they take 73.8 EB of memory, and the `: func(b *Builder, x *Layer) *Layer {
			x = b.Local("a", x, Local{Channels: 1 << 30, Kernel: 1, Padding: 0})
			return b.Local("b", x, Local{Channels: 1 << 30, Kernel: 1, Padding: 0})
		},
		`layer "b": its 1e+18 weights are too many: they take 4 EB of memory, and the `: func(b *Builder, x *Layer) *Layer {
			return b.Linear("b", b.GlobalAveragePool("pool", b.Local("a", x, Local{Channels: 1e9, Kernel: 1})), 1e9)
		},
		`layer "a": its 1.25e+18 answers to an image are too many: they take 5 EB of memory, and the `: func(b *Builder, x *Layer) *Layer {
			return b.Zeros("a", Size{5e8, 5e4, 5e4})
		},
	} {
		b := NewBuilder(Options{Input: Size{3, 4, 4}, Blank: true})
		build(b, b.Input())
		if err := b.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	net := newTiny(t, Connectivity{}, 1)
	const want = `layer "images": its 6e+17 answers to 10000000000000000 images are too many: they take 2.4 EB of memory, and the `
	if _, err := net.Train(1e16); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// Without a limit there is that of the address space.
func TestMemoryLimit(t *testing.T) {
	for limit, want := range map[int]string{5: "limit of its options", 0: "", -1: "address space of a process"} {
		bytes, who := Options{MemoryLimit: limit}.memoryLimit()
		if want != "" && who != want || limit > 0 && bytes != float64(limit) || bytes > memory.Addressable {
			t.Errorf("limit %d: %v bytes of the %s", limit, bytes, who)
		}
	}
	net, err := large(t, 8, Options{MemoryLimit: 1e5, Blank: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := net.Infer(8); err != nil {
		t.Error(err)
	}
	if _, err := net.Infer(800); err == nil || !strings.Contains(err.Error(), "activations ") {
		t.Errorf("error %v of an inference that needs more than the limit", err)
	}
	net, err = large(t, 8, Options{MemoryLimit: 1e3, Blank: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := net.Train(8); err == nil {
		t.Error("a training that needs more than the limit is no error")
	}
	net.Options.MemoryLimit = -1
	training, err := net.Train(8)
	if err != nil {
		t.Fatal(err)
	}
	batch := Batch{Images: make([]float32, 8*48), Labels: make([]int, 8)}
	if _, err := training.Step(batch); err != nil {
		t.Error(err)
	}
	// A limit with room for a training that does not keep gradients, and for no other.
	net = newTiny(t, Connectivity{Local: true}, 1)
	if training, err = net.Train(3); err != nil {
		t.Fatal(err)
	}
	m := training.Memory()
	m.Optimiser = 0
	net.Options.MemoryLimit = m.Total()
	batch = images(3)
	for range 2 {
		if _, err := training.Step(batch); err == nil || !strings.Contains(err.Error(), "limit of its options") {
			t.Errorf("error %v of a step that keeps more than the limit", err)
		}
	}
	var changed atomic.Int64
	if _, err := training.StepWith(batch, Update{Change: func(int, int, []float32) { changed.Add(1) }}); err != nil || changed.Load() == 0 {
		t.Errorf("error %v, %d changes", err, changed.Load())
	}
	// With room for a step that keeps them, there is none for both kinds.
	net.Options.MemoryLimit = -1
	if training, err = net.Train(3); err != nil {
		t.Fatal(err)
	}
	if _, err := training.Step(batch); err != nil {
		t.Fatal(err)
	}
	limit := training.memory(training.keeping, nil).Total()
	for _, both := range []bool{false, true} {
		net.Options.MemoryLimit = limit
		if training, err = net.Train(3); err != nil {
			t.Fatal(err)
		}
		if both {
			if _, err := training.StepWith(batch, Update{Change: func(int, int, []float32) {}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := training.Step(batch); (err != nil) != both {
			t.Errorf("both kinds of steps %t: error %v", both, err)
		}
	}
}

func totalAlloc() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// The plan of a training and of an inference is what they set aside: the rest, nodes and
// small buffers, is less than a tenth.
func TestPlannedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("large networks")
	}
	for name, c := range map[string]Connectivity{"convolutional": {}, "local": {Local: true}} {
		b := NewBuilder(Options{Input: Size{3, 32, 32}, Connectivity: c})
		x := b.Input()
		for _, layer := range []string{"1", "2", "3"} {
			x = b.Local("conv"+layer, x, Local{Channels: 32, Kernel: 3, Padding: 1})
			x = b.ReLU("relu"+layer, b.BatchNorm("norm"+layer, x))
		}
		near := func(what string, planned int, before uint64) {
			t.Helper()
			if got := float64(totalAlloc() - before); got < float64(planned) || got > 1.1*float64(planned) {
				t.Errorf("%s, %s: %.4g bytes are set aside, %d planned", name, what, got, planned)
			}
		}
		before := totalAlloc()
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 10))
		if err != nil {
			t.Fatal(err)
		}
		training, err := net.Train(32)
		if err != nil {
			t.Fatal(err)
		}
		batch := Batch{Images: make([]float32, 32*3*32*32), Labels: make([]int, 32)}
		if _, err := training.StepWith(batch, Update{Change: func(int, int, []float32) {}}); err != nil {
			t.Fatal(err)
		}
		m := training.Memory()
		m.Optimiser = 0
		m.Activations += 4 * len(batch.Images) // the batch of this test
		near("training", m.Total(), before)
		before = totalAlloc()
		inference, err := net.Infer(32)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := inference.Logits(batch.Images); err != nil {
			t.Fatal(err)
		}
		evaluation, err := net.TrainingMemory(32)
		if err != nil {
			t.Fatal(err)
		}
		near("inference", evaluation.Evaluation, before)
	}
}
