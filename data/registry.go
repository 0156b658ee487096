package data

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Default is the name of the data set that needs nothing but the program.
const Default = "sample"

// Info describes a data set that [Open] knows by name.
type Info struct {
	Name        string
	Description string // one line
	Folder      bool   // Open needs a folder that holds the data set
	Download    bool   // Download can fetch it
}

// entry is one data set of the registry.
type entry struct {
	Info
	open    func(dir string) (train, test Dataset, err error)
	archive *archive // what Download fetches, nil if nothing
}

var registry = []entry{
	{
		Info: Info{
			Name:        Default,
			Description: "4,000 training and 1,000 test images of CIFAR-10, in the program itself (JPEG copy)",
		},
		open: func(string) (train, test Dataset, err error) {
			parts, err := openSample()
			return parts[0], parts[1], err
		},
	},
	{
		Info: Info{
			Name:        "cifar10",
			Description: "CIFAR-10: 50,000 training and 10,000 test images, 10 classes, 3×32×32, from a folder",
			Folder:      true,
			Download:    true,
		},
		open:    cifar10.open,
		archive: &cifar10Archive,
	},
}

// List returns the data sets that Open knows, the default one first.
func List() []Info {
	var infos []Info
	for _, e := range registry {
		infos = append(infos, e.Info)
	}
	return infos
}

// Open returns the training and the test part of the data set of this name. No
// name means Default.
//
//   - sample: the data set embedded in the program. dir is not used.
//   - cifar10: CIFAR-10 in its binary version. dir is the folder that holds
//     cifar-10-batches-bin, or that folder itself.
//
// It is an error if the name is unknown, if dir is empty for a data set that
// needs a folder, or if a file is missing or broken; that error names the file
// and the byte offset at fault.
func Open(name, dir string) (train, test Dataset, err error) {
	e, err := find(name)
	if err != nil {
		return nil, nil, err
	}
	if e.Folder && dir == "" {
		return nil, nil, errors.Errorf("data: %s needs a folder: name the one that holds it, or fetch it into one with Download", e.Name)
	}
	train, test, err = e.open(dir)
	return train, test, errors.Wrapf(err, "data: %s", e.Name)
}

func find(name string) (entry, error) {
	if name == "" {
		name = Default
	}
	i := slices.IndexFunc(registry, func(e entry) bool { return e.Name == name })
	if i < 0 {
		var known []string
		for _, e := range registry {
			known = append(known, e.Name)
		}
		return entry{}, errors.Errorf("data: unknown data set %q, known are %s", name, strings.Join(known, ", "))
	}
	return registry[i], nil
}
