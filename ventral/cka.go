package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// CKA returns the centred kernel alignment of the features of two kernels, linear
// and unbiased:
//
//	HSIC(K,L) / √(HSIC(K,K)·HSIC(L,L))
//	HSIC(K,L) = (tr KL + (1ᵀK1)(1ᵀL1)/((n-1)(n-2)) - 2/(n-2)·1ᵀKL1) / (n(n-3))
//
// where K and L are without their diagonals (HSIC_1 of Song et al. 2012). It is
// 1 for equal representations, whatever the rotation, scale and offset of their
// units, and near 0, or a little below, for unrelated ones. It is an error if the kernels
// are not of the same number of stimuli, if there are fewer than 4, or if the HSIC
// of a kernel with itself is not above 0.
func CKA(a, b *Kernel) (float64, error) { return cka(a, b, unbiased, 4) }

// BiasedCKA returns the alignment with the biased estimator HSIC(K,L) =
// tr KL/(n-1)², K and L centred (Kornblith et al. 2019). It is from 0 to 1; for unrelated
// representations it grows with the number of units per stimulus. Its errors are those
// of CKA, but 2 stimuli are enough.
func BiasedCKA(a, b *Kernel) (float64, error) { return cka(a, b, biased, 2) }

func cka(a, b *Kernel, hsic func(a, b *Kernel) float64, least int) (float64, error) {
	n := a.Stimuli()
	if b.Stimuli() != n {
		return 0, errors.Errorf("ventral: CKA of %d and %d stimuli", n, b.Stimuli())
	}
	if n < least {
		return 0, errors.Errorf("ventral: CKA of %d stimuli, want %d or more", n, least)
	}
	own, other := hsic(a, a), hsic(b, b)
	if !(own > 0 && other > 0) {
		return 0, errors.Errorf("ventral: CKA of representations that do not vary: HSIC with themselves %g and %g", own, other)
	}
	return hsic(a, b) / math.Sqrt(own) / math.Sqrt(other), nil
}

// unbiased is HSIC times n(n-3), a factor that cancels in the ratio.
func unbiased(a, b *Kernel) float64 {
	count := a.Stimuli()
	n := float64(count)
	var trace, sumA, sumB, between float64
	for i := range count {
		rowA, rowB := a.products.RawRowView(i), b.products.RawRowView(i)
		onA, onB := rowA[i], rowB[i]
		trace += floats.Dot(rowA, rowB) - onA*onB
		hereA, hereB := floats.Sum(rowA)-onA, floats.Sum(rowB)-onB
		sumA += hereA
		sumB += hereB
		between += hereA * hereB
	}
	return trace + sumA*sumB/((n-1)*(n-2)) - 2/(n-2)*between
}

// biased is HSIC times (n-1)².
func biased(a, b *Kernel) float64 {
	all := make([]int, a.Stimuli())
	for i := range all {
		all[i] = i
	}
	// It is enough to centre one of them.
	centred, trace := a.centred(all, all), 0.0
	for i := range all {
		trace += floats.Dot(centred.RawRowView(i), b.products.RawRowView(i))
	}
	return trace
}
