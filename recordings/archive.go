package recordings

import (
	"archive/zip"
	"io"
	"io/fs"
	"strings"

	"github.com/pkg/errors"
)

// What a picture in an archive may have, so that unpacking it cannot ask for
// memory that the archive does not account for: 2¹⁸ bytes, and 16 more for each
// of the archive's. Pictures are compressed already.
const (
	bytesOfAny  = 1 << 18
	bytesOfByte = 16
)

// maxDepth is how many folders may lie in each other. Each takes memory for every
// name.
const maxDepth = 32

// openArchive returns the pictures in a zip archive: those in its folder images if
// it has one, all of them otherwise. It is an error if the archive cannot be read
// or has a file that would unpack to much more than a picture can.
func openArchive(r io.ReaderAt, size int64) (fs.FS, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	for _, f := range archive.File {
		name := strings.ToValidUTF8(f.Name, "?")
		if strings.Count(name, "/")+strings.Count(name, `\`) > maxDepth {
			return nil, errors.Errorf("%.40s… lies more than %d folders deep", name, maxDepth)
		}
		if packed := min(f.CompressedSize64, uint64(size)); f.UncompressedSize64 > bytesOfAny+bytesOfByte*packed {
			return nil, errors.Errorf("%s unpacks from %d to %d bytes, want at most %d",
				name, packed, f.UncompressedSize64, bytesOfAny+bytesOfByte*packed)
		}
	}
	if info, err := fs.Stat(archive, "images"); err == nil && info.IsDir() {
		return fs.Sub(archive, "images")
	}
	return archive, nil
}
