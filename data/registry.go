package data

import (
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/imagenet"
)

// Default is the name of the data set that comes with the program.
const Default = "sample"

// Info describes a data set that [Open] knows by name.
type Info struct {
	Name        string
	Description string // one line
	Folder      bool   // Open needs a folder that has the data set
	Download    bool   // Download can fetch it
}

// TransformOptions configure the transforms of a data set.
type TransformOptions struct {
	// Padding is the largest translation of a training image, in pixels. imagenet and
	// folder ignore it, since they train on random parts of an image.
	Padding int

	// Flip mirrors half of the training images. imagenet and folder always do.
	Flip bool

	// Side is the side of the images of folder, in pixels. 0 means 224. It is an error
	// for any other data set.
	Side int
}

// entry is one data set of the registry.
type entry struct {
	Info
	open       func(dir string) (train, test Dataset, err error)
	transforms func(TransformOptions) (training Transform, test Preprocessing)
	published  Normalisation // the zero value if it has to be measured
	sides      bool          // whether it takes TransformOptions.Side
	origin     *origin       // what Download fetches, nil for nothing
}

// imageNetNormalisation is that of published networks for ImageNet.
var imageNetNormalisation = Normalisation{Mean: imagenet.Mean[:], Std: imagenet.Std[:]}

var registry = []entry{
	{
		Info: Info{
			Name:        Default,
			Description: "4,000 training and 3,000 test images of CIFAR-10, in the program itself (JPEG copy)",
		},
		open: func(string) (train, test Dataset, err error) {
			parts, err := openSample()
			return parts[0], parts[1], err
		},
		transforms: translated,
	},
	{
		Info: Info{
			Name:        "cifar10",
			Description: "CIFAR-10: 50,000 training and 10,000 test images, 10 classes, 3×32×32, from a folder",
			Folder:      true,
			Download:    true,
		},
		open:       cifar10.open,
		transforms: translated,
		origin:     cifar10Origin,
	},
	{
		Info: Info{
			Name:        "cifar100",
			Description: "CIFAR-100: 50,000 training and 10,000 test images, 100 classes, 3×32×32, from a folder",
			Folder:      true,
			Download:    true,
		},
		open:       cifar100.open,
		transforms: translated,
		origin:     cifar100Origin,
	},
	{
		Info: Info{
			Name:        "cifar100-coarse",
			Description: "CIFAR-100 by its 20 superclasses",
			Folder:      true,
			Download:    true,
		},
		open:       cifar100.coarse().open,
		transforms: translated,
		origin:     cifar100Origin,
	},
	{
		Info: Info{
			Name:        "tinyimagenet",
			Description: "Tiny ImageNet: 100,000 training and 10,000 validation images, 200 classes, 3×64×64 cropped to 48, from a folder",
			Folder:      true,
		},
		open: openTinyImageNet,
		transforms: func(o TransformOptions) (Transform, Preprocessing) {
			return RandomCrop{Side: tinySide, Padding: o.Padding, Flip: o.Flip}, CentreCrop{Side: tinySide}
		},
	},
	{
		Info: Info{
			Name:        "imagenet",
			Description: "ImageNet: 1.3 million training and 50,000 validation images, 1,000 classes, 3×224×224, from folders train/CLASS and val/CLASS",
			Folder:      true,
		},
		open:       openFolders,
		transforms: resized,
		published:  imageNetNormalisation,
	},
	{
		Info: Info{
			Name:        "mnist",
			Description: "MNIST: 60,000 training and 10,000 test images of digits, 10 classes, 1×28×28, from a folder",
			Folder:      true,
			Download:    true,
		},
		open:       mnist.open,
		transforms: translated,
		origin:     mnistOrigin,
	},
	{
		Info: Info{
			Name:        "fashion-mnist",
			Description: "Fashion-MNIST: clothes, in numbers and sizes as mnist",
			Folder:      true,
			Download:    true,
		},
		open:       fashionMNIST.open,
		transforms: translated,
		origin:     fashionMNISTOrigin,
	},
	{
		Info: Info{
			Name:        "kmnist",
			Description: "Kuzushiji-MNIST: cursive Japanese letters, in numbers and sizes as mnist",
			Folder:      true,
			Download:    true,
		},
		open:       kmnist.open,
		transforms: translated,
		origin:     kmnistOrigin,
	},
	{
		Info: Info{
			Name:        "folder",
			Description: "your JPEG and PNG files, in folders train/CLASS and val/CLASS, of any size",
			Folder:      true,
		},
		open:       openFolders,
		transforms: resized,
		published:  imageNetNormalisation,
		sides:      true,
	},
}

// translated returns the transforms of small images: they are moved by up to Padding
// pixels for training, and stay as they are for tests.
func translated(o TransformOptions) (training Transform, test Preprocessing) {
	return RandomCrop{Padding: o.Padding, Flip: o.Flip}, CentreCrop{}
}

// resized returns the transforms of ImageNet, also to another side.
func resized(o TransformOptions) (training Transform, test Preprocessing) {
	side := o.Side
	if side == 0 {
		side = imagenet.Side
	}
	return RandomResizedCrop{Side: side, Flip: true}, ResizeCrop{Resize: int(math.Round(float64(side) * imagenet.Resize / imagenet.Side)), Crop: side}
}

// List returns the data sets that Open knows, the default one first.
func List() []Info {
	var infos []Info
	for _, e := range registry {
		infos = append(infos, e.Info)
	}
	return infos
}

// Open returns the training and the test part of the data set of this name; "" means
// Default. dir is the folder that has the data set's own folder, as Download makes it, or
// that folder itself. If it is neither, the folder is looked for up to three levels below
// dir, and one above; [Notes] say where it was found.
//
//   - sample: the data set embedded in the program. dir is not used.
//   - cifar10, cifar100, cifar100-coarse: the binary versions, in folders
//     cifar-10-batches-bin and cifar-100-binary, or else the Python versions, in
//     folders cifar-10-batches-py and cifar-100-python.
//   - mnist, fashion-mnist, kmnist: four IDX files, plain or gzip whatever they are
//     called, with dashes or dots, in a folder of the data set's name. A folder of
//     another data set's name is not taken unless dir is that folder, since their files
//     look alike.
//   - tinyimagenet: train/CLASS/… and val/CLASS/…, or the archive's own layout with
//     val/val_annotations.txt, in the folder tiny-imagenet-200. What remains of one
//     layout in the other is passed over, and no image counts twice.
//   - imagenet, folder: train/CLASS/… and val/CLASS/…, of which the second may be called
//     validation or, if there is none, test. A picture may lie at any depth in the folder
//     of its class.
//
// The last three data sets keep the names of files, and read a file when its image is
// asked for. Their classes are in the order of the bytes of their names, as torchvision
// has them.
//
// It is an error if the name is unknown, if dir is empty for a data set that needs a
// folder, or if a file is missing or broken; the error names the file and what is wrong
// in it. If there is no data set, the error is fs.ErrNotExist and says what is wanted and
// what is there instead, such as an archive that is not unpacked.
func Open(name, dir string) (train, test Dataset, err error) {
	e, err := find(name)
	if err != nil {
		return nil, nil, err
	}
	if e.Folder && dir == "" {
		how := "name the one that holds it"
		if e.Download {
			how += ", or fetch it into one with Download"
		}
		return nil, nil, errors.Errorf("data: %s needs a folder: %s", e.Name, how)
	}
	train, test, err = e.open(dir)
	return train, test, errors.Wrapf(err, "data: %s", e.Name)
}

// Transforms returns how images of the data set of this name are transformed to train on
// and to test with, both to the same size. It is an error if the name is unknown or an
// option is not for this data set.
//
//   - sample, cifar10, cifar100, the MNIST family: a RandomCrop with the padding;
//     whole images.
//   - tinyimagenet: a RandomCrop of 48; a CentreCrop of 48.
//   - imagenet, folder: a RandomResizedCrop; a ResizeCrop whose shorter side is
//     256/224 of the crop.
func Transforms(name string, o TransformOptions) (training Transform, test Preprocessing, err error) {
	e, err := find(name)
	if err != nil {
		return nil, nil, err
	}
	if o.Side != 0 && !e.sides {
		return nil, nil, errors.Errorf("data: %s has images of one size; only folder takes a side, of %d", e.Name, o.Side)
	}
	training, test = e.transforms(o)
	return training, test, nil
}

// NormalisationFor returns the normalisation for the data set of this name: the published
// one for imagenet and folder, and for others that of train, the images to train on. If
// these are files, it is measured once and kept beside them, until they change. It is an
// error if the name is unknown, or an error of [NormalisationOf].
func NormalisationFor(name string, train Dataset) (Normalisation, error) {
	e, err := find(name)
	if err != nil {
		return Normalisation{}, err
	}
	if e.published.Mean != nil {
		return Normalisation{Mean: slices.Clone(e.published.Mean), Std: slices.Clone(e.published.Std)}, nil
	}
	return cachedNormalisationOf(train)
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
