package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"

	"hypnos/bench/report"
)

// prepareFile finds, before any work, what would stop a file of -o from being
// written: an ending other than the known ones, or its folder, which it creates.
func prepareFile(path string, endings ...string) error {
	known := strings.Join(endings, " or ")
	switch {
	case path == "":
		return errors.Errorf("-o is missing: the file to write, which ends with %s", known)
	case !slices.Contains(endings, filepath.Ext(path)):
		return errors.Errorf("-o %q, want a file that ends with %s", path, known)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return errors.Errorf("-o %q is a folder", path)
	}
	return report.Prepare(filepath.Dir(path))
}

// writeFile writes a file as a whole and says so.
func writeFile(c console, path string, content []byte) error {
	if err := maybe.WriteFile(path, content, 0o644); err != nil {
		return errors.Wrapf(err, "cannot write %q", path)
	}
	fmt.Fprintln(c.out, path)
	return nil
}
