package memory

import (
	"math"
	"runtime"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

func TestLeast(t *testing.T) {
	unknown := func() (uint64, error) { return 0, memlimit.ErrNoLimit }
	for _, c := range []struct {
		machine, cgroup memlimit.Provider
		bytes           float64
		who             string
	}{
		{memlimit.Limit(8e9), unknown, 8e9, "machine"},
		{memlimit.Limit(8e9), memlimit.Limit(2e9), 2e9, "cgroup of this process"},
		{memlimit.Limit(8e9), memlimit.Limit(1 << 62), 8e9, "machine"},
		{unknown, memlimit.Limit(2e9), 2e9, "cgroup of this process"},
		{unknown, unknown, math.Inf(1), "machine"},
	} {
		if bytes, who := least(c.machine, c.cgroup); bytes != c.bytes || who != c.who {
			t.Errorf("%v of the %s, want %v of the %s", bytes, who, c.bytes, c.who)
		}
	}
}

// The systems that hypnos is tested on say something, and it is more than this test has.
func TestLimit(t *testing.T) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	bytes, who := Limit()
	t.Logf("%v bytes of the %s", bytes, who)
	if known := bytes < 1<<50; bytes < float64(m.Sys) || !known && (runtime.GOOS == "linux" || runtime.GOOS == "darwin" || runtime.GOOS == "windows") {
		t.Errorf("%v bytes of the %s, want a size of a memory", bytes, who)
	}
}
