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

// A picture in an archive may unpack to bytesOfAny, and to bytesOfByte more for each byte
// that it takes in the archive, so that a small archive cannot ask for a lot of memory.
// Pictures are compressed already, and hardly grow.
const (
	bytesOfAny  = 1 << 18
	bytesOfByte = 16
)

// maxDepth is how many folders may lie in each other. Each takes memory for every name in
// it.
const maxDepth = 32

// openArchive returns the pictures in a zip archive: those in its folder images or, if it
// has none, all of them. It is an error if the archive cannot be read, if a file is
// encrypted, packed in an unusual way or would unpack to much more than a picture can, or
// if a name leads outside or stands twice.
func openArchive(r io.ReaderAt, size int64) (fs.FS, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	files := archive.File
	archive.File = nil // the file system has those that are added below, under their names
	for _, f := range files {
		if f.Name = entryName(f); f.Name == "" {
			continue
		}
		if err := checkEntry(f, size); err != nil {
			return nil, err
		}
		normal := norm.NFC.String(f.Name)
		if seen[normal] {
			return nil, errors.Errorf("%.100s is in it twice", f.Name)
		}
		seen[normal] = true
		archive.File = append(archive.File, f)
	}
	return imagesOf(archive)
}

// entryName returns the name of a file in an archive, with slashes even if an old program
// for Windows has written backslashes. It is "" for folders and for files that systems
// hide.
func entryName(f *zip.File) string {
	name := f.Name
	if !utf8.ValidString(name) { // the encoding of the first such program
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

// checkEntry returns an error if a file cannot be unpacked safely from an archive of so
// many bytes.
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

// methods names the methods other than Deflate by which archives are packed.
var methods = map[uint16]string{9: " (Deflate64)", 12: " (bzip2)", 14: " (LZMA)", 93: " (Zstandard)", 95: " (xz)", 99: " (AES)"}

// imagesOf returns the folder images of an archive, at its top or in the only folder at
// its top, or else all of the archive.
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
