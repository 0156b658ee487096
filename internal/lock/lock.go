// Package lock makes one process at a time the owner of a file.
package lock

import (
	"fmt"
	"os"
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
		owner, err := os.ReadFile(path)
		if len(owner) == 0 || len(owner) > 100 || err != nil {
			owner = []byte("another process")
		}
		return nil, Held{strings.TrimSpace(string(owner))}
	}
	owner := fmt.Sprintf("process %d since %s\n", os.Getpid(), time.Now().Format(time.DateTime))
	if err := os.WriteFile(path, []byte(owner), 0o644); err != nil {
		lock.Close()
		return nil, errors.Wrap(err, "lock")
	}
	return lock.Close, nil
}

// Held is the error of a file that has an owner.
type Held struct{ Owner string } // such as process 12 since 2026-11-25 05:29:14

func (h Held) Error() string { return "in use by " + h.Owner }
