//go:build !windows

package checkpoint

import (
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replace writes a temporary file and renames it to path once the disk has all of it.
func replace(path string, write func(io.Writer) error) error {
	folder := filepath.Dir(path)
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(folder), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if err := write(f); err != nil {
		return err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return err
	}
	// The library does not wait until the disk has the new name.
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
