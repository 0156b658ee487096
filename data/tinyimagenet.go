package data

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Tiny ImageNet, 200 classes of ImageNet in 64×64 pixels, of which networks see
// 48×48. Source: Le and Yang, "Tiny ImageNet Visual Recognition Challenge",
// Stanford CS231N, 2015.
const (
	tinyFolder = "tiny-imagenet-200" // that its archive unpacks to
	tinySide   = 48                  // pixels
)

// openTinyImageNet reads the data set's folder in dir, or dir itself if there
// is none. Training images are in train/CLASS/… or, as the archive has them, in
// train/CLASS/images. Those to test with, whose labels are published, are in
// val/CLASS/… or, as the archive has them, in val/images with their labels in
// val/val_annotations.txt. Classes are in the order of their names; wnids.txt,
// which repeats them in another, is not read.
func openTinyImageNet(dir string) (train, test Dataset, err error) {
	if folder := filepath.Join(dir, tinyFolder); exists(folder) {
		dir = folder
	}
	annotations := filepath.Join(dir, "val", "val_annotations.txt")
	contents, err := os.ReadFile(annotations)
	if errors.Is(err, os.ErrNotExist) {
		return openFolders(dir)
	}
	if err != nil {
		return nil, nil, err
	}
	training, err := readClasses(filepath.Join(dir, "train"), nil)
	if err != nil {
		return nil, nil, err
	}
	labels, err := parseAnnotations(contents, training.classes)
	if err != nil {
		return nil, nil, errors.Wrap(err, annotations)
	}
	validation := &Files{root: filepath.Join(dir, "val", "images"), classes: training.classes}
	if err := walk(validation.root, 1, validation.add); err != nil {
		return nil, nil, err
	}
	for i := range validation.Len() {
		name := filepath.Base(validation.Name(i))
		label, ok := labels[name]
		if !ok {
			return nil, nil, errors.Errorf("%s has no line for %s", annotations, validation.Name(i))
		}
		validation.labels = append(validation.labels, int32(label))
		delete(labels, name)
	}
	if len(labels) > 0 {
		return nil, nil, errors.Errorf("%s has lines for files that are not in %s: %s",
			annotations, validation.root, few(slices.Sorted(maps.Keys(labels))))
	}
	return training, validation, nil
}

// annotationCost is how many bytes of memory a byte of annotations takes at most:
// a line of five bytes takes a place in a map and in those that it outgrew.
const annotationCost = 24

// parseAnnotations reads lines of a file name, its class and more, with tabs
// between, and returns the label of each file. Errors name the line.
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
