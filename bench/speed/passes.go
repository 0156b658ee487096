package speed

import (
	"context"
	"fmt"

	"hypnos/graph"
	"hypnos/internal/kernel"
	"hypnos/ops"
	"hypnos/train"
	"hypnos/weightshare"
)

// planPasses plans what goes over activations and over all parameters.
func (p *Plan) planPasses() {
	type key struct {
		kind   string
		output graph.Size
	}
	count := map[key]int{}
	var distinct []*graph.Layer
	for _, l := range p.example.Layers {
		switch l.Kind {
		case "batch norm", "relu", "add":
			k := key{l.Kind, l.Output}
			if count[k]++; count[k] == 1 {
				distinct = append(distinct, l)
			}
		}
	}
	for _, l := range distinct {
		n := count[key{l.Kind, l.Output}]
		p.plan(l.Name, func(ctx context.Context) error { return p.measurePass(ctx, l, n) })
	}
	for _, v := range p.Variants {
		p.plan(v+", optimiser", func(ctx context.Context) error { return p.measureOptimiser(ctx, v) })
	}
}

// pass is one way over numbers, and how many bytes a number it reads and
// writes.
type pass struct {
	phase string
	bytes int
	path  string // how it is computed, where there are several ways
	run   func()
}

// measurePass measures a norm, also with what is fused to it, a relu or an
// addition.
func (p *Plan) measurePass(ctx context.Context, l *graph.Layer, count int) error {
	s, c, n := l.Output.Height*l.Output.Width, l.Output.Channels, p.largest()
	x, y, z := random(s*c*n), random(s*c*n), make([]float32, s*c*n)
	for _, pass := range passes(l.Kind, x, y, z, s, c, n) {
		seconds, err := p.time(ctx, pass.run)
		if err != nil {
			return err
		}
		p.addPass(Row{
			Batch: n, Layer: l.Name, Geometry: fmt.Sprintf("%d on %d×%d", c, l.Output.Height, l.Output.Width), Count: count, Phase: pass.phase, Path: pass.path,
		}, float64(pass.bytes*len(x)), seconds)
	}
	return nil
}

// passes returns the passes of a kind of layer.
func passes(kind string, x, y, z []float32, s, c, n int) []pass {
	switch kind {
	case "relu":
		return []pass{
			{"relu forward", 8, "", func() { kernel.ReLU(z, x) }},
			{"relu backward", 12, "", func() { kernel.ReLUGradient(z, x, y) }},
		}
	case "add":
		return []pass{{"add", 12, "", func() { kernel.Add(z, x, y) }}}
	}
	norm := kernel.Norm[float32]{
		S: s, C: c, N: n, Scale: random(c), Shift: random(c),
		Mean: make([]float64, c), InverseDeviation: make([]float64, c), Training: true,
	}
	rectified := norm
	rectified.ReLU = true
	squares, dscale, dshift := make([]float64, c), make([]float32, c), make([]float32, c)
	moments := func() {
		kernel.Moments(norm.Mean, squares, x, s, c, n)
		for i := range squares {
			norm.InverseDeviation[i] = kernel.InverseDeviation(squares[i]/float64(s*n), ops.DefaultEpsilon)
		}
	}
	backward := func(b kernel.Norm[float32]) {
		b.ParameterGradient(dscale, dshift, x, y)
		b.InputGradient(z, x, y, dscale, dshift)
	}
	path := kernel.NormPath(n).String()
	return []pass{
		// x for its moments, then x and y
		{"norm forward", 12, path, func() { moments(); norm.Forward(z, x, nil) }},
		{"norm, relu forward", 12, path, func() { moments(); rectified.Forward(z, x, nil) }},
		{"norm, add, relu forward", 16, path, func() { moments(); rectified.Forward(z, x, y) }},
		// x and dy for two sums, then x, dy and dx
		{"norm backward", 20, path, func() { backward(norm) }},
		{"norm, relu backward", 20, path, func() { backward(rectified) }},
	}
}

// measureOptimiser measures AdamW over all parameters of a variant, and
// sharing where it has local layers.
func (p *Plan) measureOptimiser(ctx context.Context, variant string) error {
	net, err := p.network(variant)
	if err != nil {
		return err
	}
	type state struct{ w, m, v, gradient []float32 }
	var all []state
	for _, q := range net.Parameters() {
		n := len(q.Data)
		all = append(all, state{q.Data, make([]float32, n), random(n), random(n)})
		for i := range n { // a mean of squares is not negative
			all[len(all)-1].v[i] += 0.5
		}
	}
	adam := kernel.Adam{Rate: 1e-3, Decay: 0.01, Beta1: train.DefaultBeta1, Beta2: train.DefaultBeta2, Epsilon: train.DefaultEpsilon, Correction1: 0.5, Correction2: 0.5, Decoupled: true}
	seconds, err := p.time(ctx, func() {
		for _, s := range all {
			adam.Step(s.w, s.m, s.v, s.gradient)
		}
	})
	if err != nil {
		return err
	}
	// Weight and two moments, read and written, and the gradient, read.
	geometry := fmt.Sprintf("%d parameters", net.ParameterCount())
	p.addPass(Row{Variant: variant, Geometry: geometry, Phase: "AdamW"}, 28*float64(net.ParameterCount()), seconds)
	if variant != "lc" {
		return nil
	}
	weights := 0
	for _, l := range net.LocalLayers() {
		weights += len(l.Field.Weight.Data)
	}
	var shared error
	if seconds, err = p.time(ctx, func() { shared = weightshare.Share(net) }); err == nil {
		err = shared
	}
	if err != nil {
		return err
	}
	p.addPass(Row{Variant: variant, Geometry: fmt.Sprintf("%d weights", weights), Phase: "instant sharing"}, 8*float64(weights), seconds)
	return nil
}

// addPass adds a row whose rate is in GB/s.
func (p *Plan) addPass(r Row, bytes, seconds float64) {
	r.Section, r.Threads, r.Milliseconds = "passes", p.threads, 1e3*seconds
	r.Rate, r.Unit = bytes/seconds/1e9, "GB/s"
	r.Share = r.Rate / p.machine.copied
	p.result.add(r)
}
