package weightshare

import (
	"fmt"
	"strings"
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

// What a report says of a phase names the fields that have an effect, and no others.
func TestPhaseString(t *testing.T) {
	overTime := Reference(Dynamic)
	overTime.OverTime, overTime.Settle, overTime.Rate, overTime.Engine = true, 50, 0.02, Graph
	for want, p := range map[string]Phase{
		"instant": Reference(Instant),
		"hebbian: 100 iterations of 128 gaussian patterns, rate the default, gamma 1e-05, momentum 0":                              Reference(Hebbian),
		"dynamic: 100 iterations of 128 gaussian patterns, rate the default, gamma 1e-05, momentum 0, tau 30, alpha 10, 150 steps": Reference(Dynamic),
		"dynamic: 100 iterations of 128 gaussian patterns, rate 0.02, gamma 1e-05, momentum 0, tau 30, alpha 10, 150 steps, " +
			"learning at each but the first 50, by the graph": overTime,
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A kind that does not exist is refused, without a panic on the way.
func TestNoKind(t *testing.T) {
	for _, k := range []Kind{-1, Kind(len(Kinds()))} {
		if err := Reference(k).Check(); err == nil || !strings.Contains(err.Error(), "is none of instant, hebbian, dynamic") {
			t.Errorf("%v: %v", k, err)
		}
		if k.Adverb() == "" || k.Learns() || k.HasDynamics() {
			t.Errorf("%v: %q, learns %v, has dynamics %v", k, k.Adverb(), k.Learns(), k.HasDynamics())
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
