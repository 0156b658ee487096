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

// finder finds the folder of a data set, wherever the user unpacked it: the folder that
// was named, one below it, or the one above it. Its texts are for error messages.
type finder struct {
	want     string                 // what is looked for
	match    func(listing) *match   // nil if a folder is not the data set's
	instead  func(listing) string   // what a folder holds that may be meant but is not read, or ""
	archive  func(name string) bool // whether an archive of this name may have the data set
	remedy   string                 // what to do if a part is missing, or ""
	download string                 // the folder that Download makes, or ""
}

// listing is what a folder has, without what is hidden.
type listing struct {
	path           string
	below          string // its path below the folder that was named
	files, folders []string
}

// match is a folder that has a data set, or a part of it.
type match struct {
	in      listing
	missing []string // what it should have too
	rank    int      // of folders of the same depth, the one of the lowest rank is taken
	usual   bool     // it has its usual name
}

// A search ends after so many levels of folders, or so many folders, since it may begin
// in somebody's home.
const (
	searchLevels  = 4
	searchFolders = 500
)

// find returns what is in the data set's folder. It takes the nearest complete one, and
// of several of the same depth the one of the lowest rank. A note says which, unless it
// is the folder that was named, or one in there under its usual name. It is an error,
// fs.ErrNotExist, if there is none, and another one if several have the lowest rank.
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

// readFrom returns the note that a folder is read that is not the one that was named.
func readFrom(dir, folder string) string {
	return fmt.Sprintf("%s: the data set is read from %s", dir, folder)
}

// root returns the folder in which the search begins: the one that was named or, if a
// file was, the folder that has it.
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

// choose returns one of the complete folders of a depth, by their ranks.
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

// missing returns an error that says what is wanted and what is there instead. part is a
// folder in which something is missing, nil if there is none.
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

// fetch says how to download the data set, if that is possible.
func (f finder) fetch(dir string) string {
	switch {
	case f.download == "":
		return ""
	case exists(filepath.Join(dir, ".download-"+f.download)):
		return "; a download broke off here, train -download goes on with it"
	}
	return "; train -download fetches it"
}

// notFound is an fs.ErrNotExist with another message.
type notFound string

func (e notFound) Error() string { return string(e) }

func (e notFound) Is(target error) bool { return target == fs.ErrNotExist }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// list returns what is in a folder. Symbolic links count as their targets.
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

// String is a part of a sentence that says what a folder holds.
func (l listing) String() string {
	names := slices.Concat(l.folders, l.files)
	if len(names) == 0 {
		return "is empty"
	}
	return "holds " + plaintext.Few(names)
}

func (l listing) hasFile(name string) bool { return slices.Contains(l.files, name) }

// folder returns the name of a folder in it: the first of these names, in any case.
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

// unpacking says how to unpack an archive into its folder. It is "" for a file that is no
// archive by its name.
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

// quoted returns a path as it is written in a shell.
func quoted(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return strings.ContainsRune(" \t\n'\"\\$&|;<>()*?[]#~`!{}", r) }) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// otherKinds are the files, by the ends of their names, in which data sets are passed on
// and that are not read.
var otherKinds = []struct{ end, kind string }{
	{".mat", "MATLAB's"}, {"-matlab.tar.gz", "MATLAB's"}, {".npz", "NumPy's"}, {".npy", "NumPy's"}, {".csv", "a table"},
	{".parquet", "a table"}, {".arrow", "a table"}, {".pt", "PyTorch's"}, {".h5", "HDF5"}, {".hdf5", "HDF5"}, {".pkl", "a pickle"},
	{".tfrecord", "TensorFlow's"}, {".mdb", "LMDB"},
}

// otherKind says what in a folder may be the data set in a form that is not read, or "".
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

// isHidden reports whether a name is passed over: it begins with a dot, or is one of the
// leftovers.
func isHidden(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(leftovers, name)
}

// sentInstead ends the error message about a file by what its contents are, if a server
// sent something else in its place.
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
