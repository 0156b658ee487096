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

// Known says that there is an interval.
func (e Estimate) Known() bool { return !math.IsNaN(e.Low) }

// Negative is the estimate of the number with the other sign.
func (e Estimate) Negative() Estimate { return Estimate{-e.Value, -e.High, -e.Low} }

// difference is by how many of all images a variant is right more often than lc in
// one resample, and by how many conv is.
type difference struct{ variant, conv int }

// bootstrap draws as many seeds and as many images as there are, with replacement:
// the same for all three variants, of which there is a Right for each seed. The
// differences are sums over the drawn seeds and images. With one seed it draws
// images alone. The same runs give the same draws.
//
// Images about which the variants are right and wrong alike are
// interchangeable, so it is enough to draw how many there are of each kind, which
// is as fast for many images as for few.
func bootstrap(variant, conv, lc []Right) []difference {
	source := rand.NewPCG(13, 0)
	random := rand.New(source)
	seeds, images := len(lc), len(lc[0])

	// How often each choice of seeds is drawn. A choice is how often each seed is
	// in it.
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
		// How many images there are of each kind: by how many of the chosen seeds
		// variant and conv are right more often than lc.
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
			left, others := images, images // to draw, and of the kinds that are left
			for k, count := range kinds {
				if count == 0 || left == 0 {
					continue
				}
				n := left
				if count < others {
					n = int(distuv.Binomial{N: float64(left), P: float64(count) / float64(others), Src: source}.Rand())
				}
				sum.variant += n * (k/side - seeds)
				sum.conv += n * (k%side - seeds)
				left, others = left-n, others-count
			}
			drawn = append(drawn, sum)
		}
	}
	return drawn
}

// interval returns the value with the middle 95 % of the values of resamples.
func interval(value float64, resampled []float64) Estimate {
	slices.Sort(resampled)
	return Estimate{value, stat.Quantile(0.025, stat.Empirical, resampled, nil), stat.Quantile(0.975, stat.Empirical, resampled, nil)}
}

// share is the part of conv's lead over lc that the variant has. The closer the
// lead is to nothing, the larger it gets; where there is none it is infinite, so
// that resamples without a lead widen an interval and do not turn round in it.
func (d difference) share() float64 {
	if d.conv <= 0 {
		return math.Inf(d.variant)
	}
	return float64(d.variant) / float64(d.conv)
}

// standardError is that of a mean top-1 over runs of several seeds on the same
// images, NaN if nothing can be said: the square root of the variance of the mean
// over seeds, if there are several, and of that over images. The latter is of the
// images' own means over seeds, where it is known of each run which images were
// right, or else, with as many images as there are, that of a proportion.
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
