package checkpoint

import (
	"encoding/binary"
	"io"
	"math/big"

	"github.com/pkg/errors"

	"hypnos/internal/pickle"
)

// The beginning of the format of PyTorch before 1.6.
const (
	streamMagic   = "1950a86a20f9469cfc6c"
	streamVersion = 1001
)

// openStream reads the format of PyTorch before 1.6, which later ones still write on
// demand. It is five pickles: a magic number, the version, the writer's system, the
// checkpoint, and the keys of its storages. Then follow, for each key, the number of
// values, in 8 bytes, and the values.
func openStream(data io.ReaderAt, size int64) (*File, error) {
	decoder := pickle.NewDecoder(io.NewSectionReader(data, 0, size), size, pickle.Options{Memory: maxCost, Keep: maxName})
	var objects [5]any
	for i, what := range []string{"magic number", "version", "system", "checkpoint", "keys of storages"} {
		var err error
		objects[i], err = decoder.Decode()
		magic, ok := objects[0].(*big.Int)
		switch {
		case i == 0 && (err != nil || !ok || magic.Text(16) != streamMagic):
			return nil, errors.New("a pickle that torch.save has not written: want torch.save of the state dict, or safetensors")
		case errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.Errorf("the file ends in the pickle of the %s: the download or copy was cut off", what)
		case err != nil:
			return nil, errors.Wrapf(err, "the %s", what)
		}
	}
	if objects[1] != any(streamVersion) {
		return nil, errors.Errorf("not version %d of the format", streamVersion)
	}
	if pickle.Get(objects[2], "little_endian") == false {
		return nil, errors.New("values are big-endian, want little-endian")
	}
	dicts, err := findDicts(objects[3])
	if err != nil {
		return nil, err
	}
	keys, ok := objects[4].(*pickle.List)
	if !ok {
		return nil, errors.New("no list of the keys of storages")
	}
	storages, err := streamStorages(decoder.Persistent)
	if err != nil {
		return nil, err
	}
	offsets, err := streamOffsets(data, decoder.Offset(), size, keys.Items, storages)
	if err != nil {
		return nil, err
	}
	for _, d := range dicts {
		d.data = data
		d.locate = func(value any) (tensor, error) {
			p, err := newPickled(value)
			if err != nil {
				return tensor{}, err
			}
			offset, ok := offsets[p.key]
			if !ok {
				return tensor{}, errors.Errorf("no storage %.40q", p.key)
			}
			return p.locate(offset)
		}
		d.verify = func([]tensor) error { return readAll(data, size) }
	}
	return &File{Dicts: dicts}, nil
}

// streamStorages returns the storages among the persistent objects of pickles, by key. It
// leaves out other objects, such as the classes of modules.
func streamStorages(objects []*pickle.Persistent) (map[string]storage, error) {
	storages := map[string]storage{}
	for _, p := range objects {
		s, err := newStorage(p)
		if err != nil {
			continue
		}
		if other, ok := storages[s.key]; ok && other != s {
			return nil, errors.Errorf("storage %.40q has %d values of type %s and also %d of type %s", s.key, other.count, other.name, s.count, s.name)
		}
		storages[s.key] = s
	}
	return storages, nil
}

// streamOffsets returns at which byte the values of each storage begin. The storages
// stand in the order of keys, the first from byte at on.
func streamOffsets(data io.ReaderAt, at, size int64, keys []any, storages map[string]storage) (map[string]int64, error) {
	offsets := map[string]int64{}
	for _, k := range keys {
		key, _ := asKey(k)
		s, ok := storages[key]
		if !ok {
			return nil, errors.Errorf("storage %.40q is of no tensor", key)
		}
		if _, ok := offsets[key]; ok {
			return nil, errors.Errorf("storage %.40q comes twice", key)
		}
		var raw [8]byte
		if _, err := io.ReadFull(io.NewSectionReader(data, at, 8), raw[:]); err != nil {
			return nil, errors.Errorf("the file ends before storage %.40q: the download or copy was cut off", key)
		}
		n := binary.LittleEndian.Uint64(raw[:])
		if n != uint64(s.count) {
			return nil, errors.Errorf("storage %.40q has %d values of type %s, want %d", key, n, s.name, s.count)
		}
		if n > uint64(size-at-8)/uint64(s.size) {
			return nil, errors.Errorf("storage %.40q has %d values of type %s from byte %d, but the file ends at byte %d: the download or copy was cut off", key, n, s.name, at+8, size)
		}
		offsets[key] = at + 8
		at += 8 + int64(n)*int64(s.size)
	}
	return offsets, nil
}
