// Package checkpoint reads the weights of networks from files that anyone may have made,
// and writes them.
//
// It reads, whatever the file is called:
//
//   - safetensors;
//   - what PyTorch's torch.save writes, in the zip format (since PyTorch 1.6) and in the
//     older stream of pickles: dicts of tensors in dicts and lists of any kind, and
//     modules that were pickled whole;
//   - either of them in several files, by their index.
//
// Values of any floating-point or integer type become float32. Anything else in a file is
// passed over.
//
// Files are not trusted. Whatever a file says, to open it, or each file of several,
// allocates no more than twice its size and 160 MB, and runs no code of it. A file that
// is not what it should be is an error.
package checkpoint

import (
	"io"
	"os"
	"slices"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// maxMemory is how many bytes opening a file allocates at most besides twice its size, as
// follows from maxHeader, maxDirectory and maxCost.
const maxMemory = 160e6

// File is a file of named tensors, which are read one at a time.
type File struct {
	// Metadata are the notes in a safetensors file that are texts.
	Metadata map[string]string
	// Dicts are the dicts that have tensors, at least one. Those in fewer other dicts
	// come first.
	Dicts []*Dict

	closers []io.Closer
}

// Dict is a dict of named tensors.
type Dict struct {
	// Path is the keys under which the dict is found in its file, with dots between
	// them; empty if it is all of the file.
	Path string
	// Module is the class of the network, if that was pickled whole; empty for a state
	// dict.
	Module string

	names  []string
	values map[string]any // each a tensor, a value for locate, or the *Dict of another file
	locate func(value any) (tensor, error)
	verify func([]tensor) error // reads all that has these tensors
	data   io.ReaderAt
}

// tensor says where a tensor's values are.
type tensor struct {
	kind   safetensors.DType
	shape  []int
	stride []int  // in values; nil if they lie in row-major order
	offset int64  // of the first value in the file, in bytes
	entry  string // of the archive that holds the values
}

// Open opens a file, and checks that what it says of itself as a whole fits its bytes.
// The path may also be that of an index, or of a folder that has one: see openParts. The
// caller closes the file. It is an error if the file cannot be read or is no checkpoint.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Wrap(err, "checkpoint")
	}
	if index, ok := findIndex(path, info); ok {
		file, err := openParts(index)
		return file, errors.Wrapf(err, "checkpoint: %s", index)
	}
	if info.IsDir() {
		return nil, errors.Errorf("checkpoint: %s is a folder, want a file of weights, or an index of its parts in it", path)
	}
	return openFile(path)
}

func openFile(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errors.Wrap(err, "checkpoint")
	}
	if !info.Mode().IsRegular() { // opening a pipe might take forever
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
	file.closers = []io.Closer{f}
	return file, nil
}

// Close closes the file.
func (f *File) Close() error {
	var first error
	for _, c := range f.closers {
		if err := c.Close(); first == nil {
			first = err
		}
	}
	return errors.Wrap(first, "checkpoint")
}

// add adds a tensor to the dict. It is an error if there is one of that name.
func (d *Dict) add(name string, value any) error {
	if _, ok := d.values[name]; ok {
		return errors.Errorf("two tensors are called %.60q", name)
	}
	d.values[name] = value
	d.names = append(d.names, name)
	return nil
}

// Names returns the names of the tensors, in the order of the file.
func (d *Dict) Names() []string { return d.names }

// Has tells whether there is a tensor of that name.
func (d *Dict) Has(name string) bool {
	_, ok := d.values[name]
	return ok
}

// find returns the tensor of that name, and the dict of that file which has it.
func (d *Dict) find(name string) (*Dict, tensor, error) {
	t, err := tensor{}, error(nil)
	switch value := d.values[name].(type) {
	case nil:
		err = errors.New("there is none of that name")
	case tensor:
		t = value
	case *Dict:
		return value.find(name)
	default:
		t, err = d.locate(value)
	}
	return d, t, errors.Wrapf(err, "tensor %.60q", name)
}

// Shape returns the shape of a tensor, empty for a single value. It is an error if there
// is no tensor of that name, if its values are of an unknown type, or if they do not lie
// where the file says.
func (d *Dict) Shape(name string) ([]int, error) {
	_, t, err := d.find(name)
	if err == nil && t.shape == nil {
		t.shape = []int{}
	}
	return t.shape, errors.Wrap(err, "checkpoint")
}

// Same tells whether two names stand for one tensor: the same values in one shape.
func (d *Dict) Same(name string, other *Dict, otherName string) bool {
	in, t, err := d.find(name)
	in2, t2, err2 := other.find(otherName)
	return err == nil && err2 == nil && in.data == in2.data && t.entry == t2.entry && t.offset == t2.offset &&
		t.kind == t2.kind && slices.Equal(t.shape, t2.shape) && slices.Equal(t.stride, t2.stride)
}

// Verify reads all parts of the file that have the tensors of these names, so that Read
// cannot fail later unless the disk fails or the file changes. In PyTorch's zip format it
// also compares the checksums. It is an error if there is no tensor of a name, or if
// anything cannot be read.
func (d *Dict) Verify(names []string) error {
	tensors := map[*Dict][]tensor{}
	var dicts []*Dict // in order
	for _, name := range names {
		in, t, err := d.find(name)
		if err != nil {
			return errors.Wrap(err, "checkpoint")
		}
		if tensors[in] == nil {
			dicts = append(dicts, in)
		}
		tensors[in] = append(tensors[in], t)
	}
	for _, in := range dicts {
		if err := in.verify(tensors[in]); err != nil {
			return errors.Wrap(err, "checkpoint")
		}
	}
	return nil
}

// Read reads the values of a tensor, row-major, as float32. Its errors are those of
// Shape; it is also an error if values has another length, or if the disk fails.
func (d *Dict) Read(name string, values []float32) error {
	in, t, err := d.find(name)
	if err != nil {
		return errors.Wrap(err, "checkpoint")
	}
	if n := product(t.shape); n != len(values) {
		return errors.Errorf("checkpoint: tensor %.60q has %d values, not %d", name, n, len(values))
	}
	read := t.read
	if t.stride != nil {
		read = t.gather
	}
	return errors.Wrapf(read(in.data, values), "checkpoint: tensor %.60q", name)
}

// read reads values that lie row-major, a piece at a time.
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

// gather reads values with strides. It reads all bytes from the first value to the last,
// which are not more than the file has.
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

// product returns how many values a shape has that count has accepted.
func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// count returns how many values a shape has. It is an error if they are more than limit,
// if a length is negative, or if there are more than PyTorch's limit of 64 axes.
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
