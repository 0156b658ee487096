// Package memory says how much memory this process may have, and sets it aside.
package memory

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Limit returns how many bytes this process may have, and who says so: the machine, whose
// physical memory it is (without swap, in which training would take for ever), or on Linux
// its cgroup (version 1 or 2, with those that it lies in), such as a container's. Where
// nobody says anything the bytes are +Inf.
var Limit = sync.OnceValues(func() (bytes float64, who string) {
	return least(memlimit.FromSystem, memlimit.FromCgroup)
})

// Addressable is more bytes than a process can have.
const Addressable = 1 << 46

// InUse returns how many bytes Go's heap has in use, with what was dropped and is not
// collected yet. If it is to be collected, that is done first.
func InUse(collected bool) float64 {
	if collected {
		runtime.GC()
	}
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return float64(sample[0].Value.Uint64())
}

// least returns the smaller limit of a machine and its cgroup. One that cannot be read is
// none: what is known is not refused for what is not.
func least(machine, cgroup memlimit.Provider) (bytes float64, who string) {
	bytes, who = math.Inf(1), "machine"
	if limit, err := machine(); err == nil {
		bytes = float64(limit)
	}
	if limit, err := cgroup(); err == nil && float64(limit) < bytes {
		bytes, who = float64(limit), "cgroup of this process"
	}
	return bytes, who
}
