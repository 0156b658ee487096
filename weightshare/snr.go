package weightshare

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hypnos/graph"
)

// SNR returns the signal-to-noise ratio of a local layer's weights: the mean,
// over output channels, input channels and kernel positions, of
//
//	|mean| / standard deviation (n-1)
//
// over the n locations whose receptive fields see no padding (the measure of
// Pogodin et al. 2021, reference implementation). It is +Inf if locations have
// equal weights and NaN if fewer than two locations see no padding.
func SNR(l *graph.Layer) float64 {
	f := l.Field
	size := len(f.Weight.Data) / f.Weight.Shape[0]
	locations := unpadded(f)
	if len(locations) < 2 {
		return math.NaN()
	}
	values := make([]float64, len(locations))
	sum := 0.0
	for i := range size {
		for j, location := range locations {
			values[j] = float64(f.Weight.Data[location*size+i])
		}
		mean, deviation := stat.MeanStdDev(values, nil)
		sum += math.Abs(mean) / deviation
	}
	return sum / float64(size)
}

// unpadded lists the locations whose receptive fields lie inside the input.
func unpadded(f *graph.Field) []int {
	inside := func(i, size int) bool {
		from := i*f.Stride - f.Padding
		return from >= 0 && from+f.Dilation*(f.Kernel-1) < size
	}
	var locations []int
	for h := range f.Output.Height {
		for w := range f.Output.Width {
			if inside(h, f.Input.Height) && inside(w, f.Input.Width) {
				locations = append(locations, h*f.Output.Width+w)
			}
		}
	}
	return locations
}

// MedianSNR returns the median of SNR over the local layers of a network that
// have one and learn, or NaN if there is none. It is the median because a 1x1
// layer is a single pool, whose ratio right after sharing outweighs all others.
func MedianSNR(net *graph.Network) float64 {
	var all []float64
	for _, l := range net.LocalLayers() {
		if snr := SNR(l); !l.Field.Weight.Frozen && !math.IsNaN(snr) {
			all = append(all, snr)
		}
	}
	if len(all) == 0 {
		return math.NaN()
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}
