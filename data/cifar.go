package data

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"
)

// The images of CIFAR-10 and CIFAR-100. A record of the binary version is a
// byte a label and the pixels, axes C H W.
// Source: https://www.cs.toronto.edu/~kriz/cifar.html.
const (
	cifarChannels = 3
	cifarSide     = 32
	cifarPixels   = cifarChannels * cifarSide * cifarSide
)

// cifar is a data set in the format of CIFAR.
type cifar struct {
	folder      string // that its archive unpacks to
	train, test []string
	labels      [][]string // the classes of each label of a record
	label       int        // the one that counts
	python      cifarPython
}

var (
	cifar10 = cifar{
		folder: "cifar-10-batches-bin",
		train:  []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
		test:   []string{"test_batch.bin"},
		labels: [][]string{cifar10Classes},
		python: cifar10Python,
	}
	cifar100 = cifar{
		folder: "cifar-100-binary",
		train:  []string{"train.bin"},
		test:   []string{"test.bin"},
		labels: [][]string{cifar100Coarse, cifar100Fine},
		label:  1,
		python: cifar100Python,
	}
)

// coarse is CIFAR-100 by its 20 superclasses.
func (f cifar) coarse() cifar {
	f.label = 0
	return f
}

// open reads the binary version from the data set's folder in dir, or from dir
// itself if that is the folder, and the Python version likewise if there is no
// file of the binary one. The classes are the data set's own, in its
// order; the files of its folder that repeat them are not read.
//
// The files are kept in memory as they are. Errors name the file and, where its
// contents are at fault, the byte offset.
func (f cifar) open(dir string) (train, test Dataset, err error) {
	folder := f.find(dir)
	if !f.isIn(folder) {
		if python, ok := f.python.find(dir); ok {
			return f.openPython(python)
		}
	}
	train, err = f.read(folder, f.train)
	if err != nil {
		return nil, nil, err
	}
	test, err = f.read(folder, f.test)
	if err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

// files are the names of all files.
func (f cifar) files() []string { return slices.Concat(f.train, f.test) }

// find returns the data set's folder in dir, or dir if there is none and dir
// holds one of the data set's files itself.
func (f cifar) find(dir string) string {
	folder := filepath.Join(dir, f.folder)
	if exists(folder) {
		return folder
	}
	if f.isIn(dir) {
		return dir
	}
	return folder
}

// isIn tells whether a folder has one of the files.
func (f cifar) isIn(folder string) bool {
	return slices.ContainsFunc(f.files(), func(name string) bool { return exists(filepath.Join(folder, name)) })
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (f cifar) read(folder string, names []string) (Dataset, error) {
	set := f.records()
	for _, name := range names {
		path := filepath.Join(folder, name)
		contents, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := f.check(contents); err != nil {
			return nil, errors.Wrap(err, path)
		}
		set.files = append(set.files, contents)
	}
	return set, nil
}

// records returns a data set of this kind without images.
func (f cifar) records() *records {
	return &records{
		classes:  f.labels[f.label],
		channels: cifarChannels, height: cifarSide, width: cifarSide,
		header: len(f.labels), label: f.label,
	}
}

// record is the length of a record, bytes.
func (f cifar) record() int { return len(f.labels) + cifarPixels }

// check returns an error if the contents of a file are not one or more whole
// records with labels that are classes, naming the first byte of the first
// record that is broken.
func (f cifar) check(contents []byte) error {
	record := f.record()
	if len(contents) == 0 {
		return errors.Errorf("byte 0: the file is empty, want records of %d bytes", record)
	}
	for offset := 0; offset < len(contents); offset += record {
		if left := len(contents) - offset; left < record {
			return errors.Errorf("byte %d: a record of %d bytes begins here, but the file ends after %d of them",
				offset, record, left)
		}
		for i, classes := range f.labels {
			if label := int(contents[offset+i]); label >= len(classes) {
				return errors.Errorf("byte %d: label %d, want 0 to %d", offset+i, label, len(classes)-1)
			}
		}
	}
	return nil
}

var cifar10Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// The classes of CIFAR-100, and its superclasses of five classes each.
var (
	cifar100Fine = []string{
		"apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
		"bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
		"chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
		"dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
		"lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
		"mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
		"plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
		"rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
		"squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
		"train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
	}
	cifar100Coarse = []string{
		"aquatic_mammals", "fish", "flowers", "food_containers", "fruit_and_vegetables",
		"household_electrical_devices", "household_furniture", "insects", "large_carnivores", "large_man-made_outdoor_things",
		"large_natural_outdoor_scenes", "large_omnivores_and_herbivores", "medium_mammals", "non-insect_invertebrates", "people",
		"reptiles", "small_mammals", "trees", "vehicles_1", "vehicles_2",
	}
)
