package runs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/pkg/errors"
)

// Lock makes this process the only one that works in a folder, which is there,
// until unlock or the end of the process, however it ends. It leaves the file
// .lock. The error names the process that came first.
func Lock(dir string) (unlock func() error, err error) {
	path := filepath.Join(dir, ".lock")
	lock := flock.New(path, flock.SetPermissions(0o644))
	got, err := lock.TryLock()
	if err != nil {
		return nil, errors.Wrapf(err, "cannot lock folder %q", dir)
	}
	if !got {
		owner, err := os.ReadFile(path)
		if len(owner) == 0 || len(owner) > 100 || err != nil {
			owner = []byte("another process")
		}
		return nil, errors.Errorf("folder %q is in use by %s", dir, strings.TrimSpace(string(owner)))
	}
	owner := fmt.Sprintf("process %d since %s\n", os.Getpid(), time.Now().Format(time.DateTime))
	if err := os.WriteFile(path, []byte(owner), 0o644); err != nil {
		lock.Close()
		return nil, errors.Wrapf(err, "cannot lock folder %q", dir)
	}
	return lock.Close, nil
}
