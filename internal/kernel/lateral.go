package kernel

// Pools lists the locations of an OH × OW map by pool: locations from rows[0]
// to rows[1]-1 and from columns[0] to columns[1]-1 belong to the pool of those
// whose rows are equal modulo period[0] and whose columns are equal modulo period[1];
// each of the others is a pool of its own. Locations of a pool are in ascending order.
func Pools(oh, ow int, period, rows, columns [2]int) [][]int {
	var pools [][]int
	for row := rows[0]; row < min(rows[0]+period[0], rows[1]); row++ {
		for column := columns[0]; column < min(columns[0]+period[1], columns[1]); column++ {
			var pool []int
			for h := row; h < rows[1]; h += period[0] {
				for w := column; w < columns[1]; w += period[1] {
					pool = append(pool, h*ow+w)
				}
			}
			pools = append(pools, pool)
		}
	}
	for h := range oh {
		for w := range ow {
			if h < rows[0] || h >= rows[1] || w < columns[0] || w >= columns[1] {
				pools = append(pools, []int{h*ow + w})
			}
		}
	}
	return pools
}

// poolSpan is how many numbers of a location are pooled at a time, so that their sums
// stay in the first-level cache and few pools of large locations use all threads too.
const poolSpan = 512

// poolSpans calls f for every pool and span of a location's size numbers, as
// Parallel does.
func poolSpans(pools [][]int, size int, f func(pool, from, to int)) {
	spans := (size + poolSpan - 1) / poolSpan
	Parallel(len(pools)*spans, func(i int) {
		from := i % spans * poolSpan
		f(i/spans, from, min(from+poolSpan, size))
	})
}

// poolMean adds up, in double precision, the numbers from..to of a pool's
// locations of x (L size) and divides by their count.
func poolMean[T Float](mean []float64, x []T, pool []int, size, from, to int) []float64 {
	mean = mean[:to-from]
	clear(mean)
	for _, l := range pool {
		accumulate(mean, x[l*size+from:l*size+to])
	}
	if count := len(pool); count&(count-1) == 0 { // the same numbers, sooner
		inverse := 1 / float64(count)
		for j := range mean {
			mean[j] *= inverse
		}
		return mean
	}
	for j := range mean {
		mean[j] /= float64(len(pool))
	}
	return mean
}

// accumulate adds a row to sums.
func accumulate[T Float](sums []float64, row []T) {
	done := 0
	if row, ok := any(row).([]float32); ok {
		done = accumulateFast(sums, row)
	}
	for j := done; j < len(row); j++ {
		sums[j] += float64(row[j])
	}
}

// PoolMean computes y (L size), at each location the mean of x (L size) over
// the location's pool. y may be x.
func PoolMean[T Float](y, x []T, pools [][]int, size int) {
	poolSpans(pools, size, func(pool, from, to int) {
		locations := pools[pool]
		if len(locations) == 1 {
			l := locations[0]
			copy(y[l*size+from:l*size+to], x[l*size+from:l*size+to])
			return
		}
		var room [poolSpan]float64
		var means [poolSpan]T
		for j, mean := range poolMean(room[:], x, locations, size, from, to) {
			means[j] = T(mean)
		}
		for _, l := range locations {
			copy(y[l*size+from:l*size+to], means[:])
		}
	})
}

// PoolDeviation computes y (L size), x less its mean over each location's pool.
// y may be x.
func PoolDeviation[T Float](y, x []T, pools [][]int, size int) {
	poolSpans(pools, size, func(pool, from, to int) {
		var room [poolSpan]float64
		mean := poolMean(room[:], x, pools[pool], size, from, to)
		for _, l := range pools[pool] {
			out, in := y[l*size+from:l*size+to], x[l*size+from:l*size+to]
			for j, v := range mean {
				out[j] = T(float64(in[j]) - v)
			}
		}
	})
}

// Rates are the constants of the rate dynamics of pools with one inhibitory
// neuron each, in steps of Euler's method of length Step, in units of τ:
//
//	r_inh += Step·(-r_inh + mean r - Bias)         with r before the step
//	r     += Step·(-r + z - Alpha·r_inh + Bias)    with r_inh before the step
type Rates struct{ Step, Alpha, Bias float64 }

// LateralRates advances rate (L size) and inhibition (one location a pool, size)
// by so many steps under the constant input z (L size). Where trajectory is not
// nil it receives the rates after each step, steps L size.
func LateralRates[T Float](r Rates, trajectory, rate, inhibition, z []T, pools [][]int, size, steps int) {
	step, alpha, bias := T(r.Step), T(r.Alpha), T(r.Bias)
	poolSpans(pools, size, func(pool, from, to int) {
		var room [poolSpan]float64
		inhibitory := inhibition[pool*size+from : pool*size+to]
		for s := range steps {
			mean := poolMean(room[:], rate, pools[pool], size, from, to)
			for _, l := range pools[pool] {
				excitatory, input := rate[l*size+from:l*size+to], z[l*size+from:l*size+to]
				for j := range excitatory {
					excitatory[j] += step * (-excitatory[j] + input[j] - alpha*inhibitory[j] + bias)
				}
				if trajectory != nil {
					copy(trajectory[s*len(rate)+l*size+from:], excitatory)
				}
			}
			for j := range inhibitory {
				inhibitory[j] += step * (-inhibitory[j] + T(mean[j]) - bias)
			}
		}
	})
}

// Hebbian are the constants of one step of the Hebbian rule, with momentum as
// PyTorch's SGD defines it:
//
//	v = Momentum·v + Scale·gradient + Gamma·(w - start);  w = w - Rate·v
type Hebbian struct{ Rate, Scale, Gamma, Momentum float64 }

// HebbianStep updates the weights w in place, and where there is momentum the
// velocity v, which is not used otherwise.
func HebbianStep[T Float](h Hebbian, w, start, v, gradient []T) {
	ParallelSpans(len(w), func(from, to int) { hebbianStep(h, w, start, v, gradient, from, to) })
}

// hebbianStep updates the weights from..to.
func hebbianStep[T Float](h Hebbian, w, start, v, gradient []T, from, to int) {
	rate, scale, gamma, momentum := T(h.Rate), T(h.Scale), T(h.Gamma), T(h.Momentum)
	for i := from; i < to; i++ {
		change := scale*gradient[i] + gamma*(w[i]-start[i])
		if momentum != 0 {
			change += momentum * v[i]
			v[i] = change
		}
		w[i] -= rate * change
	}
}

// HebbianStepByPatch is HebbianStep of a local layer whose neurons have rates of
// their own in place of h.Rate: one over the mean over the batch of the square
// length of the neuron's patch of x (H W C N), or 0 if it sees nothing.
func HebbianStepByPatch[T Float](g Local, h Hebbian, w, start, v, gradient, x []T) {
	squares := make([]float64, g.H*g.W*g.Groups) // of a pixel's channels of a group, over the batch
	row := g.channels() * g.N
	Parallel(len(squares), func(i int) {
		for _, v := range x[i*row:][:row] {
			squares[i] += float64(v) * float64(v)
		}
	})
	size := g.filters() * g.field() // of the weights of a group at a location
	Parallel(g.OH*g.OW*g.Groups, func(i int) {
		location, group := i/g.Groups, i%g.Groups
		sum := 0.0
		for kh := range g.KH {
			for kw := range g.KW {
				row := g.StrideH*(location/g.OW) + g.DilationH*kh - g.Top
				column := g.StrideW*(location%g.OW) + g.DilationW*kw - g.Left
				if row >= 0 && row < g.H && column >= 0 && column < g.W {
					sum += squares[(row*g.W+column)*g.Groups+group]
				}
			}
		}
		own := h
		if own.Rate = 0; sum > 0 {
			own.Rate = float64(g.N) / sum
		}
		hebbianStep(own, w, start, v, gradient, i*size, (i+1)*size)
	})
}
