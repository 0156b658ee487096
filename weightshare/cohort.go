package weightshare

import (
	"slices"

	"hypnos/graph"
	"hypnos/internal/kernel"
	"hypnos/ops"
)

// poolOptions are those of a layer.
func poolOptions(f *graph.Field, period int, border ops.Border) ops.PoolOptions {
	return ops.PoolOptions{
		Height: f.Input.Height, Width: f.Input.Width, Kernel: f.Kernel, KernelWidth: f.KernelWidth,
		Field: f.Options(), Period: period, Border: border,
	}
}

// A cohort is the neurons of one group of channels whose patches of a pattern
// hold the same pixels, though in another order. Where the pattern is as large
// as the kernel these are all neurons that see no padding: every pool sees all
// of the pattern, turned around. So they share what a sleep does to weights, up
// to the order.
type cohort struct {
	layer         *graph.Layer
	group         int
	pixels        []int // of the pattern, counted row by row
	channels      int   // that a neuron sees, and
	filters       int   // of which there are neurons at each location
	pools         []pool
	deviations    matrix
	means         matrix // without one, the means stay what they are
	patternWidth  int    // channels of the whole pattern
	patternNumber int
}

// pool is the locations of a pool, and for each kernel position which of the
// cohort's pixels it sees.
type pool struct{ locations, pixel []int }

// cohorts returns the cohorts of a layer: those of pools of more than one
// location, since a neuron alone has nothing to agree with.
func cohorts(l *graph.Layer, pools [][]int, p Phase) []*cohort {
	f := l.Field
	var classes []*cohort
	for _, locations := range pools {
		if len(locations) < 2 {
			continue
		}
		pixels := seenBy(f, locations[0], p.Period)
		sorted := slices.Sorted(slices.Values(pixels))
		at := slices.IndexFunc(classes, func(c *cohort) bool { return slices.Equal(c.pixels, sorted) })
		if at < 0 {
			at = len(classes)
			classes = append(classes, &cohort{layer: l, pixels: sorted})
		}
		classes[at].pools = append(classes[at].pools, pool{locations, order(pixels, sorted)})
	}
	var all []*cohort
	for _, class := range classes {
		for group := range f.Groups {
			c := *class
			c.group, c.channels, c.filters = group, f.Input.Channels/f.Groups, f.Channels/f.Groups
			c.patternWidth, c.patternNumber = f.Input.Channels, p.Patterns
			all = append(all, &c)
		}
	}
	return all
}

// patternSize is that of the patterns of a layer at a period, which is a side of them or
// 0 for the kernel.
func patternSize(f *graph.Field, period int) (height, width int) {
	return max(period, f.Kernel), max(period, f.KernelWidth)
}

// seenBy lists which pixel of a periodic pattern each kernel position of a
// location sees.
func seenBy(f *graph.Field, location, period int) []int {
	height, width := patternSize(f, period)
	top := location/f.Output.Width*f.Stride - f.Grid.Pad.Top
	left := location%f.Output.Width*f.StrideWidth - f.Grid.Pad.Left
	var pixels []int
	for i := range f.Kernel {
		for j := range f.KernelWidth {
			pixels = append(pixels, (top+i*f.Dilation)%height*width+(left+j*f.DilationWidth)%width)
		}
	}
	return pixels
}

// order returns for each of values its position in sorted, each used once.
func order(values, sorted []int) []int {
	used := make([]bool, len(sorted))
	positions := make([]int, len(values))
	for i, v := range values {
		at, _ := slices.BinarySearch(sorted, v)
		for used[at] {
			at++
		}
		used[at], positions[i] = true, at
	}
	return positions
}

// field is how many weights a neuron has.
func (c *cohort) field() int { return len(c.pixels) * c.channels }

// patches returns the patches that the cohort sees of patterns SH SW C N:
// field × N.
func (c *cohort) patches(patterns []float32) []float32 {
	if len(c.pixels)*c.patternWidth*c.patternNumber == len(patterns) && c.channels == c.patternWidth && c.whole() {
		return patterns
	}
	row := c.channels * c.patternNumber
	x := make([]float32, len(c.pixels)*row)
	for i, pixel := range c.pixels {
		copy(x[i*row:][:row], patterns[(pixel*c.patternWidth+c.group*c.channels)*c.patternNumber:])
	}
	return x
}

// whole tells whether the pixels are all of a pattern, each once.
func (c *cohort) whole() bool {
	for i, pixel := range c.pixels {
		if pixel != i {
			return false
		}
	}
	return true
}

// neuron returns the weights of a neuron among those of the layer.
func (c *cohort) neuron(weights []float32, location, filter int) []float32 {
	size, field := len(weights)/c.layer.Field.Weight.Shape[0], c.field()
	return weights[location*size+(c.group*c.filters+filter)*field:][:field]
}

// gather copies a pool's weights of one filter, among those of the layer, into
// rows of the field, in the order of the cohort's pixels, and returns their
// mean, which it subtracts.
func (c *cohort) gather(rows []float32, mean []float64, all []float32, p pool, filter int) {
	field := c.field()
	clear(mean)
	for n, location := range p.locations {
		row, weights := rows[n*field:][:field], c.neuron(all, location, filter)
		for k, pixel := range p.pixel {
			copy(row[pixel*c.channels:], weights[k*c.channels:][:c.channels])
		}
		for i, v := range row {
			mean[i] += float64(v)
		}
	}
	for i := range mean {
		mean[i] /= float64(len(p.locations))
	}
	for n := range p.locations {
		row := rows[n*field:][:field]
		for i, v := range row {
			row[i] = float32(float64(v) - mean[i])
		}
	}
}

// scatter sets a pool's weights of one filter to mean plus rows.
func (c *cohort) scatter(rows, mean []float32, p pool, filter int) {
	field := c.field()
	for n, location := range p.locations {
		row, weights := rows[n*field:][:field], c.neuron(c.layer.Field.Weight.Data, location, filter)
		for k, pixel := range p.pixel {
			to, deviation, mean := weights[k*c.channels:][:c.channels], row[pixel*c.channels:], mean[pixel*c.channels:]
			for i := range to {
				to[i] = mean[i] + deviation[i]
			}
		}
	}
}

// A matrix is what a sleep does to weights of a cohort, as populations of some
// of its columns each.
type matrix struct {
	field       int
	populations []*population[float32]
}

// columnsAPiece is how many neurons a population of a matrix has: few enough
// that its weights stay in a cache from iteration to iteration.
const columnsAPiece = 96

// newMatrix returns the unit matrix.
func newMatrix(field, batch int) matrix {
	m := matrix{field: field}
	for from := 0; from < field; from += columnsAPiece {
		p := newPopulation[float32](field, min(columnsAPiece, field-from), batch)
		for j := range p.count {
			p.weight[(from+j)*p.count+j] = 1
		}
		copy(p.start, p.weight)
		m.populations = append(m.populations, p)
	}
	return m
}

// transposed returns the matrix, its columns as rows, so that rows of weights
// times it are what the sleep makes of them.
func (m matrix) transposed() []float32 {
	t := make([]float32, m.field*m.field)
	from := 0
	for _, p := range m.populations {
		kernel.Transpose(t[from*m.field:], m.field, p.weight, p.count, m.field, p.count)
		from += p.count
	}
	return t
}
