//go:build amd64 && !purego

package kernel

import "unsafe"

// The functions below compute, over whole channels, what their callers say, if there
// is a faster path for that, and report whether they did. The batch is not narrow.

// fastRows tells whether there is a faster path for rows of n numbers.
func fastRows[T Float](n int) bool {
	return unsafe.Sizeof(T(0)) == 4 && using != portable && n%8 == 0 && n > 0
}

func momentsFast[T Float](numbers, x []T, c int) bool {
	n := len(x) / c
	if !fastRows[T](n) {
		return false
	}
	momentsAVX2(pointer(numbers[:2*c]), pointer(x), 1, c, n, float32(n))
	return true
}

// locations returns where the locations from..to-1 of activations begin; nil if there
// are none.
func (b Norm[T]) locations(x []T, from, to int) *float32 {
	if x == nil {
		return nil
	}
	size := b.C * b.N
	return pointer(x[from*size : to*size])
}

func normForwardFast[T Float](b Norm[T], y, x, shortcut, numbers []T, from, to int) bool {
	if !fastRows[T](b.N) {
		return false
	}
	yAt, xAt, shortcutAt := b.locations(y, from, to), b.locations(x, from, to), b.locations(shortcut, from, to)
	switch at := pointer(numbers[:2*b.C]); {
	case shortcut != nil && b.ReLU:
		normAddReLUAVX2(yAt, xAt, shortcutAt, at, to-from, b.C, b.N)
	case shortcut != nil:
		normAddAVX2(yAt, xAt, shortcutAt, at, to-from, b.C, b.N)
	case b.ReLU:
		normReLUAVX2(yAt, xAt, at, to-from, b.C, b.N)
	default:
		normAVX2(yAt, xAt, at, to-from, b.C, b.N)
	}
	return true
}

func normSumsFast[T Float](b Norm[T], sums []float64, x, dy, numbers []T, from, to int) bool {
	if !fastRows[T](b.N) {
		return false
	}
	xAt, dyAt, at := b.locations(x, from, to), b.locations(dy, from, to), pointer(numbers[:3*b.C])
	if b.ReLU {
		normReLUSumsAVX2(&sums[:2*b.C][0], xAt, dyAt, at, to-from, b.C, b.N)
	} else {
		normSumsAVX2(&sums[:2*b.C][0], xAt, dyAt, at, to-from, b.C, b.N)
	}
	return true
}

func normGradientFast[T Float](b Norm[T], dx, x, dy, numbers []T, from, to int) bool {
	if !fastRows[T](b.N) {
		return false
	}
	dxAt, xAt, dyAt, at := b.locations(dx, from, to), b.locations(x, from, to), b.locations(dy, from, to), pointer(numbers[:4*b.C])
	if b.ReLU {
		normReLUGradientAVX2(dxAt, xAt, dyAt, at, to-from, b.C, b.N)
	} else {
		normGradientAVX2(dxAt, xAt, dyAt, at, to-from, b.C, b.N)
	}
	return true
}
