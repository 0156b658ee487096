package runs

import (
	"path/filepath"

	"github.com/pkg/errors"

	"hypnos/internal/lock"
)

// Lock makes this process the only one that works in a folder, which must exist, until
// unlock is called or the process ends, however that happens. It leaves the file .lock
// there. The error names the process that holds the lock.
func Lock(dir string) (unlock func() error, err error) {
	unlock, err = lock.Take(filepath.Join(dir, ".lock"))
	if errors.As(err, &lock.Held{}) {
		return nil, errors.Errorf("folder %q is %v", dir, err)
	}
	return unlock, errors.Wrapf(err, "cannot lock folder %q", dir)
}
