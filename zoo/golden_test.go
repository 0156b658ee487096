package zoo

import (
	"strings"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
	"hypnos/train"
)

// The published implementation's ResNet on 16x16 images: first logits and
// gradients, eight AdamW steps, then the answers of the trained network.
func TestGoldenResNet(t *testing.T) {
	for name, c := range map[string]graph.Connectivity{
		"resnet8w4_conv":      {},
		"resnet8w4_lc":        {Local: true},
		"resnet8w4_lc_first1": {Local: true, FirstConvolutional: 1, Convolutional1x1: true},
	} {
		t.Run(name, func(t *testing.T) { checkGolden(t, golden.Open(t, name), c) })
	}
}

func checkGolden(t *testing.T, f golden.File, c graph.Connectivity) {
	net, err := New("resnet8", Config{Width: 4, Input: graph.Size{Channels: 3, Height: 16, Width: 16}, Connectivity: c})
	if err != nil {
		t.Fatal(err)
	}
	loadGolden(t, net, f)
	labels := f.Tensor("labels")
	batch := graph.Batch{Images: f.Tensor("x").Float32(), Labels: make([]int, len(labels.Data))}
	for i, label := range labels.Data {
		batch.Labels[i] = int(label)
	}
	training, err := net.Train(len(labels.Data))
	if err != nil {
		t.Fatal(err)
	}
	optimiser, err := train.NewOptimiser(training, train.OptimiserOptions{WeightDecay: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	var losses []float64
	for step := range 8 {
		loss, err := training.Step(batch)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, loss)
		if step == 0 {
			golden.Check(t, "first logits", training.Logits(), f.Tensor("logits_train").Data, 1e-4)
			for i, p := range training.Learned() {
				if layer, ok := strings.CutSuffix(p.Name, ".weight"); ok && f.Has("grad."+layer) {
					golden.Check(t, "gradient of "+layer, training.Gradient(i), inOurLayout(f.Tensor("grad."+layer)), 1e-4)
				}
			}
		}
		if err := optimiser.Step(1e-2, 0); err != nil {
			t.Fatal(err)
		}
	}
	golden.Check(t, "losses", losses, f.Tensor("losses").Data, 1e-4)
	for _, name := range []string{"bn1.running_mean", "bn1.running_var", "fc.weight"} {
		golden.Check(t, name+" after 8 steps", net.Parameter(name).Data, f.Tensor("final."+name).Data, 1e-4)
	}
	inference, err := net.Infer(len(labels.Data))
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits(batch.Images)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "logits after 8 steps", logits, f.Tensor("logits_eval").Data, 1e-4)
}

// loadGolden sets every parameter and moment of the network from init.NAME.
func loadGolden(t *testing.T, net *graph.Network, f golden.File) {
	t.Helper()
	for _, p := range append(net.Parameters(), net.Moments()...) {
		name := "init." + p.Name
		if p.Shape.Dims() == 5 && p.Shape[0] > 1 {
			name += "s" // a local layer's are called weights
		}
		values := inOurLayout(f.Tensor(name))
		if len(values) != len(p.Data) {
			t.Fatalf("%s has %d values, want %d", name, len(values), len(p.Data))
		}
		for i, v := range values {
			p.Data[i] = float32(v)
		}
	}
}

// inOurLayout returns the values of a tensor, weights with a receptive field
// as L O KH KW C/g.
func inOurLayout(x golden.Tensor) []float64 {
	if len(x.Shape) >= 4 {
		x = x.Weights()
	}
	return x.Data
}
