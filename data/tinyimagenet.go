package data

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/picturefile"
	"hypnos/internal/plaintext"
)

// Tiny ImageNet is 200 classes of ImageNet in 64×64 pixels, of which networks see 48×48.
// Source: Le and Yang, "Tiny ImageNet Visual Recognition Challenge", Stanford CS231N,
// 2015.
const (
	tinyFolder = "tiny-imagenet-200" // the one that its archive unpacks to
	tinySide   = 48                  // pixels
)

var tinyFinder = finder{
	want: tinyFolder + " (train and val)",
	match: func(l listing) *match {
		training, _ := l.folder("train")
		validation, _ := l.folder("val")
		m := matchParts(l, training, validation)
		if m != nil && !strings.EqualFold(filepath.Base(l.path), tinyFolder) {
			m.rank, m.usual = m.rank+2, false
		}
		return m
	},
	instead: looseClasses,
	archive: regexp.MustCompile(`(?i)^tiny[-_. ]?imagenet`).MatchString,
}

// openTinyImageNet reads the data set's folder, which is looked for from dir. Training
// images are in train/CLASS/… or, as in the archive, in train/CLASS/images. Classes are in
// the order of their names; wnids.txt, which has another order, is not read.
func openTinyImageNet(dir string) (train, test Dataset, err error) {
	l, notes, err := tinyFinder.find(dir)
	if err != nil {
		return nil, nil, err
	}
	trainingName, _ := l.folder("train")
	validationName, _ := l.folder("val")
	training, err := readClasses(filepath.Join(l.path, trainingName), classOptions{once: true})
	if err != nil {
		return nil, nil, err
	}
	training.notes = append(notes, training.notes...)
	validation, err := readTinyValidation(filepath.Join(l.path, validationName), training)
	if err != nil {
		return nil, nil, err
	}
	return training, validation, nil
}

// readTinyValidation reads the images to test with. The archive has them in val/images,
// and their labels in val_annotations.txt. Most programs want class folders: scripts move
// or copy the images into such, in val or in val/images, and may leave some behind. If
// there are both layouts, that of the archive is read if it is complete, and otherwise the
// class folders, so that no image counts twice.
func readTinyValidation(val string, training *Files) (*Files, error) {
	root, err := list(val, "")
	if err != nil {
		return nil, err
	}
	loose := root
	if name, found := root.folder("images"); found {
		images, err := list(filepath.Join(val, name), "")
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(images.files, picturefile.IsRead) {
			loose = images
		}
		if images.sorted(training.classes) && !root.sorted(training.classes) {
			root = images
		}
	}
	sorted := root.sorted(training.classes)
	pictures := slices.DeleteFunc(slices.Clone(loose.files), func(name string) bool { return !picturefile.IsRead(name) })
	if len(pictures) == 0 {
		return readClasses(root.path, classOptions{of: training, once: true})
	}
	set, err := readAnnotated(loose.path, pictures, filepath.Join(val, "val_annotations.txt"), training.classes)
	if err == nil && sorted {
		set.note(true, "%s: class folders are passed over, since %s has all pictures", root.path, loose.path)
	}
	if err == nil || !sorted {
		return set, err
	}
	set, failure := readClasses(root.path, classOptions{of: training, once: true, skip: filepath.Base(loose.path)})
	if failure != nil || loose.path == val {
		return set, failure
	}
	names := map[string]bool{}
	for i := range set.Len() {
		names[filepath.Base(set.Name(i))] = true
	}
	unsorted := slices.DeleteFunc(pictures, func(name string) bool { return names[name] })
	if len(unsorted) > 0 {
		return nil, errors.Wrapf(err, "%s has pictures that are in no class folder: %s", loose.path, plaintext.Few(unsorted))
	}
	set.note(loose.path != root.path, "%s: its pictures are passed over, since they are in class folders too", loose.path)
	return set, nil
}

// sorted reports whether a folder has a folder of one of the classes with a picture.
func (l listing) sorted(classes []string) bool {
	return slices.ContainsFunc(l.folders, func(name string) bool {
		return slices.Contains(classes, name) && pictureFolder(filepath.Join(l.path, name)) != ""
	})
}

// readAnnotated returns the data set of pictures in a folder whose labels are in a file.
func readAnnotated(root string, pictures []string, annotations string, classes []string) (*Files, error) {
	contents, err := os.ReadFile(annotations)
	if err != nil {
		return nil, errors.Wrapf(err, "%s has pictures, not class folders", root)
	}
	labels, err := parseAnnotations(contents, classes)
	if err != nil {
		return nil, errors.Wrap(err, annotations)
	}
	set := &Files{root: root, classes: classes}
	for _, name := range pictures {
		label, ok := labels[name]
		if !ok {
			return nil, errors.Errorf("%s has no line for %s", annotations, filepath.Join(root, name))
		}
		set.append(name)
		set.labels = append(set.labels, int32(label))
		delete(labels, name)
	}
	if len(labels) > 0 {
		return nil, errors.Errorf("%s has lines for files that are not in %s: %s", annotations, root, plaintext.Few(slices.Sorted(maps.Keys(labels))))
	}
	return set, nil
}

// annotationCost is how many bytes of memory a byte of annotations takes at most: a line
// of five bytes has an entry in a map, and had one in the smaller maps before it grew.
const annotationCost = 24

// parseAnnotations returns the label of each file from lines of its name, its class and
// more, with tabs between them. Errors name the line.
func parseAnnotations(contents []byte, classes []string) (map[string]int, error) {
	indices := map[string]int{}
	for i, class := range classes {
		indices[class] = i
	}
	labels := map[string]int{}
	number := 0
	for line := range bytes.Lines(contents) {
		number++
		text := strings.TrimRight(string(line), "\r\n")
		if text == "" {
			continue
		}
		name, rest, found := strings.Cut(text, "\t")
		class, _, _ := strings.Cut(rest, "\t")
		label, known := indices[class]
		_, twice := labels[name]
		switch {
		case !found || !filepath.IsLocal(name) || filepath.Base(name) != name || name == ".":
			return nil, errors.Errorf("line %d: %.40q, want a file name, a tab and a class", number, text)
		case !known:
			return nil, errors.Errorf("line %d: class %.40q is not in training", number, class)
		case twice:
			return nil, errors.Errorf("line %d: a second line for %.40q", number, name)
		}
		labels[name] = label
	}
	if len(labels) == 0 {
		return nil, errors.New("the file has no lines")
	}
	return labels, nil
}
