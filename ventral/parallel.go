package ventral

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls f(0), …, f(n-1) on up to GOMAXPROCS goroutines, and returns the
// error of the lowest index that has one when all are done. Each index must
// write what no other index reads or writes.
func parallel(n int, f func(i int) error) error {
	failures := make([]error, n)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				failures[i] = f(i)
			}
		})
	}
	workers.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}
