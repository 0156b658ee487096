package weightshare

import "hypnos/internal/kernel"

// A population is neurons that see the same patches, in terms of what is left
// of the rules when one looks at a pool's mean and at the deviations from it
// separately. With w_i = m + d_i and z_i = w_i·x, a deviation answers to itself
// alone, d_i·x, whatever the others do, and so does the mean, with the
// inhibition that it causes. A population is any number of deviations, or of
// means, with the answer to one unit of input that its kind has.
//
// All its changes are linear in its weights. A population that starts from the
// unit vectors thus becomes the matrix of a whole sleep, which is applied once
// to as many neurons as there are.
type population[T kernel.Float] struct {
	field, count, batch int
	// weight and start are the weights and what they are pulled to, field ×
	// count: the neurons lie side by side, so that they fill the lanes.
	weight, start []T
	velocity      []T // where there is momentum, as weight
	response      []T // batch × count
	overTime      *overTime[T]
}

func newPopulation[T kernel.Float](field, count, batch int) *population[T] {
	return &population[T]{
		field: field, count: count, batch: batch,
		weight: make([]T, field*count), start: make([]T, field*count), response: make([]T, batch*count),
	}
}

// rule is one step of learning: its rate, the pull to the start, momentum.
type rule struct{ rate, gamma, momentum float64 }

// multiply computes to = Xᵀ·from, the responses (batch × count) to the patches
// x (field × batch).
func (p *population[T]) multiply(to, x, from []T) {
	kernel.Compute(kernel.Product{
		M: p.batch, N: p.count, K: p.field, ARow: 1, AColumn: p.batch, BRow: p.count, CRow: p.count,
	}, to, x, from, []kernel.Term{{}})
}

// spread adds X·from to to: field × count from batch × count.
func (p *population[T]) spread(to, x, from []T) {
	kernel.Compute(kernel.Product{
		M: p.field, N: p.count, K: p.batch, ARow: p.batch, AColumn: 1, BRow: p.count, CRow: p.count, Add: true,
	}, to, x, from, []kernel.Term{{}})
}

// learn changes the weights by one step of the rule on the mean over the batch,
// where a neuron answers gain·w·x to the patch x:
//
//	v = momentum·v + gain·mean (w·x) x + gamma (w - start);  w = w - rate·v
func (p *population[T]) learn(x []T, gain float64, r rule) {
	p.multiply(p.response, x, p.weight)
	scale := gain / float64(p.batch)
	if r.momentum == 0 {
		multiplyBy(p.response, T(-r.rate*scale))
		if pull := T(r.rate * r.gamma); pull != 0 {
			weight := p.weight
			for i, s := range p.start {
				weight[i] += pull * (s - weight[i])
			}
		}
		p.spread(p.weight, x, p.response)
		return
	}
	multiplyBy(p.response, T(scale))
	p.accelerate(x, p.response, r)
}

// accelerate is a step of the rule with momentum, of given responses.
func (p *population[T]) accelerate(x, response []T, r rule) {
	if p.velocity == nil {
		p.velocity = make([]T, len(p.weight))
	}
	momentum, gamma, rate := T(r.momentum), T(r.gamma), T(r.rate)
	for i, v := range p.velocity {
		p.velocity[i] = momentum*v + gamma*(p.weight[i]-p.start[i])
	}
	p.spread(p.velocity, x, response)
	for i, v := range p.velocity {
		p.weight[i] -= rate * v
	}
}

func multiplyBy[T kernel.Float](x []T, factor T) {
	for i := range x {
		x[i] *= factor
	}
}

// dynamics are the rate equations of a population, without the resting rate b,
// which nothing depends on: u = r - b and its inhibition
//
//	u += step·(-u + w·x - alpha·inhibition);  inhibition += step·(-inhibition + u)
//
// with u before the step. Deviations from the mean have no inhibition: alpha
// is 0 for them. step is dt/τ.
type dynamics struct {
	step, alpha float64
	steps       int
}

// gain returns u after the steps, from rest, of a neuron with w·x = 1: close to
// 1/(1+alpha).
func (d dynamics) gain() float64 {
	u, inhibition := 0.0, 0.0
	for range d.steps {
		u, inhibition = u+d.step*(1-u-d.alpha*inhibition), inhibition+d.step*(u-inhibition)
	}
	return u
}

// overTime is the state of a population that learns at every time step.
type overTime[T kernel.Float] struct {
	rate, inhibition     []T // batch × count
	drive                []T // w·x
	weight, speed, start []T // responses to x of weight, velocity and start as they were when x came
	sum, acceleration    []T // what the weights and the velocity have gained, in multiples of x
	gram, gained         []T // Xᵀ·X, and Xᵀ·X·sum
}

// present shows patches x (field × batch) for the steps of d, and learns after
// each of them, counted from 0, for which learn returns a rule. Rates and
// velocity go on from the patches before.
//
// While x stays, all that learning adds to the weights is a multiple of x, and
// all else is a multiple of weight, velocity and start as x found them. So the
// steps follow the responses, batch × count, and the weights change once:
//
//	w = a[0]·w + a[1]·v + a[2]·start + X·sum,  v = b[0]·w + b[1]·v + b[2]·start + X·acceleration
func (p *population[T]) present(x []T, d dynamics, learn func(step int) (r rule, learns bool)) {
	s := p.startTime(x)
	a, b := [3]T{1, 0, 0}, [3]T{0, 1, 0}
	learned := false // since drive was computed
	step, alpha, perPatch := T(d.step), T(d.alpha), 1/T(p.batch)
	for t := range d.steps {
		if learned {
			p.gain(s, a)
			learned = false
		}
		for i, z := range s.drive {
			u, inhibition := s.rate[i], s.inhibition[i]
			s.rate[i] = u + step*(z-u-alpha*inhibition)
			s.inhibition[i] = inhibition + step*(u-inhibition)
		}
		r, learns := learn(t)
		if !learns {
			continue
		}
		learned = true
		momentum, gamma, rate := T(r.momentum), T(r.gamma), T(r.rate)
		for k := range b {
			b[k] = momentum*b[k] + gamma*a[k]
		}
		b[2] -= gamma
		for k := range a {
			a[k] -= rate * b[k]
		}
		for i, u := range s.rate {
			v := momentum*s.acceleration[i] + perPatch*u + gamma*s.sum[i]
			s.acceleration[i] = v
			s.sum[i] -= rate * v
		}
	}
	for i, w := range p.weight {
		v, start := p.velocity[i], p.start[i]
		p.weight[i] = a[0]*w + a[1]*v + a[2]*start
		p.velocity[i] = b[0]*w + b[1]*v + b[2]*start
	}
	p.spread(p.weight, x, s.sum)
	p.spread(p.velocity, x, s.acceleration)
}

// rateState returns the state of the rates, which start at rest.
func (p *population[T]) rateState() *overTime[T] {
	if p.overTime == nil {
		some := func() []T { return make([]T, p.batch*p.count) }
		p.overTime = &overTime[T]{some(), some(), some(), some(), some(), some(), some(), some(), make([]T, p.batch*p.batch), some()}
	}
	return p.overTime
}

// startTime is the state when patches appear.
func (p *population[T]) startTime(x []T) *overTime[T] {
	s := p.rateState()
	if p.velocity == nil {
		p.velocity = make([]T, len(p.weight))
	}
	p.multiply(s.weight, x, p.weight)
	p.multiply(s.speed, x, p.velocity)
	p.multiply(s.start, x, p.start)
	copy(s.drive, s.weight)
	clear(s.sum)
	clear(s.acceleration)
	kernel.Compute(kernel.Product{
		M: p.batch, N: p.batch, K: p.field, ARow: 1, AColumn: p.batch, BRow: p.batch, CRow: p.batch,
	}, s.gram, x, x, []kernel.Term{{}})
	return s
}

// gain updates the drive w·x to what the weights have become.
func (p *population[T]) gain(s *overTime[T], a [3]T) {
	if p.batch == 1 {
		for i := range s.drive {
			s.drive[i] = a[0]*s.weight[i] + a[1]*s.speed[i] + a[2]*s.start[i] + s.gram[0]*s.sum[i]
		}
		return
	}
	kernel.Compute(kernel.Product{
		M: p.batch, N: p.count, K: p.batch, ARow: p.batch, AColumn: 1, BRow: p.count, CRow: p.count,
	}, s.gained, s.gram, s.sum, []kernel.Term{{}})
	for i, g := range s.gained {
		s.drive[i] = a[0]*s.weight[i] + a[1]*s.speed[i] + a[2]*s.start[i] + g
	}
}
