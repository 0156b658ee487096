package ventral

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Repetitions is responses to repeated stimuli. A stimulus need not have been
// repeated equally often for every neuroid: absent responses are NaN.
type Repetitions struct {
	stimuli, neuroids, count int
	values                   []float64
}

// NewRepetitions returns responses from their values in the order stimuli × neuroids ×
// repetitions, without copying them. It is an error if their number is another, if one
// is infinite, or if a neuroid has none to a stimulus.
func NewRepetitions(stimuli, neuroids, repetitions int, values []float64) (*Repetitions, error) {
	if stimuli < 1 || neuroids < 1 || repetitions < 1 || len(values)%(stimuli*neuroids) != 0 || len(values)/stimuli/neuroids != repetitions {
		return nil, errors.Errorf("ventral: %d responses for %d stimuli × %d neuroids × %d repetitions", len(values), stimuli, neuroids, repetitions)
	}
	r := &Repetitions{stimuli, neuroids, repetitions, values}
	for i := range stimuli {
		for j := range neuroids {
			if slices.ContainsFunc(r.at(i, j), func(v float64) bool { return math.IsInf(v, 0) }) {
				return nil, errors.Errorf("ventral: a response of neuroid %d to stimulus %d is infinite", j, i)
			}
			if !slices.ContainsFunc(r.at(i, j), present) {
				return nil, errors.Errorf("ventral: no response of neuroid %d to stimulus %d in %d repetitions", j, i, repetitions)
			}
		}
	}
	return r, nil
}

func present(v float64) bool { return !math.IsNaN(v) }

// at returns the repetitions of a stimulus and neuroid.
func (r *Repetitions) at(stimulus, neuroid int) []float64 {
	return r.values[(stimulus*r.neuroids+neuroid)*r.count:][:r.count]
}

// Count returns the largest number of repetitions of a stimulus, absent ones
// included.
func (r *Repetitions) Count() int { return r.count }

// Subset returns the responses to the stimuli of these indices, in their order. It
// panics if there is no such stimulus.
func (r *Repetitions) Subset(stimuli []int) *Repetitions {
	part := &Repetitions{len(stimuli), r.neuroids, r.count, nil}
	for _, i := range stimuli {
		part.values = append(part.values, r.values[i*r.neuroids*r.count:][:r.neuroids*r.count]...)
	}
	return part
}

// Mean returns the mean over the repetitions that are present, stimuli ×
// neuroids.
func (r *Repetitions) Mean() *mat.Dense {
	mean := mat.NewDense(r.stimuli, r.neuroids, nil)
	mean.Apply(func(i, j int, _ float64) float64 {
		sum, n := 0.0, 0
		for _, v := range r.at(i, j) {
			if present(v) {
				sum, n = sum+v, n+1
			}
		}
		return sum / float64(n)
	}, mean)
	return mean
}

// Halves says how repetitions are divided.
type Halves struct {
	Count int // number of random divisions; 0 means DefaultSplits
	Seed  uint64
}

// Reliability is how well responses repeat.
type Reliability struct {
	Score              // mean over divisions of the median over neuroids
	Splits   []float64 // the median over neuroids in each division
	Neuroids []float64 // the mean over divisions of each neuroid's reliability
}

// Ceiling returns the reliability of the mean over repetitions: the Pearson
// correlation r, over stimuli, of a neuroid's mean responses in two halves of
// them, corrected to 2r/(1+r).
//
// Each stimulus's repetitions are shuffled, in the same way for all neuroids. Of those
// that are present, the first half makes one half and the others the other, which has
// one more if their number is odd. A stimulus to which a neuroid has only one response
// does not count for it.
//
// It is an error if a neuroid has fewer than 3 stimuli that count, or no
// variance over them in one half.
func Ceiling(r *Repetitions, h Halves) (Reliability, error) {
	if h.Count == 0 {
		h.Count = DefaultSplits
	}
	if h.Count < 0 {
		return Reliability{}, errors.Errorf("ventral: %d divisions into halves, want 1 or more", h.Count)
	}
	all := make([][]float64, h.Count)
	medians := make([]float64, h.Count)
	err := parallel(h.Count, func(i int) error {
		random := source(h.Seed, halving, i)
		orders := make([][]int, r.stimuli)
		for stimulus := range orders {
			orders[stimulus] = random.Perm(r.count)
		}
		correlations, err := r.halfCorrelations(orders)
		if err != nil {
			return err
		}
		for j, c := range correlations {
			correlations[j] = spearmanBrown(c)
		}
		all[i], medians[i] = correlations, median(correlations)
		return nil
	})
	if err != nil {
		return Reliability{}, err
	}
	return Reliability{over(medians), medians, meanRows(all)}, nil
}

// spearmanBrown returns the reliability of a whole whose halves correlate by r.
func spearmanBrown(r float64) float64 { return 2 * r / (1 + r) }

// halfCorrelations returns, for each neuroid, the correlation of its mean responses in
// two halves of the repetitions, divided after they are put in order: orders has one for
// each stimulus.
func (r *Repetitions) halfCorrelations(orders [][]int) ([]float64, error) {
	correlations := make([]float64, r.neuroids)
	for j := range correlations {
		var a, b, here []float64
		for i, order := range orders {
			values := r.at(i, j)
			here = here[:0]
			for _, repetition := range order {
				if v := values[repetition]; present(v) {
					here = append(here, v)
				}
			}
			if half := len(here) / 2; half > 0 {
				a = append(a, stat.Mean(here[:half], nil))
				b = append(b, stat.Mean(here[half:], nil))
			}
		}
		if len(a) < fewest {
			return nil, errors.Errorf("ventral: neuroid %d has repetitions of %d stimuli, want %d or more for a ceiling", j, len(a), fewest)
		}
		if constant(a) || constant(b) {
			return nil, errors.Errorf("ventral: neuroid %d has no variance over stimuli in half of its repetitions", j)
		}
		correlations[j] = stat.Correlation(a, b, nil)
	}
	return correlations, nil
}
