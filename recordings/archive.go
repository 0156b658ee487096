package recordings

import (
	"archive/zip"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
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
// or has a file that is encrypted, packed in an unusual way or would unpack to
// much more than a picture can, or one of a name outside or twice.
func openArchive(r io.ReaderAt, size int64) (fs.FS, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	files := archive.File
	archive.File = nil // those that the file system has, by their names in it
	for _, f := range files {
		if f.Name = entryName(f); f.Name == "" {
			continue
		}
		if err := checkEntry(f, size); err != nil {
			return nil, err
		}
		if one := norm.NFC.String(f.Name); seen[one] {
			return nil, errors.Errorf("%.100s is in it twice", f.Name)
		} else {
			seen[one] = true
		}
		archive.File = append(archive.File, f)
	}
	return imagesOf(archive)
}

// entryName returns the name of a file in an archive, with slashes, which old
// programs for Windows write as backslashes. It is "" of folders and of files that
// a system hides.
func entryName(f *zip.File) string {
	name := f.Name
	if !utf8.ValidString(name) { // what the first such program had
		name, _ = charmap.CodePage437.NewDecoder().String(name)
	}
	name = strings.ReplaceAll(name, `\`, "/")
	folder, last := path.Split(name)
	if last == "" || f.Mode().IsDir() || strings.HasPrefix(last, ".") || strings.HasPrefix(strings.TrimLeft(folder, "/"), "__MACOSX/") {
		return ""
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		return name // which checkEntry refuses
	}
	return path.Clean(strings.TrimLeft(name, "/"))
}

// checkEntry is an error if a file in an archive of a size cannot be unpacked
// safely.
func checkEntry(f *zip.File, size int64) error {
	const encrypted = 1
	packed := min(f.CompressedSize64, uint64(size))
	switch {
	case strings.Count(f.Name, "/") > maxDepth:
		return errors.Errorf("%.40s… lies more than %d folders deep", f.Name, maxDepth)
	case slices.Contains(strings.Split(f.Name, "/"), ".."):
		return errors.Errorf("%.100s lies outside of it", f.Name)
	case f.Flags&encrypted != 0:
		return errors.Errorf("%.100s is encrypted: make the archive without a password", f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return errors.Errorf("%.100s is packed by method %d%s, want Deflate: unpack it and use the folder images", f.Name, f.Method, methods[f.Method])
	case f.UncompressedSize64 > bytesOfAny+bytesOfByte*packed:
		return errors.Errorf("%.100s unpacks from %d to %d bytes, want at most %d", f.Name, packed, f.UncompressedSize64, bytesOfAny+bytesOfByte*packed)
	}
	return nil
}

// methods are what archives are packed by beside Deflate.
var methods = map[uint16]string{9: " (Deflate64)", 12: " (bzip2)", 14: " (LZMA)", 93: " (Zstandard)", 95: " (xz)", 99: " (AES)"}

// imagesOf returns the folder images of an archive, at its top or in the only
// folder there, or else all of it.
func imagesOf(archive fs.FS) (fs.FS, error) {
	system := archive
	for range 2 {
		entries, err := fs.ReadDir(system, ".")
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.IsDir() && strings.EqualFold(e.Name(), "images") {
				return fs.Sub(system, e.Name())
			}
		}
		if len(entries) != 1 || !entries[0].IsDir() {
			break
		}
		if system, err = fs.Sub(system, entries[0].Name()); err != nil {
			return nil, err
		}
	}
	return archive, nil
}
