package results

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// resamples is how often the bootstrap draws images and seeds.
const resamples = 10_000

// Estimate is a value and the ends of its 95 % interval, NaN where there are none.
type Estimate struct{ Value, Low, High float64 }

var noEstimate = Estimate{math.NaN(), math.NaN(), math.NaN()}

// Known tells whether there is an interval.
func (e Estimate) Known() bool { return !math.IsNaN(e.Low) }

// Negative returns the estimate of the same number with the other sign.
func (e Estimate) Negative() Estimate { return Estimate{-e.Value, -e.High, -e.Low} }

// difference is how many more right answers than lc a variant and conv have in one
// resample, over all its images and seeds.
type difference struct{ variant, conv int }

// bootstrap returns the difference in each resample. Its arguments have a Right for each
// seed. A resample is as many seeds and as many images as there are, drawn with
// replacement, the same for all three variants; with one seed only images vary. The same
// runs give the same resamples.
//
// Images on which the seeds of all variants differ alike are interchangeable. So it is
// enough to draw how many images of each kind there are, which takes as long for many
// images as for few.
func bootstrap(variant, conv, lc []Right) []difference {
	source := rand.NewPCG(13, 0)
	random := rand.New(source)
	seeds, images := len(lc), len(lc[0])

	// How many resamples have each choice of seeds. A choice is how often each seed was
	// drawn.
	choices := map[string]int{}
	for range resamples {
		choice := make([]byte, seeds)
		for range seeds {
			choice[random.IntN(seeds)]++
		}
		choices[string(choice)]++
	}
	drawn := make([]difference, 0, resamples)
	for _, choice := range slices.Sorted(maps.Keys(choices)) {
		// How many images there are of each kind. An image's kind is how many more right
		// answers than lc variant has to it in the chosen seeds, and how many more conv has.
		side := 2*seeds + 1
		kinds := make([]int, side*side)
		for i := range images {
			var d difference
			for s, times := range []byte(choice) {
				d.variant += int(times) * variant[s].minus(lc[s], i)
				d.conv += int(times) * conv[s].minus(lc[s], i)
			}
			kinds[(d.variant+seeds)*side+d.conv+seeds]++
		}
		for range choices[choice] {
			var sum difference
			left, remaining := images, images // to draw, and of this kind and those after it
			for k, count := range kinds {
				if count == 0 || left == 0 {
					continue
				}
				n := left
				if count < remaining {
					n = int(distuv.Binomial{N: float64(left), P: float64(count) / float64(remaining), Src: source}.Rand())
				}
				sum.variant += n * (k/side - seeds)
				sum.conv += n * (k%side - seeds)
				left, remaining = left-n, remaining-count
			}
			drawn = append(drawn, sum)
		}
	}
	return drawn
}

// interval returns the value with the interval that holds the middle 95 % of the values
// of resamples.
func interval(value float64, resampled []float64) Estimate {
	slices.Sort(resampled)
	return Estimate{value, stat.Quantile(0.025, stat.Empirical, resampled, nil), stat.Quantile(0.975, stat.Empirical, resampled, nil)}
}

// share is the part of conv's lead over lc that the variant has. It grows without limit as
// the lead shrinks, and is infinite where there is none: a resample without a lead widens
// the interval, where a quotient by its negative lead would have the wrong sign.
func (d difference) share() float64 {
	if d.conv <= 0 {
		return math.Inf(d.variant)
	}
	return float64(d.variant) / float64(d.conv)
}

// standardError is the standard error of a mean top-1 over runs of several seeds on the
// same images, NaN if nothing is known of it. Its square is the sum of two variances of
// the mean: over seeds, if there are several, and over images. For the latter every image
// has a mean over seeds, if right says which images each run was right about; otherwise
// it is the variance of a proportion of so many images.
func standardError(top1 []float64, right []Right, images int) float64 {
	variance := 0.0
	if len(top1) > 1 {
		variance = stat.Variance(top1, nil) / float64(len(top1))
	}
	switch {
	case right != nil && len(right[0]) > 1:
		means := make([]float64, len(right[0]))
		for _, r := range right {
			for i, yes := range r {
				if yes {
					means[i] += 1 / float64(len(right))
				}
			}
		}
		variance += stat.Variance(means, nil) / float64(len(means))
	case images > 0 && len(top1) > 0:
		p := stat.Mean(top1, nil)
		variance += p * (1 - p) / float64(images)
	case len(top1) < 2:
		return math.NaN()
	}
	return math.Sqrt(variance)
}
