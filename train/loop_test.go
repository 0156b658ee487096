package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"hypnos/graph"
	"hypnos/internal/golden"
)

// endless repeats one batch.
func endless(yield func(graph.Batch, error) bool) {
	for yield(batch, nil) {
	}
}

func options() Options {
	return Options{
		Epochs: 3, StepsPerEpoch: 2, Batch: 2, Training: endless,
		Schedule:    Schedule{Form: Constant, Rate: 0.1},
		Evaluations: []Evaluation{{Batches: once}},
	}
}

// once is one batch.
func once() Batches { return func(yield func(graph.Batch, error) bool) { yield(batch, nil) } }

// The loop measures, sleeps and reports in the order that its Options promise.
func TestRun(t *testing.T) {
	var calls []string
	o := options()
	measured := 0
	o.Measure = func() (any, error) {
		calls = append(calls, "measure")
		measured++
		return measured, nil
	}
	o.Sleep = func(step int) error { calls = append(calls, "sleep"); return nil }
	o.Progress = func(step int) { calls = append(calls, "progress") }
	o.Epoch = func(e Epoch) { calls = append(calls, "epoch") }
	begun := time.Now()
	epochs, err := Run(t.Context(), linear(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if sum, took := epochs[0].Seconds+epochs[1].Seconds+epochs[2].Seconds, time.Since(begun).Seconds(); sum > took {
		t.Errorf("epochs of %v seconds in a run of %v", sum, took)
	}
	want := strings.Repeat("sleep progress measure sleep progress epoch ", 3)
	if got := strings.Join(calls, " ") + " "; got != want {
		t.Errorf("calls: %s, want %s", got, want)
	}
	if len(epochs) != 3 {
		t.Fatalf("%d epochs, want 3", len(epochs))
	}
	for i, e := range epochs {
		if e.Epoch != i+1 || e.Step != 2*(i+1) || e.LearningRate != 0.1 || e.Measured != i+1 || !(e.Seconds > 0) {
			t.Errorf("epoch %d is %+v", i, e)
		}
	}
	if first, last := epochs[0], epochs[2]; !(last.Evaluated[0].Loss < first.Evaluated[0].Loss && last.Training.Loss < first.Training.Loss) {
		t.Errorf("training does not lower the loss: %+v, then %+v", first, last)
	}
	if e := epochs[2].Evaluated[0]; e.Top1 != 1 {
		t.Errorf("two images are not learned: %+v", e)
	}
}

// A run is PyTorch's loop: each step has the rate that the schedule gives it.
func TestRunFollowsTheSchedule(t *testing.T) {
	net, o := linear(t), options()
	o.Epochs, o.StepsPerEpoch = 13, 1
	o.Optimiser, o.Schedule = OptimiserOptions{WeightDecay: 0.01}, Schedule{Rate: 0.1}
	if _, err := Run(t.Context(), net, o); err != nil {
		t.Fatal(err)
	}
	got := append(net.Parameter("fc.weight").Data, net.Parameter("fc.bias").Data...)
	golden.Check(t, "weights", got, readReference(t).Optimisers["adamw one cycle"], 1e-5)

	o = options()
	o.Schedule = Schedule{Form: MultiStep, Rate: 0.1, Milestones: []int{1, 2}}
	epochs, err := Run(t.Context(), linear(t), o)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.1, 0.01, 0.001} {
		golden.Check(t, "rate", []float64{epochs[i].LearningRate}, []float64{want}, 1e-12)
	}
}

// Metrics are means over images, whatever batches they come in; top-5 is of the
// five largest logits of seven.
func TestMetrics(t *testing.T) {
	logits := []float32{ // of rank 0, 4 and 5
		9, 1, 2, 3, 4, 5, 6,
		2, 1, 0, 3, 4, 5, 6,
		1, 2, 0, 3, 4, 5, 6,
	}
	var sum Sums
	if right := sum.add(logits[:14], []int{0, 0}, 1); !slices.Equal(right, []bool{true, false}) {
		t.Errorf("right are %v, want the first", right)
	}
	sum.add(logits[14:], []int{0}, 4)
	if got, want := sum.mean(), (Metrics{Loss: 2, Top1: 1. / 3, Top5: 2. / 3}); got != want {
		t.Errorf("metrics %+v, want %+v", got, want)
	}
}

// The loss of an evaluation is the mean of -ln of the label's share.
func TestCrossEntropy(t *testing.T) {
	ln := func(x float64) float32 { return float32(math.Log(x)) }
	loss, err := crossEntropy([]float32{ln(1), ln(3), ln(4), ln(2), ln(2), ln(4)}, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "loss", []float64{loss}, []float64{(math.Log(8./3) + math.Log(2)) / 2}, 1e-7)
}

// Evaluations are made at the epochs that they are due at and at the last, and
// what is not measured is NaN.
func TestEvaluations(t *testing.T) {
	o := options()
	o.Epochs = 5
	asked := 0
	o.Evaluations = append(o.Evaluations, Evaluation{Every: 2, Batches: func() Batches { asked++; return once() }}, Evaluation{Every: 9, Batches: once})
	epochs, err := Run(t.Context(), linear(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if asked != 3 {
		t.Errorf("evaluated %d times every 2 of 5 epochs, want 3", asked)
	}
	for i, e := range epochs {
		for j, want := range []bool{true, i == 1 || i == 3 || i == 4, i == 4} {
			m := e.Evaluated[j]
			if !want && !(math.IsNaN(m.Loss) && math.IsNaN(m.Top1) && math.IsNaN(m.Top5)) || want && m != e.Evaluated[0] {
				t.Errorf("epoch %d, evaluation %d: %+v", i+1, j, m)
			}
		}
	}
}

// Which images are right is said once an evaluation, in the order of the images,
// and is what top-1 counts.
func TestRight(t *testing.T) {
	first := graph.Batch{Images: batch.Images, Labels: []int{0, 0}} // both answers are not the same label
	o := options()
	o.Epochs = 5
	var heard [][]bool
	o.Evaluations = []Evaluation{{Every: 2, Right: func(right []bool) { heard = append(heard, right) }, Batches: func() Batches {
		return func(yield func(graph.Batch, error) bool) { _ = yield(batch, nil) && yield(first, nil) }
	}}}
	epochs, err := Run(t.Context(), linear(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(heard) != 3 { // after 2, 4 and 5 epochs
		t.Fatalf("heard of %d evaluations, want 3", len(heard))
	}
	want := []bool{true, true, batch.Labels[0] == 0, batch.Labels[1] == 0}
	if !slices.Equal(heard[2], want) {
		t.Errorf("right are %v, want %v", heard[2], want)
	}
	count := 0
	for _, r := range heard[2] {
		if r {
			count++
		}
	}
	if got := epochs[4].Evaluated[0].Top1; got != float64(count)/4 {
		t.Errorf("top-1 is %v, with %d of 4 right", got, count)
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options()
	o.Progress = func(step int) {
		if step == 3 {
			cancel()
		}
	}
	epochs, err := Run(ctx, linear(t), o)
	if !errors.Is(err, context.Canceled) || len(epochs) != 1 {
		t.Errorf("cancelled in epoch 2: %d epochs, %v", len(epochs), err)
	}
	// The last step is the end, whoever cancels in it.
	ctx, cancel = context.WithCancel(t.Context())
	o.Progress = func(step int) {
		if step == 6 {
			cancel()
		}
	}
	if epochs, err := Run(ctx, linear(t), o); err != nil || len(epochs) != 3 {
		t.Errorf("cancelled in the last step: %d epochs, %v", len(epochs), err)
	}
}

// A loss that is not finite stops the run and names epoch, step and layer.
func TestRunDiverges(t *testing.T) {
	net := linear(t)
	o := options()
	o.Progress = func(step int) {
		if step == 3 {
			net.Parameter("fc.weight").Data[1] = float32(math.NaN())
		}
	}
	epochs, err := Run(t.Context(), net, o)
	if err == nil || !strings.Contains(err.Error(), `epoch 2, step 4: the loss is NaN, layer "fc"`) || len(epochs) != 1 {
		t.Errorf("%d epochs, error %v", len(epochs), err)
	}
	net = linear(t)
	net.Parameter("fc.bias").Data[0] = float32(math.Inf(-1)) // the label of image 1
	if _, err := Run(t.Context(), net, options()); err == nil || !strings.Contains(err.Error(), `epoch 1, step 1: the loss is +Inf, layer "fc"`) {
		t.Errorf("error %v", err)
	}
	net = linear(t)
	o.Progress = func(step int) { net.Parameter("fc.bias").Data[1] = float32(math.Inf(1)) }
	o.StepsPerEpoch = 1
	if _, err := Run(t.Context(), net, o); err == nil || !strings.Contains(err.Error(), `epoch 1, step 1: layer "fc" is not finite`) {
		t.Errorf("error %v", err)
	}
}

// labelled evaluates the batch with other labels.
func labelled(labels ...int) func(*Options) {
	return func(o *Options) {
		o.Evaluations[0].Batches = func() Batches {
			return func(yield func(graph.Batch, error) bool) {
				yield(graph.Batch{Images: batch.Images, Labels: labels}, nil)
			}
		}
	}
}

func TestRunErrors(t *testing.T) {
	bad := errors.New("bad")
	for want, change := range map[string]func(*Options){
		"0 epochs of 2 steps":         func(o *Options) { o.Epochs = 0 },
		"3 epochs of 0 steps":         func(o *Options) { o.StepsPerEpoch = 0 },
		"at least 1 of each, and":     func(o *Options) { o.Training = nil },
		"learning rate 0":             func(o *Options) { o.Schedule.Rate = 0 },
		"2 images and 2 labels, want": func(o *Options) { o.Batch = 3 },
		"ended after step 1 of 6":     func(o *Options) { o.Training = func(yield func(graph.Batch, error) bool) { yield(batch, nil) } },
		"bad":                         func(o *Options) { o.Training = func(yield func(graph.Batch, error) bool) { yield(graph.Batch{}, bad) } },
		"train: epoch 1, step 1: bad": func(o *Options) { o.Sleep = func(int) error { return bad } },
		"train: epoch 1, step 2: bad": func(o *Options) { o.Measure = func() (any, error) { return nil, bad } },
		"train: no images": func(o *Options) {
			o.Evaluations[0].Batches = func() Batches { return func(func(graph.Batch, error) bool) {} }
		},
		"an evaluation every -1 epochs": func(o *Options) { o.Evaluations[0].Every = -1 },
		"want at least 0, and batches":  func(o *Options) { o.Evaluations = make([]Evaluation, 1) },
		"label 3 of image 0": func(o *Options) {
			o.Training = func(yield func(graph.Batch, error) bool) {
				yield(graph.Batch{Images: batch.Images, Labels: []int{3, 0}}, nil)
			}
		},
		"train: label 3 of image 1, want one of 3 classes":  labelled(2, 3),
		"train: label -1 of image 0, want one of 3 classes": labelled(-1, 0),
	} {
		o := options()
		change(&o)
		if _, err := Run(t.Context(), linear(t), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestRank(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		logits []float32
		label  int
		want   int
	}{
		{[]float32{1, 3, 2}, 1, 0}, {[]float32{1, 3, 2}, 0, 2},
		{[]float32{2, 2, 2}, 0, 0}, {[]float32{2, 2, 2}, 2, 2}, // ties go to the lower index
		{[]float32{nan, nan}, 0, 2}, {[]float32{nan, 1}, 1, 0},
	} {
		if got := rank(c.logits, c.label); got != c.want {
			t.Errorf("rank of %d in %v is %d, want %d", c.label, c.logits, got, c.want)
		}
	}
}

// Images without labels, or with too many, are not evaluated.
func TestEvaluateLabels(t *testing.T) {
	b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 4, Width: 4}})
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", b.Input()), 6))
	if err != nil {
		t.Fatal(err)
	}
	inference, err := net.Infer(2)
	if err != nil {
		t.Fatal(err)
	}
	for _, labels := range [][]int{nil, {1}, {1, 2, 3}} { // the logits of two images are those of three of 4 classes
		_, err := Evaluate(inference, func(yield func(graph.Batch, error) bool) {
			yield(graph.Batch{Images: make([]float32, 2*3*4*4), Labels: labels}, nil)
		})
		if want := fmt.Sprintf("2 images and %d labels", len(labels)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// A step of the optimiser beside another use of the network, or before there are gradients,
// is an error, and so is an optimiser whose averages do not fit into memory.
func TestOptimiserRefuses(t *testing.T) {
	build := func(limit int) *graph.Network {
		b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 4, Width: 4}, MemoryLimit: limit})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", b.Input()), 1000))
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	net := build(0)
	training, err := net.Train(2)
	if err != nil {
		t.Fatal(err)
	}
	optimiser, err := NewOptimiser(training, OptimiserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := optimiser.Step(1, 0); err == nil || !strings.Contains(err.Error(), "there are no gradients") {
		t.Errorf("error %v of a step without gradients", err)
	}
	if _, err := training.Step(graph.Batch{Images: make([]float32, 96), Labels: []int{1, 2}}); err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(net.Parameter("fc.bias").Data)
	const inUse = "in use by another goroutine"
	err = net.Change(func() error { return optimiser.Step(1, 0) })
	if err == nil || !strings.Contains(err.Error(), inUse) || !slices.Equal(before, net.Parameter("fc.bias").Data) {
		t.Errorf("error %v, want %s and parameters as before", err, inUse)
	}
	if err := optimiser.Step(1, 0); err != nil || slices.Equal(before, net.Parameter("fc.bias").Data) {
		t.Errorf("error %v, or no step", err)
	}

	m := training.Memory()
	for _, c := range []struct {
		limit int
		o     OptimiserOptions
		fits  bool
	}{
		{m.Total(), OptimiserOptions{}, true},
		{m.Total() - 1, OptimiserOptions{}, false},
		{m.Total() - m.Gradients, OptimiserOptions{Method: SGD, Momentum: 0.9}, true},
		{m.Total() - m.Gradients - 1, OptimiserOptions{Method: SGD, Momentum: 0.9}, false},
		{m.Total() - m.Optimiser, OptimiserOptions{Method: SGD}, true},
	} {
		net := build(c.limit)
		training, err := net.Train(2)
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewOptimiser(training, c.o)
		checked := CheckMemory(net, Options{Batch: 2, Optimiser: c.o})
		for _, err := range []error{err, checked} {
			if (err == nil) != c.fits || err != nil && !strings.Contains(err.Error(), "averages of the optimiser ") {
				t.Errorf("%d bytes, %+v: error %v", c.limit, c.o, err)
			}
		}
	}
}
