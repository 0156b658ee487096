package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls f(0), …, f(n-1) on up to GOMAXPROCS goroutines and returns
// when all are done. Which goroutine takes which index is not determined:
// each index must write what no other index reads or writes.
func Parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	take := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var others sync.WaitGroup
	for range workers - 1 {
		others.Go(take)
	}
	take()
	others.Wait()
}

// span is how many elements one index of ParallelSpans covers: large enough to
// hide the cost of handing it out, and a constant, so that sums per span do
// not depend on the number of threads.
const span = 1 << 14

// ParallelSpans cuts 0..n into spans of a fixed length and calls f(from, to)
// for each of them as Parallel does.
func ParallelSpans(n int, f func(from, to int)) {
	Parallel((n+span-1)/span, func(i int) { f(i*span, min((i+1)*span, n)) })
}
