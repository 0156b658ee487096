package memory

import (
	"runtime"
	"testing"
)

// What is held is in use, and what is dropped is not, once it is collected.
func TestInUse(t *testing.T) {
	const size = 64 << 20
	before := InUse(true)
	held := make([]byte, size)
	during := InUse(true)
	runtime.KeepAlive(held)
	held = nil
	after := InUse(true)
	if during-before < 0.9*size || during-after < 0.9*size {
		t.Errorf("%v bytes before %d are held, %v while, %v after", before, size, during, after)
	}
	_ = held
}
