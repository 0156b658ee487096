package recordings

import (
	"slices"
	"sync"
	"testing"

	"hypnos/data"
)

// Goroutines share a recording: its pictures and its dissimilarities.
func TestGoroutinesShareARecording(t *testing.T) {
	r, err := Open("it92")
	if err != nil {
		t.Fatal(err)
	}
	picture := func(i int) []byte {
		var picture data.Image
		if _, err := r.Stimuli.Image(i, &picture); err != nil {
			t.Error(err)
		}
		return picture.Pixels
	}
	var all sync.WaitGroup
	want := picture(5)
	distance := r.Regions[0].Dissimilarities.At(3, 5)
	for range 4 {
		all.Go(func() {
			for range 5 {
				if !slices.Equal(picture(5), want) || r.Regions[0].Dissimilarities.At(3, 5) != distance {
					t.Error("another picture or dissimilarity")
				}
			}
		})
	}
	all.Wait()
}
