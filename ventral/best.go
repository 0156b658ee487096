package ventral

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// Choice says how stimuli are divided to choose an area and to report it.
type Choice struct {
	Categories []string // per stimulus: both halves have the same share of each; nil for none
	Seed       uint64
}

// Best is the area of a model that is most like a region.
type Best struct {
	Area     int     // its index
	Chosen   Score   // of that area on the stimuli that chose it, too high by the choice
	Reported Score   // of that area on the others
	Scores   []Score // of all areas on the stimuli that chose
}

// BestArea chooses the area that scores highest on a random half of n stimuli, the first
// of equal ones, and returns its score on the other half. score is any measure of an
// area on some stimuli: it takes a subset of the area's kernel or dissimilarities, which
// are computed once.
//
// It is an error if there is no area, if halves would have fewer than 3 stimuli, if the
// categories are not n, or if score returns an error or a value that is not a number.
func BestArea(areas, n int, c Choice, score func(area int, stimuli []int) (Score, error)) (Best, error) {
	if areas < 1 {
		return Best{}, errors.New("ventral: no area to choose from")
	}
	halves, err := Splits{TestFraction: 0.5, Categories: c.Categories, Seed: c.Seed}.draw(n, choosing, 0)
	if err != nil {
		return Best{}, err
	}
	measure := func(area int, stimuli []int) (Score, error) {
		s, err := score(area, stimuli)
		if err == nil && math.IsNaN(s.Value) {
			err = errors.New("ventral: score is not a number")
		}
		return s, errors.Wrapf(err, "area %d on %d stimuli", area, len(stimuli))
	}
	best := Best{Scores: make([]Score, areas)}
	for area := range areas {
		if best.Scores[area], err = measure(area, halves.Train); err != nil {
			return Best{}, err
		}
		if best.Scores[area].Value > best.Scores[best.Area].Value {
			best.Area = area
		}
	}
	best.Chosen = best.Scores[best.Area]
	best.Reported, err = measure(best.Area, halves.Test)
	if err != nil {
		return Best{}, err
	}
	return best, nil
}

// Among returns the rows and columns of some stimuli, in the order given, of a matrix of
// dissimilarities. It is an error to give no stimulus, or one that does not exist.
func Among(d mat.Symmetric, stimuli []int) (*mat.SymDense, error) {
	if err := within(stimuli, d.SymmetricDim()); err != nil {
		return nil, err
	}
	if len(stimuli) == 0 {
		return nil, errors.New("ventral: dissimilarities of no stimuli")
	}
	some := mat.NewSymDense(len(stimuli), nil)
	for i, a := range stimuli {
		for j := i; j < len(stimuli); j++ {
			some.SetSym(i, j, d.At(a, stimuli[j]))
		}
	}
	return some, nil
}
