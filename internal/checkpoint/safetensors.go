package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"slices"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// maxHeader is the longest header of safetensors that is read, bytes: of some
// 20,000 tensors. The library takes up to 70 bytes for one.
const maxHeader = 2 << 20

// openSafetensors reads the header and checks that the tensors fill the rest of
// the file, one after another, without a gap. The library parses a header, but
// checks it only in a file that is in memory whole.
func openSafetensors(data io.ReaderAt, size int64) (*File, error) {
	section := io.NewSectionReader(data, 0, size)
	var length uint64
	if err := binary.Read(section, binary.LittleEndian, &length); err != nil {
		return nil, err
	}
	if length > maxHeader || int64(length) > size-8 {
		return nil, errors.Errorf("a header of %d bytes in a file of %d, want at most %d", length, size, maxHeader)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(section, header); err != nil {
		return nil, err
	}
	if err := checkNames(header); err != nil {
		return nil, errors.Wrap(err, "header")
	}
	var metadata safetensors.Metadata
	if err := json.Unmarshal(header, &metadata); err != nil {
		return nil, errors.Wrap(err, "header")
	}
	var infos []safetensors.NamedTensorInfo
	for name, info := range metadata.Tensors() {
		infos = append(infos, safetensors.NamedTensorInfo{Name: name, TensorInfo: *info})
	}
	slices.SortFunc(infos, func(a, b safetensors.NamedTensorInfo) int {
		return cmp.Or(slices.Compare(a.TensorInfo.DataOffsets[:], b.TensorInfo.DataOffsets[:]), cmp.Compare(a.Name, b.Name))
	})
	rest := uint64(size) - 8 - length
	var tensors []tensor
	end := uint64(0)
	for _, named := range infos {
		info := named.TensorInfo
		from, to := info.DataOffsets[0], info.DataOffsets[1]
		if from != end || to < from || to > rest {
			return nil, errors.Errorf("tensor %q is at bytes %d to %d of %d, want it to start at %d", named.Name, from, to, rest, end)
		}
		shape := make([]int, len(info.Shape))
		for i, n := range info.Shape {
			shape[i] = int(min(n, math.MaxInt))
		}
		n, err := count(shape, int(rest))
		if err != nil {
			return nil, errors.Wrapf(err, "tensor %q", named.Name)
		}
		if uint64(n)*info.DType.Size() != to-from {
			return nil, errors.Errorf("tensor %q has %d bytes for %v values of type %v", named.Name, to-from, shape, info.DType)
		}
		tensors = append(tensors, tensor{name: named.Name, kind: info.DType, shape: shape, offset: int64(8 + length + from)})
		end = to
	}
	if end != rest {
		return nil, errors.Errorf("the tensors have %d bytes, the file has %d for them", end, rest)
	}
	f, err := newFile(data, tensors, func() error { return readAll(data, size) })
	if err != nil {
		return nil, err
	}
	f.Metadata = metadata.Metadata()
	return f, nil
}

// checkNames returns an error if a header, which must be a JSON object, has two
// fields of one name: the library would drop the first.
func checkNames(header []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(header))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[any]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if seen[name] {
			return errors.Errorf("two tensors are called %q", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads all bytes and forgets them.
func readAll(data io.ReaderAt, size int64) error {
	_, err := io.CopyN(io.Discard, io.NewSectionReader(data, 0, size), size)
	return err
}
