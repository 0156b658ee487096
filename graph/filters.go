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
	if f.Weight.Data == nil { // of a network that is too large
		return image.NewNRGBA(image.Rectangle{})
	}
	height, width, inputs := f.Kernel, f.KernelWidth, f.Weight.Shape[4]
	size := height * width * inputs
	w := f.Weight.Data[(location*f.Channels+channel)*size:][:size] // KH KW C
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
		img := image.NewNRGBA(image.Rect(0, 0, width, height))
		for i := range height * width {
			img.SetNRGBA(i%width, i/width, color.NRGBA{shade(w[3*i]), shade(w[3*i+1]), shade(w[3*i+2]), 255})
		}
		return img
	}
	img := image.NewNRGBA(image.Rect(0, 0, width*inputs, height))
	for i, v := range w {
		at, input := i/inputs, i%inputs
		grey := shade(v)
		img.SetNRGBA(input*width+at%width, at/width, color.NRGBA{grey, grey, grey, 255})
	}
	return img
}
