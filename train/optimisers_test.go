package train

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
)

// What PyTorch 1.13 does; testdata/optimisers.py wrote it.
//
//go:embed testdata/optimisers.json
var reference []byte

type pytorch struct {
	Optimisers map[string][]float64    `json:"optimisers"`
	OneCycle   map[string][][2]float64 `json:"one cycle"`
}

func readReference(t *testing.T) pytorch {
	t.Helper()
	var p pytorch
	if err := json.Unmarshal(reference, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// linear is a network that is a linear layer: four channels of one pixel.
func linear(t *testing.T) *graph.Network { return dropping(t, 0) }

// dropping is the linear network, which drops a share of its inputs.
func dropping(t *testing.T, rate float64) *graph.Network {
	t.Helper()
	b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 4, Height: 1, Width: 1}})
	net, err := b.Build(b.Linear("fc", b.Dropout("drop", b.GlobalAveragePool("pool", b.Input()), rate), 3))
	if err != nil {
		t.Fatal(err)
	}
	copy(net.Parameter("fc.weight").Data, []float32{0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8, 0.9, -1.0, 1.1, -1.2})
	copy(net.Parameter("fc.bias").Data, []float32{0.01, -0.02, 0.03})
	return net
}

var batch = graph.Batch{Images: []float32{0.5, -1.0, 0.25, 2.0, -1.5, 0.75, 1.0, -0.5}, Labels: []int{2, 0}}

func TestOptimisers(t *testing.T) {
	want := readReference(t).Optimisers
	constant, oneCycle := Schedule{Form: Constant, Rate: 0.1}, Schedule{Rate: 0.1}
	cases := map[string]struct {
		options  OptimiserOptions
		schedule Schedule
		steps    int
	}{
		"sgd":             {OptimiserOptions{Method: SGD}, constant, 12},
		"sgd momentum":    {OptimiserOptions{Method: SGD, Momentum: 0.9, WeightDecay: 0.01}, constant, 12},
		"sgd nesterov":    {OptimiserOptions{Method: SGD, Momentum: 0.9, WeightDecay: 0.01, Nesterov: true}, constant, 12},
		"adam":            {OptimiserOptions{Method: Adam, WeightDecay: 0.01}, constant, 12},
		"adam betas":      {OptimiserOptions{Method: Adam, Beta1: 0.8, Beta2: 0.95, Epsilon: 0.1}, constant, 12},
		"adamw":           {OptimiserOptions{WeightDecay: 0.01}, constant, 12},
		"adamw one cycle": {OptimiserOptions{WeightDecay: 0.01}, oneCycle, 13},
		"sgd one cycle":   {OptimiserOptions{Method: SGD, Momentum: 0.9}, oneCycle, 13},
	}
	if len(cases) != len(want) {
		t.Errorf("%d cases, the reference has %d", len(cases), len(want))
	}
	for name, c := range cases {
		net := linear(t)
		training, err := net.Train(2)
		if err != nil {
			t.Fatal(err)
		}
		optimiser, err := NewOptimiser(training, c.options)
		if err != nil {
			t.Fatal(err)
		}
		for step := range c.steps {
			if _, err := training.Step(batch); err != nil {
				t.Fatal(err)
			}
			optimiser.Step(c.schedule.At(step, c.steps, c.steps))
		}
		got := append(net.Parameter("fc.weight").Data, net.Parameter("fc.bias").Data...)
		golden.Check(t, name, got, want[name], 1e-5)
	}
}

func TestOneCycle(t *testing.T) {
	for name, want := range readReference(t).OneCycle {
		steps, err := strconv.Atoi(name)
		if err != nil || steps != len(want) {
			t.Fatalf("%q: %d rates, %v", name, len(want), err)
		}
		for step, w := range want {
			rate, momentum := Schedule{Rate: 0.02}.At(step, steps, 5)
			golden.Check(t, "one cycle", []float64{rate, momentum}, w[:], 1e-9)
			golden.Check(t, "rate", []float64{rate}, w[:1], 1e-6)
		}
	}
}

func TestMultiStep(t *testing.T) {
	s, err := Schedule{Form: MultiStep, Rate: 1, Milestones: []int{2, 3}}.check()
	if err != nil {
		t.Fatal(err)
	}
	for step, want := range map[int]float64{0: 1, 19: 1, 20: 0.1, 29: 0.1, 30: 0.01, 99: 0.01} {
		rate, momentum := s.At(step, 100, 10)
		golden.Check(t, "rate", []float64{rate, 1}, []float64{want, 1}, 1e-15)
		if momentum != 0 {
			t.Errorf("momentum %v, want the optimiser's own", momentum)
		}
	}
}

func TestBadOptions(t *testing.T) {
	training, err := linear(t).Train(2)
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]OptimiserOptions{
		"method Method(3) is none of adamw, adam, sgd":    {Method: 3},
		"method Method(-1) is none of":                    {Method: -1},
		"weight decay -1, want at least 0 and below +Inf": {WeightDecay: -1},
		"weight decay +Inf":                               {WeightDecay: math.Inf(1)},
		"momentum 1, want at least 0 and below 1":         {Momentum: 1},
		"beta1 1, want at least 0 and below 1":            {Beta1: 1},
		"beta2 -0.1, want at least 0 and below 1":         {Beta2: -0.1},
		"epsilon -1":  {Epsilon: -1},
		"epsilon NaN": {Epsilon: math.NaN()},
	} {
		if _, err := NewOptimiser(training, o); err == nil || !strings.Contains(err.Error(), "train: "+want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for want, s := range map[string]Schedule{
		"learning rate 0, want a positive number":          {},
		"learning rate -1":                                 {Rate: -1},
		"learning rate +Inf":                               {Rate: math.Inf(1)},
		"schedule Form(3) is none of onecycle, multistep,": {Form: 3, Rate: 1},
		"schedule Form(-1) is none of":                     {Form: -1, Rate: 1},
		"gamma -1, want a positive number":                 {Form: MultiStep, Rate: 1, Gamma: -1},
		"gamma +Inf":                                       {Form: MultiStep, Rate: 1, Gamma: math.Inf(1)},
		"milestones [1 0], want epochs of at least 1":      {Form: MultiStep, Rate: 1, Milestones: []int{1, 0}},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), "train: "+want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := ParseMethod("adagrad"); err == nil || !strings.Contains(err.Error(), `unknown optimizer "adagrad", want one of adamw, adam, sgd`) {
		t.Errorf("adagrad: error %v", err)
	}
	if _, err := ParseForm("linear"); err == nil || !strings.Contains(err.Error(), `unknown schedule "linear", want one of onecycle, multistep, constant`) {
		t.Errorf("linear: error %v", err)
	}
	for i := range methods {
		if m, err := ParseMethod(Method(i).String()); err != nil || m != Method(i) {
			t.Errorf("method %d is read as %v, %v", i, m, err)
		}
	}
	for i := range forms {
		if f, err := ParseForm(Form(i).String()); err != nil || f != Form(i) {
			t.Errorf("form %d is read as %v, %v", i, f, err)
		}
	}
}

// Names of kinds that do not exist are said with their number.
func TestNames(t *testing.T) {
	for want, kind := range map[string]fmt.Stringer{
		"adamw": AdamW, "adam": Adam, "sgd": SGD, "Method(-1)": Method(-1), "Method(3)": SGD + 1,
		"onecycle": OneCycle, "multistep": MultiStep, "constant": Constant, "Form(-1)": Form(-1), "Form(9)": Form(9),
	} {
		if got := kind.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A training step at once has the bits of one whose gradients are kept and used afterwards,
// on any number of threads, in every method and for all kinds of parameters.
func TestTrainStep(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	batch := graph.Batch{Images: make([]float32, 5*3*9*9), Labels: []int{0, 1, 2, 3, 1}}
	for i := range batch.Images {
		batch.Images[i] = float32(i%17)/8 - 1
	}
	after := func(o OptimiserOptions, local bool, threads int, atOnce bool) []float32 {
		runtime.GOMAXPROCS(threads)
		b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 9, Width: 9}, Connectivity: graph.Connectivity{Local: local}, Seed: 1})
		x := b.BatchNorm("norm1", b.Local("conv1", b.Input(), graph.Local{Channels: 5, Kernel: 3, Padding: 1}))
		x = b.ReLU("relu", b.Local("conv2", x, graph.Local{Channels: 7, Kernel: 3, Stride: 2}))
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 4))
		if err != nil {
			t.Fatal(err)
		}
		training, err := net.Train(5)
		if err != nil {
			t.Fatal(err)
		}
		optimiser, err := NewOptimiser(training, o)
		if err != nil {
			t.Fatal(err)
		}
		var all []float32
		for step := range 4 {
			momentum := []float64{0, 0.8}[step%2]
			var loss float64
			if atOnce {
				loss, err = optimiser.TrainStep(batch, 0.01, momentum)
			} else if loss, err = training.Step(batch); err == nil {
				err = optimiser.Step(0.01, momentum)
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, float32(loss))
		}
		if atOnce != (training.Gradient(0) == nil) {
			t.Errorf("at once %t, and gradients are there: %t", atOnce, training.Gradient(0) != nil)
		}
		for _, p := range net.Parameters() {
			all = append(all, p.Data...)
		}
		for _, a := range optimiser.State().Averages {
			all = append(append(all, a.First...), a.Second...)
		}
		return append(all, float32(optimiser.State().Steps))
	}
	for _, o := range []OptimiserOptions{
		{WeightDecay: 0.1}, {Method: Adam, WeightDecay: 0.1}, {Method: SGD}, {Method: SGD, Momentum: 0.9, Nesterov: true, WeightDecay: 0.1},
	} {
		for _, local := range []bool{true, false} {
			want := after(o, local, 1, false)
			for _, threads := range []int{1, 2, 3, 8} {
				if got := after(o, local, threads, true); !slices.Equal(got, want) {
					t.Errorf("%+v, local %t, %d threads: other bits", o, local, threads)
				}
			}
		}
	}
}

// A step whose loss is not finite changes no parameter, and is not counted.
func TestTrainStepNotFinite(t *testing.T) {
	net := linear(t)
	training, err := net.Train(2)
	if err != nil {
		t.Fatal(err)
	}
	optimiser, err := NewOptimiser(training, OptimiserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(net.Parameter("fc.weight").Data)
	images := make([]float32, 2*net.Options.Input.Channels*net.Options.Input.Height*net.Options.Input.Width)
	images[0] = float32(math.NaN())
	loss, err := optimiser.TrainStep(graph.Batch{Images: images, Labels: []int{0, 1}}, 1, 0)
	if err != nil || !math.IsNaN(loss) || optimiser.State().Steps != 0 || !slices.Equal(before, net.Parameter("fc.weight").Data) {
		t.Errorf("loss %v, error %v, %d steps; weights %v, before %v", loss, err, optimiser.State().Steps, net.Parameter("fc.weight").Data, before)
	}
}
