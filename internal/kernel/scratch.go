package kernel

import "sync"

// Scratch memory is borrowed from a pool, so that the layers of a network,
// which run one after the other, share one piece.
var (
	scratch32 = sync.Pool{New: func() any { return new([]float32) }}
	scratch64 = sync.Pool{New: func() any { return new([]float64) }}
)

// borrow lends a slice of n elements with arbitrary contents, until release.
func borrow[T Float](n int) *[]T {
	p := pool[T]().Get().(*[]T)
	if cap(*p) < n {
		*p = make([]T, n)
	}
	*p = (*p)[:n]
	return p
}

func release[T Float](p *[]T) { pool[T]().Put(p) }

func pool[T Float]() *sync.Pool {
	if _, ok := any(T(0)).(float32); ok {
		return &scratch32
	}
	return &scratch64
}
