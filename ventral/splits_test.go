package ventral

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(12, 80).Draw(t, "stimuli")
		s := Splits{Count: 4, TestFraction: rapid.Float64Range(0.25, 0.7).Draw(t, "fraction"), Seed: rapid.Uint64().Draw(t, "seed")}
		in := map[string]int{}
		if rapid.Bool().Draw(t, "stratified") {
			s.Categories = rapid.SliceOfN(rapid.SampledFrom([]string{"face", "body", "fruit"}), n, n).Draw(t, "categories")
			for _, c := range s.Categories {
				in[c]++
			}
		}
		splits, err := s.Draw(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, split := range splits {
			if want := int(math.Round(s.TestFraction * float64(n))); len(split.Test) != want {
				t.Fatalf("%d stimuli to test, want %d", len(split.Test), want)
			}
			if !slices.Equal(slices.Sorted(slices.Values(slices.Concat(split.Train, split.Test))), upTo(0, n)) {
				t.Fatalf("not every stimulus once: %v", split)
			}
			if !slices.IsSorted(split.Train) || !slices.IsSorted(split.Test) {
				t.Fatalf("not in order: %v", split)
			}
			tested := map[string]int{}
			for _, i := range split.Test {
				if s.Categories != nil {
					tested[s.Categories[i]]++
				}
			}
			for c, size := range in {
				if share := float64(len(split.Test)) / float64(n) * float64(size); math.Abs(float64(tested[c])-share) > 1+1e-9 {
					t.Fatalf("%d of category %s to test, want about %g", tested[c], c, share)
				}
			}
		}
		if slices.Equal(splits[0].Test, splits[1].Test) && slices.Equal(splits[0].Test, splits[2].Test) {
			t.Fatal("splits are the same")
		}
		// A split does not depend on how many there are.
		s.Count = 2
		fewer, err := s.Draw(n)
		if err != nil || !slices.Equal(fewer[1].Test, splits[1].Test) {
			t.Fatal("not the same again", err)
		}
	})
}
