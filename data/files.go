package data

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"image/color"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/natural"
	"hypnos/internal/picturefile"
)

// Files is a data set of JPEG and PNG files of any size, as images in colour. They are
// read and decoded whenever they are asked for. In memory are only their names, end to
// end: the 1.3 million of ImageNet take 50 MB. It is safe for concurrent use once
// Background is set.
type Files struct {
	classes []string
	system  fs.FS   // which has the files; nil for the disk
	root    string  // the folder in which they are
	names   []byte  // below root, end to end
	ends    []int   // of each name in names
	labels  []int32 // of each file; none if there are no classes
	notes   []string

	// Background is the colour that is seen through transparent pictures. Nil, as files
	// are opened, drops transparency: a pixel has the colour that its file gives it,
	// even where nothing of it would show. torchvision's loader does so, and published
	// weights were trained on that. Set it before images are read.
	Background color.Color
}

// Pictures returns picture files as a data set without labels. A path of a file stands
// for that file, whatever it is called; one of a folder for all pictures in or below it,
// folder by folder and sorted by name, with numbers as numbers: img2.png is before
// img10.png. In folders, pictures are called *.jpg, *.jpeg or *.png in any case. Names
// that begin with a dot and what systems and archives leave behind, such as __MACOSX,
// are passed over. It is an error if a path does not exist or if a folder has no
// picture.
//
// Pixels are those of torchvision: transparency is dropped unless Background is set,
// CMYK is converted, and the orientation that a camera noted is not applied.
func Pictures(paths ...string) (*Files, error) {
	set := new(Files)
	if len(paths) == 0 {
		return nil, errors.New("data: no picture file or folder named")
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, errors.Wrap(err, "data: pictures")
		}
		if !info.IsDir() {
			set.add(path)
			continue
		}
		var found []string
		var others pile
		if err := walk(path, maxDepth, func(path string) { found = append(found, path) }, others.add); err != nil {
			return nil, errors.Wrap(err, "data: pictures")
		}
		switch {
		case found == nil && others.n > 0:
			return nil, errors.Errorf("data: %s has no *.jpg, *.jpeg or *.png, but %s", path, others)
		case found == nil:
			return nil, errors.Errorf("data: %s has no picture: no *.jpg, *.jpeg or *.png", path)
		}
		set.addSorted(found)
		set.noteOthers(others)
	}
	return set, nil
}

// PicturesIn returns picture files in a file system, such as a zip archive, as a data set
// without labels: those of these names, whatever they are called, in their order. Without
// names it is all those that Pictures would find, in the same order, but links are not
// followed. root is what the file system is called; Name puts it in front. It is an error
// if a file does not exist or if there is no picture.
//
// The memory that reading a file takes is its size as the file system states it.
func PicturesIn(system fs.FS, root string, names ...string) (*Files, error) {
	set := &Files{system: system, root: filepath.Clean(root)}
	for _, name := range names {
		info, err := fs.Stat(system, name)
		if err == nil && !info.Mode().IsRegular() {
			err = errors.Errorf("%s is not a file", name)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "data: pictures in %s", root)
		}
		set.append(name)
	}
	if len(names) > 0 {
		return set, nil
	}
	var found []string
	var others pile
	err := fs.WalkDir(system, ".", func(path string, e fs.DirEntry, err error) error {
		hidden := path != "." && isHidden(e.Name())
		switch {
		case err != nil:
			return err
		case hidden && e.IsDir():
			return fs.SkipDir
		case !hidden && e.Type().IsRegular() && picturefile.IsRead(path):
			found = append(found, path)
		case !hidden && e.Type().IsRegular() && picturefile.IsOther(path):
			others.add(filepath.Join(set.root, path))
		}
		return nil
	})
	if err == nil && found == nil {
		err = errors.New("none: no *.jpg, *.jpeg or *.png")
	}
	set.addSorted(found)
	set.noteOthers(others)
	return set, errors.Wrapf(err, "data: pictures in %s", root)
}

// maxDepth is how many folders may lie in each other. It ends a walk along a link that
// leads back.
const maxDepth = 32

// walk calls add with each picture in or below a folder, sorted by name, and other,
// unless it is nil, with each picture of a kind that is not read. Symbolic links are
// followed; one that leads nowhere counts as a file, whose reading fails.
func walk(folder string, depth int, add, other func(path string)) error {
	if depth == 0 {
		return errors.Errorf("%s lies more than %d folders deep, or a link leads back", folder, maxDepth)
	}
	entries, err := os.ReadDir(folder) // sorted
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		kind := kindOf(path, e)
		switch {
		case isHidden(e.Name()):
		case kind.IsDir():
			if err := walk(path, depth-1, add, other); err != nil {
				return err
			}
		case kind.IsRegular() && picturefile.IsRead(e.Name()):
			add(path)
		case kind.IsRegular() && other != nil && picturefile.IsOther(e.Name()):
			other(path)
		}
	}
	return nil
}

// kindOf returns the type of an entry of a folder; of a link, that of its target.
func kindOf(path string, e fs.DirEntry) fs.FileMode {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.Type()
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Mode().Type()
}

// addSorted sorts names of files below root in natural order, and appends them.
func (s *Files) addSorted(paths []string) {
	slices.SortFunc(paths, func(a, b string) int { return natural.Compare(filepath.ToSlash(a), filepath.ToSlash(b)) })
	for _, path := range paths {
		s.append(path)
	}
}

// add appends a file by its path.
func (s *Files) add(path string) {
	if s.root != "" {
		path = strings.TrimPrefix(path, s.root+string(filepath.Separator))
	}
	s.append(path)
}

// append appends a file by its name below root.
func (s *Files) append(name string) {
	s.names = append(s.names, name...)
	s.ends = append(s.ends, len(s.names))
}

// Len returns the number of files.
func (s *Files) Len() int { return len(s.ends) }

// Classes returns the class names, none if files have no labels.
func (s *Files) Classes() []string { return s.classes }

// Size returns three channels, and 0 for height and width.
func (s *Files) Size() (channels, height, width int) { return 3, 0, 0 }

// Notes returns what a user should know of how the files were found, a line each.
func (s *Files) Notes() []string { return s.notes }

// Name returns the path of the i-th file.
func (s *Files) Name(i int) string { return filepath.Join(s.root, s.name(i)) }

// name returns the name of the i-th file below root.
func (s *Files) name(i int) string {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return string(s.names[start:s.ends[i]])
}

// read returns the contents of the i-th file.
func (s *Files) read(i int) ([]byte, error) {
	if s.system == nil {
		return os.ReadFile(s.Name(i))
	}
	contents, err := fs.ReadFile(s.system, s.name(i))
	return contents, errors.Wrap(err, s.Name(i))
}

// stat describes the i-th file.
func (s *Files) stat(i int) (fs.FileInfo, error) {
	if s.system == nil {
		return os.Stat(s.Name(i))
	}
	return fs.Stat(s.system, s.name(i))
}

// Image reads and decodes the i-th file. An error names it.
func (s *Files) Image(i int, image *Image) (label int, err error) {
	if err := checkIndex(s, i); err != nil {
		return 0, err
	}
	if s.labels != nil {
		label = int(s.labels[i])
	}
	if image == nil {
		return label, nil
	}
	contents, err := s.read(i)
	if err != nil {
		return 0, err
	}
	return label, errors.Wrap(decodePicture(contents, s.Background, image), s.Name(i))
}

// fingerprint returns a sum of the names, labels, sizes and times of change of all files,
// and of how they are decoded. It is another one once a file is changed, moved or left
// out.
func (s *Files) fingerprint() ([]byte, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, "chroma is interpolated; background", s.Background)
	for i := range s.Len() {
		info, err := s.stat(i)
		if err != nil {
			return nil, err
		}
		label, err := s.Image(i, nil)
		if err != nil {
			return nil, err
		}
		for _, n := range []int64{int64(i), int64(label), info.Size(), info.ModTime().UnixNano()} {
			binary.Write(sum, binary.LittleEndian, n)
		}
		sum.Write([]byte(s.Name(i)[len(s.root):]))
	}
	return sum.Sum(nil), nil
}

// folder returns the folder in which files about the data set are kept, beside root.
func (s *Files) folder() string { return filepath.Dir(s.root) }
