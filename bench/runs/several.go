package runs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/pkg/errors"

	"hypnos/internal/natural"
)

var runFolder = regexp.MustCompile(`^(.+)-seed-([0-9]{1,20})$`)

// Of returns the folder of a run within a folder of several runs.
func Of(dir, variant string, seed uint64) string {
	return filepath.Join(dir, "runs", fmt.Sprintf("%s-seed-%d", variant, seed))
}

// Variant returns the variant in the name of such a folder, "" if there is none.
func Variant(dir string) string {
	if m := runFolder.FindStringSubmatch(filepath.Base(dir)); m != nil {
		return m[1]
	}
	return ""
}

// All returns the folders of the runs in a folder: itself, if it has checkpoints, or else
// those that Several returns.
func All(dir string) ([]string, error) {
	if places, err := (Folder{Dir: dir}).Places(); err != nil || len(places) > 0 {
		return []string{dir}, err
	}
	return Several(dir)
}

// Several returns the folders of the runs within a folder of several runs.
func Several(dir string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, "runs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var folders []string
	for _, e := range entries {
		if Variant(e.Name()) != "" {
			folders = append(folders, filepath.Join(dir, "runs", e.Name()))
		}
	}
	slices.SortFunc(folders, natural.Compare) // seed 9 before seed 10, as they were trained
	return folders, nil
}
