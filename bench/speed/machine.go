package speed

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"hypnos/internal/kernel"
)

// machine is what the machine can do: the yardsticks.
type machine struct {
	peak   float64 // of all threads, GFLOP/s
	copied float64 // of all threads, GB/s, read and written
	stream [2][]byte
}

// fastest returns the seconds of the fastest call of f, over so long: what a
// machine can do is what it does when nobody else uses it.
func fastest(over time.Duration, f func()) float64 {
	least := math.Inf(1)
	for began := time.Now(); ; {
		start := time.Now()
		f()
		least = min(least, time.Since(start).Seconds())
		if time.Since(began) > over {
			return least
		}
	}
}

func (p *Plan) planMachine() {
	p.plan("peak", func(context.Context) error {
		threads := []int{1}
		if p.threads > 1 {
			threads = append(threads, p.threads)
		}
		for i, loop := range kernel.PeakLoops() {
			for _, n := range threads {
				rate := p.peak(loop, n)
				if i == 0 {
					p.machine.peak = rate
				}
				p.result.add(Row{Section: "machine", Phase: "multiply-add, " + loop.Instructions, Threads: n, Rate: rate, Unit: "GFLOP/s"})
			}
		}
		return nil
	})
	p.plan("copy bandwidth", func(context.Context) error {
		for i := range p.machine.stream {
			// Written to, because a page that never was is the system's one page
			// of zeros, and stays in the caches.
			p.machine.stream[i] = bytes.Repeat([]byte{1}, p.StreamBytes)
		}
		p.machine.copied = p.bandwidth()
		p.result.add(Row{Section: "machine", Phase: fmt.Sprintf("copy of %d MB", p.StreamBytes>>20), Threads: p.threads, Rate: p.machine.copied, Unit: "GB/s"})
		return nil
	})
}

// peak returns the GFLOP/s of so many threads that run a loop at once.
func (p *Plan) peak(loop kernel.PeakLoop, threads int) float64 {
	const rounds = 2_000_000 // some milliseconds, so that starting a thread is nothing
	operations := make([]int, threads)
	seconds := fastest(p.YardstickTime, func() {
		var all sync.WaitGroup
		for i := range operations {
			all.Go(func() { operations[i] = loop.Run(rounds) })
		}
		all.Wait()
	})
	return float64(threads*operations[0]) / seconds / 1e9
}

// bandwidth copies an array, each thread a piece of it, and returns GB/s, read
// and written.
func (p *Plan) bandwidth() float64 {
	to, from := p.machine.stream[0], p.machine.stream[1]
	seconds := fastest(p.YardstickTime, func() {
		kernel.Parallel(p.threads, func(i int) {
			a, b := i*len(to)/p.threads, (i+1)*len(to)/p.threads
			copy(to[a:b], from[a:b])
		})
	})
	return 2 * float64(len(to)) / seconds / 1e9
}

// emptyCaches reads, on all threads, more than the caches hold, so that what is
// measured next comes from memory, as the weights of a local layer do.
func (p *Plan) emptyCaches() {
	const line = 64
	from := p.machine.stream[1]
	sums := make([]byte, p.threads)
	kernel.Parallel(p.threads, func(i int) {
		var sum byte
		for j := i * line; j < len(from); j += line {
			sum += from[j]
		}
		sums[i] = sum
	})
	runtime.KeepAlive(sums)
}

// time returns the median seconds of f, which runs once before, and each time
// after the caches have been emptied.
func (p *Plan) time(ctx context.Context, f func()) (float64, error) {
	f()
	var seconds []float64
	for range p.Repeats {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		p.emptyCaches()
		start := time.Now()
		f()
		seconds = append(seconds, time.Since(start).Seconds())
	}
	return median(seconds), nil
}

// median returns the middle of numbers, or the mean of the two in the middle.
func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
