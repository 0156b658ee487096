package ventral

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// A Score is a value and its standard error.
type Score struct {
	Value, Error float64
}

// over returns the mean of values over splits and its standard error: the standard
// deviation (n-1) divided by the root of their number, NaN for a single one.
func over(values []float64) Score {
	mean, deviation := stat.MeanStdDev(values, nil)
	return Score{mean, deviation / math.Sqrt(float64(len(values)))}
}

// median returns the median of values: of an even number the mean of the two in
// the middle.
func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

// meanRows returns the mean of each column of rows of equal length.
func meanRows(rows [][]float64) []float64 {
	mean := make([]float64, len(rows[0]))
	for _, row := range rows {
		floats.AddScaled(mean, 1/float64(len(rows)), row)
	}
	return mean
}

// constant tells whether all values are equal.
func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

// moments returns the mean of values and the norm of their deviations from it.
func moments(values []float64) (mean, norm float64) {
	mean = floats.Sum(values) / float64(len(values))
	for _, v := range values {
		norm += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(norm)
}

// ranks returns the rank of each value, from 1; equal values have the mean of their
// ranks. order is the indices of values in rising order. Weights say how often each
// value counts, and nil that all count once; the rank of a value that does not count is
// of no use.
func ranks(values, weights []float64, order []int) []float64 {
	all := make([]float64, len(values))
	below := 0.0
	for from := 0; from < len(order); {
		to, here := from, 0.0
		for ; to < len(order) && values[order[to]] == values[order[from]]; to++ {
			if weights == nil {
				here++
			} else {
				here += weights[order[to]]
			}
		}
		for _, i := range order[from:to] {
			all[i] = below + (here+1)/2
		}
		below += here
		from = to
	}
	return all
}

// rising returns the indices of values in rising order.
func rising(values []float64) []int {
	order := make([]int, len(values))
	floats.ArgsortStable(slices.Clone(values), order)
	return order
}
