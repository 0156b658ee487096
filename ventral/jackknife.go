package ventral

import (
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/stat"
)

// Jackknife returns a statistic of n stimuli and its standard error by the
// delete-a-group jackknife: the stimuli are divided at random into folds, and with
// the values θ of the statistic without each of the g folds in turn,
//
//	error = √((g-1)/g · Σ (θ - mean θ)²)
//
// (Tukey 1958, Ann. Math. Stat. 29:614; Efron & Stein 1981, Ann. Stat. 9:586). It is for
// statistics, such as the unbiased CKA, that a resample would distort, in which a
// stimulus may stand twice. 0 folds means 10. The statistic gets stimuli in rising order.
//
// It is an error if there are fewer than 2 folds, or fewer stimuli than folds, or if the
// statistic returns an error or a value that is not a number.
func Jackknife(n, folds int, seed uint64, statistic func(stimuli []int) (float64, error)) (Score, error) {
	if folds == 0 {
		folds = 10
	}
	if folds < 2 || n < folds {
		return Score{}, errors.Errorf("ventral: jackknife of %d stimuli in %d folds, want 2 folds or more, and no more than stimuli", n, folds)
	}
	of := func(stimuli []int) (float64, error) {
		v, err := statistic(stimuli)
		if err == nil && math.IsNaN(v) {
			err = errors.New("ventral: statistic is not a number")
		}
		return v, err
	}
	order := source(seed, leavingOut, 0).Perm(n)
	value, err := of(slices.Sorted(slices.Values(order)))
	if err != nil {
		return Score{}, err
	}
	without := make([]float64, folds)
	err = parallel(folds, func(f int) error {
		kept := slices.Sorted(slices.Values(slices.Concat(order[:n*f/folds], order[n*(f+1)/folds:])))
		var err error
		without[f], err = of(kept)
		return errors.Wrapf(err, "without fold %d", f)
	})
	if err != nil {
		return Score{}, err
	}
	g := float64(folds) // Σ (θ - mean θ)² is g times their variance
	return Score{value, math.Sqrt(g-1) * stat.PopStdDev(without, nil)}, nil
}
