package graph

import (
	"sync/atomic"

	"github.com/pkg/errors"
)

// use tells who uses the parameters of a network: how many goroutines read them, or -1
// while one changes them.
type use struct{ users atomic.Int64 }

// Errors of networks that another goroutine uses.
var (
	errBeingChanged = errors.New("graph: the parameters of the network are in use by another goroutine, which changes them")
	errBeingUsed    = errors.New("graph: the parameters of the network are in use by another goroutine and cannot be changed")
	errRunning      = errors.New("graph: the compiled network is in use by another goroutine")
)

// read runs f, which reads parameters, beside others that read.
func (u *use) read(f func() error) error {
	for {
		n := u.users.Load()
		if n < 0 {
			return errBeingChanged
		}
		if u.users.CompareAndSwap(n, n+1) {
			break
		}
	}
	defer u.users.Add(-1)
	return f()
}

// change runs f, which changes parameters, and nothing beside it.
func (u *use) change(f func() error) error {
	if !u.users.CompareAndSwap(0, -1) {
		if u.users.Load() < 0 {
			return errBeingChanged
		}
		return errBeingUsed
	}
	defer u.users.Store(0)
	return f()
}

// Change runs f, which changes parameters or running moments, such as an optimiser or a
// sleep of one's own, and returns its error. It is an error, and f does not run, if
// another goroutine uses the network; until f returns, everything else that would use the
// network is an error, in f too.
func (n *Network) Change(f func() error) error { return n.use.change(f) }

// alone runs f as the only user of a compiled network.
func (c *compiled) alone(f func() error) error {
	if !c.running.CompareAndSwap(false, true) {
		return errRunning
	}
	defer c.running.Store(false)
	return f()
}

// answer runs f, which reads parameters, as the only user of a compiled network.
func (c *compiled) answer(f func() error) error {
	return c.alone(func() error { return c.network.use.read(f) })
}

// change runs f, which changes parameters or moments, as the only user of a compiled
// network and of these.
func (c *compiled) change(f func() error) error {
	return c.alone(func() error { return c.network.use.change(f) })
}
