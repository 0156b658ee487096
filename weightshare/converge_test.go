package weightshare

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"hypnos/internal/golden"
)

// slowCourse is a pool of the study, neuron by neuron and step by step.
func slowCourse(c Convergence, seed uint64) (weights []float64) {
	field := c.Side * c.Side
	w, v := make([][]float64, c.Neurons), make([][]float64, c.Neurons)
	for i := range w {
		w[i], v[i] = make([]float64, field), make([]float64, field)
	}
	draw := random(seed, "weights", c.Side)
	for j := range field {
		for i := range w {
			w[i][j] = 1 + draw.NormFloat64()
		}
	}
	start := make([][]float64, c.Neurons)
	for i := range w {
		start[i] = append([]float64(nil), w[i]...)
	}
	r, inhibition, z := make([]float64, c.Neurons), 0.0, make([]float64, c.Neurons)
	draw = random(seed, "inputs", c.Side)
	x := make([]float64, field)
	learn := func(response []float64, rate float64) {
		for i := range w {
			for j := range x {
				v[i][j] = 0.95*v[i][j] + response[i]*x[j] + c.Gamma*(w[i][j]-start[i][j])
				w[i][j] -= rate * v[i][j]
			}
		}
	}
	mean := func(x []float64) float64 {
		sum := 0.0
		for _, v := range x {
			sum += v
		}
		return sum / float64(len(x))
	}
	respond := func() {
		for i := range w {
			z[i] = 0
			for j, v := range x {
				z[i] += w[i][j] * v
			}
		}
	}
	response := make([]float64, c.Neurons)
	for t := range c.Presentations {
		for j := range x {
			x[j] = draw.NormFloat64()
		}
		if c.Kind == Hebbian {
			respond()
			for i := range z {
				response[i] = z[i] - mean(z)
			}
			learn(response, 0.5/(1000+float64(t)))
			continue
		}
		for step := range 150 {
			respond()
			before := mean(r)
			for i := range r {
				r[i] += (-r[i] + z[i] - 10*inhibition + 1) / 30
				response[i] = r[i] - 1
			}
			inhibition += (-inhibition + before - 1) / 30
			if step >= 50 {
				learn(response, 3e-4/math.Sqrt(1+float64(t*150+step)/2))
			}
		}
	}
	for _, row := range w {
		weights = append(weights, row...)
	}
	return weights
}

func TestConvergenceIsWhatTheRulesSay(t *testing.T) {
	for _, kind := range []Kind{Hebbian, Dynamic} {
		c := Convergence{Kind: kind, Neurons: 7, Side: 3, Gamma: 0.1, Presentations: 20, Points: 4}
		p := c.newPool(3)
		draw, x := random(3, "inputs", c.Side), make([]float64, 9)
		for step := range c.Presentations {
			for i := range x {
				x[i] = draw.NormFloat64()
			}
			p.show(x, step)
		}
		var got []float64
		for i := range c.Neurons {
			for j := range 9 {
				got = append(got, p.mean.weight[j]+p.deviations.weight[j*c.Neurons+i])
			}
		}
		golden.Check(t, kind.String(), got, slowCourse(c, 3), 1e-11)
		states, err := c.Run(t.Context(), 3)
		if err != nil || len(states) != 5 || states[4] != p.state(20) || states[2].Presentations != 10 {
			t.Errorf("%v: states %+v, %v", kind, states, err)
		}
	}
}

// The golden trajectory, which learns while four inputs follow each other.
func TestGoldenRatesByPopulations(t *testing.T) {
	f := golden.Open(t, "rates")
	neurons, field := f.Int("neurons"), f.Int("inputs")
	c := Convergence{Kind: Dynamic, Neurons: neurons, Side: 3, Gamma: f.Float("gamma"), Presentations: 1, Points: 1}
	p := c.newPool(1)
	w := f.Tensor("w0").Data
	for j := range field {
		mean := 0.0
		for i := range neurons {
			mean += w[i*field+j] / float64(neurons)
		}
		p.mean.weight[j], p.mean.start[j] = mean, mean
		for i := range neurons {
			p.deviations.weight[j*neurons+i] = w[i*field+j] - mean
			p.deviations.start[j*neurons+i] = w[i*field+j] - mean
		}
	}
	deviation, mean := Phase{Tau: f.Float("tau"), Alpha: f.Float("alpha"), Steps: f.Int("hold")}.dynamics()
	learn := func(int) (rule, bool) {
		return rule{f.Float("learning_rate"), f.Float("gamma"), f.Float("momentum")}, true
	}
	for i := range f.Int("steps") / f.Int("hold") {
		x := f.Tensor("x").Data[i*field:][:field]
		p.deviations.present(x, deviation, learn)
		p.mean.present(x, mean, learn)
	}
	got := make([]float64, len(w))
	for i := range neurons {
		for j := range field {
			got[i*field+j] = p.mean.weight[j] + p.deviations.weight[j*neurons+i]
		}
	}
	golden.Check(t, "weights", got, f.Tensor("w").Data, 1e-9)
}

// Patches of zeros, at which the rate may be 0, teach nothing: weights stay, and
// velocity decays as it does in any step.
func TestVelocityDecaysWithoutInput(t *testing.T) {
	p := newPopulation[float64](2, 1, 1)
	copy(p.weight, []float64{1, 2})
	copy(p.start, p.weight)
	momentum := func(rate float64) func(int) (rule, bool) {
		return func(int) (rule, bool) { return rule{rate: rate, momentum: 0.5}, true }
	}
	d := dynamics{step: 0.1, steps: 3}
	p.present([]float64{1, -2}, d, momentum(0.1))
	weight, velocity := slices.Clone(p.weight), slices.Clone(p.velocity)
	p.present([]float64{0, 0}, d, momentum(0))
	golden.Check(t, "weights", p.weight, weight, 0)
	golden.Check(t, "velocity", p.velocity, []float64{velocity[0] / 8, velocity[1] / 8}, 1e-15)
	if velocity[0] == 0 {
		t.Error("no velocity to decay")
	}
}

// The Hebbian rule reaches its fixed point, and keeps its mean.
func TestConvergenceReachesTheFixedPoint(t *testing.T) {
	c := Convergence{Kind: Hebbian, Neurons: 100, Side: 3, Gamma: 0.1, Presentations: 2000, Points: 10}
	states, err := c.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	last := states[10]
	if want := c.FixedPoint(states[0].SNR); math.Abs(math.Log10(last.SNR/want)) > 0.1 || last.Cosine < 1-1e-12 || math.Abs(last.Length-1) > 1e-12 {
		t.Errorf("ends at %+v, the fixed point has an SNR of %v", last, want)
	}
}

// A strong pull ends the drift of the dynamic rule within the study.
func TestConvergenceDrifts(t *testing.T) {
	if testing.Short() {
		t.Skip("a long course")
	}
	c := Convergence{Kind: Dynamic, Neurons: 100, Side: 3, Gamma: 0.1, Presentations: 10000, Points: 1}
	states, err := c.Run(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	fixed, drifted := c.FixedPoint(states[0].SNR), c.DriftsTo(states[0].SNR)
	if far := math.Log10(states[1].SNR / drifted); math.Abs(far) > 0.1 || !(drifted < fixed/3) {
		t.Errorf("ends at %+v; the rule drifts to %v, its Hebbian fixed point is %v", states[1], drifted, fixed)
	}
}

func TestConvergenceMistakes(t *testing.T) {
	valid := Convergence{Kind: Hebbian, Neurons: 2, Side: 1, Presentations: 1, Points: 1}
	for want, change := range map[string]func(*Convergence){
		"convergence of a instant pool, want hebbian or dynamic":           func(c *Convergence) { c.Kind = Instant },
		"convergence of 1 neurons that see 1×1, want at least 2 and 1×1":   func(c *Convergence) { c.Neurons = 1 },
		"convergence of 2 neurons that see 0×0, want at least 2 and 1×1":   func(c *Convergence) { c.Side = 0 },
		"gamma -1, want a number of at least 0":                            func(c *Convergence) { c.Gamma = -1 },
		"gamma NaN, want a number of at least 0":                           func(c *Convergence) { c.Gamma = math.NaN() },
		"2 points of 1 presentations, want at least 1 and at most as many": func(c *Convergence) { c.Points = 2 },
		"0 points of 1 presentations, want at least 1":                     func(c *Convergence) { c.Points = 0 },
		"1 points of 0 presentations, want at least 1":                     func(c *Convergence) { c.Presentations = 0 },
	} {
		c := valid
		change(&c)
		if _, err := c.Run(t.Context(), 1); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := valid.Run(ctx, 1); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkConvergence(b *testing.B) {
	for _, kind := range []Kind{Hebbian, Dynamic} {
		b.Run(fmt.Sprint(kind), func(b *testing.B) {
			c := Convergence{Kind: kind, Neurons: 100, Side: 9, Gamma: 0.01, Presentations: 1000, Points: 1}
			for b.Loop() {
				if _, err := c.Run(b.Context(), 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
