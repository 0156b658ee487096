package kernel

import (
	"math/bits"
	"sync"
)

// Scratch memory is borrowed from pools, so that the layers of a network, which
// run one after the other, share it. A pool holds pieces of one size, a power of
// two: a piece that is too small for one layer is then none that another waits
// for.
var (
	scratch32 [bits.UintSize]sync.Pool
	scratch64 [bits.UintSize]sync.Pool
)

// borrow lends a slice of n elements with arbitrary contents, until release.
func borrow[T Float](n int) *[]T {
	size := bits.Len(uint(max(n, 1) - 1))
	p, ok := pools[T]()[size].Get().(*[]T)
	if !ok {
		s := make([]T, 1<<size)
		p = &s
	}
	*p = (*p)[:n]
	return p
}

func release[T Float](p *[]T) { pools[T]()[bits.Len(uint(cap(*p)-1))].Put(p) }

func pools[T Float]() *[bits.UintSize]sync.Pool {
	if _, ok := any(T(0)).(float32); ok {
		return &scratch32
	}
	return &scratch64
}
