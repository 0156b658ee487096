package weightshare

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
)

// network is a local layer of the given geometry, pooled and classified.
func network(t *testing.T, in graph.Size, l graph.Local, c graph.Connectivity) *graph.Network {
	t.Helper()
	b := graph.NewBuilder(graph.Options{Input: in, Connectivity: c})
	x := b.Local("local", b.Input(), l)
	net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestGoldenInstant(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			f := golden.Open(t, fmt.Sprintf("instant%d", i))
			w := f.Tensor("w")
			k := f.Int("kernel")
			net := network(t, graph.Size{Channels: w.Shape[3], Height: w.Shape[0], Width: w.Shape[1]},
				graph.Local{Channels: w.Shape[2], Kernel: k, Padding: (k - 1) / 2}, graph.Connectivity{Local: true})
			l := net.LocalLayers()[0]
			copy(l.Field.Weight.Data, w.Weights().Float32())
			golden.Check(t, "SNR", []float64{SNR(l)}, f.Tensor("snr").Data, 1e-6)
			share(t, net)
			golden.Check(t, "shared weights", l.Field.Weight.Data, f.Tensor("w_shared").Weights().Data, 1e-6)
		})
	}
}

func share(t *testing.T, net *graph.Network) {
	t.Helper()
	if err := Share(net); err != nil {
		t.Fatal(err)
	}
}

// Sharing twice is sharing once, on maps that the kernel does not divide, with
// stride.
func TestShareIsIdempotent(t *testing.T) {
	net := network(t, graph.Size{Channels: 2, Height: 11, Width: 7}, graph.Local{Channels: 3, Kernel: 3, Stride: 2, Padding: 1}, graph.Connectivity{Local: true})
	w := net.Parameter("local.weight").Data
	share(t, net)
	once := append([]float32(nil), w...)
	share(t, net)
	golden.Check(t, "shared twice", w, float64s(once), 1e-7)
	size := len(w) / (6 * 4)
	for pool := range 9 { // output 6×4
		h, c := pool/3, pool%3
		first := w[(h*4+c)*size:][:size]
		for hh := h; hh < 6; hh += 3 {
			for cc := c; cc < 4; cc += 3 {
				for i, v := range w[(hh*4+cc)*size:][:size] {
					if v != first[i] {
						t.Fatalf("location %d,%d is not equal to %d,%d", hh, cc, h, c)
					}
				}
			}
		}
	}
	if first, other := w[:size], w[size:2*size]; first[0] == other[0] {
		t.Error("two pools have equal weights")
	}
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func TestSchedule(t *testing.T) {
	in, l := graph.Size{Channels: 1, Height: 4, Width: 4}, graph.Local{Channels: 1, Kernel: 1}
	for _, c := range []struct {
		schedule Schedule
		asleep   []int
	}{
		{Schedule{}, nil},
		{Schedule{Steps: 4}, []int{4, 8, 12}},
		{Schedule{Epochs: 2}, []int{10}},
		{Schedule{AtEnd: true}, []int{14}},
		{Schedule{Steps: 7, Epochs: 1, AtEnd: true}, []int{5, 7, 10, 14}},
	} {
		net := network(t, in, l, graph.Connectivity{Local: true})
		sleeper, err := New(net, Options{Schedule: c.schedule, StepsPerEpoch: 5, TotalSteps: 14})
		if err != nil {
			t.Fatal(err)
		}
		var asleep []int
		for step := 1; step <= 14; step++ {
			net.Parameter("local.weight").Data[0] = 100
			if err := sleeper.Step(step); err != nil {
				t.Fatal(err)
			}
			if math.IsInf(MedianSNR(net), 1) {
				asleep = append(asleep, step)
			}
		}
		if !slices.Equal(asleep, c.asleep) {
			t.Errorf("%+v: asleep after steps %v, want %v", c.schedule, asleep, c.asleep)
		}
	}
}
