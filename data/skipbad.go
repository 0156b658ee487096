package data

import (
	"maps"
	"slices"
	"sync"

	"github.com/pkg/errors"
)

// Skipping is a data set that replaces images that cannot be read: each by the next one
// of its class that can, in the order of the data set, where the first follows the last.
// Length, labels and the order of training stay as they are, and every run sees the same
// images. Skipped lists what was replaced. It is safe for concurrent use.
type Skipping struct {
	Dataset
	mutex sync.Mutex
	bad   map[int]error // why images cannot be read, as far as that is known
}

// SkipBad returns a data set that skips the images that cannot be read. If no image of a
// class can be read, reading one is still an error.
func SkipBad(set Dataset) *Skipping {
	return &Skipping{Dataset: set, bad: map[int]error{}}
}

// Image reads the i-th image, or the one in its place.
func (s *Skipping) Image(i int, image *Image) (label int, err error) {
	label, first := s.read(i, image)
	if first == nil || checkIndex(s, i) != nil {
		return label, first
	}
	if label, err = s.Dataset.Image(i, nil); err != nil {
		return 0, err
	}
	for k := 1; k < s.Len(); k++ {
		j := (i + k) % s.Len()
		if other, err := s.Dataset.Image(j, nil); err != nil || other != label {
			continue
		}
		if _, err := s.read(j, image); err == nil {
			return label, nil
		}
	}
	return 0, errors.Wrap(first, "no image of its class can be read")
}

// read reads an image unless it is known to be bad.
func (s *Skipping) read(i int, image *Image) (label int, err error) {
	s.mutex.Lock()
	err = s.bad[i]
	s.mutex.Unlock()
	if err != nil && image != nil {
		return 0, err
	}
	label, err = s.Dataset.Image(i, image)
	if err != nil && image != nil && checkIndex(s, i) == nil {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.bad[i] = err
	}
	return label, err
}

// Skipped lists the images that could not be read so far, in the order of the data set,
// with the reason. In the case of [Files], that names the file.
func (s *Skipping) Skipped() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var lines []string
	for _, i := range slices.Sorted(maps.Keys(s.bad)) {
		lines = append(lines, badLine(i, s.bad[i]))
	}
	return lines
}
