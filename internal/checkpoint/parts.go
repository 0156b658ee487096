package checkpoint

import (
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// indexEnding is how the name of an index ends.
const indexEnding = ".index.json"

// maxFiles is how many files a checkpoint may have.
const maxFiles = 1000

// findIndex returns the index of a checkpoint in several files, if a path is that of one,
// or of a folder that has one.
func findIndex(path string, info fs.FileInfo) (string, bool) {
	if !info.IsDir() {
		return path, info.Mode().IsRegular() && strings.HasSuffix(path, indexEnding)
	}
	for _, name := range []string{"model.safetensors", "pytorch_model.bin", "diffusion_pytorch_model.safetensors"} {
		index := filepath.Join(path, name+indexEnding)
		if _, err := os.Stat(index); err == nil {
			return index, true
		}
	}
	return "", false
}

// openParts opens a checkpoint in several files by its index, a JSON object. Its
// weight_map has, for the name of each tensor, the name of a file beside the index.
func openParts(index string) (*File, error) {
	raw, err := readIndex(index)
	if err != nil {
		return nil, err
	}
	var list struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list.Files) == 0 {
		return nil, errors.New("no weight_map, which says in which file a tensor is")
	}
	whole := &File{Dicts: []*Dict{{values: map[string]any{}}}}
	parts := map[string]*Dict{}
	for _, name := range slices.Sorted(maps.Keys(list.Files)) {
		part := list.Files[name]
		if parts[part] == nil {
			if len(parts) == maxFiles {
				err = errors.Errorf("the tensors are in more than %d files", maxFiles)
			} else {
				parts[part], err = whole.openPart(index, part)
			}
		}
		if err == nil && !parts[part].Has(name) {
			err = errors.Errorf("file %.60q has no tensor %.60q", part, name)
		}
		if err == nil {
			err = whole.Dicts[0].add(name, parts[part])
		}
		if err != nil {
			whole.Close()
			return nil, err
		}
	}
	return whole, nil
}

// openPart opens one of the files, which must be beside the index.
func (f *File) openPart(index, name string) (*Dict, error) {
	if name == "." || name == ".." || strings.ContainsAny(name, `/\:`) || !filepath.IsLocal(name) {
		return nil, errors.Errorf("file %.60q is not in the folder of the index", name)
	}
	part, err := openFile(filepath.Join(filepath.Dir(index), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Errorf("the file %.60q is missing, which has some of the tensors", name)
	}
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, part.closers...)
	return part.Dicts[0], nil
}

func readIndex(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxHeader+1))
	if err == nil && len(raw) > maxHeader {
		err = errors.Errorf("more than %d bytes", maxHeader)
	}
	return raw, err
}
