package weightshare

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"hypnos/graph"
	"hypnos/internal/kernel"
	"hypnos/ops"
)

// SNR returns the signal-to-noise ratio of a local layer's weights: the mean,
// over output channels, input channels and kernel positions, of
//
//	|mean| / standard deviation (n-1)
//
// over the n locations whose receptive fields see no padding (the measure of
// Pogodin et al. 2021, reference implementation). It is +Inf if locations have
// equal weights, to the bit, and NaN if fewer than two locations see no padding.
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
		// Differences to the first are exactly 0 where weights are equal, which
		// differences to a mean that was rounded are not.
		first := float64(f.Weight.Data[locations[0]*size+i])
		for j, location := range locations {
			values[j] = float64(f.Weight.Data[location*size+i]) - first
		}
		mean, deviation := stat.MeanStdDev(values, nil)
		sum += math.Abs(first+mean) / deviation
	}
	return sum / float64(size)
}

// unpadded lists the locations whose receptive fields lie inside the input.
func unpadded(f *graph.Field) []int {
	var locations []int
	for h := f.Grid.Rows[0]; h < f.Grid.Rows[1]; h++ {
		for w := f.Grid.Columns[0]; w < f.Grid.Columns[1]; w++ {
			locations = append(locations, h*f.Output.Width+w)
		}
	}
	return locations
}

// PoolSNR returns the weight signal-to-noise ratio w-SNR of Pogodin et al. 2021
// (section 4.3), the median over pools of
//
//	(1/J) Σ_j mean_j² / var_j
//
// with mean and variance (of N, not N-1) of weight j, of J, over the N neurons of
// the pool: those of one channel, at positions that see no padding, that are
// equal modulo the kernel size. It is the median because a few weights that are nearly
// equal would decide a mean. It is +Inf if most pools have weights that are equal to the
// bit, and NaN if no pool has two neurons. Above about 1e12, where deviations are a
// millionth of the mean, it says little more than how equal weights were rounded to
// float32.
func PoolSNR(l *graph.Layer) float64 {
	f := l.Field
	pools, err := poolOptions(f, 0, ops.BorderAlone).Pools()
	if err != nil {
		return math.NaN() // the layer would not have been built
	}
	size := len(f.Weight.Data) / f.Weight.Shape[0]
	field := size / f.Channels
	pools = slices.DeleteFunc(pools, func(pool []int) bool { return len(pool) < 2 })
	ratios := make([]float64, len(pools)*f.Channels)
	kernel.Parallel(len(pools), func(i int) {
		// Means are of differences to the first neuron, which are exactly 0 where
		// weights are equal.
		mean, variance := make([]float64, size), make([]float64, size)
		first := f.Weight.Data[pools[i][0]*size:][:size]
		n := float64(len(pools[i]))
		for _, location := range pools[i] {
			for j, v := range f.Weight.Data[location*size:][:size] {
				mean[j] += (float64(v) - float64(first[j])) / n
			}
		}
		for _, location := range pools[i] {
			for j, v := range f.Weight.Data[location*size:][:size] {
				deviation := float64(v) - float64(first[j]) - mean[j]
				variance[j] += deviation * deviation / n
			}
		}
		for j, difference := range mean {
			m := float64(first[j]) + difference
			ratios[i*f.Channels+j/field] += m * m / variance[j] / float64(field)
		}
	})
	return Median(ratios)
}

// Measures is how alike the weights of a layer are.
type Measures struct {
	Layer        string // its name
	SNR, PoolSNR float64
}

// Measure returns the measures of the local layers of a network that learn.
func Measure(net *graph.Network) []Measures {
	var all []Measures
	for _, l := range net.LocalLayers() {
		if !l.Field.Weight.Frozen {
			all = append(all, Measures{l.Name, SNR(l), PoolSNR(l)})
		}
	}
	return all
}

// MedianSNR returns the median of SNR over the local layers of a network that learn and
// have an SNR, or NaN if there is none. It is the median because a 1x1 layer is a single
// pool, whose ratio right after sharing would outweigh all others.
func MedianSNR(net *graph.Network) float64 {
	var all []float64
	for _, l := range net.LocalLayers() {
		if !l.Field.Weight.Frozen {
			all = append(all, SNR(l))
		}
	}
	return Median(all)
}

// Median returns the median of values, such as a measure of each layer, without those
// that are NaN; it is NaN if all are.
func Median(values []float64) float64 {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
