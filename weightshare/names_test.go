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
