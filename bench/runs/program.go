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

// Build identifies this build of the program: the beginning of the checksum of its file.
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

// Instructions names the instructions that this process computes with, and the kind of
// processor: programs that are compiled for another one round differently, too.
func Instructions() string { return kernel.Instructions() + " on " + runtime.GOARCH }
