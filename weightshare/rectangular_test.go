package weightshare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
	"hypnos/ops"
)

// rectangular is a layer of 14×9 locations on maps, with more padding on some sides than
// on others.
var rectangular = graph.Local{Channels: 3, Kernel: 4, KernelWidth: 3, StrideWidth: 2, Pad: graph.Pad{Top: 2, Bottom: 1, Left: 4, Right: 2}}

// sees tells whether a location of that layer sees no padding.
func sees(h, w int) bool { return h >= 2 && h < 13 && w >= 2 && w < 8 }

func rectangularLayer(t *testing.T) (*graph.Network, *graph.Layer) {
	t.Helper()
	net := network(t, maps, rectangular, graph.Connectivity{Local: true})
	l := net.LocalLayers()[0]
	if want := (graph.Size{Channels: 3, Height: 14, Width: 9}); l.Output != want {
		t.Fatalf("output %v, want %v", l.Output, want)
	}
	return net, l
}

// meansOf returns the mean over the locations of each pool, at each of its locations:
// those that are equal modulo the kernel and that include takes.
func meansOf(weights []float32, height, width int, include func(h, w int) bool) []float64 {
	size := len(weights) / (height * width)
	means := make([]float64, len(weights))
	for at := range means {
		location, i := at/size, at%size
		sum, n := 0.0, 0
		for other := range height * width {
			h, w := other/width, other%width
			if (h-location/width)%4 == 0 && (w-location%width)%3 == 0 && include(h, w) {
				sum += float64(weights[other*size+i])
				n++
			}
		}
		means[at] = sum / float64(n)
	}
	return means
}

// Instant sharing averages over locations whose rows are equal modulo the kernel's
// height and whose columns modulo its width.
func TestRectangularShare(t *testing.T) {
	net, l := rectangularLayer(t)
	want := meansOf(l.Field.Weight.Data, 14, 9, func(h, w int) bool { return true })
	share(t, net)
	golden.Check(t, "shared weights", l.Field.Weight.Data, want, 1e-6)
}

// Measures leave out what sees padding, which is not the same on all sides.
func TestRectangularMeasures(t *testing.T) {
	_, l := rectangularLayer(t)
	weights := l.Field.Weight.Data
	size := len(weights) / (14 * 9)
	sum := 0.0
	for i := range size {
		mean, square, n := 0.0, 0.0, 0.0
		for location := range 14 * 9 {
			if sees(location/9, location%9) {
				v := float64(weights[location*size+i])
				mean, square, n = mean+v, square+v*v, n+1
			}
		}
		mean /= n
		sum += math.Abs(mean) / math.Sqrt((square-n*mean*mean)/(n-1))
	}
	golden.Check(t, "SNR", []float64{SNR(l)}, []float64{sum / float64(size)}, 1e-9)

	means := meansOf(weights, 14, 9, sees)
	field := size / 3
	var ratios []float64
	for pool := range 4 * 3 {
		for channel := range 3 {
			ratio := 0.0
			for j := range field {
				variance, n, mean := 0.0, 0.0, 0.0
				for location := range 14 * 9 {
					if h, w := location/9, location%9; sees(h, w) && h%4 == pool/3 && w%3 == pool%3 {
						mean = means[location*size+channel*field+j]
						variance += math.Pow(float64(weights[location*size+channel*field+j])-mean, 2)
						n++
					}
				}
				ratio += mean * mean / (variance / n) / float64(field)
			}
			ratios = append(ratios, ratio)
		}
	}
	golden.Check(t, "pool SNR", []float64{PoolSNR(l)}, []float64{Median(ratios)}, 1e-9)
}

// Pooled patterns are the mean over what lies a kernel's height and width apart, and
// patches are pieces as large as the kernel.
func TestRectangularPatterns(t *testing.T) {
	images := make([]float32, maps.Height*maps.Width*maps.Channels)
	for i := range images {
		images[i] = float32(i * i % 101)
	}
	const count = 600
	at := func(h, w, c int) float64 { return float64(images[(h*maps.Width+w)*maps.Channels+c]) }
	for _, source := range []Source{Patches, Pooled} {
		p := patterns{source: source, rows: 4, columns: 3, channels: maps.Channels, count: count}
		if err := p.see(images, maps); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, p.size())
		if len(x) != 4*3*2*count {
			t.Fatalf("%d numbers", len(x))
		}
		p.fill(x, rand.New(rand.NewPCG(1, 2)))
		height, width := 4, 3 // in which patterns begin
		if source == Patches {
			height, width = maps.Height-4+1, maps.Width-3+1
		}
		begun := map[int]bool{}
		for n := range p.count {
			found := false
			for offset := range height * width {
				top, left := offset/width, offset%width
				equal := true
				for i := range 4 * 3 * 2 {
					h, w, c := top+i/2/3, left+i/2%3, i%2
					want := 0.0
					if source == Patches {
						want = at(h, w, c)
					} else {
						count := 0.0
						for row := h % 4; row < maps.Height; row += 4 {
							for column := w % 3; column < maps.Width; column += 3 {
								want += at(row, column, c)
								count++
							}
						}
						want /= count
					}
					equal = equal && math.Abs(float64(x[i*p.count+n])-want) < 1e-4
				}
				if found = found || equal; equal {
					begun[offset] = true
				}
			}
			if !found {
				t.Fatalf("%v pattern %d is nowhere in what the layer sees", source, n)
			}
		}
		if len(begun) < height*width*9/10 {
			t.Errorf("%v patterns begin in %d places of %d×%d", source, len(begun), height, width)
		}
	}
}

// Both engines do the same to a rectangular layer, whatever the patterns are made from.
func TestRectangularEnginesAgree(t *testing.T) {
	images := make([]float32, 2*8*maps.Channels*maps.Height*maps.Width)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range images {
		images[i] = float32(r.NormFloat64())
	}
	for _, kind := range []Kind{Hebbian, Dynamic} {
		for _, source := range []Source{Gaussian, Patches, Pooled} {
			t.Run(fmt.Sprint(kind, source), func(t *testing.T) {
				var weights [2][]float32
				for engine := range weights {
					net, l := rectangularLayer(t)
					before := slices.Clone(l.Field.Weight.Data)
					p := Reference(kind)
					p.Engine, p.Source, p.Iterations, p.Patterns, p.Gamma = Engine(engine), source, 10, 2, 0.01
					s, err := New(net, Options{Phase: p, Seed: 3, Images: func(_, n int) ([]float32, error) {
						return images[:n*maps.Channels*maps.Height*maps.Width], nil
					}})
					if err != nil {
						t.Fatal(err)
					}
					sleep(t, s)
					weights[engine] = l.Field.Weight.Data
					if slices.Equal(before, weights[engine]) {
						t.Fatal("the sleep changes nothing")
					}
				}
				golden.Check(t, "weights", weights[Graph], float64s(weights[Fast]), 5e-6)
			})
		}
	}
}

// A rectangular layer that sleeps long loses what its pools differ by.
func TestRectangularSleepConverges(t *testing.T) {
	net, l := rectangularLayer(t)
	p := hebbian(0)
	p.Border = ops.BorderAlone
	s, err := New(net, Options{Phase: p, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	before := PoolSNR(l)
	if change := sleep(t, s)[0]; !(change.Spread < 1e-2) || !(PoolSNR(l) > 1e4*before) {
		t.Errorf("a spread of %v is left, and the pools' ratio goes from %v to %v", change.Spread, before, PoolSNR(l))
	}
}
