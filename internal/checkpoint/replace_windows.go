package checkpoint

import (
	"io"
	"os"
	"path/filepath"
)

// replace writes a temporary file and renames it to path once it is complete. Windows
// does not promise that the new name reaches the disk.
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
