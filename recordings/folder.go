package recordings

import (
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hypnos/data"
	"hypnos/ventral"
)

// maxStimuli is how many stimuli with responses a recording may have: every two of
// them have a dissimilarity, of 8 bytes.
const maxStimuli = 4_000

// largest is the largest response that means something: it and its inverse have
// squares.
const largest = 1e100

// openFolder reads a recording from the disk.
func openFolder(dir string) (*Recording, error) {
	whole, err := filepath.Abs(dir) // what "." is called
	if err != nil {
		return nil, err
	}
	recording := &Recording{Name: filepath.Base(whole)}
	var files []string
	path := filepath.Join(dir, "stimuli.csv")
	err = open(path, func(f *os.File, size int64) error {
		contents, err := io.ReadAll(io.LimitReader(f, maxStimuliFile+1))
		if err != nil {
			return err
		}
		files, recording.Categories, err = parseStimuli(contents)
		return err
	})
	if err != nil {
		return nil, err
	}
	if recording.Stimuli, err = openPictures(dir, files); err != nil {
		if files != nil {
			err = errors.Wrap(err, path)
		}
		return nil, err
	}
	err = open(filepath.Join(dir, "responses.npy"), func(f *os.File, size int64) error {
		region, err := readRegion(f, size, recording.Stimuli.Len())
		region.Name = recording.Name
		recording.Regions = []Region{region}
		return err
	})
	if err != nil {
		return nil, err
	}
	return recording, nil
}

// open calls read with a file and its size, if it is there. An error names it.
func open(path string, read func(f *os.File, size int64) error) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return errors.Wrap(read(f, info.Size()), path)
}

// openPictures returns the pictures of a folder, in images or images.zip: those
// named, or all of them.
func openPictures(dir string, names []string) (*data.Files, error) {
	folder, archive := filepath.Join(dir, "images"), filepath.Join(dir, "images.zip")
	folderInfo, folderErr := os.Stat(folder)
	archiveInfo, archiveErr := os.Stat(archive)
	switch {
	case folderErr == nil && archiveErr == nil:
		return nil, errors.Errorf("%s and %s are both there, want one", folder, archive)
	case folderErr == nil && !folderInfo.IsDir():
		return nil, errors.Errorf("%s is not a folder", folder)
	case folderErr == nil && names == nil:
		return data.Pictures(folder)
	case folderErr == nil:
		return data.PicturesIn(os.DirFS(folder), folder, names...)
	case !errors.Is(folderErr, fs.ErrNotExist):
		return nil, folderErr
	case errors.Is(archiveErr, fs.ErrNotExist):
		return nil, errors.Errorf("%s has no images and no images.zip", dir)
	case archiveErr != nil:
		return nil, archiveErr
	case !archiveInfo.Mode().IsRegular():
		return nil, errors.Errorf("%s is not a file", archive)
	}
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	pictures, err := openArchive(f, archiveInfo.Size())
	if err != nil {
		f.Close()
		return nil, errors.Wrap(err, archive)
	}
	set, err := data.PicturesIn(pictures, archive, names...)
	if err != nil {
		f.Close()
	}
	return set, err
}

// readRegion returns what a responses.npy holds, with dissimilarities. It is an
// error if a neuroid does not vary, if there is but one, or if all respond to a
// stimulus in one way.
func readRegion(r io.Reader, size int64, stimuli int) (Region, error) {
	if stimuli > maxStimuli {
		return Region{}, errors.Errorf("responses to %d stimuli, want at most %d", stimuli, maxStimuli)
	}
	responses, err := readResponses(r, size, stimuli)
	if err != nil {
		return Region{}, err
	}
	mean := responses.Mean()
	_, neuroids := mean.Dims()
	if neuroids < 2 {
		return Region{}, errors.New("1 neuroid, want 2 or more: dissimilarities are 1 - r over neuroids")
	}
	if k := slices.IndexFunc(mean.RawMatrix().Data, func(v float64) bool { return math.Abs(v) > largest }); k >= 0 {
		i, j := k/neuroids, k%neuroids
		return Region{}, errors.Errorf("the mean response of neuroid %d to stimulus %d is %v, want at most %v", j, i, mean.At(i, j), largest)
	}
	for j := range neuroids {
		if one := mat.Col(nil, j, mean); constant(one) {
			return Region{}, errors.Errorf("neuroid %d does not vary: its mean response to each of %d stimuli is %v", j, stimuli, one[0])
		}
	}
	for i := range stimuli {
		if one := mean.RawRowView(i); constant(one) {
			return Region{}, errors.Errorf("stimulus %d has no dissimilarities: the mean response of each of %d neuroids to it is %v", i, neuroids, one[0])
		}
	}
	dissimilarities, err := ventral.Dissimilarities(mean)
	return Region{Responses: responses, Dissimilarities: dissimilarities}, err
}

// constant reports whether values differ by less than can be squared.
func constant(values []float64) bool { return floats.Max(values)-floats.Min(values) < 1/largest }
