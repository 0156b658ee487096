package checkpoint

import (
	"io"
	"os"
	"path/filepath"
)

// replace writes a file aside and renames it to path when it is complete. Unlike
// elsewhere, Windows promises no more than that.
func replace(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing once it is renamed
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if failure := f.Close(); err == nil {
		err = failure
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
