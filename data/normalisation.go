package data

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"
)

// Normalisation is the mean and the standard deviation of the pixels of each channel, on
// a scale on which pixels go from 0 to 1, as in torchvision's ToTensor: a pixel v, 0 to
// 255, of channel c is normalised to (v/255 - Mean[c]) / Std[c].
//
// The zero value stands for mean 0 and standard deviation 1 in every channel.
type Normalisation struct {
	Mean, Std []float64
}

// NormalisationOf measures a data set, as a rule the training part: the mean and the
// population standard deviation (division by the number of pixels, not by one less) over
// all pixels of all images, for each channel. The Std of a constant channel is set to 1,
// so that it is normalised to 0. It is an error if the data set is empty or an image
// cannot be read.
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

// count counts how many pixels of each channel have each value, on all cores. Unlike a
// running sum of squares, counts are exact for any number of pixels in any order.
func count(set Dataset) ([][256]int, error) {
	channels, _, _ := set.Size()
	counts := make([][][256]int, runtime.GOMAXPROCS(0))
	var (
		workers sync.WaitGroup
		next    atomic.Int64 // image to be counted
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
					next.Store(int64(set.Len())) // stops the others
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

// table returns the normalised values for images of so many channels. It is an error if
// n has another number of channels, or numbers that are not finite.
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
