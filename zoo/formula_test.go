package zoo

import (
	"encoding/json"
	"flag"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
)

var full = flag.Bool("full", false, "test local networks at their published size, which takes up to 9 GB")

// formulas are the networks that there are reference logits of, and the side of
// the images on which they are tested as local ones: CORnet-S has too many
// weights at its published size, as VGG has, and the others so many that they need -full.
var formulas = []struct {
	file, model string
	side, most  int
	width       int // without -full; 0 means as published
}{
	{"formula_resnet20", "resnet20", 32, 32, 0},
	{"formula_resnet18", "resnet18", 48, 224, 0},
	{"formula_alexnet", "alexnet", 70, 224, 8},
	{"formula_vgg16", "vgg16", 40, 64, 8},
	{"formula_vgg16_bn", "vgg16-bn", 40, 64, 8},
	{"formula_cornet_z", "cornet-z", 64, 224, 0},
	{"formula_cornet_r", "cornet-r", 64, 224, 0},
	{"formula_cornet_rt", "cornet-rt", 64, 224, 0},
	{"formula_cornet_s", "cornet-s", 32, 112, 0},
}

// The published networks answer as the published implementations do, from
// parameters that follow a formula.
func TestFormula(t *testing.T) {
	for _, c := range formulas {
		t.Run(c.model, func(t *testing.T) {
			if testing.Short() && c.model != "resnet20" {
				t.Skip("a large network")
			}
			f := golden.Open(t, c.file)
			net := newFormula(t, c.model, Config{})
			var names []string
			for _, p := range slices.Concat(net.Parameters(), net.Moments()) {
				names = append(names, p.Name)
			}
			var want []string
			if err := json.Unmarshal([]byte(f.Text("names")), &want); err != nil {
				t.Fatal(err)
			}
			slices.Sort(names)
			slices.Sort(want)
			if !slices.Equal(names, want) {
				t.Errorf("parameters %v, want %v", names, want)
			}
			if got, want := net.ParameterCount(), f.Int("params"); got != want {
				t.Errorf("%d parameters, want %d", got, want)
			}
			images := formulaImages(net.Options.Input)
			last := net.Layers[len(net.Layers)-1].Name
			features, err := net.Features(images, append(net.AreaNames(), last)...)
			if err != nil {
				t.Fatal(err)
			}
			areas := features[:len(net.Areas)]
			golden.Check(t, "logits", features[len(areas)].Data, f.Tensor("logits").Data, 1e-3)
			for _, area := range areas {
				golden.Check(t, "mean of "+area.Name, means(area), f.Tensor("mean."+area.Name).Data, 1e-3)
			}
		})
	}
}

// A local network whose locations have the weights of a convolutional one gives
// its logits.
func TestFormulaLocal(t *testing.T) {
	for _, c := range formulas {
		t.Run(c.model, func(t *testing.T) {
			side, width := c.side, c.width
			if *full {
				side, width = c.most, 0
			}
			size := graph.Size{Channels: 3, Height: side, Width: side}
			images := formulaImages(size)[:3*side*side]
			conv := newFormula(t, c.model, Config{Input: size, Width: width})
			var want []float64
			for _, v := range logits(t, conv, images) {
				want = append(want, float64(v))
			}
			local, err := New(c.model, Config{Input: size, Width: width, Connectivity: graph.Connectivity{Local: true}, Blank: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range slices.Concat(local.Parameters(), local.Moments()) {
				from := conv.Parameter(p.Name).Data
				for at := 0; at < len(p.Data); at += len(from) {
					copy(p.Data[at:], from)
				}
			}
			golden.Check(t, "logits", logits(t, local, images), want, 1e-4)
		})
	}
}

func newFormula(t *testing.T, model string, c Config) *graph.Network {
	t.Helper()
	c.Blank = true
	net, err := New(model, c)
	if err != nil {
		t.Fatal(err)
	}
	const piece = 1 << 20
	var all sync.WaitGroup
	for _, p := range slices.Concat(net.Parameters(), net.Moments()) {
		for from := 0; from < len(p.Data); from += piece {
			all.Go(func() { fillFormula(p, from, min(from+piece, len(p.Data))) })
		}
	}
	all.Wait()
	return net
}

// fillFormula sets the values from..to-1 of a parameter of a convolutional
// network by the formula of the reference data, in whose layout weights are
// O I KH KW.
func fillFormula(p *graph.Parameter, from, to int) {
	mean, std, phase := 0.0, 0.1, phase(p.Name)
	switch s := p.Shape; {
	case s.Dims() == 5:
		o, kh, kw, in := s[1], s[2], s[3], s[4]
		std = math.Sqrt(2 / float64(in*kh*kw))
		for i := from; i < to; i++ {
			c, x, y, filter := i%in, i/in%kw, i/in/kw%kh, i/in/kw/kh%o
			p.Data[i] = formula(phase, ((filter*in+c)*kh+y)*kw+x, mean, std)
		}
		return
	case s.Dims() == 2:
		std = math.Sqrt(1 / float64(s[1]))
	case strings.HasSuffix(p.Name, ".running_var") || strings.HasSuffix(p.Name, ".weight"):
		mean = 1
	}
	for i := from; i < to; i++ {
		p.Data[i] = formula(phase, i, mean, std)
	}
}

// phase is what the formula makes of the name of a parameter.
func phase(name string) float64 { return float64(crc32.ChecksumIEEE([]byte(name)) % 1000) }

func formula(phase float64, i int, mean, std float64) float32 {
	const period = 6.283185307179586
	at := float64(i)
	square := (1e-4 * at) * at
	rest := math.FMA(-math.Floor(square/period), period, square) // math.Mod takes long
	return float32(mean + std*math.Sqrt2*math.Sin(phase+0.61803398875*at+rest))
}

// formulaImages are two images, N C H W.
func formulaImages(s graph.Size) []float32 {
	images, phase := make([]float32, 2*s.Channels*s.Height*s.Width), phase("image")
	for i := range images {
		images[i] = formula(phase, i, 0, 1)
	}
	return images
}

func logits(t *testing.T, net *graph.Network, images []float32) []float32 {
	t.Helper()
	inference, err := net.Infer(len(images) / (net.Options.Input.Channels * net.Options.Input.Height * net.Options.Input.Width))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := inference.Logits(images)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// means returns the means over locations, N C.
func means(f graph.Features) []float64 {
	plane := f.Size.Height * f.Size.Width
	out := make([]float64, len(f.Data)/plane)
	for i, v := range f.Data {
		out[i/plane] += float64(v) / float64(plane)
	}
	return out
}
