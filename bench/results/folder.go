package results

import (
	"os"

	"github.com/pkg/errors"
)

// PrepareFolder creates the folder, with its parents, and proves that files can be
// written there, so that a mistake is found before the training and not after
// it. It leaves nothing behind in the folder. The error is one line that names
// the folder.
func PrepareFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "results: cannot create folder %q", dir)
	}
	trial, err := os.CreateTemp(dir, ".trial-*")
	if err != nil {
		return errors.Wrapf(err, "results: cannot write to folder %q", dir)
	}
	_, err = trial.WriteString("trial\n")
	if e := trial.Close(); err == nil {
		err = e
	}
	if e := os.Remove(trial.Name()); err == nil {
		err = e
	}
	return errors.Wrapf(err, "results: cannot write to folder %q", dir)
}
