package data

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"
)

// Normalisation is the mean and the standard deviation of each channel's
// pixels, as fractions of full scale: 0 is a pixel of 0 and 1 a pixel of 255,
// which is torchvision's ToTensor scale. A pixel v of channel c is normalised
// to (v/255 - Mean[c]) / Std[c].
//
// The zero value stands for mean 0 and standard deviation 1 in every channel:
// pixels go from 0 to 1.
type Normalisation struct {
	Mean, Std []float64
}

// NormalisationOf measures a data set, as a rule the training split: the mean
// and the population standard deviation (division by the number of pixels, not
// by one less) over all pixels of all images, per channel. A channel that is
// constant has no scale, so its Std is set to 1 and it is normalised to 0. An
// empty data set is an error.
func NormalisationOf(set Dataset) (Normalisation, error) {
	if err := checkSize(set); err != nil {
		return Normalisation{}, err
	}
	if set.Len() == 0 {
		return Normalisation{}, errors.New("data: no mean and standard deviation of a data set of 0 images")
	}
	counts, err := count(set)
	if err != nil {
		return Normalisation{}, errors.Wrap(err, "data: normalisation")
	}
	channels := len(counts)
	n := Normalisation{Mean: make([]float64, channels), Std: make([]float64, channels)}
	for c := range channels {
		var total int
		var sum, squares float64
		for v, count := range counts[c] {
			total += count
			sum += float64(count) * float64(v)
		}
		mean := sum / float64(total)
		for v, count := range counts[c] {
			squares += float64(count) * (float64(v) - mean) * (float64(v) - mean)
		}
		n.Mean[c], n.Std[c] = mean/255, math.Sqrt(squares/float64(total))/255
		if n.Std[c] == 0 {
			n.Std[c] = 1
		}
	}
	return n, nil
}

// count counts the pixels of each value in each channel of a data set, on all
// cores. Counting is exact for any number of pixels and in any order; a running
// sum of squares is not.
func count(set Dataset) ([][256]int, error) {
	channels, _, _ := set.Size()
	counts := make([][][256]int, runtime.GOMAXPROCS(0))
	var (
		workers sync.WaitGroup
		next    atomic.Int64 // image
		mutex   sync.Mutex
		failed  = set.Len() // the first image that cannot be read
		failure error
	)
	for w := range counts {
		counts[w] = make([][256]int, channels)
		workers.Go(func() {
			var image Image
			for {
				i := int(next.Add(1)) - 1
				if i >= set.Len() {
					return
				}
				if _, err := read(set, i, &image); err != nil {
					next.Store(int64(set.Len())) // the others need not go on
					mutex.Lock()
					defer mutex.Unlock()
					if i < failed {
						failed, failure = i, err
					}
					return
				}
				plane := image.Height * image.Width
				for c := range channels {
					for _, v := range image.Pixels[c*plane : (c+1)*plane] {
						counts[w][c][v]++
					}
				}
			}
		})
	}
	workers.Wait()
	if failure != nil {
		return nil, failure
	}
	for _, more := range counts[1:] {
		for c := range more {
			for v, n := range more[c] {
				counts[0][c][v] += n
			}
		}
	}
	return counts[0], nil
}

// table holds the normalised value of each byte, per channel.
type table [][256]float32

// table returns the normalised values for images of so many channels, or an
// error if n was not made for such images.
func (n Normalisation) table(channels int) (table, error) {
	t := make(table, channels)
	if n.Mean == nil && n.Std == nil {
		for c := range t {
			for v := range t[c] {
				t[c][v] = float32(float64(v) / 255)
			}
		}
		return t, nil
	}
	if len(n.Mean) != channels || len(n.Std) != channels {
		return nil, errors.Errorf("data: normalisation of %d means and %d standard deviations for images of %d channels",
			len(n.Mean), len(n.Std), channels)
	}
	for c := range t {
		if mean, std := n.Mean[c], n.Std[c]; !(math.Abs(mean) <= math.MaxFloat64 && std > 0 && std <= math.MaxFloat64) {
			return nil, errors.Errorf("data: normalisation of channel %d by mean %g and standard deviation %g, want finite numbers and a deviation over 0",
				c, mean, std)
		}
		for v := range t[c] {
			t[c][v] = float32((float64(v)/255 - n.Mean[c]) / n.Std[c])
		}
	}
	return t, nil
}
