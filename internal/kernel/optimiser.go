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

// Step updates the weights w and the velocity v in place.
func (m Momentum) Step(w, v, gradient []float32) {
	rate, decay, momentum := float32(m.Rate), float32(m.Decay), float32(m.Momentum)
	ParallelSpans(len(w), func(from, to int) {
		for i := from; i < to; i++ {
			g := gradient[i] + decay*w[i]
			switch {
			case m.Momentum == 0:
			case m.First:
				v[i] = g
			default:
				v[i] = momentum*v[i] + g
			}
			switch {
			case m.Momentum == 0:
			case m.Nesterov:
				g += momentum * v[i]
			default:
				g = v[i]
			}
			w[i] -= rate * g
		}
	})
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
	beta1, beta2 := float32(a.Beta1), float32(a.Beta2)
	rest1, rest2 := float32(1-a.Beta1), float32(1-a.Beta2)
	rate, epsilon := float32(a.Rate/a.Correction1), float32(a.Epsilon)
	inverse := float32(InverseDeviation(a.Correction2, 0))
	keep, decay := float32(1), float32(a.Decay)
	if a.Decoupled {
		keep, decay = float32(1-a.Rate*a.Decay), 0
	}
	ParallelSpans(len(w), func(from, to int) {
		for i := from; i < to; i++ {
			g := gradient[i] + decay*w[i]
			m[i] = beta1*m[i] + rest1*g
			v[i] = beta2*v[i] + rest2*g*g
			w[i] = keep*w[i] - rate*m[i]/(sqrt32(v[i])*inverse+epsilon)
		}
	})
}

// sqrt32 is a single square root instruction: the compiler knows the pattern.
func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }
