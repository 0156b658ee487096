package data

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// The images of CIFAR-10 and CIFAR-100. A record of the binary version is its labels, a
// byte each, and the pixels, axes C H W.
// Source: https://www.cs.toronto.edu/~kriz/cifar.html.
const (
	cifarChannels = 3
	cifarSide     = 32
	cifarPixels   = cifarChannels * cifarSide * cifarSide
)

// cifar is a data set in the format of CIFAR.
type cifar struct {
	versions []version      // the first is the one that is preferred
	labels   [][]string     // the classes of each label of a record
	label    int            // which of them is the class of an image
	keys     []string       // of the labels in the Python version
	archives *regexp.Regexp // their names
}

// version is a form in which the data set is published.
type version struct {
	folder      string   // the one that its archive unpacks to
	train, test []string // names of its files

	// decode makes records of the contents of a file; nil if they are records already.
	decode func(f cifar, contents []byte) (records []byte, err error)
}

var (
	cifar10 = cifar{
		versions: []version{{
			folder: "cifar-10-batches-bin",
			train:  []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
			test:   []string{"test_batch.bin"},
		}, {
			folder: "cifar-10-batches-py",
			train:  []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"},
			test:   []string{"test_batch"},
			decode: cifar.fromPython,
		}},
		labels:   [][]string{cifar10Classes},
		keys:     []string{"labels"},
		archives: regexp.MustCompile(`(?i)^cifar-?10([-_.][^m].*)?$`), // not MATLAB's
	}
	cifar100 = cifar{
		versions: []version{{
			folder: "cifar-100-binary",
			train:  []string{"train.bin"},
			test:   []string{"test.bin"},
		}, {
			folder: "cifar-100-python",
			train:  []string{"train"},
			test:   []string{"test"},
			decode: cifar.fromPython,
		}},
		labels:   [][]string{cifar100Coarse, cifar100Fine},
		label:    1,
		keys:     []string{"coarse_labels", "fine_labels"},
		archives: regexp.MustCompile(`(?i)^cifar-?100([-_.][^m].*)?$`),
	}
)

// coarse returns CIFAR-100 by its 20 superclasses.
func (f cifar) coarse() cifar {
	f.label = 0
	return f
}

// open reads the data set from its folder, which is looked for from dir. The classes are
// those that were published, in their order; files of the folder that list them are not
// read.
//
// The data set stays in memory as the binary version has it. To read a file of the
// Python version takes another ten times its size at most, and 64 MB. Errors name the
// file and, if its contents are at fault, the byte offset or the key.
func (f cifar) open(dir string) (train, test Dataset, err error) {
	l, notes, err := f.finder().find(dir)
	if err != nil {
		return nil, nil, err
	}
	_, v := f.match(l)
	training, err := f.read(l.path, v.train, v)
	if err != nil {
		return nil, nil, err
	}
	training.noted = notes
	test, err = f.read(l.path, v.test, v)
	if err != nil {
		return nil, nil, err
	}
	return training, test, nil
}

// files returns the names of all files of a version.
func (v version) files() []string { return slices.Concat(v.train, v.test) }

func (f cifar) finder() finder {
	var wanted []string
	for _, v := range f.versions {
		wanted = append(wanted, fmt.Sprintf("%s (%s … %s)", v.folder, v.train[0], v.test[0]))
	}
	return finder{
		want:     strings.Join(wanted, " or "),
		match:    func(l listing) *match { m, _ := f.match(l); return m },
		instead:  otherKind,
		archive:  f.archives.MatchString,
		download: f.versions[0].folder,
	}
}

// match returns the version that a folder holds, nil if it holds none. Of its files, a
// folder that is not called as usual must hold one if the user named it, or else most.
func (f cifar) match(l listing) (found *match, of version) {
	for i, v := range f.versions {
		m := match{in: l, rank: i, usual: strings.EqualFold(filepath.Base(l.path), v.folder)}
		for _, name := range v.files() {
			if !l.hasFile(name) {
				m.missing = append(m.missing, name)
			}
		}
		if !m.usual {
			m.rank += len(f.versions)
			held := len(v.files()) - len(m.missing)
			if held == 0 || l.below != "" && held <= len(m.missing) {
				continue
			}
		}
		if found == nil || len(m.missing) < len(found.missing) {
			found, of = &m, v
		}
	}
	return found, of
}

// read returns the data set in some files of a version.
func (f cifar) read(folder string, names []string, v version) (*records, error) {
	set := f.records()
	for _, name := range names {
		path := filepath.Join(folder, name)
		contents, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if v.decode != nil {
			if contents, err = v.decode(f, contents); err != nil {
				return nil, errors.Wrap(err, path)
			}
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

// record returns the length of a record in bytes.
func (f cifar) record() int { return len(f.labels) + cifarPixels }

// check returns an error unless the contents of a file are one or more whole records
// whose labels are classes. It names the byte where the first broken record begins, or
// that of its label.
func (f cifar) check(contents []byte) error {
	record := f.record()
	if len(contents) == 0 {
		return errors.Errorf("byte 0: the file is empty, want records of %d bytes", record)
	}
	for offset := 0; offset < len(contents); offset += record {
		if left := len(contents) - offset; left < record {
			return errors.Errorf("byte %d: a record of %d bytes begins here, but the file ends after %d of them%s",
				offset, record, left, sentInstead(contents))
		}
		for i, classes := range f.labels {
			if label := int(contents[offset+i]); label >= len(classes) {
				return errors.Errorf("byte %d: label %d, want 0 to %d%s", offset+i, label, len(classes)-1, sentInstead(contents))
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
