package graph

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hypnos/internal/checkpoint"
	"hypnos/internal/golden"
)

// scramble sets every value to random bits, which are NaNs of any payload and
// negative zeros among others.
func scramble(net *Network, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0))
	for _, p := range slices.Concat(net.Parameters(), net.Moments()) {
		for i := range p.Data {
			p.Data[i] = math.Float32frombits(r.Uint32())
		}
		p.Data[0] = math.Float32frombits(0xff800001)
		p.Data[len(p.Data)-1] = math.Float32frombits(1 << 31)
	}
}

// contents returns the bits of all values, in order.
func contents(net *Network) []uint32 {
	var bits []uint32
	for _, p := range slices.Concat(net.Parameters(), net.Moments()) {
		for _, v := range p.Data {
			bits = append(bits, math.Float32bits(v))
		}
	}
	return bits
}

func save(t *testing.T, net *Network) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "net.safetensors")
	if err := net.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, net *Network, path string, o LoadOptions) {
	t.Helper()
	if err := net.Load(path, o); err != nil {
		t.Fatal(err)
	}
}

func TestRoundTrip(t *testing.T) {
	for _, c := range []Connectivity{{}, {Local: true}, {Local: true, FirstConvolutional: 1, Convolutional1x1: true}} {
		for name, build := range map[string]func() *Network{
			"tiny":      func() *Network { return newTiny(t, c, 1) },
			"recurrent": func() *Network { return newRecurrent(t, c) },
		} {
			t.Run(name+", "+c.String(), func(t *testing.T) {
				from, to := build(), build()
				scramble(from, 1)
				scramble(to, 2)
				load(t, to, save(t, from), LoadOptions{Deviation: 0.5, Seed: 1})
				if !slices.Equal(contents(to), contents(from)) {
					t.Error("the values differ after they were saved and loaded")
				}
			})
		}
	}
}

// Files have PyTorch's layouts.
// Tensors beside a network are read again to the bit, and are none of Load's
// business.
func TestBeside(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	scramble(net, 1)
	p := net.Parameters()[0]
	path := filepath.Join(t.TempDir(), "net.safetensors")
	beside := Tensor{Name: Beside + "first." + p.Name, Shape: p.Shape, Data: p.Data}
	if err := net.Save(path, beside); err != nil {
		t.Fatal(err)
	}
	other := newTiny(t, Connectivity{Local: true}, 2)
	load(t, other, path, LoadOptions{})
	if !slices.Equal(contents(other), contents(net)) {
		t.Error("the network differs")
	}
	again, err := ReadBeside(path)
	if err != nil || len(again) != 1 || again[0].Name != beside.Name || !slices.Equal(again[0].Shape, p.Shape) {
		t.Fatalf("read %v, %v", again, err)
	}
	for i, v := range again[0].Data {
		if math.Float32bits(v) != math.Float32bits(p.Data[i]) {
			t.Fatalf("value %d is %v, want %v", i, v, p.Data[i])
		}
	}
	if err := net.Save(path, Tensor{Name: p.Name}); err == nil || !strings.Contains(err.Error(), `begins with "optimiser."`) {
		t.Errorf("error %v", err)
	}
	if _, err := ReadBeside(path + "x"); err == nil || !strings.Contains(err.Error(), path+"x: no such file") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestSavedLayout(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	f, err := checkpoint.Open(save(t, net))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := f.Dicts[0]
	for name, shape := range map[string][]int{
		"conv1.weight":     {6, 5, 4, 2, 3, 3},
		"conv1.bias":       {4},
		"conv2.weight":     {3, 3, 6, 2, 3, 3},
		"conv2.bias":       {3, 3, 6},
		"shortcut.weight":  {3, 3, 6, 4, 1, 1},
		"bn1.running_mean": {4},
		"fc.weight":        {3, 6},
	} {
		if got, _ := d.Shape(name); !slices.Equal(got, shape) {
			t.Errorf("%s has shape %v, want %v", name, got, shape)
			continue
		}
		ours := net.Parameter(name).Data
		got := make([]float32, len(ours))
		if err := d.Read(name, got); err != nil {
			t.Fatal(err)
		}
		if len(shape) != 6 {
			golden.Check(t, name, got, float64s(ours), 0)
			continue
		}
		in, side := shape[3], shape[4]
		for i, v := range got {
			x, y, c, filter := i%side, i/side%side, i/side/side%in, i/side/side/in // and location
			if want := ours[((filter*side+y)*side+x)*in+c]; v != want {
				t.Fatalf("value %d of %s is %v, want %v", i, name, v, want)
			}
		}
	}
}

func float64s(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// A convolution's kernel serves every location of a local layer, which then
// computes the same, and whose mean is the kernel to the bit.
func TestLoadCopies(t *testing.T) {
	conv := newTiny(t, Connectivity{}, 1)
	path := save(t, conv)
	local := newTiny(t, Connectivity{Local: true}, 2)
	load(t, local, path, LoadOptions{})
	for _, p := range local.Parameters() {
		want := conv.Parameter(p.Name).Data
		for i, v := range p.Data {
			if v != want[i%len(want)] {
				t.Fatalf("value %d of %s is %v, want %v", i, p.Name, v, want[i%len(want)])
			}
		}
	}
	golden.Check(t, "logits", infer(t, local), float64s(infer(t, conv)), 1e-5)

	back := newTiny(t, Connectivity{}, 3)
	load(t, back, save(t, local), LoadOptions{})
	if !slices.Equal(contents(back), contents(conv)) {
		t.Error("the mean of copies differs from what was copied")
	}
}

func infer(t *testing.T, net *Network) []float32 {
	t.Helper()
	inference, err := net.Infer(4)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits(images(4).Images)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(logits)
}

// Noise is relative to the kernel, leaves the size of the weights as it is, and
// depends on the seed.
func TestLoadDeviation(t *testing.T) {
	build := func(c Connectivity) *Network {
		b := NewBuilder(Options{Input: Size{8, 20, 20}, Connectivity: c, Seed: 1})
		x := b.Local("conv", b.Input(), Local{Channels: 8, Kernel: 3, Padding: 1, Bias: LocationBias})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	conv := build(Connectivity{})
	path := save(t, conv)
	kernel := conv.Parameter("conv.weight").Data
	local, same, other := build(Connectivity{Local: true}), build(Connectivity{Local: true}), build(Connectivity{Local: true})
	load(t, local, path, LoadOptions{Deviation: 0.75, Seed: 1})
	load(t, same, path, LoadOptions{Deviation: 0.75, Seed: 1})
	load(t, other, path, LoadOptions{Deviation: 0.75, Seed: 2})
	if !slices.Equal(contents(local), contents(same)) || slices.Equal(contents(local), contents(other)) {
		t.Error("the noise is not that of the seed")
	}
	if !slices.Equal(local.Parameter("conv.bias").Data, conv.Parameter("conv.bias").Data) {
		t.Error("the bias is not as in the file")
	}
	// √(1 + 0.75²) = 1.25.
	weights := local.Parameter("conv.weight").Data
	size, noise := rootMeanSquare(kernel), 0.0
	for i, v := range weights {
		noise += math.Pow(float64(v)-float64(kernel[i%len(kernel)])/1.25, 2) / float64(len(weights))
	}
	golden.Check(t, "deviation of the noise", []float64{math.Sqrt(noise)}, []float64{size * 0.75 / 1.25}, 1e-2)
	golden.Check(t, "deviation of the weights", []float64{rootMeanSquare(weights)}, []float64{size}, 2e-2)
}

// The kernel of a convolution is the mean over the locations of a local layer.
func TestLoadMean(t *testing.T) {
	local, conv := newTiny(t, Connectivity{Local: true}, 1), newTiny(t, Connectivity{}, 2)
	load(t, conv, save(t, local), LoadOptions{})
	for _, p := range conv.Parameters() {
		from := local.Parameter(p.Name).Data
		want := make([]float64, len(p.Data))
		for i, v := range from {
			want[i%len(want)] += float64(v) * float64(len(want)) / float64(len(from))
		}
		golden.Check(t, p.Name, p.Data, want, 1e-7)
	}
}

// A bias of each neuron and one of each channel stand in for each other, too.
func TestLoadBias(t *testing.T) {
	build := func(bias Bias) *Network {
		b := NewBuilder(Options{Input: Size{1, 2, 3}, Seed: 1})
		x := b.Local("conv", b.Input(), Local{Channels: 2, Kernel: 1, Bias: bias})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	channel, location := build(ChannelBias), build(LocationBias)
	copy(channel.Parameter("conv.bias").Data, []float32{1, 2})
	load(t, location, save(t, channel), LoadOptions{Deviation: 1})
	bias := location.Parameter("conv.bias").Data
	golden.Check(t, "copies", bias, []float64{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2}, 0)
	bias[0], bias[3] = 7, 5
	load(t, channel, save(t, location), LoadOptions{})
	golden.Check(t, "means", channel.Parameter("conv.bias").Data, []float64{2, 2.5}, 0)
}

// write saves a network's tensors as change leaves them.
func write(t *testing.T, net *Network, change func(tensors []checkpoint.Tensor) []checkpoint.Tensor) (path string) {
	t.Helper()
	f, err := checkpoint.Open(save(t, net))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := f.Dicts[0]
	var tensors []checkpoint.Tensor
	for _, name := range d.Names() {
		shape, err := d.Shape(name)
		if err != nil {
			t.Fatal(err)
		}
		values := make([]float32, len(net.Parameter(name).Data))
		if err := d.Read(name, values); err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, checkpoint.Tensor{Name: name, Shape: shape, Values: slices.Values([][]float32{values})})
	}
	path = filepath.Join(t.TempDir(), "changed.safetensors")
	if err := checkpoint.Write(path, nil, change(tensors)); err != nil {
		t.Fatal(err)
	}
	return path
}

// The reference implementation calls local weights weights, and norms count.
func TestLoadOtherNames(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	path := write(t, net, func(tensors []checkpoint.Tensor) []checkpoint.Tensor {
		for i, x := range tensors {
			if len(x.Shape) == 6 {
				tensors[i].Name += "s"
			}
		}
		count := slices.Values([][]float32{{8}})
		return append(tensors, checkpoint.Tensor{Name: "bn1.num_batches_tracked", Values: count})
	})
	other := newTiny(t, Connectivity{Local: true}, 2)
	load(t, other, path, LoadOptions{})
	if !slices.Equal(contents(other), contents(net)) {
		t.Error("the values differ")
	}
}

// All that does not fit is named at once, and nothing is loaded.
func TestLoadErrors(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	one := slices.Values([][]float32{{1}})
	path := write(t, newTiny(t, Connectivity{}, 2), func(tensors []checkpoint.Tensor) []checkpoint.Tensor {
		for i, x := range tensors {
			switch x.Name {
			case "conv2.weight":
				tensors[i].Name = "conv3.weight"
			case "conv1.weight":
				tensors[i].Shape = []int{2, 4, 3, 3}
			case "fc.bias":
				tensors[i].Name = "fc.biases"
			case "bn1.weight":
				tensors[i].Shape = []int{2, 2}
			}
		}
		return append(tensors, checkpoint.Tensor{Name: "shortcut.weights", Shape: []int{1}, Values: one}, checkpoint.Tensor{Name: "later.scale", Values: one})
	})
	truncated := save(t, newTiny(t, Connectivity{}, 2))
	if err := os.Truncate(truncated, 2000); err != nil {
		t.Fatal(err)
	}
	before := contents(net)
	for _, c := range []struct {
		path string
		o    LoadOptions
		want string
	}{
		{path, LoadOptions{}, "graph: the weights in " + path + " do not fit the network: " +
			"2 missing (conv2.weight 6×2×3×3 or 3×3×6×2×3×3, fc.bias 3), " +
			"2 misshapen (conv1.weight 2×4×3×3, want 4×2×3×3 or 6×5×4×2×3×3, …), " +
			"4 not of the network (conv3.weight 6×2×3×3, fc.biases 3, later.scale a single value, …)"},
		{truncated, LoadOptions{}, "graph: weights: checkpoint: " + truncated + ": the tensors have 1196 bytes, but the file ends after 1184"},
		{"nowhere", LoadOptions{}, "no such file"},
		{path, LoadOptions{Deviation: -1}, "graph: deviation -1 of the loaded weights, want a number of at least 0"},
		{path, LoadOptions{Deviation: math.NaN()}, "graph: deviation NaN"},
	} {
		if err := net.Load(c.path, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		if !slices.Equal(contents(net), before) {
			t.Fatal("the network has changed")
		}
	}
	if err := net.Save(filepath.Join(t.TempDir(), "none", "file")); err == nil || !strings.Contains(err.Error(), "graph: save: ") {
		t.Errorf("error %v of a folder that is not there", err)
	}
}
