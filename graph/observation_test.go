package graph

import (
	"slices"
	"strings"
	"testing"
)

// What a network that is compiled once answers to batches, the last of them short,
// is what it answers to all images at once, by layers that are fused elsewhere too.
func TestObserve(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	var names []string
	for _, l := range net.Layers {
		names = append(names, l.Name)
	}
	const n, batch = 7, 3
	all := images(n).Images
	size := len(all) / n
	for _, some := range [][]string{names, names[len(names)-1:], {names[3], names[1]}} {
		want, err := net.Features(all, some...)
		if err != nil {
			t.Fatal(err)
		}
		o, err := net.Observe(batch, some...)
		if err != nil {
			t.Fatal(err)
		}
		got := make([][]float32, len(some))
		for at := 0; at < n; at += batch {
			features, err := o.Features(all[at*size : min(at+batch, n)*size])
			if err != nil {
				t.Fatal(err)
			}
			for i, f := range features {
				if f.Name != some[i] || f.Size != want[i].Size {
					t.Fatalf("features of %s, %v, want %s, %v", f.Name, f.Size, want[i].Name, want[i].Size)
				}
				got[i] = append(got[i], f.Data...)
			}
		}
		for i, name := range some {
			if !slices.Equal(got[i], want[i].Data) {
				t.Errorf("%s of %q: answers in batches differ", name, some)
			}
		}
	}
}

// Activations are the answers in memory's order, H W C N.
func TestActivations(t *testing.T) {
	net, pixels := newTiny(t, Connectivity{Local: true}, 1), images(3).Images
	features, err := net.Features(pixels, "conv2", "fc")
	if err != nil {
		t.Fatal(err)
	}
	var layers []*Layer
	for _, l := range net.Layers {
		if l.Name == "conv2" || l.Name == "fc" {
			layers = append(layers, l)
		}
	}
	activations, err := net.Activations(pixels, layers...)
	if err != nil || len(activations) != 2 {
		t.Fatalf("%d activations, %v", len(activations), err)
	}
	for i, f := range features { // N C H W
		size := f.Size.Channels * f.Size.Height * f.Size.Width
		plane := f.Size.Height * f.Size.Width
		for at, want := range f.Data {
			n, c, location := at/size, at%size/plane, at%plane
			if got := activations[i][(location*f.Size.Channels+c)*3+n]; got != want {
				t.Fatalf("%s: image %d, channel %d, location %d: %v, want %v", f.Name, n, c, location, got, want)
			}
		}
	}
}

func TestObserveErrors(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	if _, err := net.Observe(0, net.Layers[1].Name); err == nil || !strings.Contains(err.Error(), "a batch of 0 images") {
		t.Errorf("no batch: %v", err)
	}
	if _, err := net.Observe(1, "V9"); err == nil || !strings.Contains(err.Error(), `no layer is called "V9", and the network has no areas`) {
		t.Errorf("unknown name: %v", err)
	}
	for _, l := range []*Layer{nil, newTiny(t, Connectivity{}, 1).Layers[1]} {
		if _, err := net.Activations(images(1).Images, net.Layers[1], l); err == nil || !strings.Contains(err.Error(), "layer 1 of 2 to observe is not one of this network") {
			t.Errorf("a layer that is not of the network: %v", err)
		}
	}
	o, err := net.Observe(2, net.Layers[1].Name)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]float32{nil, images(3).Images, images(1).Images[1:]} {
		if _, err := o.Features(bad); err == nil || !strings.Contains(err.Error(), "are not 1 to 2 images") {
			t.Errorf("%d pixels: %v", len(bad), err)
		}
	}
}

// BenchmarkObserve answers batch after batch, compiled once or each time.
func BenchmarkObserve(b *testing.B) {
	net := newTiny(b, Connectivity{Local: true}, 1)
	shown := images(2).Images
	name := net.Layers[len(net.Layers)-2].Name
	b.Run("once", func(b *testing.B) {
		o, err := net.Observe(2, name)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := o.Features(shown); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("each", func(b *testing.B) {
		for b.Loop() {
			if _, err := net.Features(shown, name); err != nil {
				b.Fatal(err)
			}
		}
	})
}
