package data

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/plaintext"
)

// finder finds the folder of a data set, wherever its user unpacked it: in the
// folder that was named, in one below it, or in the one that holds it.
type finder struct {
	want     string                 // what is looked for, in words
	match    func(listing) *match   // nil of a folder that is not the data set's
	instead  func(listing) string   // what a folder holds that may be meant but is not read, in words, or ""
	archive  func(name string) bool // whether an archive of this name is of it
	remedy   string                 // of what is missing in part, in words, or ""
	download string                 // the folder that Download makes, or ""
}

// listing is what is in a folder, hidden names and leftovers aside.
type listing struct {
	path           string
	below          string // the path below the folder that was named
	files, folders []string
}

// match is a folder that is a data set's.
type match struct {
	in      listing
	missing []string // what it should hold too
	rank    int      // of folders equally deep the lowest is the likeliest
	usual   bool     // it has its usual name
}

// A search takes so many levels of folders, and so many folders, since it may
// begin in somebody's home.
const (
	searchLevels  = 4
	searchFolders = 500
)

// find returns what is in the data set's folder. The nearest whole one is taken, and of
// those equally near the likeliest; a note says which where it is not the one
// that was named, nor in that under its usual name. It is an error, which is
// fs.ErrNotExist, if there is none, and one that names them if there are two.
func (f finder) find(dir string) (found listing, notes []string, err error) {
	root, err := f.root(dir)
	if err != nil {
		return listing{}, nil, err
	}
	first, err := list(root, "")
	if err != nil {
		return listing{}, nil, err
	}
	var part *match
	var seen []listing
	for depth, level := 0, []listing{first}; depth < searchLevels && len(level) > 0; depth++ {
		var whole []match
		for _, l := range level {
			switch m := f.match(l); {
			case m == nil:
			case len(m.missing) == 0:
				whole = append(whole, *m)
			case part == nil:
				part = m
			}
		}
		if len(whole) > 0 {
			return f.choose(dir, depth, whole)
		}
		seen = append(seen, level...)
		var next []listing
		for _, l := range level {
			for _, name := range l.folders {
				if depth+1 == searchLevels || len(seen)+len(next) == searchFolders {
					break
				}
				// A folder that may not be read is not what is looked for.
				if l, err := list(filepath.Join(l.path, name), filepath.Join(l.below, name)); err == nil {
					next = append(next, l)
				}
			}
		}
		level = next
	}
	if parent, err := list(filepath.Join(root, ".."), ""); err == nil {
		if m := f.match(parent); m != nil && len(m.missing) == 0 {
			return parent, []string{readFrom(dir, parent.path)}, nil
		}
	}
	return listing{}, nil, f.missing(root, seen, part)
}

// readFrom is the note that the folder is not the one that was named.
func readFrom(dir, folder string) string {
	return fmt.Sprintf("%s: the data set is read from %s", dir, folder)
}

// root is the folder in which to search: that which was named, or that of the
// file which was.
func (f finder) root(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return filepath.Dir(dir), nil
		}
		return filepath.Clean(dir), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	nearest := filepath.Join(dir, "..")
	for !exists(nearest) && nearest != filepath.Dir(nearest) {
		nearest = filepath.Dir(nearest)
	}
	message := fmt.Sprintf("no folder %s", dir)
	if l, err := list(nearest, ""); err == nil {
		message += fmt.Sprintf("; %s %s", nearest, l)
	}
	return "", notFound(message + f.fetch(dir))
}

// choose takes one of the folders that lie this deep.
func (f finder) choose(dir string, depth int, whole []match) (found listing, notes []string, err error) {
	slices.SortStableFunc(whole, func(a, b match) int { return cmp.Compare(a.rank, b.rank) })
	first := whole[0]
	if len(whole) > 1 && whole[1].rank == first.rank {
		var folders []string
		for _, m := range whole {
			if m.rank == first.rank {
				folders = append(folders, m.in.path)
			}
		}
		return listing{}, nil, errors.Errorf("%s holds more than one: name one of %s", dir, plaintext.Few(folders))
	}
	if depth > 1 || depth == 1 && !first.usual {
		notes = append(notes, readFrom(dir, first.in.path))
	}
	return first.in, notes, nil
}

// missing says what is wanted and what is there instead.
func (f finder) missing(dir string, seen []listing, part *match) error {
	for _, l := range seen {
		for _, name := range l.files {
			if command := unpacking(l.path, name); command != "" && f.archive(name) {
				return notFound(fmt.Sprintf("%s is not unpacked: %s", filepath.Join(l.path, name), command))
			}
		}
	}
	if part != nil {
		return notFound(fmt.Sprintf("%s lacks %s%s%s", part.in.path, plaintext.Few(part.missing), f.remedy, f.fetch(dir)))
	}
	message := fmt.Sprintf("no %s in %s, which %v", f.want, dir, seen[0])
	for _, l := range seen {
		if found := f.instead(l); found != "" {
			message += "; " + found
			break
		}
	}
	return notFound(message + f.fetch(dir))
}

// fetch is how to get the data set from its page, if it can be got.
func (f finder) fetch(dir string) string {
	switch {
	case f.download == "":
		return ""
	case exists(filepath.Join(dir, ".download-"+f.download)):
		return "; a download broke off here, bench train -download goes on with it"
	}
	return "; bench train -download fetches it"
}

// notFound is an fs.ErrNotExist in words of its own.
type notFound string

func (e notFound) Error() string { return string(e) }

func (e notFound) Is(target error) bool { return target == fs.ErrNotExist }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// list returns what is in a folder. Symbolic links are what they lead to.
func list(path, below string) (listing, error) {
	l := listing{path: path, below: below}
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		kind := kindOf(filepath.Join(path, e.Name()), e)
		switch {
		case isHidden(e.Name()):
		case kind.IsDir():
			l.folders = append(l.folders, e.Name())
		case kind.IsRegular():
			l.files = append(l.files, e.Name())
		}
	}
	return l, err
}

// String says what a folder holds.
func (l listing) String() string {
	names := slices.Concat(l.folders, l.files)
	if len(names) == 0 {
		return "is empty"
	}
	return "holds " + plaintext.Few(names)
}

func (l listing) hasFile(name string) bool { return slices.Contains(l.files, name) }

// folder returns the first of these names, in any case, that a folder in it has.
func (l listing) folder(names ...string) (folder string, found bool) {
	for _, name := range names {
		if slices.Contains(l.folders, name) {
			return name, true
		}
		i := slices.IndexFunc(l.folders, func(f string) bool { return strings.EqualFold(f, name) })
		if i >= 0 {
			return l.folders[i], true
		}
	}
	return "", false
}

var (
	tarName   = regexp.MustCompile(`(?i)\.(tar|tgz|tar\.(gz|bz2|xz))$`)
	zipName   = regexp.MustCompile(`(?i)\.zip$`)
	otherName = regexp.MustCompile(`(?i)\.(7z|rar)$`)
)

// unpacking is how to unpack an archive where it lies, "" of a file that is none
// by its name.
func unpacking(folder, name string) string {
	file := quoted(filepath.Join(folder, name))
	switch {
	case tarName.MatchString(name):
		return fmt.Sprintf("tar -xf %s -C %s", file, quoted(folder))
	case zipName.MatchString(name):
		return fmt.Sprintf("unzip -q %s -d %s", file, quoted(folder))
	case otherName.MatchString(name):
		return "unpack it there"
	}
	return ""
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return strings.ContainsRune(" \t\n'\"\\$&|;<>()*?[]#~`!{}", r) }) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// otherKinds are kinds of files that data sets are passed on in and that are not
// read, by the ends of their names.
var otherKinds = []struct{ end, kind string }{
	{".mat", "MATLAB's"}, {"-matlab.tar.gz", "MATLAB's"}, {".npz", "NumPy's"}, {".npy", "NumPy's"}, {".csv", "a table"},
	{".parquet", "a table"}, {".arrow", "a table"}, {".pt", "PyTorch's"}, {".h5", "HDF5"}, {".hdf5", "HDF5"}, {".pkl", "a pickle"},
	{".tfrecord", "TensorFlow's"}, {".mdb", "LMDB"},
}

// otherKind names what in a folder may be the data set in a form that is not read.
func otherKind(l listing) string {
	if _, found := l.folder(trainingNames...); found {
		if _, found := l.folder(slices.Concat(validationNames, testNames)...); found {
			return fmt.Sprintf("%s has folders of pictures, which -data folder reads", l.path)
		}
	}
	for _, name := range l.files {
		for _, k := range otherKinds {
			if strings.HasSuffix(strings.ToLower(name), k.end) {
				return fmt.Sprintf("%s is %s, which is not read", filepath.Join(l.path, name), k.kind)
			}
		}
	}
	return ""
}

// leftovers are folders that systems and archives leave behind, some with small
// copies of the pictures beside them.
var leftovers = []string{"__MACOSX", "@eaDir", "#recycle", "@Recycle", "@__thumb", "$RECYCLE.BIN", "System Volume Information", "lost+found"}

// isHidden says whether a name is passed over: it begins with a dot, or is that
// of a leftover.
func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(leftovers, name)
}

// sentInstead says of a file's contents that they are what a server sent in place
// of the file, or "".
func sentInstead(contents []byte) string {
	start := strings.ToLower(string(contents[:min(len(contents), 512)]))
	switch {
	case strings.HasPrefix(strings.TrimSpace(start), "<"):
		return ": this is a web page"
	case strings.HasPrefix(start, "version https://git-lfs"):
		return ": this is a pointer of Git LFS, git lfs pull fetches the file"
	}
	return ""
}
