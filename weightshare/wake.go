package weightshare

import (
	"math"

	"github.com/pkg/errors"

	"hypnos/internal/kernel"
)

// Change is what a phase has done to the weights of a layer.
type Change struct {
	Layer string // its name
	// Spread is how far the pools are from the closed-form fixed point of the Hebbian
	// rule, as a share of how far they were before:
	//
	//	‖w - w*‖ / ‖w^init - w*‖,  w* = (C + γI)⁻¹ (C·mean_j w_j^init + γ w^init)
	//
	// with the norm over all neurons of pools of several and C = mean x xᵀ = I,
	// that of Gaussian patterns (Pogodin et al. 2021, eq. 5). It is 1 if
	// nothing changed, 0 at the fixed point, and NaN for other patterns, for
	// weights that started there and for layers without such pools.
	Spread float64
	// Cosine is that of the angle between a pool's mean weights and what they
	// were before the phase, the mean over pools and channels: 1 unless the
	// mean has turned. It is NaN for layers without pools of several.
	Cosine float64
}

// rowsAtATime is about how many neurons have their weights multiplied at a time.
const rowsAtATime = 96

// sums are added up over the neurons of pools while their weights change.
type sums struct {
	meanBefore, meanAfter         float64 // Σ of squares of the means
	varianceBefore, varianceAfter float64 // Σ of squares of the deviations, over all locations of a pool
	distance, start               float64 // Σ of squares of w - w* and of w^init - w*
	cosine                        float64
	pools                         int // each channel of a pool counts
}

func (s *sums) add(t sums) {
	s.meanBefore += t.meanBefore
	s.meanAfter += t.meanAfter
	s.varianceBefore += t.varianceBefore
	s.varianceAfter += t.varianceAfter
	s.distance += t.distance
	s.start += t.start
	s.cosine += t.cosine
	s.pools += t.pools
}

// wake applies what the populations learned in the sleep to the weights of the layer.
func (l *sleeper) wake(phase Phase) sums {
	var total sums
	for _, c := range l.cohorts {
		total.add(c.wake(phase))
	}
	return total
}

// change says what a phase has done to the layer. It is an error if the layer
// diverges.
func (l *sleeper) change(total sums, phase Phase) (Change, error) {
	known := phase.Source == Gaussian
	for _, c := range l.cohorts {
		known = known && c.distinct()
	}
	change := Change{Layer: l.layer.Name, Spread: math.NaN(), Cosine: math.NaN()}
	if total.pools == 0 {
		return change, nil
	}
	change.Cosine = total.cosine / float64(total.pools)
	if known && total.start > 0 {
		change.Spread = math.Sqrt(total.distance / total.start)
	}
	// A sum that is not finite makes all that depends on it not finite.
	if sum := total.meanAfter + total.varianceAfter; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return change, errors.Errorf("the %v sleep diverges: weights are not finite; try a lower learning rate", phase.Kind)
	}
	// A dynamic phase shrinks means as fast as deviations, or a little faster, until
	// inhibition sets in: that is no divergence.
	const tolerance = 0.1
	if total.meanAfter*total.varianceBefore < (1-tolerance)*total.meanBefore*total.varianceAfter {
		return change, errors.Errorf("the %v sleep diverges: the signal-to-noise ratio of its pools falls from %.3g to %.3g; try a lower learning rate",
			phase.Kind, total.meanBefore/total.varianceBefore, total.meanAfter/total.varianceAfter)
	}
	return change, nil
}

// distinct tells whether the neurons see no pixel of the pattern twice.
func (c *cohort) distinct() bool {
	for i, pixel := range c.pixels[1:] {
		if pixel == c.pixels[i] {
			return false
		}
	}
	return true
}

// wake multiplies the weights of the cohort by its matrices.
func (c *cohort) wake(phase Phase) sums {
	deviations := c.deviations.transposed()
	var means []float32
	if len(c.means.populations) > 0 {
		means = c.means.transposed()
	}
	// A piece of work is some channels of a pool: about rowsAtATime neurons.
	type work struct {
		pool     pool
		from, to int
	}
	var all []work
	for _, p := range c.pools {
		step := max(rowsAtATime/len(p.locations), 1)
		for from := 0; from < c.filters; from += step {
			all = append(all, work{p, from, min(from+step, c.filters)})
		}
	}
	parts := make([]sums, len(all))
	kernel.Parallel(len(all), func(i int) {
		parts[i] = c.apply(deviations, means, all[i].pool, all[i].from, all[i].to, phase.Gamma)
	})
	var total sums
	for _, part := range parts {
		total.add(part)
	}
	return total
}

// apply multiplies the deviations of a pool's filters from..to-1, and their means if
// means is not nil, and returns what that changed.
func (c *cohort) apply(deviations, means []float32, p pool, from, to int, gamma float64) sums {
	field, n := c.field(), len(p.locations)
	size, filters := n*field, to-from
	before, after := make([]float32, filters*size), make([]float32, filters*size)
	mean, start, now := make([]float64, field), make([]float32, filters*field), make([]float32, filters*field)
	for filter := range filters {
		c.gather(before[filter*size:], mean, c.layer.Field.Weight.Data, p, from+filter)
		round(start[filter*field:], mean)
	}
	q := kernel.Product{M: filters * n, N: field, K: field, ARow: field, AColumn: 1, BRow: field, CRow: field}
	kernel.Compute(q, after, before, deviations, []kernel.Term{{}})
	copy(now, start)
	if means != nil {
		q.M = filters
		kernel.Compute(q, now, start, means, []kernel.Term{{}})
	}
	var s sums
	for filter := range filters {
		c.scatter(after[filter*size:], now[filter*field:], p, from+filter)
		s.add(compare(start[filter*field:][:field], now[filter*field:][:field], before[filter*size:][:size], after[filter*size:][:size], gamma))
	}
	return s
}

// round rounds x to float32.
func round(to []float32, x []float64) {
	for i, v := range x {
		to[i] = float32(v)
	}
}

// compare adds up how one channel of a pool changed: its mean, and the deviations from
// it.
func compare(meanBefore, meanAfter, before, after []float32, gamma float64) sums {
	s := sums{pools: 1}
	product := 0.0
	n := float64(len(before) / len(meanBefore))
	for i, b := range meanBefore {
		b, a := float64(b), float64(meanAfter[i])
		product += a * b
		s.meanBefore += b * b
		s.meanAfter += a * a
		s.distance += n * (a - b) * (a - b)
	}
	s.cosine = product / math.Sqrt(s.meanBefore*s.meanAfter)
	left := gamma / (1 + gamma) // of a deviation, at the fixed point
	for i, b := range before {
		b, a := float64(b), float64(after[i])
		s.varianceBefore += b * b
		s.varianceAfter += a * a
		s.distance += (a - left*b) * (a - left*b)
		s.start += (1 - left) * (1 - left) * b * b
	}
	return s
}
