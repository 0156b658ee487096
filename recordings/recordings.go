package recordings

import (
	"os"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"hypnos/data"
	"hypnos/ventral"
)

// Recording is stimuli and what was recorded while they were shown.
type Recording struct {
	Name       string      // it92, or the base name of its folder
	Credit     string      // who recorded it, where it was published, its licence; "" of a folder
	Stimuli    *data.Files // the pictures, in the order of the responses
	Categories []string    // of each stimulus; nil where not known
	Regions    []Region    // none where a folder holds stimuli alone
	Models     []Model     // that come with the recording
	Notes      []string    // what a user should know of how it was read, a line each: an order that names alone imply, files that have no effect
}

// Region is what was recorded from one region of one species.
type Region struct {
	Name            string               // "monkey IT"; a folder's: its base name
	Responses       *ventral.Repetitions // nil where only dissimilarities are known
	Dissimilarities *mat.SymDense        // of all neuroids together, 1 - Pearson r, of mean responses where these are known
	Subjects        []*mat.SymDense      // those of each subject; nil where they are not known
}

// Model is dissimilarities of a model of the same stimuli.
type Model struct {
	Name            string
	Dissimilarities *mat.SymDense
}

// Open returns the recording it92, or that of a folder: ./it92 is a folder. An
// images.zip stays open as long as the recording is in use. It is an error if
// there is no folder of that name or if what it holds is not a recording.
func Open(name string) (*Recording, error) {
	if name == it92 {
		recording, err := openIT92()
		return recording, errors.Wrap(err, "recordings: it92")
	}
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		err = errors.Errorf("%s is a file", name)
	}
	if err != nil {
		return nil, errors.Wrap(err, "recordings: neither it92 nor a folder")
	}
	recording, err := openFolder(name)
	return recording, errors.Wrap(err, "recordings")
}
