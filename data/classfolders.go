package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"golang.org/x/text/unicode/norm"

	"hypnos/internal/natural"
	"hypnos/internal/picturefile"
	"hypnos/internal/plaintext"
)

// classOptions say which folders are the classes of a data set.
type classOptions struct {
	of   *Files // the set that has the classes already; nil makes every folder a class
	skip string // a folder that is no class
	once bool   // of the files of one name in a class, only the first counts
}

// readClasses returns the data set of a folder of class folders, which have pictures in
// them or in folders below. Classes are in the order of the bytes of their names, as
// torchvision has them, since weights depend on it. Notes say which files are passed
// over, and which classes of the other set have no picture.
func readClasses(root string, o classOptions) (*Files, error) {
	r := classReader{classOptions: o, set: &Files{root: filepath.Clean(root)}}
	if o.of != nil {
		r.set.classes = o.of.classes
	}
	r.labels, r.seen = labelsOf(r.set.classes), make([]bool, len(r.set.classes))
	l, err := list(r.set.root, "")
	if err != nil {
		return nil, err
	}
	for _, name := range l.folders {
		if name == o.skip {
			continue
		}
		if err := r.readFolder(name); err != nil {
			return nil, err
		}
	}
	for _, name := range l.files {
		path := filepath.Join(r.set.root, name)
		if picturefile.IsRead(name) || picturefile.IsOther(name) {
			r.loose.add(path)
		}
		if unpacking(r.set.root, name) != "" {
			r.archives.add(path)
		}
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	r.note()
	return r.set, nil
}

// classReader makes a data set of class folders, and keeps what there is to say of them.
type classReader struct {
	classOptions
	set    *Files
	labels map[string]int // of the classes that there are already
	seen   []bool         // which of these have a picture

	others   pile     // pictures of kinds that are not read
	repeated pile     // pictures called as another one of their class
	loose    pile     // pictures beside the class folders
	archives pile     // beside the class folders
	unknown  []string // folders with pictures that are not among the classes
	empty    []string // folders without pictures that are not among the classes
}

// readFolder adds the pictures of a class folder.
func (r *classReader) readFolder(name string) error {
	path, before := filepath.Join(r.set.root, name), r.set.Len()
	names := map[string]bool{}
	var others pile
	err := walk(path, maxDepth, func(path string) {
		if r.once {
			name := filepath.Base(path)
			if names[name] {
				r.repeated.add(path)
				return
			}
			names[name] = true
		}
		r.set.add(path)
	}, func(path string) {
		others.add(path)
		r.others.add(path)
	})
	if err != nil {
		return err
	}
	label, known := r.labels[name]
	if !known {
		label, known = r.labels[norm.NFC.String(name)]
	}
	count := r.set.Len() - before
	if count == 0 {
		switch {
		case others.n > 0:
			return errors.Errorf("class folder %s has no *.jpg, *.jpeg or *.png, but %s", path, others)
		case r.of == nil && name != "images":
			return errors.Errorf("class folder %s has no picture: no *.jpg, *.jpeg or *.png", path)
		case !known:
			r.empty = append(r.empty, name)
		}
		return nil
	}
	switch {
	case r.of == nil:
		label = len(r.set.classes)
		r.set.classes = append(r.set.classes, name)
	case known:
		r.seen[label] = true
	default:
		r.unknown = append(r.unknown, name)
	}
	for range count {
		r.set.labels = append(r.set.labels, int32(label))
	}
	return nil
}

// check returns an error if there are pictures of unknown classes, or none at all.
func (r *classReader) check() error {
	root := r.set.root
	switch {
	case len(r.unknown) > 0:
		return errors.Errorf("%s has classes that are not in training: %s; %s has %s", root, plaintext.Few(r.unknown), r.of.root, plaintext.Few(r.of.classes))
	case r.set.Len() > 0:
		return nil
	case r.loose.n > 0:
		how := ""
		if strings.HasPrefix(filepath.Base(r.loose.first), "ILSVRC2012_val_") {
			how = ", as ImageNet's valprep.sh makes them"
		}
		return errors.Errorf("%s has no class folders for %s: want %s%s", root, r.loose, filepath.Join(root, "CLASS"), how)
	case r.archives.n > 0:
		return errors.Errorf("%s has no class folders, but archives that are not unpacked: %s", root, r.archives)
	}
	return errors.Errorf("%s has no class folders: pictures lie in a folder a class", root)
}

// note adds the notes to the data set.
func (r *classReader) note() {
	set := r.set
	set.noteOthers(r.others)
	set.note(r.repeated.n > 0, "pictures are passed over that are called as another of their class: %s", r.repeated)
	set.note(r.loose.n > 0, "pictures are passed over that are in no class folder: %s", r.loose)
	set.note(len(r.empty) > 0, "%s: folders without pictures are passed over: %s", set.root, plaintext.Few(r.empty))
	if r.of != nil {
		var without []string
		for label, class := range set.classes {
			if !r.seen[label] {
				without = append(without, class)
			}
		}
		set.note(len(without) > 0, "%s has no picture of %d of %d classes: %s", set.root, len(without), len(set.classes), plaintext.Few(without))
		return
	}
	set.note(len(set.classes) == 1, "%s has one class alone, %s", set.root, set.classes[0])
	counted := slices.Clone(set.classes)
	slices.SortFunc(counted, natural.Compare)
	set.note(!slices.Equal(counted, set.classes), "%s: classes are in the order of the bytes of their names, as torchvision has them: %s", set.root, plaintext.Few(set.classes))
}

// labelsOf returns the labels of classes by their names. It finds a name in Unicode's
// normal form C too, since not all systems keep the form in which a name was written.
func labelsOf(classes []string) map[string]int {
	labels := map[string]int{}
	for i, class := range classes {
		labels[norm.NFC.String(class)] = i
	}
	for i, class := range classes {
		labels[class] = i
	}
	return labels
}

// note adds a note if it applies.
func (s *Files) note(applies bool, format string, values ...any) {
	if applies {
		s.notes = append(s.notes, fmt.Sprintf(format, values...))
	}
}

// noteOthers notes that there are pictures of kinds that are not read.
func (s *Files) noteOthers(others pile) {
	s.note(others.n > 0, "pictures are passed over that are not called *.jpg, *.jpeg or *.png: %s", others)
}

// pile counts files, and keeps the path of the first.
type pile struct {
	n     int
	first string
}

func (p *pile) add(path string) {
	if p.n++; p.n == 1 {
		p.first = path
	}
}

func (p pile) String() string {
	if p.n == 1 {
		return p.first
	}
	return fmt.Sprintf("%s and %d more", p.first, p.n-1)
}
