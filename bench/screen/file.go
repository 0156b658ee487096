package screen

import (
	"fmt"
	"hypnos/bench/results"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"
)

// PrepareFile finds, before any work, what would stop the file of a flag from being
// written: an ending other than the known ones, or its folder, which it creates.
func PrepareFile(flag, path string, endings ...string) error {
	known := strings.Join(endings, " or ")
	switch {
	case path == "":
		return errors.Errorf("%s is missing: the file to write, which ends with %s", flag, known)
	case !slices.Contains(endings, filepath.Ext(path)):
		return errors.Errorf("%s %q, want a file that ends with %s", flag, path, known)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return errors.Errorf("%s %q is a folder", flag, path)
	}
	return results.PrepareFolder(filepath.Dir(path))
}

// WriteFile writes a file as a whole and says so.
func (c Console) WriteFile(path string, content []byte) error {
	if err := maybe.WriteFile(path, content, 0o644); err != nil {
		return errors.Wrapf(err, "cannot write %q", path)
	}
	fmt.Fprintln(c.Out, path)
	return nil
}

// Report says where the report in a folder is.
func (c Console) Report(dir string) {
	fmt.Fprintf(c.Out, "\nreport: %s%creport.html\n", strings.TrimRight(dir, "/"), os.PathSeparator)
}
