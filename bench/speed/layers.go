package speed

import (
	"context"
	"fmt"
	"math/rand/v2"

	"hypnos/graph"
	"hypnos/internal/kernel"
)

// geometry is what distinguishes layers with a receptive field.
type geometry struct {
	kernel.Local
	first bool // it reads the images, so that nothing asks for its input gradient
}

// geometryOf returns the kernel's view of a layer.
func geometryOf(l *graph.Layer, batch int) geometry {
	f := l.Field
	return geometry{kernel.Local{
		H: f.Input.Height, W: f.Input.Width, C: f.Input.Channels, N: batch,
		OH: f.Output.Height, OW: f.Output.Width, O: f.Channels,
		KH: f.Kernel, KW: f.KernelWidth, StrideH: f.Stride, StrideW: f.StrideWidth, DilationH: f.Dilation, DilationW: f.DilationWidth,
		Top: f.Grid.Pad.Top, Left: f.Grid.Pad.Left, Right: f.Grid.Pad.Right, Groups: f.Groups,
		Shared: f.Shared,
	}, l.Inputs[0].Kind == "input"}
}

// operations is how many a pass of the layer takes: forward, or either
// gradient.
func (g geometry) operations() float64 {
	return 2 * float64(g.N*g.O*g.C/g.Groups) *
		float64(connections(g.OH, g.KH, g.H, g.StrideH, g.Top, g.DilationH)) *
		float64(connections(g.OW, g.KW, g.W, g.StrideW, g.Left, g.DilationW))
}

// connections counts the pairs of an output and a kernel position, along one
// axis, that lie on an input and not on padding.
func connections(outputs, kernel, inputs, stride, padding, dilation int) int {
	count := 0
	for o := range outputs {
		for k := range kernel {
			if i := stride*o + dilation*k - padding; 0 <= i && i < inputs {
				count++
			}
		}
	}
	return count
}

// String describes the layer: 16→32 3×3/2 on 32×32.
func (g geometry) String() string {
	stride := ""
	if g.StrideH != g.StrideW {
		stride = fmt.Sprintf("/%d×%d", g.StrideH, g.StrideW)
	} else if g.StrideH > 1 {
		stride = fmt.Sprintf("/%d", g.StrideH)
	}
	return fmt.Sprintf("%d→%d %d×%d%s on %d×%d", g.C, g.O, g.KH, g.KW, stride, g.H, g.W)
}

// The phases of a layer.
const (
	forward        = "forward"
	inputGradient  = "input gradient"
	weightGradient = "weight gradient"
)

// planLayers plans all phases of the layers of a variant. Layers of equal
// geometry are measured once.
func (p *Plan) planLayers(variant string) {
	count := map[geometry]int{}
	var distinct []*graph.Layer
	for _, l := range p.example.Answering() {
		if l.Field == nil {
			continue
		}
		g := geometryOf(l, p.largest())
		if count[g]++; count[g] == 1 {
			distinct = append(distinct, l)
		}
	}
	for _, l := range distinct {
		g := geometryOf(l, p.largest())
		n := count[g]
		g.Shared = variant == "conv"
		p.plan(fmt.Sprintf("%s, %s", variant, l.Name), func(ctx context.Context) error {
			return p.measureLayer(ctx, variant, l, g, n)
		})
	}
}

// measureLayer measures the phases of one layer.
func (p *Plan) measureLayer(ctx context.Context, variant string, l *graph.Layer, g geometry, count int) error {
	locations := g.OH * g.OW
	if g.Shared {
		locations = 1
	}
	x, y := random(g.H*g.W*g.C*g.N), random(g.OH*g.OW*g.O*g.N)
	weight := random(locations * g.O * g.KH * g.KW * g.C / g.Groups)
	out := make([]float32, max(len(x), len(y)))
	dw := make([]float32, len(weight))
	plan := kernel.NewPlan(g.Local)
	for _, phase := range []struct {
		name string
		path kernel.Path
		run  func()
	}{
		{forward, plan.Forward, func() { kernel.Forward(plan, out[:len(y)], x, weight, nil) }},
		{inputGradient, plan.InputGradient, func() { kernel.InputGradient(plan, out[:len(x)], y, weight, nil) }},
		{weightGradient, plan.WeightGradient, func() { kernel.WeightGradient(plan, dw, x, y) }},
	} {
		if phase.name == inputGradient && g.first {
			continue
		}
		seconds, err := p.time(ctx, phase.run)
		if err != nil {
			return err
		}
		rate := g.operations() / seconds / 1e9
		p.result.add(Row{
			Section: "layers", Variant: variant, Batch: g.N, Threads: p.threads, Layer: l.Name, Geometry: g.String(), Count: count,
			Phase: phase.name, Path: phase.path.String(), Milliseconds: 1e3 * seconds, Rate: rate, Unit: "GFLOP/s", Share: rate / p.machine.peak,
			channels: min(g.C, g.O), operations: g.operations(),
		})
	}
	return nil
}

// random returns numbers of the size of activations and weights.
func random(n int) []float32 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = r.Float32() - 0.5
	}
	return x
}
