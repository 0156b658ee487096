package data

import (
	"math"

	"github.com/pkg/errors"
)

// Normalisation is the mean and the standard deviation of each channel's
// pixels, as fractions of full scale: 0 is a pixel of 0 and 1 a pixel of 255,
// which is torchvision's ToTensor scale. A pixel v of channel c is normalised
// to (v/255 - Mean[c]) / Std[c].
//
// The zero value stands for mean 0 and standard deviation 1 in every channel:
// pixels go from 0 to 1.
type Normalisation struct {
	Mean, Std []float64
}

// NormalisationOf measures a data set, as a rule the training split: the mean
// and the population standard deviation (division by the number of pixels, not
// by one less) over all pixels of all images, per channel. A channel that is
// constant has no scale, so its Std is set to 1 and it is normalised to 0. An
// empty data set is an error.
func NormalisationOf(set Dataset) (Normalisation, error) {
	length, err := imageLen(set)
	if err != nil {
		return Normalisation{}, err
	}
	if set.Len() == 0 {
		return Normalisation{}, errors.New("data: no mean and standard deviation of a data set of 0 images")
	}
	channels, height, width := set.Size()

	// Counting byte values is exact for any number of pixels; a running sum of
	// squares is not.
	counts := make([][256]int, channels)
	pixels := make([]byte, length)
	for i := range set.Len() {
		if _, err := read(set, i, pixels); err != nil {
			return Normalisation{}, errors.Wrap(err, "data: normalisation")
		}
		for c := range channels {
			for _, v := range pixels[c*height*width : (c+1)*height*width] {
				counts[c][v]++
			}
		}
	}

	n := Normalisation{Mean: make([]float64, channels), Std: make([]float64, channels)}
	total := float64(set.Len()) * float64(height*width)
	for c := range channels {
		var sum, squares float64
		for v, count := range counts[c] {
			sum += float64(count) * float64(v)
		}
		mean := sum / total
		for v, count := range counts[c] {
			squares += float64(count) * (float64(v) - mean) * (float64(v) - mean)
		}
		n.Mean[c], n.Std[c] = mean/255, math.Sqrt(squares/total)/255
		if n.Std[c] == 0 {
			n.Std[c] = 1
		}
	}
	return n, nil
}

// table holds the normalised value of each byte, per channel.
type table [][256]float32

// table returns the normalised values for images of so many channels, or an
// error if n was not made for such images.
func (n Normalisation) table(channels int) (table, error) {
	t := make(table, channels)
	if n.Mean == nil && n.Std == nil {
		for c := range t {
			for v := range t[c] {
				t[c][v] = float32(float64(v) / 255)
			}
		}
		return t, nil
	}
	if len(n.Mean) != channels || len(n.Std) != channels {
		return nil, errors.Errorf("data: normalisation of %d means and %d standard deviations for images of %d channels",
			len(n.Mean), len(n.Std), channels)
	}
	for c := range t {
		if mean, std := n.Mean[c], n.Std[c]; !(math.Abs(mean) <= math.MaxFloat64 && std > 0 && std <= math.MaxFloat64) {
			return nil, errors.Errorf("data: normalisation of channel %d by mean %g and standard deviation %g, want finite numbers and a deviation over 0",
				c, mean, std)
		}
		for v := range t[c] {
			t[c][v] = float32((float64(v)/255 - n.Mean[c]) / n.Std[c])
		}
	}
	return t, nil
}

// crop normalises one image, axes C H W, into dst, moved by the cut at (top,
// left) out of the image with padding pixels of the channel's mean on each side:
//
//	dst[c,y,x] = table[c][ pixels[c, y+top-padding, x+left-padding] ]
//
// and 0, the normalised mean, where that lies outside the image. If flip is
// set, dst is mirrored left to right after that.
func crop(dst []float32, pixels []byte, t table, height, width, padding, top, left int, flip bool) {
	// Columns first..last-1 of a row come from the image, the rest is padding.
	shift := left - padding
	first, last := max(0, -shift), min(width, width-shift)
	for c := range t {
		values := &t[c]
		for y := range height {
			out := dst[(c*height+y)*width:][:width]
			row := y + top - padding
			if row < 0 || row >= height {
				clear(out)
				continue
			}
			in := pixels[(c*height+row)*width:][:width]
			clear(out[:first])
			for x := first; x < last; x++ {
				out[x] = values[in[x+shift]]
			}
			clear(out[last:])
			if flip {
				for x := range width / 2 {
					out[x], out[width-1-x] = out[width-1-x], out[x]
				}
			}
		}
	}
}
