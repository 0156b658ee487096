package checkpoint

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"iter"
	"math"
	"unicode/utf8"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// Tensor is a float32 tensor to be written.
type Tensor struct {
	Name  string
	Shape []int
	// Values yields the values, row-major, in pieces of any length. A piece is valid
	// until the next one.
	Values iter.Seq[[]float32]
}

// Write writes tensors to a safetensors file, in their order and a piece at a time, with
// notes under its key __metadata__. It replaces the file at path, if there is one, by the
// complete new file or not at all.
//
// It is an error if a name is not UTF-8, comes twice or is __metadata__, if a tensor yields
// more or fewer values than its shape has, or if the disk fails.
func Write(path string, metadata map[string]string, tensors []Tensor) (err error) {
	defer func() { err = errors.Wrapf(err, "checkpoint: write %s", path) }()
	head, err := header(metadata, tensors)
	if err != nil {
		return err
	}
	return replace(path, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<16)
		if _, err := b.Write(head); err != nil {
			return err
		}
		for _, t := range tensors {
			if err := t.write(b); err != nil {
				return errors.Wrapf(err, "tensor %q", t.Name)
			}
		}
		return b.Flush()
	})
}

// WriteFile writes a file of any kind. It replaces the file at path, if there is one, by
// the complete new file or not at all. It is an error if the disk fails.
func WriteFile(path string, contents []byte) error {
	err := replace(path, func(w io.Writer) error {
		_, err := w.Write(contents)
		return err
	})
	return errors.Wrapf(err, "checkpoint: write %s", path)
}

// header returns what stands before the values: the JSON object that describes them, with
// spaces up to a multiple of 8 bytes, and in front of it its length.
func header(metadata map[string]string, tensors []Tensor) ([]byte, error) {
	fields := map[string]any{}
	if len(metadata) > 0 {
		fields["__metadata__"] = metadata
	}
	end := uint64(0)
	for _, t := range tensors {
		n, err := count(t.Shape, math.MaxInt/4)
		if err != nil {
			return nil, errors.Wrapf(err, "tensor %q", t.Name)
		}
		if _, ok := fields[t.Name]; ok || t.Name == "__metadata__" || !utf8.ValidString(t.Name) {
			return nil, errors.Errorf("a tensor cannot be called %q: the name is taken or not UTF-8", t.Name)
		}
		info := safetensors.TensorInfo{DType: safetensors.F32, Shape: []uint64{}, DataOffsets: [2]uint64{end, end + 4*uint64(n)}}
		for _, d := range t.Shape {
			info.Shape = append(info.Shape, uint64(d))
		}
		fields[t.Name], end = info, info.DataOffsets[1]
	}
	object, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	for len(object)%8 > 0 {
		object = append(object, ' ')
	}
	if len(object) > maxHeader {
		return nil, errors.Errorf("a header of %d bytes, want at most %d", len(object), maxHeader)
	}
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(object))), object...), nil
}

func (t Tensor) write(b *bufio.Writer) error {
	want := product(t.Shape)
	left := want
	for values := range t.Values {
		if left -= len(values); left < 0 {
			break
		}
		for len(values) > 0 {
			if b.Available() < 4 {
				if err := b.Flush(); err != nil {
					return err
				}
			}
			n := min(len(values), b.Available()/4)
			raw := b.AvailableBuffer()
			for _, v := range values[:n] {
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
			}
			if _, err := b.Write(raw); err != nil {
				return err
			}
			values = values[n:]
		}
	}
	if left != 0 {
		return errors.Errorf("%d values, want %d for the shape %v", want-left, want, t.Shape)
	}
	return nil
}
