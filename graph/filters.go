package graph

import (
	"image"
	"image/color"
	"math"
)

// Filter draws the weights of the neuron of an output channel at a location (counted
// row by row; 0 in a convolution), one pixel for each weight: in colour if the input has
// three channels, R G B; otherwise in grey, with the input channels side by side. Zero
// is grey, and the largest weight by magnitude black or white, or full colour. It is empty
// if there is no memory for the weights: see Options.Blank.
func (f *Field) Filter(location, channel int) *image.NRGBA {
	k, inputs := f.Kernel, f.Weight.Shape[4]
	if f.Weight.Data == nil { // of a network that is too large
		return image.NewNRGBA(image.Rectangle{})
	}
	w := f.Weight.Data[(location*f.Channels+channel)*k*k*inputs:][:k*k*inputs] // KH KW C
	largest := 0.0
	for _, v := range w {
		largest = max(largest, math.Abs(float64(v)))
	}
	shade := func(v float32) uint8 {
		if largest == 0 {
			return 128
		}
		return uint8(math.Round(127.5 + 127.5*float64(v)/largest))
	}
	if inputs == 3 {
		img := image.NewNRGBA(image.Rect(0, 0, k, k))
		for i := range k * k {
			img.SetNRGBA(i%k, i/k, color.NRGBA{shade(w[3*i]), shade(w[3*i+1]), shade(w[3*i+2]), 255})
		}
		return img
	}
	img := image.NewNRGBA(image.Rect(0, 0, k*inputs, k))
	for i, v := range w {
		at, input := i/inputs, i%inputs
		grey := shade(v)
		img.SetNRGBA(input*k+at%k, at/k, color.NRGBA{grey, grey, grey, 255})
	}
	return img
}
