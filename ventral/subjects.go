package ventral

import (
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// NoiseCeiling returns bounds of the mean correlation with the dissimilarities of
// several subjects that the true model would reach: upper, the mean correlation
// of each subject with the mean of all, which fits them best; and lower, with the
// mean of the others. For Spearman the mean is that of the ranks, for Pearson that
// of dissimilarities scaled to mean 0 and standard deviation 1 (Nili et al. 2014,
// "Noise ceiling"). Compare it with MeanRSA, the mean of a model's RSA with each.
//
// It is an error if there are fewer than 2 subjects, or if RSA with one is an error.
func NoiseCeiling(subjects []mat.Symmetric, c Correlation) (lower, upper float64, err error) {
	if len(subjects) < 2 {
		return 0, 0, errors.Errorf("ventral: noise ceiling over %d subjects, want 2 or more", len(subjects))
	}
	all := make([][]float64, len(subjects))
	for i, subject := range subjects {
		_, t, err := compared(subjects[0], subject, c)
		if err != nil {
			return 0, 0, errors.Wrapf(err, "subject %d", i)
		}
		all[i] = append([]float64(nil), t.values(nil)...)
		if c == Pearson { // ranks have one mean and scale, and their sums round nothing
			mean, norm := moments(all[i])
			floats.AddConst(-mean, all[i])
			floats.Scale(1/norm, all[i])
		}
	}
	sum := make([]float64, len(all[0]))
	for _, values := range all {
		floats.Add(sum, values)
	}
	of := func(a, b []float64) float64 {
		t := triangle{raw: b}
		if c == Spearman {
			t.order = rising(b)
		}
		return stat.Correlation(a, t.values(nil), nil)
	}
	others := make([]float64, len(sum))
	for _, values := range all {
		floats.SubTo(others, sum, values)
		lower += of(values, others) / float64(len(all))
		upper += of(values, sum) / float64(len(all))
	}
	return lower, upper, nil
}
