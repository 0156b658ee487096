package checkpoint

import (
	"io"
	"os"
	"path/filepath"
)

// replace writes a file aside and renames it to path when it is complete and its contents
// are on the disk. A killed program leaves the file that was there or the new one, whole.
// Unlike elsewhere Windows does not say when the rename itself is on the disk, so that a
// power cut may bring the old file back, and it refuses to replace a file that another
// program holds open: an error, and the old file stays.
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
