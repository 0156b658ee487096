package checkpoint

import (
	"encoding/binary"
	"io"
	"math/big"

	"github.com/nlpodyssey/gopickle/types"
	"github.com/pkg/errors"
)

// What the format of PyTorch before 1.6 begins with.
const (
	streamMagic   = "1950a86a20f9469cfc6c"
	streamVersion = 1001
)

// openStream reads the format of PyTorch before 1.6, still written on demand:
// five pickles, of a magic number, the version, the writer's system, the
// checkpoint, and the keys of its storages; then for each key the count of
// values, in 8 bytes, and the values.
func openStream(data io.ReaderAt, size int64) (*File, error) {
	u := newUnpickler(io.NewSectionReader(data, 0, size))
	var objects [5]any
	for i, what := range []string{"magic number", "version", "system", "checkpoint", "keys of storages"} {
		var err error
		if objects[i], err = u.next(); err != nil {
			return nil, errors.Wrapf(err, "pickle of the %s", what)
		}
		if magic, ok := objects[0].(*big.Int); !ok || magic.Text(16) != streamMagic {
			return nil, errors.New("a pickle that torch.save has not written")
		}
	}
	if objects[1] != any(streamVersion) {
		return nil, errors.Errorf("not version %d of the format", streamVersion)
	}
	if system, _ := entries(objects[2]); bigEndian(system) {
		return nil, errors.New("values are big-endian, want little-endian")
	}
	dict, err := stateDict(objects[3])
	if err != nil {
		return nil, err
	}
	keys, ok := objects[4].(*types.List)
	if !ok {
		return nil, errors.New("no list of the keys of storages")
	}
	offsets, err := streamOffsets(data, u.n, size, *keys, u.storages)
	if err != nil {
		return nil, err
	}
	var tensors []tensor
	for _, p := range dict {
		offset, ok := offsets[p.storage.key]
		if !ok {
			return nil, errors.Errorf("tensor %q: no storage %q", p.name, p.storage.key)
		}
		t, err := p.locate(p.name, offset)
		if err != nil {
			return nil, err
		}
		tensors = append(tensors, t)
	}
	return newFile(data, tensors, func() error { return readAll(data, size) })
}

// streamOffsets returns at which byte the values of each storage begin, the
// first of them after byte at.
func streamOffsets(data io.ReaderAt, at, size int64, keys types.List, storages map[string]*storage) (map[string]int64, error) {
	offsets := map[string]int64{}
	for _, k := range keys {
		key, _ := k.(string)
		s := storages[key]
		if s == nil {
			return nil, errors.Errorf("storage %.40q is of no tensor", key)
		}
		if _, ok := offsets[key]; ok {
			return nil, errors.Errorf("storage %.40q comes twice", key)
		}
		var raw [8]byte
		if _, err := io.ReadFull(io.NewSectionReader(data, at, 8), raw[:]); err != nil {
			return nil, errors.Wrapf(err, "storage %.40q", key)
		}
		n, kind := binary.LittleEndian.Uint64(raw[:]), s.kind.Size()
		if n != uint64(s.count) || n > uint64(size-at-8)/kind {
			return nil, errors.Errorf("storage %.40q has %d values of type %v from byte %d of %d, want %d", key, n, s.kind, at+8, size, s.count)
		}
		offsets[key] = at + 8
		at += 8 + int64(n*kind)
	}
	return offsets, nil
}

// bigEndian tells whether the writer's system says so of itself.
func bigEndian(system []types.DictEntry) bool {
	for _, e := range system {
		if e.Key == "little_endian" && e.Value == false {
			return true
		}
	}
	return false
}
