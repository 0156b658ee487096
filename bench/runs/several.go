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

var ofRun = regexp.MustCompile(`^(.+)-seed-([0-9]{1,20})$`)

// Of is the folder of a run in a folder of several.
func Of(dir, variant string, seed uint64) string {
	return filepath.Join(dir, "runs", fmt.Sprintf("%s-seed-%d", variant, seed))
}

// Variant is the variant that the name of such a folder says, or "".
func Variant(dir string) string {
	if m := ofRun.FindStringSubmatch(filepath.Base(dir)); m != nil {
		return m[1]
	}
	return ""
}

// All are the folders of the runs that a folder has: itself, or those of several.
func All(dir string) ([]string, error) {
	if places, err := (Folder{Dir: dir}).Places(); err != nil || len(places) > 0 {
		return []string{dir}, err
	}
	return Several(dir)
}

// Several are the folders of the runs in a folder of several.
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
