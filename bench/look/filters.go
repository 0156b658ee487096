package look

import (
	"fmt"
	"image"
	"math"

	"github.com/pkg/errors"
	"golang.org/x/image/draw"

	"hypnos/bench/plotting"
	"hypnos/graph"
)

// FirstLayer returns the first layer with a receptive field.
func FirstLayer(net *graph.Network) *graph.Layer {
	for _, l := range net.Layers {
		if l.Field != nil {
			return l
		}
	}
	return nil // no network of the zoo is without
}

// FilterOptions say what of a local layer is shown.
type FilterOptions struct {
	Side int    // locations along each side of the map
	By   string // location or channel
}

// Check returns an error for an option that is out of range.
func (o FilterOptions) Check() error {
	switch {
	case o.Side < 1:
		return errors.Errorf("-locations %d, want at least 1", o.Side)
	case o.By != "location" && o.By != "channel":
		return errors.Errorf("-by %q, want location or channel", o.By)
	}
	return nil
}

// Picture shows the filters of a layer.
func (o FilterOptions) Picture(l *graph.Layer) plotting.Picture {
	f := l.Field
	what := fmt.Sprintf("%s, %s: %d filters of %d×%d", l.Name, l.Kind, f.Channels, f.Kernel, f.KernelWidth)
	scale := "Each filter has a scale of its own, on which zero is grey."
	if f.Shared {
		filters := make([]image.Image, f.Channels)
		for channel := range filters {
			filters[channel] = f.Filter(0, channel)
		}
		columns := nearSquare(f.Channels)
		return plotting.Picture{
			Caption: what + ", the same at all locations. " + scale,
			Image:   grid(magnified(filters, columns), columns, filterGap),
		}
	}
	rows, columns := evenly(f.Output.Height, o.Side), evenly(f.Output.Width, o.Side)
	var filters []image.Image // channel by channel, then location by location
	for channel := range f.Channels {
		for _, h := range rows {
			for _, w := range columns {
				filters = append(filters, f.Filter(h*f.Output.Width+w, channel))
			}
		}
	}
	p := plotting.Picture{Caption: fmt.Sprintf("%s at each location, of which %d×%d of %d×%d are shown, ", what, len(rows), len(columns), f.Output.Height, f.Output.Width)}
	perSide := nearSquare(f.Channels)
	filters = magnified(filters, perSide*len(columns))
	locations := len(rows) * len(columns)
	var groups []image.Image
	if o.By == "channel" {
		for channel := range f.Channels {
			groups = append(groups, grid(filters[channel*locations:][:locations], len(columns), filterGap))
		}
		p.Image = grid(groups, perSide, groupGap)
		p.Caption += "evenly over the map: a group for each channel, arranged in it as on the map. " + scale
		return p
	}
	for location := range locations {
		var here []image.Image
		for channel := range f.Channels {
			here = append(here, filters[channel*locations+location])
		}
		groups = append(groups, grid(here, perSide, filterGap))
	}
	p.Image = grid(groups, len(columns), groupGap)
	p.Caption += "evenly over the map: a group for each location, arranged as on the map, each channel at the same place in its group. " + scale
	return p
}

// evenly returns up to n of the indices below size: those in the middle of as many equal
// parts.
func evenly(size, n int) []int {
	n = min(n, size)
	places := make([]int, n)
	for i := range places {
		places[i] = (2*i + 1) * size / (2 * n)
	}
	return places
}

// nearSquare returns how many columns a grid of n has: a divisor of n near its
// square root, or else the square root.
func nearSquare(n int) int {
	root := int(math.Ceil(math.Sqrt(float64(n))))
	for columns := root; columns <= 2*root; columns++ {
		if n%columns == 0 {
			return columns
		}
	}
	return root
}

// Sizes, pixels.
const (
	filterGap    = 2
	groupGap     = 12
	filtersWidth = 1000 // about that of a picture
)

// magnified draws images as large as so many columns of them allow.
func magnified(images []image.Image, columns int) []image.Image {
	size := images[0].Bounds().Size()
	times := min(max(filtersWidth/(columns*size.X), 1), 16)
	large := make([]image.Image, len(images))
	for i, img := range images {
		to := image.NewNRGBA(image.Rect(0, 0, times*size.X, times*size.Y))
		draw.NearestNeighbor.Scale(to, to.Bounds(), img, img.Bounds(), draw.Src, nil)
		large[i] = to
	}
	return large
}

// grid puts images of equal size in columns, with a white gap between them.
func grid(images []image.Image, columns, gap int) *image.NRGBA {
	size := images[0].Bounds().Size()
	columns = min(columns, len(images))
	rows := (len(images) + columns - 1) / columns
	all := image.NewNRGBA(image.Rect(0, 0, columns*(size.X+gap)-gap, rows*(size.Y+gap)-gap))
	draw.Draw(all, all.Bounds(), image.White, image.Point{}, draw.Src)
	for i, img := range images {
		at := image.Pt(i%columns*(size.X+gap), i/columns*(size.Y+gap))
		draw.Draw(all, image.Rectangle{Min: at, Max: at.Add(size)}, img, img.Bounds().Min, draw.Src)
	}
	return all
}
