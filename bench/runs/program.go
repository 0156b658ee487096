package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime"
	"sync"

	"hypnos/internal/kernel"
)

// Build tells programs apart: the beginning of this one's checksum.
var Build = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	program, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer program.Close()
	h := sha256.New()
	if _, err := io.Copy(h, program); err != nil {
		return "unknown"
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
})

// Instructions are those that this process computes with. The compilers of other
// processors round otherwise, too.
func Instructions() string { return kernel.Instructions() + " on " + runtime.GOARCH }
