package look

import (
	"slices"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/data"
)

// Classes says where the names of a network's classes are: in a file, with a data set or,
// as the zero value, nowhere.
type Classes struct {
	Data experiment.Data // Name, Folder, Background and SkipBad; no name is no data set
	File string          // as data.ReadClasses reads it; "" is none
}

// Read returns the names, nil where there are none, and the normalisation of the images
// of the data set, if there is one. A file that contradicts the data set is an error.
// Note, unless it is nil, hears what is to be known of the data set.
func (c Classes) Read(note func(line string)) (names []string, n data.Normalisation, err error) {
	if c.Data.Name != "" {
		if names, n, err = c.readData(note); err != nil {
			return nil, n, err
		}
	}
	if c.File == "" {
		return names, n, nil
	}
	named, err := data.ReadClasses(c.File)
	if err == nil {
		err = c.agree(named, names)
	}
	return named, n, errors.Wrap(err, "-classes-file")
}

func (c Classes) readData(note func(line string)) (names []string, n data.Normalisation, err error) {
	training, _, err := data.Open(c.Data.Name, c.Data.Folder)
	if err != nil {
		return nil, n, err
	}
	background, err := experiment.ParseColour(c.Data.Background)
	if err != nil {
		return nil, n, err
	}
	experiment.Behind(background, training)
	tell(note, data.Notes(training))
	names = training.Classes()
	if c.Data.SkipBad {
		training = data.SkipBad(training)
	}
	n, err = data.NormalisationFor(c.Data.Name, training)
	return names, n, err
}

// agree is an error if the names of the file are not of as many classes as those of the
// data set, or are the same ones in another order. No known names agree with all.
func (c Classes) agree(names, known []string) error {
	switch {
	case known == nil || slices.Equal(names, known):
		return nil
	case len(names) != len(known):
		return errors.Errorf("%s names %d classes, and -data %s has %d", c.File, len(names), c.Data.Name, len(known))
	case slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(known))):
		i := 0
		for names[i] == known[i] {
			i++
		}
		return errors.Errorf("%s has the classes of -data %s in another order: class %d is %s, and %s in the data set", c.File, c.Data.Name, i, names[i], known[i])
	}
	return nil
}

// String is the flag that says where the names are.
func (c Classes) String() string {
	if c.File != "" {
		return "-classes-file " + c.File
	}
	return "-data " + c.Data.Name
}
