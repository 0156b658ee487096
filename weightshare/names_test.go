package weightshare

import (
	"fmt"
	"testing"
)

// Names of kinds that do not exist are said with their number.
func TestNames(t *testing.T) {
	for want, kind := range map[string]fmt.Stringer{
		"instant": Instant, "hebbian": Hebbian, "dynamic": Dynamic, "Kind(-1)": Kind(-1), "Kind(3)": Dynamic + 1,
		"gaussian": Gaussian, "patches": Patches, "pooled": Pooled, "Source(-1)": Source(-1), "Source(9)": Source(9),
	} {
		if got := kind.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The rules of the study are those of the paper.
func TestConvergenceRule(t *testing.T) {
	for kind, want := range map[Kind]string{
		Hebbian: "rate 0.5/(1000+t) at presentation t, momentum 0.95",
		Dynamic: "150 steps a presentation; tau 30, alpha 10, b 1; rate 0.0003/√(1+s/2) at step s of all, off for the first 50 of each presentation; momentum 0.95",
	} {
		if got := (Convergence{Kind: kind}).Rule(); got != want {
			t.Errorf("%v: %q, want %q", kind, got, want)
		}
	}
}
