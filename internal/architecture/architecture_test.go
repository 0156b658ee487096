// Package architecture tests that ARCHITECTURE.md and CONTRIBUTING.md are true: which room
// imports which, how large rooms and files are, and that what they name exists.
package architecture

import (
	"bytes"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "hypnos/"

	longestFile  = 400  // lines
	largestRoom  = 2000 // of bench/, without tests
	largestBench = 1500 // the program itself
)

// room is a package of the module, without its tests.
type room struct {
	imports []string // rooms
	files   map[string]int
	lines   int
}

// rooms reads all packages of the tree, by their paths in it.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	all := map[string]room{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); path != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		p, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none || len(p.GoFiles) == 0 {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		r := room{files: map[string]int{}}
		for _, path := range p.Imports {
			if inside, ok := strings.CutPrefix(path, module); ok {
				r.imports = append(r.imports, inside)
			}
		}
		slices.Sort(r.imports)
		for _, file := range slices.Concat(p.GoFiles, p.IgnoredGoFiles) {
			content, err := os.ReadFile(filepath.Join(path, file))
			if err != nil {
				return err
			}
			if !strings.HasSuffix(file, "_test.go") {
				r.files[file] = bytes.Count(content, []byte("\n"))
				r.lines += r.files[file]
			}
		}
		all[filepath.ToSlash(name)] = r
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found %d packages", len(all))
	}
	return all
}

var (
	row    = regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|[^|]*\\|([^|]*)\\|$")
	quoted = regexp.MustCompile("`([^`]+)`")
)

func quotedIn(text string) []string {
	var all []string
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The tables of rooms have every package, with what it imports.
func TestImports(t *testing.T) {
	stated := map[string][]string{}
	for _, m := range row.FindAllStringSubmatch(document(t, "ARCHITECTURE.md"), -1) {
		imports := quotedIn(m[2])
		slices.Sort(imports)
		for _, name := range quotedIn(m[1]) {
			stated[name] = imports
		}
	}
	for name, r := range rooms(t) {
		imports, known := stated[name]
		delete(stated, name)
		switch {
		case strings.HasPrefix(name, "examples/"):
			for _, in := range r.imports {
				if strings.HasPrefix(in, "internal/") || strings.HasPrefix(in, "bench") {
					t.Errorf("%s imports %s, which its readers cannot or should not", name, in)
				}
			}
		case !known:
			t.Errorf("%s is in no table of ARCHITECTURE.md", name)
		case !slices.Equal(imports, r.imports):
			t.Errorf("%s imports %v, and ARCHITECTURE.md says %v", name, r.imports, imports)
		}
	}
	for name := range stated {
		t.Errorf("ARCHITECTURE.md has %s, which is no package", name)
	}
}

// Files are read from top to bottom, and rooms are taken in at a glance.
func TestSizes(t *testing.T) {
	for name, r := range rooms(t) {
		for file, lines := range r.files {
			if lines > longestFile {
				t.Errorf("%s/%s has %d lines, want at most %d", name, file, lines, longestFile)
			}
		}
		switch {
		case name == "bench" && r.lines > largestBench:
			t.Errorf("package main of bench has %d lines, want at most %d", r.lines, largestBench)
		case strings.HasPrefix(name, "bench/") && r.lines > largestRoom:
			t.Errorf("%s has %d lines, want at most %d", name, r.lines, largestRoom)
		}
	}
}

// Files and folders that the documents name exist.
func TestNamedFiles(t *testing.T) {
	isPath := regexp.MustCompile(`^[a-z_]+/[A-Za-z0-9_./-]*$|^[a-z][a-z_]*\.(go|md)$`)
	placeholder := regexp.MustCompile(`[A-Z]{3,}`) // NAME.go stands for a file that is to be written
	for _, name := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md"} {
		checked := 0
		for _, path := range quotedIn(document(t, name)) {
			if !isPath.MatchString(path) || placeholder.MatchString(path) {
				continue
			}
			checked++
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s names %s, which does not exist", name, path)
			}
		}
		if checked < 10 {
			t.Errorf("%s names %d files", name, checked)
		}
	}
}
