// Package npz writes files of arrays for numpy.load. Arrays may be larger than memory.
package npz

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// File is a file while it is written: a zip archive, not compressed, with a file for each
// array. Until Finish, each array grows in a temporary file of its own.
type File struct {
	path, temporary string // the file, and the folder of the temporary ones
	arrays          []*Array
}

// Array is an array of a file. Its values are written to it, row-major and little-endian;
// they must be as many as its shape has.
type Array struct {
	*bufio.Writer
	name, kind string
	shape      []int
	file       *os.File
}

// Create begins a file. Discard must be called in the end, in any case. It is an error if
// the folder of path cannot be written to.
func Create(path string) (*File, error) {
	temporary, err := os.MkdirTemp(filepath.Dir(path), ".npz-")
	return &File{path: path, temporary: temporary}, errors.Wrapf(err, "cannot write %q", path)
}

// Add adds an array. kind is NumPy's name of the type of its values, such as <f4. It is
// an error if the disk fails.
func (z *File) Add(name, kind string, shape ...int) (*Array, error) {
	f, err := os.Create(filepath.Join(z.temporary, fmt.Sprint(len(z.arrays))))
	if err != nil {
		return nil, errors.Wrapf(err, "cannot write %q", z.path)
	}
	a := &Array{bufio.NewWriterSize(f, 1<<16), name, kind, shape, f}
	z.arrays = append(z.arrays, a)
	return a, nil
}

// Number is a type of the numbers in vectors.
type Number interface{ int64 | uint64 | float64 }

// AddVector adds a vector of numbers. It is an error if the disk fails.
func AddVector[T Number](z *File, name string, values []T) error {
	kind := map[any]string{int64(0): "<i8", uint64(0): "<u8", float64(0): "<f8"}[any(T(0))]
	a, err := z.Add(name, kind, len(values))
	if err != nil {
		return err
	}
	return errors.Wrapf(binary.Write(a, binary.LittleEndian, values), "cannot write %q", z.path)
}

// AddStrings adds a vector of strings. It is an error if the disk fails.
func (z *File) AddStrings(name string, values []string) error {
	longest := 1
	for _, v := range values {
		longest = max(longest, len([]rune(v)))
	}
	a, err := z.Add(name, fmt.Sprintf("<U%d", longest), len(values))
	if err != nil {
		return err
	}
	for _, v := range values {
		characters := make([]rune, longest)
		copy(characters, []rune(v))
		if err := binary.Write(a, binary.LittleEndian, characters); err != nil {
			return errors.Wrapf(err, "cannot write %q", z.path)
		}
	}
	return nil
}

// Finish makes the file of the arrays. It replaces the file at path, if there is one, by
// the complete new file or not at all. It is an error if the disk fails.
func (z *File) Finish() (err error) {
	defer func() { err = errors.Wrapf(err, "cannot write %q", z.path) }()
	complete, err := os.Create(filepath.Join(z.temporary, "complete"))
	if err != nil {
		return err
	}
	defer complete.Close()
	w := bufio.NewWriterSize(complete, 1<<20)
	archive := zip.NewWriter(w)
	for _, a := range z.arrays {
		entry, err := archive.CreateHeader(&zip.FileHeader{Name: a.name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := a.moveTo(entry); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := complete.Sync(); err != nil {
		return err
	}
	if err := complete.Close(); err != nil {
		return err
	}
	return os.Rename(complete.Name(), z.path)
}

// moveTo writes the array in NumPy's format, version 1.0 (NEP 1), and removes its
// temporary file.
func (a *Array) moveTo(w io.Writer) error {
	if err := a.Flush(); err != nil {
		return err
	}
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if _, err := io.WriteString(w, npyHeader(a.kind, a.shape)); err != nil {
		return err
	}
	if _, err := io.Copy(w, a.file); err != nil {
		return err
	}
	if err := a.file.Close(); err != nil {
		return err
	}
	return os.Remove(a.file.Name())
}

// npyHeader returns what stands before the values: a mark, a length, and a dict in
// Python with spaces behind it, so that the values begin at a multiple of 64 bytes.
func npyHeader(kind string, shape []int) string {
	var sides strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&sides, "%d, ", n)
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, strings.TrimSuffix(sides.String(), " "))
	const before = 10
	length := (before+len(dict)+1+63)/64*64 - before
	return fmt.Sprintf("\x93NUMPY\x01\x00%s%-*s\n", binary.LittleEndian.AppendUint16(nil, uint16(length)), length-1, dict)
}

// Discard removes the temporary files.
func (z *File) Discard() {
	for _, a := range z.arrays {
		a.file.Close()
	}
	os.RemoveAll(z.temporary)
}
