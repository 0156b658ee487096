// Package lock makes one process at a time the owner of a file.
package lock

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// Take makes this process the owner of a file until unlock, or until the process ends in
// any way. It creates the file if need be, and the file stays: if it were removed, two
// processes could own files of that name. It is an error, Held, if the file has an owner,
// which may be this process, and another one if the file cannot be written.
func Take(path string) (unlock func() error, err error) {
	lock := flock.New(path, flock.SetPermissions(0o644))
	got, err := lock.TryLock()
	if err != nil {
		return nil, errors.Wrap(err, "lock")
	}
	if !got {
		return nil, Held{readOwner(path)}
	}
	if err := writeOwner(path, fmt.Sprintf("process %d since %s", os.Getpid(), time.Now().Format(time.DateTime))); err != nil {
		lock.Close()
		return nil, errors.Wrap(err, "lock")
	}
	return lock.Close, nil
}

// locked is how many bytes at the start of the file nobody but the lock can read or write:
// on Windows a lock is one of bytes, and mandatory.
var locked = map[string]int64{"windows": 1}[runtime.GOOS]

// width is the length of an owner, filled up with spaces, so that a file need not be
// truncated.
const width = 60

// writeOwner writes who has the file.
func writeOwner(path, owner string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(io.NewOffsetWriter(f, locked), "%-*s\n", width, owner)
	if failure := f.Close(); err == nil {
		err = failure
	}
	return err
}

// readOwner says who has the file.
func readOwner(path string) string {
	const unknown = "another process"
	f, err := os.Open(path)
	if err != nil {
		return unknown
	}
	defer f.Close()
	owner, err := io.ReadAll(io.NewSectionReader(f, locked, 2*width))
	text := strings.TrimSpace(string(owner))
	if err != nil || text == "" || len(text) > width {
		return unknown
	}
	return text
}

// Held is the error of a file that has an owner.
type Held struct{ Owner string } // such as process 12 since 2026-11-25 05:29:14

func (h Held) Error() string { return "in use by " + h.Owner }
