package data

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"
)

// The images of CIFAR-10 and the record that holds one in a file of the binary
// version: a label byte, then the pixels, axes C H W.
// Source: https://www.cs.toronto.edu/~kriz/cifar.html.
const (
	cifar10Channels = 3
	cifar10Side     = 32
	cifar10Record   = 1 + cifar10Channels*cifar10Side*cifar10Side
)

// cifar10Folder is the folder that the data set's archive unpacks to.
const cifar10Folder = "cifar-10-batches-bin"

var (
	cifar10Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

	cifar10Train = []string{"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"}
	cifar10Test  = []string{"test_batch.bin"}
)

// openCIFAR10 reads the binary version from dir/cifar-10-batches-bin, or from
// dir itself if that is the folder. The classes are the data set's own, in its
// order; batches.meta.txt, which repeats them, is not read.
//
// The files are kept in memory as they are. Errors name the file and, where its
// contents are at fault, the byte offset.
func openCIFAR10(dir string) (train, test Dataset, err error) {
	folder := findCIFAR10(dir)
	train, err = readCIFAR10(folder, cifar10Train)
	if err != nil {
		return nil, nil, err
	}
	test, err = readCIFAR10(folder, cifar10Test)
	if err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

// findCIFAR10 returns the data set's folder in dir, or dir if there is none and
// dir holds one of the data set's files itself.
func findCIFAR10(dir string) string {
	folder := filepath.Join(dir, cifar10Folder)
	if exists(folder) {
		return folder
	}
	for _, name := range slices.Concat(cifar10Train, cifar10Test) {
		if exists(filepath.Join(dir, name)) {
			return dir
		}
	}
	return folder
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func readCIFAR10(folder string, names []string) (Dataset, error) {
	set := cifar10Records()
	for _, name := range names {
		path := filepath.Join(folder, name)
		contents, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if err := checkCIFAR10(contents); err != nil {
			return nil, errors.Wrap(err, path)
		}
		set.files = append(set.files, contents)
	}
	return set, nil
}

// cifar10Records returns a data set of CIFAR-10's kind without images.
func cifar10Records() *records {
	return &records{
		classes:  cifar10Classes,
		channels: cifar10Channels, height: cifar10Side, width: cifar10Side,
		header: 1,
	}
}

// checkCIFAR10 returns an error if the contents of a file are not one or more
// whole records with labels that are classes, naming the first byte of the
// first record that is broken.
func checkCIFAR10(contents []byte) error {
	if len(contents) == 0 {
		return errors.Errorf("byte 0: the file is empty, want records of %d bytes", cifar10Record)
	}
	for offset := 0; offset < len(contents); offset += cifar10Record {
		if left := len(contents) - offset; left < cifar10Record {
			return errors.Errorf("byte %d: a record of %d bytes begins here, but the file ends after %d of them",
				offset, cifar10Record, left)
		}
		if label := int(contents[offset]); label >= len(cifar10Classes) {
			return errors.Errorf("byte %d: label %d, want 0 to %d", offset, label, len(cifar10Classes)-1)
		}
	}
	return nil
}
