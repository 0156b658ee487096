package data

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"hypnos/internal/picturefile"
)

// What the folders of the parts of a data set may be called, in any case. Messages ask
// for the first name of each.
var (
	trainingNames   = []string{"train", "training", "train_set", "training_set"}
	validationNames = []string{"val", "valid", "validation", "val_set", "validation_set"}
	testNames       = []string{"test", "testing", "test_set"}
)

// openFolders reads train/CLASS/… and val/CLASS/… in the data set's folder, which is
// looked for from dir. ImageNet has this layout too.
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

// folderParts returns the names of the folders to train on and to evaluate on, "" if
// there is none. A folder of test images stands in for one of validation images if it
// has class folders, which ImageNet's has not.
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

// matchParts returns the match of a folder whose folders to train on and to evaluate on
// have these names, "" for one that is missing. It ranks behind others if the first has
// no picture: ImageNet's archive has such a folder beside the data set.
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

// pictureFolder returns the first of these that has a picture: a folder, the first folder
// in that, and so on. It is "" if none has one.
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

// looseClasses says that a folder has pictures that are not divided into train and val,
// or an archive that may have the data set.
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

// onlyFolder returns the folder of a part, or the folder of the same name in it if that
// is all that it has: some archives have train/train.
func onlyFolder(folder string) string {
	l, err := list(folder, "")
	if err == nil && len(l.folders) == 1 && strings.EqualFold(l.folders[0], filepath.Base(folder)) && !slices.ContainsFunc(l.files, picturefile.IsRead) {
		return filepath.Join(folder, l.folders[0])
	}
	return folder
}
