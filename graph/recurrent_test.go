package graph

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hypnos/internal/golden"
)

// recurrent adds an area that sees its own output once more, on a map that only
// its first step makes coarser.
func recurrent(b *Builder) *Layer {
	first := b.Local("V1.conv", b.Input(), Local{Channels: 2, Kernel: 1})
	norm := b.GroupNorm("V1.norm", first, GroupNorm{Groups: 2})
	x := b.MaxPool("V1.pool", b.ReLU("V1.relu", norm), MaxPool{Kernel: 3, Stride: 2, Padding: 1})
	again := b.Local("V1.conv.t1", x, Local{Channels: 2, Kernel: 1, Again: first})
	again = b.GroupNorm("V1.norm.t1", again, GroupNorm{Groups: 2, Again: norm})
	state := b.ReLU("V1.relu.t1", b.Add("V1.skip.t1", again, b.Zeros("V1.zeros", again.Output)))
	b.Area("V1", state)
	return b.Linear("fc", b.GlobalAveragePool("pool", state), 3)
}

func newRecurrent(t *testing.T, c Connectivity) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: c, Seed: 3})
	net, err := b.Build(recurrent(b))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// A layer that is repeated has its parameters once, and on a coarser map a
// location has the weights of the same place.
func TestRepeatedLayer(t *testing.T) {
	net := newRecurrent(t, Connectivity{Local: true})
	var names []string
	for _, p := range net.Parameters() {
		names = append(names, p.Name)
	}
	if want := []string{"V1.conv.weight", "V1.norm.weight", "V1.norm.bias", "fc.weight", "fc.bias"}; !slices.Equal(names, want) {
		t.Fatalf("parameters %v, want %v", names, want)
	}
	if local := net.LocalLayers(); len(local) != 1 || local[0].Name != "V1.conv" {
		t.Fatalf("%d local layers, want V1.conv alone", len(local))
	}
	features, err := net.Features(images(2).Images, "V1.pool", "V1.conv.t1")
	if err != nil {
		t.Fatal(err)
	}
	seen, answer := features[0], features[1]
	if want := (Size{2, 3, 3}); answer.Size != want {
		t.Fatalf("the answer is of size %v, want %v", answer.Size, want)
	}
	weight := net.Parameter("V1.conv.weight").Data // 6·5 2 1 1 2
	for i, got := range answer.Data {              // N C H W
		n, c, h, w := i/18, i/9%2, i/3%3, i%3
		want := 0.0
		for from := range 2 {
			want += float64(weight[((2*h*5+2*w)*2+c)*2+from]) * float64(seen.Data[((n*2+from)*3+h)*3+w])
		}
		if math.Abs(float64(got)-want) > 1e-6 {
			t.Fatalf("image %d, channel %d at %d, %d: %v, want %v", n, c, h, w, got, want)
		}
	}
}

// The gradient of a repeated layer's parameters is the sum over its repetitions.
func TestRepeatedLayerGradient(t *testing.T) {
	for _, c := range []Connectivity{{}, {Local: true}} {
		net := newRecurrent(t, c)
		training, err := net.Train(2)
		if err != nil {
			t.Fatal(err)
		}
		loss := func() float64 {
			loss, err := training.Step(images(2))
			if err != nil {
				t.Fatal(err)
			}
			return loss
		}
		loss()
		for i, p := range training.Learned() {
			got := slices.Clone(training.Gradient(i))
			want := make([]float64, len(got))
			const step = 1e-2
			for j := range p.Data {
				at := p.Data[j]
				p.Data[j] = at + step
				up := loss()
				p.Data[j] = at - step
				want[j] = (up - loss()) / (2 * step)
				p.Data[j] = at
			}
			golden.Check(t, c.String()+": gradient of "+p.Name, got, want, 2e-2)
		}
	}
}

func TestRepeatedLayerOfAnotherMap(t *testing.T) {
	b := NewBuilder(Options{Input: Size{3, 4, 5}, Connectivity: Connectivity{Local: true}})
	first := b.Local("a", b.Input(), Local{Channels: 2, Kernel: 2})
	b.Local("again", b.Input(), Local{Channels: 2, Kernel: 2, Stride: 2, Padding: 1, Again: first})
	want := `layer "again" has locations of its own on a map of 3×3, which is not a coarser one of "a", 3×4`
	if err := b.Err(); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// What only an area needs is no part of the answer.
func TestAnswering(t *testing.T) {
	b := NewBuilder(Options{Input: Size{2, 6, 5}})
	x := b.ReLU("a", b.Input())
	b.Area("A", b.ReLU("later", x))
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 3))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range net.Answering() {
		names = append(names, l.Name)
	}
	if want := []string{"images", "a", "pool", "fc"}; !slices.Equal(names, want) {
		t.Errorf("the logits depend on %v, want %v", names, want)
	}
}

// A norm may start at zero, and a blank network has zeros alone.
func TestStart(t *testing.T) {
	for _, blank := range []bool{false, true} {
		b := NewBuilder(Options{Input: Size{2, 6, 5}, Blank: blank})
		x := b.ZeroScale(b.BatchNorm("zero", b.BatchNorm("one", b.Input())))
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 3))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"one.weight": !blank, "one.running_var": !blank, "zero.weight": false, "fc.weight": !blank, "fc.bias": !blank} {
			if got := slices.ContainsFunc(net.Parameter(name).Data, func(v float32) bool { return v != 0 }); got != want {
				t.Errorf("blank %t: %s starts at other than zero: %t, want %t", blank, name, got, want)
			}
		}
	}
	b := NewBuilder(Options{Input: Size{2, 6, 5}})
	b.ZeroScale(b.GroupNorm("group", b.Input(), GroupNorm{}))
	if b.Err() != nil {
		t.Errorf("a group norm that starts at a scale of zero: %v", b.Err())
	}
	b.ZeroScale(b.ReLU("relu", b.Input()))
	if err := b.Err(); err == nil || !strings.Contains(err.Error(), "the layer that is to start at a scale of zero is no norm") {
		t.Errorf("a relu that starts at a scale of zero: %v", err)
	}
}

// Features are of areas and of layers, with and without a map.
func TestFeatures(t *testing.T) {
	net := newRecurrent(t, Connectivity{})
	features, err := net.Features(images(3).Images, "V1", "V1.relu.t1", "pool", "fc")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(features[0].Data, features[1].Data) {
		t.Error("the area answers other than its output")
	}
	area, pooled := features[0], features[2]
	for i, got := range pooled.Data { // N C
		sum := 0.0
		for _, v := range area.Data[i*9:][:9] {
			sum += float64(v)
		}
		if math.Abs(float64(got)-sum/9) > 1e-6 {
			t.Errorf("pooled %d is %v, the mean of the area %v", i, got, sum/9)
		}
	}
	inference, err := net.Infer(3)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits(images(3).Images)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(features[3].Data, logits) {
		t.Errorf("features of fc are %v, logits %v", features[3].Data, logits)
	}
	if _, err := net.Features(images(1).Images, "V3"); err == nil || !strings.Contains(err.Error(), "the areas are V1") {
		t.Errorf("error %v, want one that lists the areas", err)
	}
}

// A layer that is repeated has its bias too.
func TestRepeatedBias(t *testing.T) {
	for _, bias := range []Bias{ChannelBias, LocationBias} {
		for _, c := range []Connectivity{{}, {Local: true}} {
			b := NewBuilder(Options{Input: Size{2, 3, 4}, Connectivity: c, Seed: 3})
			first := b.Local("a", b.Input(), Local{Channels: 2, Kernel: 1, Bias: bias})
			net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", b.Local("again", first, Local{Channels: 2, Kernel: 1, Bias: bias, Again: first})), 2))
			if err != nil {
				t.Fatal(err)
			}
			pixels := make([]float32, 2*3*4)
			for i := range pixels {
				pixels[i] = float32(math.Sin(float64(i)))
			}
			features, err := net.Features(pixels, "a", "again")
			if err != nil {
				t.Fatal(err)
			}
			weight, biases := net.Parameter("a.weight").Data, net.Parameter("a.bias").Data
			for i, got := range features[1].Data { // C H W
				channel, location := i/12, i%12
				at, its := 0, channel
				if c.Local {
					at = location
				}
				if bias == LocationBias {
					its = location*2 + channel
				}
				want := biases[its]
				for from := range 2 {
					want += weight[(at*2+channel)*2+from] * features[0].Data[from*12+location]
				}
				if math.Abs(float64(got-want)) > 1e-6 {
					t.Fatalf("%v, bias %d: channel %d at location %d is %v, want %v", c, bias, channel, location, got, want)
				}
			}
		}
	}
}
