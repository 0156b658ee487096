package recordings

import (
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hypnos/ventral"
)

// maxStimuli is how many stimuli with responses a recording may have. Every two of them
// have a dissimilarity of 8 bytes.
const maxStimuli = 4_000

// largest is the largest response that is taken: its square, and that of its inverse, can
// be computed in float64.
const largest = 1e100

// responses are what a file of responses says.
type responses struct {
	of    *ventral.Repetitions
	files []string           // the pictures in the order of the responses; nil if the file does not name them
	where func(i int) string // says where the file names the i-th
	notes []string
}

// readResponses returns the responses to a number of stimuli in a file of this name and
// size. known reports whether a name is that of a picture.
func readResponses(name string, r interface {
	io.Reader
	io.ReaderAt
}, size int64, stimuli int, known func(name string) bool) (*responses, error) {
	if stimuli > maxStimuli {
		return nil, errors.Errorf("responses to %d stimuli, want at most %d", stimuli, maxStimuli)
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".npz":
		return readNPZ(r, size, stimuli)
	case ".csv", ".tsv":
		return readCSV(r, size, stimuli, known)
	default:
		return readNPY(r, size, stimuli)
	}
}

// newRegion returns responses with their dissimilarities. It is an error if there is only
// one neuroid, if the responses of a neuroid are all the same, or if those to a stimulus
// are.
func newRegion(responses *ventral.Repetitions) (Region, error) {
	mean := responses.Mean()
	stimuli, neuroids := mean.Dims()
	if stimuli == neuroids && stimuli > 3 && responses.Count() == 1 && mat.Equal(mean, mean.T()) {
		return Region{}, errors.Errorf("a symmetric matrix of %d stimuli, as dissimilarities are: want responses, neuroids × stimuli", stimuli)
	}
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

// constant reports whether values differ by so little that it cannot be squared.
func constant(values []float64) bool { return floats.Max(values)-floats.Min(values) < 1/largest }
