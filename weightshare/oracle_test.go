package weightshare

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"hypnos/graph"
	"hypnos/internal/golden"
	"hypnos/internal/kernel"
	"hypnos/ops"
)

// slowly is a phase as the definitions say it, in float64: patterns tiled over
// the input, every neuron's response, and its rule, location by location.
func slowly(net *graph.Network, p Phase, seed uint64, number int) [][]float64 {
	var all [][]float64
	for _, l := range net.LocalLayers() {
		f := l.Field
		start := float64s(f.Weight.Data)
		w, velocity, gradient := append([]float64(nil), start...), make([]float64, len(start)), make([]float64, len(start))
		rows, columns := max(p.Period, f.Kernel), max(p.Period, f.KernelWidth)
		g := kernel.Local{
			H: f.Input.Height, W: f.Input.Width, C: f.Input.Channels, N: p.Patterns, OH: f.Output.Height, OW: f.Output.Width, O: f.Channels,
			KH: f.Kernel, KW: f.KernelWidth, StrideH: f.Stride, StrideW: f.StrideWidth, DilationH: f.Dilation, DilationW: f.DilationWidth,
			Top: f.Padding + f.Pad.Top, Left: f.Padding + f.Pad.Left, Right: f.Padding + f.Pad.Right, Groups: f.Groups,
		}
		pools, err := poolOptions(f, p.Period, ops.BorderAlone).Pools()
		if err != nil {
			panic(err)
		}
		inPool := map[int]bool{}
		for _, pool := range pools {
			for _, location := range pool {
				inPool[location] = len(pool) > 1
			}
		}
		size := g.O * g.N
		z := make([]float64, g.OH*g.OW*size)
		rate, inhibition := make([]float64, len(z)), make([]float64, len(pools)*size)
		rest := func() {
			for i := range rate {
				rate[i] = 1
			}
			clear(inhibition)
		}
		rest()
		draw := patterns{rows: rows, columns: columns, channels: g.C, count: g.N}
		drawn := make([]float32, draw.size())
		x := make([]float64, g.H*g.W*g.C*g.N)
		// learn is a step of the rule, for neurons that are not alone: in the
		// dynamic rule one that is would inhibit itself.
		learn := func(response []float64) {
			for location := range g.OH * g.OW {
				if !inPool[location] {
					clear(response[location*size:][:size])
				}
			}
			kernel.WeightGradient(kernel.NewPlan(g), gradient, x, response)
			kernel.HebbianStep(kernel.Hebbian{Rate: p.Rate, Scale: 1 / float64(g.N), Gamma: p.Gamma, Momentum: p.Momentum}, w, start, velocity, gradient)
		}
		above := func() []float64 {
			response := make([]float64, len(rate))
			for i, r := range rate {
				response[i] = r - 1
			}
			return response
		}
		for iteration := range p.Iterations {
			draw.fill(drawn, patternsOf(seed, number, iteration, l.Name))
			for h := range g.H {
				for column := range g.W {
					for i := range g.C * g.N {
						x[(h*g.W+column)*g.C*g.N+i] = float64(drawn[(h%rows*columns+column%columns)*g.C*g.N+i])
					}
				}
			}
			rates := kernel.Rates{Step: 1 / p.Tau, Alpha: p.Alpha, Bias: 1}
			switch {
			case p.Kind == Hebbian:
				kernel.Forward(kernel.NewPlan(g), z, x, w, nil)
				kernel.PoolDeviation(z, z, pools, size)
				learn(z)
			case p.OverTime:
				for step := range p.Steps {
					kernel.Forward(kernel.NewPlan(g), z, x, w, nil)
					kernel.LateralRates(rates, nil, rate, inhibition, z, pools, size, 1)
					if step >= p.Settle {
						learn(above())
					}
				}
			default:
				rest()
				kernel.Forward(kernel.NewPlan(g), z, x, w, nil)
				kernel.LateralRates(rates, nil, rate, inhibition, z, pools, size, p.Steps)
				learn(above())
			}
		}
		all = append(all, w)
	}
	return all
}

// phases are phases of every kind, short ones.
var phases = map[string]Phase{
	"hebbian":                {Kind: Hebbian, Rate: 0.02},
	"hebbian, gamma":         {Kind: Hebbian, Rate: 0.02, Gamma: 0.3},
	"hebbian, momentum":      {Kind: Hebbian, Rate: 0.005, Gamma: 0.1, Momentum: 0.8},
	"dynamic":                {Kind: Dynamic, Rate: 0.02, Gamma: 0.1, Tau: 30, Alpha: 10, Steps: 40},
	"dynamic, momentum":      {Kind: Dynamic, Rate: 0.005, Gamma: 0.1, Momentum: 0.8, Tau: 10, Alpha: 2, Steps: 20},
	"dynamic over time":      {Kind: Dynamic, Rate: 0.0005, Gamma: 0.1, Momentum: 0.95, Tau: 10, Alpha: 10, Steps: 20, OverTime: true},
	"dynamic, off, no gamma": {Kind: Dynamic, Rate: 0.0005, Momentum: 0.5, Tau: 10, Alpha: 3, Steps: 20, OverTime: true, Settle: 7},
}

// What either engine computes is what the definitions say, in all geometries.
func TestPhaseIsWhatTheDefinitionSays(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of slow sleeps")
	}
	for name, phase := range phases {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				between := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(r, name) }
				groups := between("groups", 1, 2)
				in := graph.Size{Channels: groups * between("channels", 1, 2), Height: between("height", 5, 14), Width: between("width", 5, 14)}
				l := graph.Local{
					Channels: groups * between("filters", 1, 2), Kernel: between("kernel", 1, 3), Stride: between("stride", 1, 2),
					Padding: between("padding", 0, 1), Dilation: between("dilation", 1, 2), Groups: groups, Bias: graph.Bias(between("bias", 0, 2)),
				}
				if rapid.Bool().Draw(r, "sides differ") {
					l.KernelWidth, l.StrideWidth, l.DilationWidth = between("kernel width", 1, 3), between("stride width", 1, 2), between("dilation width", 1, 2)
					l.Pad = graph.Pad{Top: between("top", 0, 2), Bottom: between("bottom", 0, 2), Left: between("left", 0, 2), Right: between("right", 0, 2)}
				}
				p := phase
				p.Engine = Engine(between("engine", 0, 1))
				p.Border, p.Iterations, p.Patterns, p.Period = ops.BorderAlone, between("iterations", 1, 10), between("patterns", 1, 5), between("period", 0, 1)*4
				net := network(t, in, l, graph.Connectivity{Local: true})
				sleeper, err := New(net, Options{Phase: p, Seed: 3})
				if err != nil {
					r.Fatal(err)
				}
				for phase := 1; phase <= 2; phase++ {
					want := slowly(net, p, 3, phase)
					// Not Sleep, which restores weights whose ratio falls, as
					// that of a few patterns of a dynamic phase may.
					sleeper.phases++
					sleeping, err := sleeper.fallAsleep()
					if err != nil {
						r.Fatal(err)
					}
					if p.Engine == Fast {
						sleeper.dream(sleeping)
					}
					for i, l := range sleeping {
						if p.Engine == Fast {
							l.wake(p)
						} else if _, err := sleeper.sleepByGraph(l, slices.Clone(l.layer.Field.Weight.Data)); err != nil {
							r.Fatal(err)
						}
						golden.Check(t, fmt.Sprintf("phase %d, layer %s", phase, l.layer.Name), l.layer.Field.Weight.Data, want[i], 2e-6)
					}
				}
			})
		})
	}
}

// One step of the reference implementation, by either engine. The weights of the
// golden step are not those that it pulls to, which those of a phase are at its
// first step: the pull of populations is added here.
func TestGoldenHebbianByEngines(t *testing.T) {
	for i := range 4 {
		for _, engine := range []Engine{Fast, Graph} {
			t.Run(fmt.Sprint(i, engine), func(t *testing.T) {
				f := golden.Open(t, fmt.Sprintf("hebbian%d", i))
				x, pattern := f.Tensor("x").Activations(), f.Tensor("pattern").Activations()
				weights, start := f.Tensor("w").Weights(), f.Tensor("w_init").Weights()
				net := network(t, graph.Size{Height: x.Shape[0], Width: x.Shape[1], Channels: x.Shape[2]},
					graph.Local{Channels: weights.Shape[1], Kernel: f.Int("kernel"), Stride: f.Int("stride"), Padding: f.Int("padding")}, graph.Connectivity{Local: true})
				w := net.LocalLayers()[0].Field.Weight.Data
				copy(w, weights.Float32())
				p := Phase{Kind: Hebbian, Engine: engine, Border: ops.BorderAlone, Iterations: 1, Patterns: x.Shape[3], Rate: f.Float("learning_rate"), Gamma: f.Float("gamma")}
				s, err := New(net, Options{Phase: p})
				if err != nil {
					t.Fatal(err)
				}
				sleeping, err := s.fallAsleep()
				if err != nil {
					t.Fatal(err)
				}
				l := sleeping[0]
				if engine == Graph {
					err := newLayerPhase(p, l, start.Float32()).run(func(x []float32, _ int) { copy(x, pattern.Float32()) })
					if err != nil {
						t.Fatal(err)
					}
				} else {
					free := p
					free.Gamma = 0
					for _, c := range l.cohorts {
						for _, neurons := range c.deviations.populations {
							free.show(neurons, c.patches(pattern.Float32()), dynamics{}, p.Rate)
						}
					}
					l.wake(free)
					for i, v := range weights.Data {
						w[i] -= float32(p.Rate * p.Gamma * (v - start.Data[i]))
					}
				}
				golden.Check(t, "weights", w, f.Tensor("w_next").Weights().Data, 1e-5)
			})
		}
	}
}
