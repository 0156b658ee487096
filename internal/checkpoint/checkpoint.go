// Package checkpoint reads the weights of networks out of files that anyone may
// have made, and writes them.
//
// It reads, whatever the file is called:
//
//   - safetensors;
//   - what PyTorch's torch.save writes of a state dict, in the zip format (since
//     PyTorch 1.6) and in the older stream of pickles. The state dict may be
//     wrapped in a dict under state_dict, model_state_dict or model.
//
// A prefix "module." that all names of a file have, as DataParallel leaves it,
// is removed. Values of any floating-point or integer type become float32.
//
// Files are not trusted. Whatever a file says, opening it allocates no more than
// twice its size and 160 MB, runs no code that it brings, and ends in an error
// where the file is not what it should be.
package checkpoint

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// maxMemory is what opening a file allocates at most besides twice its size, bytes:
// what maxHeader, maxDirectory and maxCost come to.
const maxMemory = 160e6

// File is a file of named tensors, which are read one at a time.
type File struct {
	// Metadata are the notes in a safetensors file.
	Metadata map[string]string

	names   []string
	tensors map[string]tensor
	data    io.ReaderAt
	closer  io.Closer
	verify  func() error
}

// tensor says where a tensor's values are.
type tensor struct {
	name   string
	kind   safetensors.DType
	shape  []int
	stride []int // in values; nil if they lie in row-major order
	offset int64 // of the first value in the file, in bytes
}

// Open opens a file and checks that all that it says of its tensors fits the
// bytes that it has. The caller closes it.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Wrap(err, "checkpoint")
	}
	if !info.Mode().IsRegular() { // to open a pipe might take forever
		return nil, errors.Errorf("checkpoint: %s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "checkpoint")
	}
	file, err := open(f, info.Size())
	if err != nil {
		f.Close()
		return nil, errors.Wrapf(err, "checkpoint: %s", path)
	}
	file.closer = f
	return file, nil
}

// open recognises the format by the file's first bytes.
func open(data io.ReaderAt, size int64) (*File, error) {
	head := make([]byte, min(size, 9))
	if _, err := io.ReadFull(io.NewSectionReader(data, 0, size), head); err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(string(head), "PK\x03\x04"):
		return openZip(data, size)
	case len(head) == 9 && head[8] == '{':
		return openSafetensors(data, size)
	case len(head) > 0 && head[0] == protocol:
		return openStream(data, size)
	}
	return nil, errors.New("neither a PyTorch checkpoint nor safetensors")
}

// newFile returns a file of these tensors, in this order.
func newFile(data io.ReaderAt, tensors []tensor, verify func() error) (*File, error) {
	f := &File{tensors: map[string]tensor{}, data: data, verify: verify}
	prefix := "module."
	if slices.ContainsFunc(tensors, func(t tensor) bool { return !strings.HasPrefix(t.name, prefix) }) {
		prefix = ""
	}
	for _, t := range tensors {
		t.name = t.name[len(prefix):]
		if _, ok := f.tensors[t.name]; ok {
			return nil, errors.Errorf("two tensors are called %q", t.name)
		}
		f.tensors[t.name] = t
		f.names = append(f.names, t.name)
	}
	return f, nil
}

// Names returns the names of the tensors, in the order of the file.
func (f *File) Names() []string { return f.names }

// Has tells whether there is a tensor of that name.
func (f *File) Has(name string) bool {
	_, ok := f.tensors[name]
	return ok
}

// Shape returns the shape of a tensor: empty for a single value, nil if there is
// no tensor of that name.
func (f *File) Shape(name string) []int { return f.tensors[name].shape }

// Verify reads the file once from end to end, so that Read cannot fail later
// unless the disk fails or the file changes; in PyTorch's zip format it also
// compares the checksums.
func (f *File) Verify() error { return errors.Wrap(f.verify(), "checkpoint") }

// Read reads a tensor's values, row-major, as float32. It is an error if there
// is no such tensor, if values has another length, or if the disk fails.
func (f *File) Read(name string, values []float32) error {
	t, ok := f.tensors[name]
	if !ok {
		return errors.Errorf("checkpoint: no tensor is called %q", name)
	}
	if n := product(t.shape); n != len(values) {
		return errors.Errorf("checkpoint: tensor %q has %d values, not %d", name, n, len(values))
	}
	if t.stride != nil {
		return errors.Wrapf(t.gather(f.data, values), "checkpoint: tensor %q", name)
	}
	return errors.Wrapf(t.read(f.data, values), "checkpoint: tensor %q", name)
}

// Close closes the file.
func (f *File) Close() error { return errors.Wrap(f.closer.Close(), "checkpoint") }

// read reads values that lie in order, a piece at a time.
func (t tensor) read(data io.ReaderAt, values []float32) error {
	size := int(t.kind.Size())
	section := io.NewSectionReader(data, t.offset, int64(len(values)*size))
	piece := make([]byte, min(len(values)*size, 1<<16))
	for len(values) > 0 {
		n := min(len(values), len(piece)/size)
		if _, err := io.ReadFull(section, piece[:n*size]); err != nil {
			return err
		}
		decode(t.kind, values[:n], piece)
		values = values[n:]
	}
	return nil
}

// gather reads values in any order: all bytes between the first and the last
// of them, which are not more than the file has.
func (t tensor) gather(data io.ReaderAt, values []float32) error {
	if len(values) == 0 {
		return nil
	}
	size, last := int(t.kind.Size()), 0
	for axis, n := range t.shape {
		last += (n - 1) * t.stride[axis]
	}
	raw := make([]byte, (last+1)*size)
	if _, err := io.ReadFull(io.NewSectionReader(data, t.offset, int64(len(raw))), raw); err != nil {
		return err
	}
	index, from := make([]int, len(t.shape)), 0
	for i := range values {
		decode(t.kind, values[i:i+1], raw[from*size:])
		for axis := len(index) - 1; axis >= 0; axis-- {
			index[axis]++
			from += t.stride[axis]
			if index[axis] < t.shape[axis] {
				break
			}
			from -= t.shape[axis] * t.stride[axis]
			index[axis] = 0
		}
	}
	return nil
}

// product returns how many values a shape has that is known to be possible.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// count returns how many values a shape has. It is an error if they are more
// than limit, if a length is negative, or if there are more than 64 axes, which
// is PyTorch's limit.
func count(shape []int, limit int) (int, error) {
	if len(shape) > 64 {
		return 0, errors.Errorf("a shape of %d axes", len(shape))
	}
	n := 1
	if slices.Contains(shape, 0) {
		n = 0
	}
	for _, d := range shape {
		if d < 0 || n > 0 && d > limit/n {
			return 0, errors.Errorf("a shape of %v, but at most %d values", shape, limit)
		}
		n *= d
	}
	return n, nil
}
