package weightshare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hypnos/graph"
	"hypnos/internal/golden"
	"hypnos/internal/kernel"
	"hypnos/ops"
)

// maps are inputs of layers whose pools have several neurons.
var maps = graph.Size{Channels: 2, Height: 14, Width: 13}

// asleep is a network whose local layer sees maps, with a Sleeper.
func asleep(t *testing.T, p Phase, kernel int) (*graph.Network, *graph.Layer, *Sleeper) {
	t.Helper()
	net := network(t, maps, graph.Local{Channels: 3, Kernel: kernel, Padding: (kernel - 1) / 2}, graph.Connectivity{Local: true})
	sleeper, err := New(net, Options{Phase: p, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	return net, net.LocalLayers()[0], sleeper
}

// sleep sleeps once.
func sleep(t *testing.T, s *Sleeper) []Change {
	t.Helper()
	changes, err := s.Sleep()
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// poolMeans are the mean weights of all pools of a layer, at each location.
func poolMeans(t *testing.T, l *graph.Layer) []float32 {
	t.Helper()
	pools, err := poolOptions(l.Field, 0, ops.BorderAlone).Pools()
	if err != nil {
		t.Fatal(err)
	}
	mean := make([]float32, len(l.Field.Weight.Data))
	kernel.PoolMean(mean, l.Field.Weight.Data, pools, len(mean)/l.Field.Weight.Shape[0])
	return mean
}

// hebbian is a phase that goes far, and is quick on small layers.
func hebbian(gamma float64) Phase {
	p := Reference(Hebbian)
	p.Gamma = gamma
	return p
}

func TestHebbianKeepsThePoolMean(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		p := hebbian(rapid.SampledFrom([]float64{0, 0.01, 0.5}).Draw(r, "gamma"))
		p.Iterations, p.Patterns = rapid.IntRange(1, 30).Draw(r, "iterations"), rapid.IntRange(20, 40).Draw(r, "patterns")
		net, l, s := asleep(t, p, rapid.SampledFrom([]int{1, 3}).Draw(r, "kernel"))
		shake(net, rapid.Uint64().Draw(r, "weights"))
		before := poolMeans(t, l)
		sleep(t, s)
		golden.Check(t, "pool mean", poolMeans(t, l), float64s(before), 1e-6)
	})
}

// shake draws new weights.
func shake(net *graph.Network, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	for _, l := range net.LocalLayers() {
		for i := range l.Field.Weight.Data {
			l.Field.Weight.Data[i] = float32(1 + random.NormFloat64())
		}
	}
}

// The default rate lets wide fields come together, which the reference's would
// let diverge.
func TestWideFields(t *testing.T) {
	for _, rate := range []float64{0, 0.1} {
		b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 60, Height: 9, Width: 9}, Connectivity: graph.Connectivity{Local: true}, Seed: 1})
		x := b.Local("conv", b.Input(), graph.Local{Channels: 2, Kernel: 3, Padding: 1})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		p := Reference(Hebbian)
		p.Rate, p.Patterns = rate, 16
		s, err := New(net, Options{Phase: p, Schedule: Schedule{Steps: 1}})
		if err != nil {
			t.Fatal(err)
		}
		switch changes, err := s.Sleep(); {
		case rate == 0 && err != nil:
			t.Error(err)
		case rate == 0 && !(changes[0].Spread < 0.3):
			t.Errorf("spread %v", changes[0].Spread)
		case rate > 0 && err == nil:
			t.Errorf("a rate of %v does not diverge: the test tests nothing", rate)
		}
	}
}

// From any start a long sleep comes to the closed-form fixed point, as near as
// patterns that are drawn anew at each iteration allow.
func TestFixedPoint(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred long sleeps")
	}
	rapid.Check(t, func(r *rapid.T) {
		p := hebbian(rapid.SampledFrom([]float64{0, 0.01, 0.1, 1}).Draw(r, "gamma"))
		p.Iterations, p.Rate, p.Patterns = 300, 0.05, 256
		net, l, s := asleep(t, p, 3)
		shake(net, rapid.Uint64().Draw(r, "weights"))
		before, mean := slices.Clone(l.Field.Weight.Data), poolMeans(t, l)
		spread := sleep(t, s)[0].Spread
		distance, start := 0.0, 0.0
		for i, w := range l.Field.Weight.Data {
			fixed := (float64(mean[i]) + p.Gamma*float64(before[i])) / (1 + p.Gamma)
			distance += math.Pow(float64(w)-fixed, 2)
			start += math.Pow(float64(before[i])-fixed, 2)
		}
		if want := math.Sqrt(distance / start); math.Abs(spread-want) > 1e-4 {
			r.Errorf("spread %v, by its definition %v", spread, want)
		}
		if limit := 1e-3 + p.Gamma/10; spread > limit {
			r.Errorf("gamma %v: spread %v, want at most %v", p.Gamma, spread, limit)
		}
	})
}

// Weights that agree stay what they are, to the bit, where nothing pulls.
func TestSleepAfterSharingChangesNothing(t *testing.T) {
	for _, kind := range []Kind{Instant, Hebbian} {
		p := Reference(kind)
		p.Gamma = 0
		net, l, s := asleep(t, p, 3)
		share(t, net)
		before := slices.Clone(l.Field.Weight.Data)
		sleep(t, s)
		golden.Check(t, kind.String(), l.Field.Weight.Data, float64s(before), 0)
	}
}

// Weights that agree are at the fixed point, from which there is no share of a way left:
// the spread of a phase that moves their means, as a dynamic one does, is not a number.
func TestSpreadAfterSharing(t *testing.T) {
	for _, engine := range []Engine{Fast, Graph} {
		p := Reference(Dynamic)
		p.Engine, p.Iterations, p.Gamma = engine, 5, 0.01
		net, l, s := asleep(t, p, 3)
		share(t, net)
		before := slices.Clone(l.Field.Weight.Data)
		if spread := sleep(t, s)[0].Spread; !math.IsNaN(spread) {
			t.Errorf("%v: spread %v, want NaN", engine, spread)
		}
		if slices.Equal(before, l.Field.Weight.Data) {
			t.Errorf("%v: no mean has moved: the test tests nothing", engine)
		}
	}
}

// With strong inhibition the dynamic rule is the Hebbian one.
func TestDynamicTendsToHebbian(t *testing.T) {
	p := hebbian(0.01)
	p.Iterations = 20
	_, l, s := asleep(t, p, 3)
	sleep(t, s)
	want := float64s(l.Field.Weight.Data)
	last := math.Inf(1)
	for _, alpha := range []float64{1, 10, 100, 1000} {
		d := p
		d.Kind, d.Alpha, d.Tau, d.Steps = Dynamic, alpha, 2+alpha, 40*int(2+alpha)
		_, l, s := asleep(t, d, 3)
		sleep(t, s)
		far := 0.0
		for i, w := range l.Field.Weight.Data {
			far = max(far, math.Abs(float64(w)-want[i]))
		}
		if !(far < last/2) {
			t.Errorf("alpha %v: weights differ by %v, at a smaller alpha by %v", alpha, far, last)
		}
		last = far
	}
	if last > 5e-3 {
		t.Errorf("at alpha 1000 weights differ by %v", last)
	}
}

// Every kind brings the weights of pools together: SNR rises.
func TestSleepRaisesSNR(t *testing.T) {
	over := Reference(Dynamic)
	over.OverTime, over.Settle, over.Rate, over.Momentum, over.Iterations = true, 50, 1e-4, 0.95, 10
	patches, pooled := Reference(Hebbian), Reference(Hebbian)
	patches.Source, patches.Rate, pooled.Source, pooled.Rate = Patches, 0, Pooled, 0
	for name, p := range map[string]Phase{
		"instant": {}, "hebbian": Reference(Hebbian), "dynamic": Reference(Dynamic), "over time": over, "patches": patches, "pooled": pooled,
	} {
		net := network(t, maps, graph.Local{Channels: 3, Kernel: 3, Padding: 1}, graph.Connectivity{Local: true})
		l := net.LocalLayers()[0]
		s, err := New(net, Options{Phase: p, Images: func(_, n int) ([]float32, error) {
			images := make([]float32, n*maps.Channels*maps.Height*maps.Width)
			random := rand.New(rand.NewPCG(1, 1))
			for i := range images {
				images[i] = float32(random.NormFloat64())
			}
			return images, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		before := PoolSNR(l)
		changes := sleep(t, s)
		after := PoolSNR(l)
		if !(after > 2*before) || !slices.EqualFunc(changes, s.Last(), func(a, b Change) bool { return a.Layer == b.Layer && a.Cosine == b.Cosine }) {
			t.Errorf("%s: w-SNR from %v to %v, %+v", name, before, after, changes)
		}
	}
}

// A pool of weights 1 and 3, and of 2 and 2, at each of two positions.
func TestPoolSNR(t *testing.T) {
	net := network(t, graph.Size{Channels: 2, Height: 1, Width: 2}, graph.Local{Channels: 1, Kernel: 1}, graph.Connectivity{Local: true})
	l := net.LocalLayers()[0]
	copy(l.Field.Weight.Data, []float32{1, 4, 3, 8}) // means 2, 6; variances 1, 4
	golden.Check(t, "w-SNR", []float64{PoolSNR(l)}, []float64{(4./1 + 36./4) / 2}, 1e-15)
	share(t, net)
	if snr := PoolSNR(l); !math.IsInf(snr, 1) {
		t.Errorf("w-SNR of equal weights is %v", snr)
	}
	if m := Measure(net); len(m) != 1 || m[0].Layer != "local" || m[0].PoolSNR != PoolSNR(l) {
		t.Errorf("measures %+v", m)
	}
}

// Where every location sees padding there is no SNR.
func TestSNROfNothing(t *testing.T) {
	for _, side := range []int{2, 3} { // no location, and one, that sees none
		net := network(t, graph.Size{Channels: 1, Height: side, Width: side}, graph.Local{Channels: 1, Kernel: 3, Padding: 1}, graph.Connectivity{Local: true})
		if snr := SNR(net.LocalLayers()[0]); !math.IsNaN(snr) {
			t.Errorf("of %d×%d: SNR %v, want NaN", side, side, snr)
		}
	}
}

// Weights that are equal to the bit have no deviation, whatever their mean rounds to.
func TestEqualWeights(t *testing.T) {
	net := network(t, graph.Size{Channels: 5, Height: 7, Width: 11}, graph.Local{Channels: 3, Kernel: 1}, graph.Connectivity{Local: true})
	share(t, net)
	l := net.LocalLayers()[0]
	if within, all := PoolSNR(l), SNR(l); !math.IsInf(within, 1) || !math.IsInf(all, 1) {
		t.Errorf("w-SNR %v, SNR %v of equal weights", within, all)
	}
}

// A sleep that diverges names the layer and leaves the weights of before.
func TestDivergence(t *testing.T) {
	if testing.Short() {
		t.Skip("large layers")
	}
	for name, c := range map[string]struct {
		rate   float64
		layer  string
		engine Engine
	}{"falls": {0.9, "second", Fast}, "not finite": {100, "first", Fast}, "falls from": {0.9, "second", Graph}, "are not finite": {100, "first", Graph}} {
		p := Reference(Hebbian)
		p.Rate, p.Engine = c.rate, c.engine
		b := graph.NewBuilder(graph.Options{Input: maps, Connectivity: graph.Connectivity{Local: true}})
		// The first layer, whose neurons see less, does not diverge at 0.9.
		x := b.Local("first", b.Input(), graph.Local{Channels: 32, Kernel: 3, Padding: 1})
		x = b.Local("second", x, graph.Local{Channels: 4, Kernel: 3, Padding: 1})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		var before [][]float32
		for _, p := range net.Parameters() {
			before = append(before, slices.Clone(p.Data))
		}
		s, err := New(net, Options{Phase: p})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Sleep()
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), strconv.Quote(c.layer)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
		for i, p := range net.Parameters() {
			if !slices.Equal(before[i], p.Data) {
				t.Errorf("%s: %s is not what it was", name, p.Name)
			}
		}
	}
}

// A phase is a function of its seed, on any number of threads; a second phase
// has other patterns.
func TestSameSeedSameSleep(t *testing.T) {
	for _, engine := range []Engine{Fast, Graph} {
		sameSeedSameSleep(t, engine)
	}
}

func sameSeedSameSleep(t *testing.T, engine Engine) {
	p := Reference(Dynamic)
	p.Engine, p.Iterations = engine, 20
	run := func(threads int, seed uint64, skip int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		net, l, s := asleep(t, p, 3)
		s.options.Seed, s.phases = seed, skip
		shake(net, 1)
		sleep(t, s)
		return slices.Clone(l.Field.Weight.Data)
	}
	want := run(2, 1, 0)
	for _, threads := range []int{1, 3} {
		if !slices.Equal(run(threads, 1, 0), want) {
			t.Errorf("%v: %d threads differ", engine, threads)
		}
	}
	if slices.Equal(run(2, 2, 0), want) || slices.Equal(run(2, 1, 1), want) {
		t.Errorf("%v: another seed or phase gives the same weights", engine)
	}
}

func TestMistakes(t *testing.T) {
	local := graph.Connectivity{Local: true}
	layer := graph.Local{Channels: 1, Kernel: 3}
	phase := func(change func(*Phase)) Options {
		p := Reference(Dynamic)
		change(&p)
		return Options{Phase: p}
	}
	for i, c := range []struct {
		options Options
		network graph.Connectivity
		want    string
	}{
		{Options{}, graph.Connectivity{}, "the network has no locally connected layers whose weights"},
		{Options{}, graph.Connectivity{Local: true, FirstConvolutional: 1}, "no locally connected layers"},
		{Options{Schedule: Schedule{Steps: -1}}, local, "sleep every -1 steps and 0 epochs, want at least 0"},
		{Options{Schedule: Schedule{Epochs: 1}}, local, "sleep every 1 epochs of 0 steps, want at least 1"},
		{Options{Schedule: Schedule{AtEnd: true}}, local, "sleep after the last of 0 steps, want at least 1"},
		{Options{Phase: Phase{Kind: 3}}, local, "kind of sleep 3 is none of instant, hebbian, dynamic"},
		{Options{Phase: Phase{Period: 2}}, local, `layer "local": ops: pools: a pattern of 2×2 pixels is smaller than the kernel of 3×3`},
		{phase(func(p *Phase) { p.Border = ops.BorderPooled }), local, "border pooled: in a dynamic phase neurons that see padding are alone"},
		{phase(func(p *Phase) { p.Period = -1 }), local, "patterns of -1 pixels, want at least the kernel"},
		{phase(func(p *Phase) { p.Iterations = 0 }), local, "0 iterations of 128 patterns, want at least 1 of each"},
		{phase(func(p *Phase) { p.Patterns = 0 }), local, "100 iterations of 0 patterns, want at least 1 of each"},
		{phase(func(p *Phase) { p.Rate = -0.1 }), local, "learning rate -0.1, want a number of at least 0"},
		{phase(func(p *Phase) { p.Rate = math.NaN() }), local, "learning rate NaN"},
		{phase(func(p *Phase) { p.Gamma = -1 }), local, "gamma -1, want a number of at least 0"},
		{phase(func(p *Phase) { p.Momentum = 1 }), local, "momentum 1, want at least 0 and below 1"},
		{phase(func(p *Phase) { p.Alpha = -1 }), local, "alpha -1, want a number of at least 0"},
		{phase(func(p *Phase) { p.Tau = -1 }), local, "tau -1, want a positive number"},
		{phase(func(p *Phase) { p.Steps = 0 }), local, "0 steps, want at least 1"},
		{phase(func(p *Phase) { p.Alpha = 55 }), local, "at tau 30 and alpha 55 the mean rate of a pool still rings"},
		{phase(func(p *Phase) { p.OverTime, p.Settle = true, 150 }), local, "off for 150 of 150 steps"},
		{phase(func(p *Phase) { p.Engine = 2 }), local, "engine of sleep 2 is none of fast, graph"},
		{phase(func(p *Phase) { p.Source = 9 }), local, "source of patterns 9 is none of gaussian, patches, pooled"},
		{phase(func(p *Phase) { p.Source = Patches }), local, "patches patterns are made from images, and there are none"},
	} {
		net := network(t, graph.Size{Channels: 1, Height: 6, Width: 6}, layer, c.network)
		_, err := New(net, c.options)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("case %d: error %v, want one line with %q", i, err, c.want)
		}
	}
	for want, parse := range map[string]func(string) error{
		`unknown kind of sleep "nap", want one of instant, hebbian, dynamic`:      func(name string) error { _, err := ParseKind(name); return err },
		`unknown source of patterns "nap", want one of gaussian, patches, pooled`: func(name string) error { _, err := ParseSource(name); return err },
		`unknown engine of sleep "nap", want one of fast, graph`:                  func(name string) error { _, err := ParseEngine(name); return err },
	} {
		if err := parse("nap"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for i := range Kinds() {
		if k, err := ParseKind(Kind(i).String()); err != nil || k != Kind(i) {
			t.Errorf("kind %d is read as %v, %v", i, k, err)
		}
	}
	for i := range sources {
		if s, err := ParseSource(Source(i).String()); err != nil || s != Source(i) {
			t.Errorf("source %d is read as %v, %v", i, s, err)
		}
	}
	for i := range engines {
		if e, err := ParseEngine(Engine(i).String()); err != nil || e != Engine(i) {
			t.Errorf("engine %d is read as %v, %v", i, e, err)
		}
	}
	if err := Share(network(t, maps, layer, graph.Connectivity{Local: true, Frozen1x1: true})); err != nil {
		t.Error(fmt.Errorf("a layer that learns: %w", err))
	}
}

// Phases that a Sleeper has not seen itself, but was told of, leave the same
// weights.
func TestSleeperState(t *testing.T) {
	local := graph.Local{Channels: 3, Kernel: 3, Padding: 1}
	p := Reference(Hebbian)
	p.Iterations, p.Source, p.Rate = 3, Patches, 0
	o := Options{Phase: p, Images: func(phase, n int) ([]float32, error) {
		images := make([]float32, n*maps.Channels*maps.Height*maps.Width)
		random := rand.New(rand.NewPCG(1, uint64(phase)))
		for i := range images {
			images[i] = float32(random.NormFloat64())
		}
		return images, nil
	}}
	sleeper := func() (*Sleeper, *graph.Network) {
		net := network(t, maps, local, graph.Connectivity{Local: true})
		s, err := New(net, o)
		if err != nil {
			t.Fatal(err)
		}
		return s, net
	}
	whole, want := sleeper()
	sleep(t, whole)
	other, net := sleeper()
	copy(net.LocalLayers()[0].Field.Weight.Data, want.LocalLayers()[0].Field.Weight.Data)
	if err := other.Restore(whole.State()); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(other.Last()) != fmt.Sprint(whole.Last()) { // NaN is not equal to itself
		t.Errorf("the last phase is %+v, want %+v", other.Last(), whole.Last())
	}
	sleep(t, whole)
	sleep(t, other)
	if !slices.Equal(net.LocalLayers()[0].Field.Weight.Data, want.LocalLayers()[0].Field.Weight.Data) {
		t.Error("the second phase differs")
	}
	for _, bad := range []SleeperState{{Phases: -1}, {Phases: 1, Last: []Change{{Layer: "other"}}}, {Last: make([]Change, 2)}} {
		if err := other.Restore(bad); err == nil || !strings.Contains(err.Error(), "1 layers that sleep") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// Layers that see the same input, with kernels of different sizes, have pooled
// patterns as if each were the only one.
func TestPooledPatternsOfBranches(t *testing.T) {
	images := make([]float32, 2*maps.Channels*maps.Height*maps.Width)
	random := rand.New(rand.NewPCG(1, 1))
	for i := range images {
		images[i] = float32(random.NormFloat64())
	}
	p := Reference(Hebbian)
	p.Source, p.Patterns = Pooled, 2
	seen := func(kernels ...int) [][]float32 {
		b := graph.NewBuilder(graph.Options{Input: maps, Connectivity: graph.Connectivity{Local: true}})
		var branches []*graph.Layer
		for _, k := range kernels {
			branches = append(branches, b.Local(fmt.Sprint("kernel", k), b.Input(), graph.Local{Channels: 2, Kernel: k, Padding: (k - 1) / 2}))
		}
		x := branches[0]
		if len(branches) > 1 {
			x = b.Add("sum", branches[0], branches[1])
		}
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(net, Options{Phase: p, Images: func(_, n int) ([]float32, error) { return images, nil }})
		if err != nil {
			t.Fatal(err)
		}
		sleeping, err := s.fallAsleep()
		if err != nil {
			t.Fatal(err)
		}
		var all [][]float32
		for _, l := range sleeping {
			all = append(all, l.patterns.seen)
		}
		return all
	}
	both := seen(1, 3)
	for i, k := range []int{1, 3} {
		golden.Check(t, fmt.Sprint("kernel ", k), both[i], float64s(seen(k)[0]), 0)
	}
}
