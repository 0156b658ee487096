package kernel

import "math"

// Momentum is one step of stochastic gradient descent as PyTorch defines it:
//
//	g = gradient + Decay·w;  v = Momentum·v + g (v = g at the first step);
//	w = w - Rate·v, or w - Rate·(g + Momentum·v) where Nesterov
type Momentum struct {
	Rate, Decay, Momentum float64
	Nesterov, First       bool
}

// Step updates the weights w and the velocity v in place. Without Momentum v is
// not used and may be nil.
func (m Momentum) Step(w, v, gradient []float32) {
	s := momentum{rate: float32(m.Rate), decay: float32(m.Decay), keep: float32(m.Momentum), carried: 1}
	if m.Nesterov {
		s.own, s.carried = 1, float32(m.Momentum)
	}
	if m.First {
		s.keep = 0
	}
	if m.Momentum == 0 {
		v = nil
	}
	if len(w) <= span { // a piece that a goroutine got: without allocating
		s.step(w, v, gradient)
		return
	}
	ParallelSpans(len(w), func(from, to int) {
		if v == nil {
			s.step(w[from:to], nil, gradient[from:to])
		} else {
			s.step(w[from:to], v[from:to], gradient[from:to])
		}
	})
}

// momentum holds the constants of a step of Momentum in the precision of the
// weights: v is kept times keep, and the step is own·g + carried·v.
type momentum struct{ rate, decay, keep, own, carried float32 }

func (m momentum) step(w, v, gradient []float32) {
	i := m.fast(w, v, gradient)
	if v == nil {
		for ; i < len(w); i++ {
			w[i] -= m.rate * (gradient[i] + m.decay*w[i])
		}
		return
	}
	for ; i < len(w); i++ {
		g := gradient[i] + m.decay*w[i]
		v[i] = m.keep*v[i] + g
		w[i] -= m.rate * (m.own*g + m.carried*v[i])
	}
}

// Adam is one step of Adam (Kingma and Ba 2015) or, where Decoupled, AdamW
// (Loshchilov and Hutter 2019), as PyTorch defines them. With g = gradient,
// plus Decay·w where not Decoupled,
//
//	w = w - Rate·Decay·w where Decoupled
//	m = Beta1·m + (1-Beta1)·g;  v = Beta2·v + (1-Beta2)·g²
//	w = w - Rate/Correction1 · m / (√v/√Correction2 + Epsilon)
type Adam struct {
	Rate, Decay              float64
	Beta1, Beta2, Epsilon    float64
	Correction1, Correction2 float64 // 1 - Beta^t at step t
	Decoupled                bool
}

// Step updates the weights w and the moments m and v in place.
func (a Adam) Step(w, m, v, gradient []float32) {
	s := adam{
		beta1: float32(a.Beta1), rest1: float32(1 - a.Beta1), beta2: float32(a.Beta2), rest2: float32(1 - a.Beta2),
		keep: 1, decay: float32(a.Decay),
		rate: float32(a.Rate / a.Correction1), inverse: float32(InverseDeviation(a.Correction2, 0)), epsilon: float32(a.Epsilon),
	}
	if a.Decoupled {
		s.keep, s.decay = float32(1-a.Rate*a.Decay), 0
	}
	if len(w) <= span {
		s.step(w, m, v, gradient)
		return
	}
	ParallelSpans(len(w), func(from, to int) { s.step(w[from:to], m[from:to], v[from:to], gradient[from:to]) })
}

// adam holds the constants of a step of Adam in the precision of the weights.
type adam struct {
	beta1, rest1, beta2, rest2, keep, decay, rate, inverse, epsilon float32
}

func (a adam) step(w, m, v, gradient []float32) {
	for i := a.fast(w, m, v, gradient); i < len(w); i++ {
		g := gradient[i] + a.decay*w[i]
		m[i] = a.beta1*m[i] + a.rest1*g
		v[i] = a.beta2*v[i] + a.rest2*g*g
		w[i] = a.keep*w[i] - a.rate*m[i]/(sqrt32(v[i])*a.inverse+a.epsilon)
	}
}

// sqrt32 is a single square root instruction: the compiler knows the pattern.
func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
