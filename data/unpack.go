package data

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/pkg/errors"
)

// tarball says what to unpack from a .tar.gz.
type tarball struct {
	folder string   // in the archive
	files  []string // in that folder; nothing else is unpacked
	bytes  int64    // of one unpacked file, at most
}

// unpack writes the files to a folder. It is an error if the archive packed lacks one, or
// has one that is too large.
func (t *tarball) unpack(ctx context.Context, packed, folder string) error {
	file, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return file.Read(p)
	}))
	if err != nil {
		return errors.Wrap(err, "archive")
	}
	defer plain.Close()

	// Other files of the archive are decompressed too, on the way to the next one.
	limit := (int64(len(t.files)) + 1) * t.bytes
	entries := tar.NewReader(&io.LimitedReader{R: plain, N: limit})
	missing := slices.Clone(t.files)
	for len(missing) > 0 {
		header, err := entries.Next()
		if err == io.EOF {
			return errors.Errorf("archive has no %s/%s in its first %d bytes", t.folder, missing[0], limit)
		}
		if err != nil {
			return errors.Wrap(err, "archive")
		}
		if !filepath.IsLocal(header.Name) {
			return errors.Errorf("archive has an entry %q outside its folder", header.Name)
		}
		i := slices.IndexFunc(missing, func(name string) bool { return path.Clean(header.Name) == t.folder+"/"+name })
		if i < 0 {
			continue
		}
		if header.Typeflag != tar.TypeReg || header.Size > t.bytes {
			return errors.Errorf("archive has %s as type %q of %d bytes, want a file of at most %d",
				header.Name, header.Typeflag, header.Size, t.bytes)
		}
		if err := writeFile(filepath.Join(folder, missing[i]), entries); err != nil {
			return errors.Wrapf(err, "unpack %s", header.Name)
		}
		missing = slices.Delete(missing, i, i+1)
	}
	return nil
}

// writeFile writes all that r has to a new file, and waits until the disk has it.
func writeFile(path string, r io.Reader) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if failure := file.Close(); err == nil {
			err = failure
		}
	}()
	if _, err := io.Copy(file, r); err != nil {
		return err
	}
	return file.Sync()
}

// syncFolder writes a folder's list of names down to the disk, except on Windows, which
// has no call for that.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
