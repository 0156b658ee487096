package ventral

import (
	"reflect"
	"sync"
	"testing"
)

// Goroutines share features and their kernel, and all of them measure the same.
func TestGoroutinesShareAKernel(t *testing.T) {
	x, y := linked(40, 60, 5, 3)
	k := kernelOf(t, x)
	measure := func() any {
		fit, err := Predictivity(k, y, PLS{Components: 3}, Splits{Count: 2, Seed: 2})
		if err != nil {
			t.Error(err)
		}
		d, err := Dissimilarities(x)
		if err != nil {
			t.Error(err)
			return nil
		}
		alike, err := RSA(d, d, RSAOptions{Resamples: 3, Permutations: 3})
		if err != nil {
			t.Error(err)
		}
		return []any{fit, alike}
	}
	want := measure()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if got := measure(); !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
	all.Wait()
}
