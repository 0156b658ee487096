package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"io"
	"slices"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// maxHeader is the longest header of safetensors that is read, in bytes: some 20,000
// tensors. Reading it takes up to 70 times as much memory.
const maxHeader = 2 << 20

// openSafetensors reads the header and checks that the tensors fill the rest of the file
// without a gap. It does not use the library, which refuses a file for a single tensor of
// a type that it does not know.
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
	infos, metadata, err := parseHeader(header)
	if err != nil {
		return nil, errors.Wrap(err, "header")
	}
	slices.SortFunc(infos, func(a, b info) int {
		return cmp.Or(slices.Compare(a.Offsets[:], b.Offsets[:]), cmp.Compare(a.name, b.name))
	})
	rest := uint64(size) - 8 - length
	if n := len(infos); n > 0 && infos[n-1].Offsets[1] > rest {
		return nil, errors.Errorf("the tensors have %d bytes, but the file ends after %d of them: the download or copy was cut off", infos[n-1].Offsets[1], rest)
	}
	d := &Dict{values: map[string]any{}, data: data, verify: func([]tensor) error { return readAll(data, size) }}
	d.locate = func(unread any) (tensor, error) {
		return tensor{}, errors.Errorf("has values of type %.20q, which are not read", unread.(info).Type)
	}
	end := uint64(0)
	for _, i := range infos {
		value, err := i.tensor(end, rest)
		if err == nil {
			if t, ok := value.(tensor); ok {
				t.offset += int64(8 + length)
				value = t
			}
			err = d.add(i.name, value)
		}
		if err != nil {
			return nil, err
		}
		end = i.Offsets[1]
	}
	if end != rest {
		return nil, errors.Errorf("the tensors have %d bytes, the file has %d for them", end, rest)
	}
	return &File{Metadata: metadata, Dicts: []*Dict{d}}, nil
}

// info is what a header says of a tensor.
type info struct {
	name    string
	Type    string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets []uint64 `json:"data_offsets"` // of its first byte and of the one after its last
}

// tensor returns the tensor, or the info itself if its type is not read. It is an error
// if its bytes do not begin at end, where those before it end, if they lie beyond the
// rest, or if they are not as many as its shape needs.
func (i info) tensor(end, rest uint64) (any, error) {
	from, to := i.Offsets[0], i.Offsets[1]
	if from != end || to < from || to > rest {
		return nil, errors.Errorf("tensor %.60q is at bytes %d to %d of %d, want it to start at %d", i.name, from, to, rest, end)
	}
	kind, err := safetensors.ParseDType(i.Type)
	if err != nil {
		return i, nil
	}
	shape := make([]int, len(i.Shape))
	for axis, n := range i.Shape {
		shape[axis] = int(n)
	}
	n, err := count(shape, int(rest))
	if err != nil {
		return nil, errors.Wrapf(err, "tensor %.60q", i.name)
	}
	if uint64(n)*kind.Size() != to-from {
		return nil, errors.Errorf("tensor %.60q has %d bytes for %v values of type %v", i.name, to-from, shape, kind)
	}
	return tensor{kind: kind, shape: shape, offset: int64(from)}, nil
}

// parseHeader reads a header, a JSON object of tensors and notes. It is an error if two
// of its fields have the same name.
func parseHeader(header []byte) (infos []info, metadata map[string]string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(header))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, nil, err
		}
		name := token.(string)
		if seen[name] {
			return nil, nil, errors.Errorf("two tensors are called %.60q", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			if metadata, err = notes(decoder); err != nil {
				return nil, nil, errors.Wrap(err, name)
			}
			continue
		}
		i := info{name: name}
		if err := decoder.Decode(&i); err != nil || i.Type == "" || i.Shape == nil || len(i.Offsets) != 2 {
			return nil, nil, errors.Errorf("tensor %.60q: want a dtype, a shape and two data_offsets", name)
		}
		infos = append(infos, i)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, nil, errors.New("the JSON object has no end")
	}
	return infos, metadata, nil
}

// notes reads the notes in a header, which should be strings. Others are left out.
func notes(decoder *json.Decoder) (map[string]string, error) {
	var all map[string]json.RawMessage
	if err := decoder.Decode(&all); err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for key, raw := range all {
		var text string
		if json.Unmarshal(raw, &text) == nil {
			texts[key] = text
		}
	}
	return texts, nil
}

// readAll reads a file to its end, to see that it can be read.
func readAll(data io.ReaderAt, size int64) error {
	_, err := io.CopyN(io.Discard, io.NewSectionReader(data, 0, size), size)
	return err
}
