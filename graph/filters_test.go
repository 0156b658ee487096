package graph

import (
	"image"
	"image/color"
	"testing"
)

// A filter's weights are seen where they are, on a scale around grey.
func TestFilter(t *testing.T) {
	for _, c := range []struct {
		channels, width int
		at              func(i, j, c int) (x, y int)
	}{
		{3, 2, func(i, j, _ int) (int, int) { return j, i }},
		{2, 2, func(i, j, c int) (int, int) { return 2*c + j, i }},
		{3, 3, func(i, j, _ int) (int, int) { return j, i }},
		{2, 3, func(i, j, c int) (int, int) { return 3*c + j, i }},
	} {
		b := NewBuilder(Options{Input: Size{c.channels, 3, 4}, Connectivity: Connectivity{Local: true}, Blank: true})
		x := b.Local("conv", b.Input(), Local{Channels: 5, Kernel: 2, KernelWidth: c.width, Pad: Pad{Left: c.width - 2}})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		f := net.LocalLayers()[0].Field
		const location, channel = 4, 3 // of 2×3 and 5
		set := func(i, j, input int, v float32) {
			f.Weight.Data[(((location*5+channel)*2+i)*c.width+j)*c.channels+input] = v
		}
		set(0, 1, 0, -2)
		set(1, 0, 1, 1)
		img := f.Filter(location, channel)
		if x, y := c.at(1, c.width-1, c.channels-1); img.Bounds() != image.Rect(0, 0, x+1, y+1) {
			t.Errorf("%d channels: %v, want the last weight at %d, %d", c.channels, img.Bounds(), x, y)
		}
		black, grey, light := uint8(0), uint8(128), uint8(191)
		want := func(i, j, input int, rgb, alone color.NRGBA) {
			x, y := c.at(i, j, input)
			if c.channels != 3 {
				rgb = alone
			}
			if got := img.NRGBAAt(x, y); got != rgb {
				t.Errorf("%d channels: %d, %d is %v, want %v", c.channels, i, j, got, rgb)
			}
		}
		want(0, 1, 0, color.NRGBA{black, grey, grey, 255}, color.NRGBA{black, black, black, 255})
		want(1, 0, 1, color.NRGBA{grey, light, grey, 255}, color.NRGBA{light, light, light, 255})
		want(1, 1, 1, color.NRGBA{grey, grey, grey, 255}, color.NRGBA{grey, grey, grey, 255})
		other := f.Filter(location, channel-1)
		if got := other.NRGBAAt(1, 0); got != (color.NRGBA{grey, grey, grey, 255}) {
			t.Errorf("%d channels: a filter of zeros is %v, want grey", c.channels, got)
		}
	}
}
