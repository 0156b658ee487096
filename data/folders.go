package data

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"golang.org/x/text/unicode/norm"

	"hypnos/internal/natural"
	"hypnos/internal/picturefile"
	"hypnos/internal/plaintext"
)

// What the folders of the parts of a data set are called, in any case. The first
// of each is what is asked for.
var (
	trainingNames   = []string{"train", "training", "train_set", "training_set"}
	validationNames = []string{"val", "valid", "validation", "val_set", "validation_set"}
	testNames       = []string{"test", "testing", "test_set"}
)

// openFolders reads train/CLASS/… and val/CLASS/… in the data set's folder, which
// is found from dir. This is also ImageNet's layout.
func openFolders(dir string) (train, test Dataset, err error) {
	l, notes, err := foldersFinder.find(dir)
	if err != nil {
		return nil, nil, err
	}
	training, validation := folderParts(l)
	for _, p := range [][2]string{{trainingNames[0], training}, {validationNames[0], validation}} {
		if p[1] != p[0] {
			notes = append(notes, fmt.Sprintf("%s has no %s: %s is taken for it", l.path, p[0], p[1]))
		}
	}
	trained, err := readClasses(onlyFolder(filepath.Join(l.path, training)), classOptions{})
	if err != nil {
		return nil, nil, err
	}
	trained.notes = append(notes, trained.notes...)
	validated, err := readClasses(onlyFolder(filepath.Join(l.path, validation)), classOptions{of: trained})
	if err != nil {
		return nil, nil, err
	}
	return trained, validated, nil
}

var foldersFinder = finder{
	want:    "train and val",
	match:   matchFolders,
	instead: looseClasses,
	archive: regexp.MustCompile(`(?i)^(ILSVRC|imagenet)`).MatchString,
	remedy:  ": pictures to train on lie in train/CLASS, and others to evaluate on in val/CLASS",
}

// folderParts returns the names of the folders to train on and to evaluate on, ""
// of one that is not there. Without one for validation, it is that of a test if
// this has class folders, unlike ImageNet's.
func folderParts(l listing) (training, validation string) {
	training, trained := l.folder(trainingNames...)
	validation, validated := l.folder(validationNames...)
	if validated || !trained {
		return training, validation
	}
	if test, found := l.folder(testNames...); found {
		if inner, err := list(filepath.Join(l.path, test), ""); err == nil && len(inner.folders) > 0 {
			validation = test
		}
	}
	return training, validation
}

func matchFolders(l listing) *match {
	training, validation := folderParts(l)
	return matchParts(l, training, validation)
}

// matchParts finds a folder that has folders of these names, to train on and to
// evaluate on. ImageNet's has another one beside it in which there are no pictures.
func matchParts(l listing, training, validation string) *match {
	m := match{in: l, usual: true}
	switch {
	case training == "" && validation == "":
		return nil
	case training == "":
		m.missing = trainingNames[:1]
	case validation == "":
		m.missing = validationNames[:1]
	case pictureFolder(filepath.Join(l.path, training)) == "":
		m.rank, m.usual = 1, false
	}
	return &m
}

// pictureFolder returns a folder that has a picture: the given one, or the first
// one in it, and so down. It is "" if there is none.
func pictureFolder(folder string) string {
	for range maxDepth {
		l, err := list(folder, "")
		switch {
		case err != nil:
			return ""
		case slices.ContainsFunc(l.files, picturefile.IsRead):
			return folder
		case len(l.folders) == 0:
			return ""
		}
		folder = filepath.Join(folder, l.folders[0])
	}
	return ""
}

// looseClasses names folders of pictures that are not divided into parts, or an
// archive that may have them.
func looseClasses(l listing) string {
	for _, name := range l.files {
		if command := unpacking(l.path, name); command != "" && len(l.folders) == 0 {
			return fmt.Sprintf("%s may be it: %s", filepath.Join(l.path, name), command)
		}
	}
	switch folder := pictureFolder(l.path); folder {
	case "":
		return ""
	case l.path:
		return fmt.Sprintf("%s holds pictures without class folders", folder)
	default:
		return fmt.Sprintf("%s holds class folders itself: move them into train, and some pictures of each into val/CLASS", filepath.Dir(folder))
	}
}

// onlyFolder is a part's folder, or the one of the same name in it if there is
// nothing else: some archives have train/train.
func onlyFolder(folder string) string {
	l, err := list(folder, "")
	if err == nil && len(l.folders) == 1 && strings.EqualFold(l.folders[0], filepath.Base(folder)) && !slices.ContainsFunc(l.files, picturefile.IsRead) {
		return filepath.Join(folder, l.folders[0])
	}
	return folder
}

// classOptions are of what folders are a data set's classes.
type classOptions struct {
	of   *Files // whose classes they are; nil makes a class of each folder
	skip string // a folder that is none
	once bool   // of files of one name in a class the first counts
}

// readClasses is the data set of a folder of class folders, each of which has
// pictures in it or below. Classes are in the order of the bytes of their names,
// as torchvision has them, since weights depend on it. Notes say what is passed
// over, and which classes of another set have no picture.
func readClasses(root string, o classOptions) (*Files, error) {
	set := &Files{root: filepath.Clean(root)}
	if o.of != nil {
		set.classes = o.of.classes
	}
	l, err := list(set.root, "")
	if err != nil {
		return nil, err
	}
	var others, again, loose, packed pile
	var unknown, empty []string
	seen := map[string]bool{} // in a class
	add := func(path string) {
		name := filepath.Base(path)
		if o.once && seen[name] {
			again.add(path)
			return
		}
		if o.once {
			seen[name] = true
		}
		set.add(path)
	}
	known := labelsOf(set.classes)
	shown := make([]bool, len(set.classes))
	for _, name := range l.folders {
		if name == o.skip {
			continue
		}
		clear(seen)
		path, before := filepath.Join(set.root, name), set.Len()
		var unread pile
		err := walk(path, maxDepth, add, func(path string) { others.add(path); unread.add(path) })
		if err != nil {
			return nil, err
		}
		n := set.Len() - before
		label, found := known[name]
		if !found {
			label, found = known[norm.NFC.String(name)]
		}
		switch {
		case unread.n > 0 && n == 0:
			return nil, errors.Errorf("class folder %s has no *.jpg, *.jpeg or *.png, but %s", path, unread)
		case n == 0 && !found && (o.of != nil || name == "images"):
			empty = append(empty, name)
		case n == 0 && o.of == nil:
			return nil, errors.Errorf("class folder %s has no picture: no *.jpg, *.jpeg or *.png", path)
		case n > 0 && o.of == nil:
			label = len(set.classes)
			set.classes = append(set.classes, name)
		case n > 0 && !found:
			unknown = append(unknown, name)
		}
		for range n {
			set.labels = append(set.labels, int32(label))
		}
		if found && n > 0 {
			shown[label] = true
		}
	}
	for _, name := range l.files {
		if picturefile.IsRead(name) || picturefile.IsOther(name) {
			loose.add(filepath.Join(set.root, name))
		}
		if unpacking(set.root, name) != "" {
			packed.add(filepath.Join(set.root, name))
		}
	}
	switch {
	case len(unknown) > 0:
		return nil, errors.Errorf("%s has classes that are not in training: %s; %s has %s", set.root, plaintext.Few(unknown), o.of.root, plaintext.Few(o.of.classes))
	case set.Len() == 0 && loose.n > 0:
		how := ""
		if strings.HasPrefix(filepath.Base(loose.first), "ILSVRC2012_val_") {
			how = ", as ImageNet's valprep.sh makes them"
		}
		return nil, errors.Errorf("%s has no class folders for %s: want %s%s", set.root, loose, filepath.Join(set.root, "CLASS"), how)
	case set.Len() == 0 && packed.n > 0:
		return nil, errors.Errorf("%s has no class folders, but archives that are not unpacked: %s", set.root, packed)
	case set.Len() == 0:
		return nil, errors.Errorf("%s has no class folders: pictures lie in a folder a class", set.root)
	}
	set.noteOthers(others)
	set.note(again.n > 0, "pictures are passed over that are called as another of their class: %s", again)
	set.note(loose.n > 0, "pictures are passed over that are in no class folder: %s", loose)
	set.note(len(empty) > 0, "%s: folders without pictures are passed over: %s", set.root, plaintext.Few(empty))
	if o.of != nil {
		var without []string
		for label, class := range set.classes {
			if !shown[label] {
				without = append(without, class)
			}
		}
		set.note(len(without) > 0, "%s has no picture of %d of %d classes: %s", set.root, len(without), len(set.classes), plaintext.Few(without))
		return set, nil
	}
	set.note(len(set.classes) == 1, "%s has one class alone, %s", set.root, set.classes[0])
	counted := slices.Clone(set.classes)
	slices.SortFunc(counted, natural.Compare)
	set.note(!slices.Equal(counted, set.classes), "%s: classes are in the order of the bytes of their names, as torchvision has them: %s", set.root, plaintext.Few(set.classes))
	return set, nil
}

// labelsOf returns the labels of classes by their names, also by those in Unicode's
// normal form C, which not all systems keep to.
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

// pile is a number of files of which one is named.
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
