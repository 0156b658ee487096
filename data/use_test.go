package data

import (
	"slices"
	"sync"
	"testing"

	"hypnos/graph"
)

// Goroutines that share a Loader, and even its batches, each get all of them.
func TestGoroutinesShareALoader(t *testing.T) {
	train, _, err := Open("sample", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]Dataset{"in memory": train, "skipping": SkipBad(train)} {
		options := LoaderOptions{Batch: 12, Repetitions: 2, Transform: RandomCrop{Padding: 3, Flip: true}, Seed: 4, Workers: 2}
		want := batches(t, set, options, 3, 9)
		loader, err := NewLoader(set, options)
		if err != nil {
			t.Fatal(err)
		}
		shared := loader.Batches(3, 9)
		var all sync.WaitGroup
		for g := range 4 {
			all.Go(func() {
				own := shared
				if g%2 == 0 {
					own = loader.Batches(3, 9)
				}
				var got []graph.Batch
				for b, err := range own {
					if err != nil {
						t.Error(err)
						return
					}
					got = append(got, graph.Batch{Images: slices.Clone(b.Images), Labels: slices.Clone(b.Labels)})
				}
				if !sameBits(got, want) {
					t.Errorf("%s, goroutine %d: other batches", name, g)
				}
			})
		}
		all.Wait()
	}
}
