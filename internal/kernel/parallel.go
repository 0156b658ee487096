package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls f(0), …, f(n-1) on up to GOMAXPROCS goroutines and returns
// when all are done. Any goroutine may take any index: each index must write what no
// other index reads or writes.
//
// Mostly, though, the k-th goroutine takes the k-th share of the indices, in every
// call, so that an operator finds in a core's caches what the one before left there.
func Parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers <= 1 || !shared.busy.TryLock() {
		// A call from inside f, or beside another call, is done alone.
		for i := range n {
			f(i)
		}
		return
	}
	defer shared.busy.Unlock()
	shared.run(n, workers, f)
}

// shared is the crew of the program.
var shared crew

// crew is goroutines that wait for work. They wait in a loop for a while before they
// sleep: waking one takes longer than many operators do.
type crew struct {
	busy    sync.Mutex
	helpers []*helper
	task    task
}

// task is the work at hand: a function, and the share of the indices of each worker.
type task struct {
	f      func(i int)
	shares []portion
	done   atomic.Int64 // helpers that have finished
}

// portion is the share of one worker: the indices from next to end-1 are left.
type portion struct {
	next atomic.Int64
	end  int64
	_    [48]byte // keeps the counters of two workers off one cache line
}

// helper is one goroutine of a crew.
type helper struct {
	index  int                  // of its share
	work   atomic.Pointer[task] // handed out and not yet taken up
	asleep atomic.Bool
	wake   chan struct{}
}

// run calls f for all indices, with workers-1 helpers.
func (c *crew) run(n, workers int, f func(i int)) {
	for len(c.helpers) < workers-1 {
		h := &helper{index: len(c.helpers) + 1, wake: make(chan struct{}, 1)}
		c.helpers = append(c.helpers, h)
		go h.serve()
	}
	t := &c.task
	t.f = f
	if len(t.shares) != workers {
		t.shares = make([]portion, workers)
	}
	for k := range t.shares {
		t.shares[k].next.Store(int64(k * n / workers))
		t.shares[k].end = int64((k + 1) * n / workers)
	}
	t.done.Store(0)
	helpers := c.helpers[:workers-1]
	for _, h := range helpers {
		h.work.Store(t)
		if h.asleep.CompareAndSwap(true, false) {
			h.wake <- struct{}{}
		}
	}
	t.take(0)
	// All indices are taken: take the work back from helpers that have not begun.
	begun := int64(len(helpers))
	for _, h := range helpers {
		if h.work.CompareAndSwap(t, nil) {
			begun--
		}
	}
	for waited := 0; t.done.Load() < begun; waited++ {
		if waited > patience {
			runtime.Gosched()
		}
	}
	t.f = nil
}

// take works on the k-th share, and then on what is left of the others.
func (t *task) take(k int) {
	for i := range t.shares {
		s := &t.shares[(k+i)%len(t.shares)]
		for at := s.next.Add(1) - 1; at < s.end; at = s.next.Add(1) - 1 {
			t.f(int(at))
		}
	}
}

// patience is how many times a goroutine looks for what it waits for, in some 30
// microseconds, before it lets others run.
const patience = 1 << 15

// serve works on one task after the other, for ever.
func (h *helper) serve() {
	for {
		t := h.await()
		t.take(h.index)
		t.done.Add(1)
	}
}

// await returns the next task.
func (h *helper) await() *task {
	for {
		for range patience {
			if t := h.work.Load(); t != nil && h.work.CompareAndSwap(t, nil) {
				return t
			}
		}
		h.asleep.Store(true)
		// Work that was handed out just before woke nobody.
		if h.work.Load() != nil && h.asleep.CompareAndSwap(true, false) {
			continue
		}
		<-h.wake
	}
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
