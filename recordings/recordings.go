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
	Credit     string      // who recorded it, where it was published, its licence; "" for a folder
	Stimuli    *data.Files // the pictures, in the order of the responses
	Categories []string    // of each stimulus; nil if they are not known
	Regions    []Region    // none if a folder has only stimuli
	Models     []Model     // those that come with the recording
	Notes      []string    // what a user should know of how it was read, a line each, such as files that have no effect
}

// Region is what was recorded from one region of one species.
type Region struct {
	Name            string               // such as "monkey IT"; for a folder, its base name
	Responses       *ventral.Repetitions // nil if only dissimilarities are known
	Dissimilarities *mat.SymDense        // of every two stimuli: 1 - Pearson's r, over all neuroids, of the mean responses to them
	Subjects        []*mat.SymDense      // the dissimilarities of each subject; nil if they are not known
}

// Model is the dissimilarities of the same stimuli in a model.
type Model struct {
	Name            string
	Dissimilarities *mat.SymDense
}

// Open returns the recording it92, or the one in a folder of that name; ./it92 is a
// folder. An images.zip stays open as long as the recording is in use. It is an error if
// there is no such folder or if it has no recording.
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
