package graph

import (
	"image"
	"image/color"
	"testing"
)

// A filter's weights are seen where they are, on a scale around grey.
func TestFilter(t *testing.T) {
	for _, c := range []struct {
		channels int
		at       func(i, j, c int) (x, y int)
	}{
		{3, func(i, j, _ int) (int, int) { return j, i }},
		{2, func(i, j, c int) (int, int) { return 3*c + j, i }},
	} {
		b := NewBuilder(Options{Input: Size{c.channels, 4, 5}, Connectivity: Connectivity{Local: true}, Blank: true})
		x := b.Local("conv", b.Input(), Local{Channels: 5, Kernel: 3})
		net, err := b.Build(b.Linear("fc", b.GlobalAveragePool("pool", x), 2))
		if err != nil {
			t.Fatal(err)
		}
		f := net.LocalLayers()[0].Field
		const location, channel = 4, 3 // of 6 and 5
		set := func(i, j, input int, v float32) {
			f.Weight.Data[(((location*5+channel)*3+i)*3+j)*c.channels+input] = v
		}
		set(0, 1, 0, -2)
		set(1, 0, 1, 1)
		img := f.Filter(location, channel)
		if want := map[int]image.Point{3: {3, 3}, 2: {6, 3}}[c.channels]; img.Bounds().Size() != want {
			t.Errorf("%d channels: %v pixels, want %v", c.channels, img.Bounds().Size(), want)
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
		want(2, 2, 1, color.NRGBA{grey, grey, grey, 255}, color.NRGBA{grey, grey, grey, 255})
		other := f.Filter(location, channel-1)
		if got := other.NRGBAAt(1, 0); got != (color.NRGBA{grey, grey, grey, 255}) {
			t.Errorf("%d channels: a filter of zeros is %v, want grey", c.channels, got)
		}
	}
}
