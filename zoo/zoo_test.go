package zoo

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hypnos/graph"
	"hypnos/train"
)

// Every network of the zoo, convolutional and local: it builds, runs, has no
// NaN, every parameter receives a gradient, and two steps lower the loss.
func TestRegistry(t *testing.T) {
	for _, e := range List() {
		for _, c := range []graph.Connectivity{{}, {Local: true}} {
			t.Run(e.Name+", "+c.String(), func(t *testing.T) {
				build := func() *graph.Network {
					net, err := New(e.Name, Config{Width: 2, Input: sizeOf(e.Name), Connectivity: c, Classes: 7, Seed: 1})
					if err != nil {
						t.Fatal(err)
					}
					return net
				}
				checkTrains(t, build())
				if !slices.Equal(trained(t, build(), true), trained(t, build(), false)) {
					t.Error("a training step at once has other bits than one whose gradients are kept")
				}
			})
		}
	}
}

// sizeOf is that of the images of TestRegistry: large enough that areas have more than one
// location, and AlexNet any.
func sizeOf(model string) graph.Size {
	if model == "alexnet" {
		return graph.Size{Channels: 3, Height: 64, Width: 96}
	}
	return graph.Size{Channels: 3, Height: 40, Width: 48}
}

// count is the images of a batch.
const count = 4

func batchFor(net *graph.Network) graph.Batch {
	size := net.Options.Input
	batch := graph.Batch{Images: make([]float32, count*size.Channels*size.Height*size.Width), Labels: []int{0, 1, 5, 6}}
	for i := range batch.Images {
		batch.Images[i] = float32(math.Sin(float64(i * i)))
	}
	return batch
}

// trained returns all parameters after two steps with AdamW, at once or one by one.
func trained(t *testing.T, net *graph.Network, atOnce bool) (all []float32) {
	t.Helper()
	training, err := net.Train(count)
	if err != nil {
		t.Fatal(err)
	}
	optimiser, err := train.NewOptimiser(training, train.OptimiserOptions{WeightDecay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if atOnce {
			_, err = optimiser.TrainStep(batchFor(net), 1e-3, 0)
		} else if _, err = training.Step(batchFor(net)); err == nil {
			err = optimiser.Step(1e-3, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range net.Parameters() {
		all = append(all, p.Data...)
	}
	return all
}

func checkTrains(t *testing.T, net *graph.Network) {
	batch := batchFor(net)
	pixels := len(batch.Images) / count
	training, err := net.Train(count)
	if err != nil {
		t.Fatal(err)
	}
	loss, err := training.Step(batch)
	if err != nil {
		t.Fatal(err)
	}
	if !(loss > 0) || training.NotFinite() != "" {
		t.Errorf("loss %v, layer %q not finite", loss, training.NotFinite())
	}
	if got, want := len(training.Learned()), len(net.Parameters()); got != want {
		t.Errorf("%d parameters learn, want all %d", got, want)
	}
	for i, p := range training.Learned() {
		largest := 0.0
		for _, g := range training.Gradient(i) {
			largest = max(largest, math.Abs(float64(g)))
		}
		if !(largest > 0) || math.IsInf(largest, 0) {
			t.Errorf("largest gradient of %s is %v", p.Name, largest)
		}
	}
	optimiser, err := train.NewOptimiser(training, train.OptimiserOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := optimiser.Step(1e-3, 0); err != nil {
			t.Fatal(err)
		}
		training.Resume(0) // drops what the first step dropped
		after, err := training.Step(batch)
		if err != nil {
			t.Fatal(err)
		}
		if after >= loss {
			t.Errorf("a step leaves the loss at %v, which was %v", after, loss)
		}
		loss = after
	}
	inference, err := net.Infer(count)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits(batch.Images[:2*pixels])
	if err != nil {
		t.Fatal(err)
	}
	if len(logits) != 2*7 {
		t.Errorf("%d logits of two images, want 14", len(logits))
	}
	for _, v := range logits {
		if v-v != 0 {
			t.Errorf("logits are not finite: %v", logits)
		}
	}
}

// The parameters of the CIFAR ResNets with weights in their shortcuts.
func TestParameterCounts(t *testing.T) {
	// By hand: a stage of n blocks of width c from width b has 9bc + 9c² +
	// (n-1)·18c² weights, a shortcut bc, each norm 2c.
	count := func(n int) int {
		total := 3*9*16 + 2*16
		for _, s := range []struct{ from, to, shortcut int }{{16, 16, 0}, {16, 32, 1}, {32, 64, 1}} {
			total += 9*s.from*s.to + 9*s.to*s.to + (n-1)*18*s.to*s.to + 2*n*2*s.to
			total += s.shortcut * (s.from*s.to + 2*s.to)
		}
		return total + 64*10 + 10
	}
	for name, n := range map[string]int{"resnet8": 1, "resnet20": 3, "resnet110": 18} {
		net, err := New(name, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := net.ParameterCount(), count(n); got != want {
			t.Errorf("%s has %d parameters, want %d", name, got, want)
		}
	}
}

// The areas of every network have names, and its stages the size that follows
// from width and input.
func TestAreas(t *testing.T) {
	for _, e := range List() {
		net, err := New(e.Name, Config{Blank: true, ZeroLastNorm: strings.HasPrefix(e.Name, "resnet")})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"V1", "V2", "V4", "IT"}
		channels := []int{1, 2, 4, 8} // of areas, as multiples
		heights := []int{8, 4, 2, 1}
		switch {
		case strings.HasPrefix(e.Name, "resnet"):
			want = []string{"layer1", "layer2", "layer3", "layer4"}[:len(net.Areas)]
		case e.Name == "alexnet":
			want = []string{"conv1", "conv2", "conv3", "conv4", "conv5"}
			channels, heights = []int{1, 3, 6, 4, 4}, []int{27, 13, 13, 13, 6}
		case strings.HasPrefix(e.Name, "vgg"):
			want = []string{"block1", "block2", "block3", "block4", "block5"}
			channels, heights = []int{1, 2, 4, 8, 8}, []int{16, 8, 4, 2, 1}
		}
		if got := net.AreaNames(); !slices.Equal(got, want) {
			t.Errorf("%s has areas %v, want %v", e.Name, got, want)
		}
		for i, a := range net.Areas[1:] {
			before := net.Areas[i].Output.Output
			if after := a.Output.Output; after.Channels*channels[i] != before.Channels*channels[i+1] || after.Height*heights[i] != before.Height*heights[i+1] {
				t.Errorf("%s: %s is of size %v after %v", e.Name, a.Name, a.Output.Output, before)
			}
		}
	}
}

// A last norm that starts at zero makes each block start as its shortcut.
func TestZeroLastNorm(t *testing.T) {
	for _, model := range []string{"resnet8", "resnet50"} {
		net, err := New(model, Config{Width: 2, Input: graph.Size{Channels: 3, Height: 32, Width: 32}, ZeroLastNorm: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range net.Parameters() {
			layer, ok := strings.CutSuffix(p.Name, ".weight")
			if ok && len(p.Shape) == 1 {
				last := strings.HasSuffix(layer, ".bn2") && model == "resnet8" || strings.HasSuffix(layer, ".bn3")
				if zero := p.Data[0] == 0; zero != last {
					t.Errorf("%s: the scale of %s starts at %v", model, layer, p.Data[0])
				}
			}
		}
	}
}

func TestConnectivity(t *testing.T) {
	kinds := func(c graph.Connectivity) string {
		net, err := New("resnet8", Config{Width: 1, Connectivity: c})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, l := range net.Layers {
			switch {
			case l.Field == nil:
				continue
			case l.Field.Shared:
				b.WriteByte('C')
			default:
				b.WriteByte('L')
			}
			if l.Field.Weight.Frozen {
				b.WriteByte('f')
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		connectivity graph.Connectivity
		want         string
	}{
		{graph.Connectivity{}, "CCCCCCCCC"},
		{graph.Connectivity{Local: true}, "LLLLLLLLL"},
		{graph.Connectivity{Local: true, FirstConvolutional: 2}, "CCLLLLLLL"},
		{graph.Connectivity{Local: true, Convolutional1x1: true}, "LLLLLCLLC"},
		{graph.Connectivity{Local: true, Frozen1x1: true}, "LLLLLLfLLLf"},
		{graph.Connectivity{FirstConvolutional: 2}, "CCCCCCCCC"},
	} {
		if got := kinds(c.connectivity); got != c.want {
			t.Errorf("%v: layers %s, want %s", c.connectivity, got, c.want)
		}
	}
}

func TestBadConfig(t *testing.T) {
	for want, c := range map[string]Config{
		"-1 classes":             {Classes: -1},
		"width -2":               {Width: -2},
		"images of 0×5":          {Input: graph.Size{Channels: 1, Width: 5}},
		"the number is negative": {Connectivity: graph.Connectivity{FirstConvolutional: -1}},
		"deviation NaN":          {Connectivity: graph.Connectivity{Deviation: math.NaN()}},
	} {
		if _, err := New("resnet8", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	for model, c := range map[string]Config{
		"cornet-r": {Steps: 1}, "cornet-rt": {Steps: 3}, "cornet-s": {Steps: 2}, "cornet-z": {ZeroLastNorm: true},
	} {
		if _, err := New(model, c); err == nil || !strings.HasPrefix(err.Error(), "zoo: "+model) {
			t.Errorf("%s of %+v: error %v, want one", model, c, err)
		}
	}
	want := `unknown model "resnet9", want one of resnet8, resnet14`
	if _, err := New("resnet9", Config{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}
