//go:build !amd64 || purego

package kernel

import "testing"

// eachPath runs a test with the portable loop, which is all there is here.
func eachPath(t *testing.T, f func(t *testing.T)) { t.Run("portable", f) }

// onlyPortable tells whether sums are those of the portable loop, which adds up
// four numbers at a time.
func onlyPortable() bool { return true }
