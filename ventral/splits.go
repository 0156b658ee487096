package ventral

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// What Splits are unless told otherwise: how many, and the share of the stimuli
// that each tests (Schrimpf et al. 2018, bioRxiv 407007). As many are the divisions
// of Halves.
const (
	DefaultSplits       = 10
	DefaultTestFraction = 0.1
)

// Splits says how stimuli are divided into those that a regression is fitted on
// and those that it predicts.
type Splits struct {
	Count        int      // number of independent splits; 0 means DefaultSplits
	TestFraction float64  // of the stimuli; 0 means DefaultTestFraction
	Categories   []string // per stimulus: every split tests the same fraction of each; nil for none
	Seed         uint64
}

// Split is the stimuli of one split, each part in rising order.
type Split struct {
	Train, Test []int
}

// fewest is how many stimuli a correlation needs: of two it is always 1 or -1.
const fewest = 3

// Draw returns the splits of n stimuli. Each tests TestFraction·n of them, rounded, and
// the same fraction of each category as nearly as whole numbers allow: a category's
// share is rounded down, and the categories that lose most by that give one stimulus
// more each, by lot where they lose the same. Split i depends on seed and i only.
//
// It is an error if there are fewer stimuli than splits, if the categories are
// not n, or if a split would train on fewer than 3 stimuli or test fewer.
func (s Splits) Draw(n int) ([]Split, error) {
	if s.Count == 0 {
		s.Count = DefaultSplits
	}
	if s.TestFraction == 0 {
		s.TestFraction = DefaultTestFraction
	}
	if s.Count < 0 {
		return nil, errors.Errorf("ventral: %d splits, want 1 or more", s.Count)
	}
	if !(s.TestFraction > 0 && s.TestFraction < 1) {
		return nil, errors.Errorf("ventral: test fraction %g, want more than 0 and less than 1", s.TestFraction)
	}
	if n < s.Count {
		return nil, errors.Errorf("ventral: %d stimuli for %d splits, want as many or more", n, s.Count)
	}
	splits := make([]Split, s.Count)
	for i := range splits {
		var err error
		if splits[i], err = s.draw(n, splitting, i); err != nil {
			return nil, err
		}
	}
	return splits, nil
}

// draw returns one split.
func (s Splits) draw(n int, p purpose, counter int) (Split, error) {
	test := int(math.Round(s.TestFraction * float64(n)))
	if test < fewest || n-test < fewest {
		return Split{}, errors.Errorf("ventral: %d of %d stimuli to test, %d to train, want %d or more of each", test, n, n-test, fewest)
	}
	if s.Categories != nil && len(s.Categories) != n {
		return Split{}, errors.Errorf("ventral: %d categories for %d stimuli", len(s.Categories), n)
	}
	groups := [][]int{nil}
	numbers := map[string]int{}
	for i := range n {
		number := 0
		if s.Categories != nil {
			var known bool
			if number, known = numbers[s.Categories[i]]; !known {
				number = len(numbers)
				numbers[s.Categories[i]] = number
				groups = append(groups[:number], nil)
			}
		}
		groups[number] = append(groups[number], i)
	}

	random := source(s.Seed, p, counter)
	random.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	share := func(group []int) (whole int, lost float64) {
		exact := float64(test) / float64(n) * float64(len(group))
		return int(exact), exact - math.Floor(exact)
	}
	missing := test
	for _, group := range groups {
		whole, _ := share(group)
		missing -= whole
	}
	slices.SortStableFunc(groups, func(a, b []int) int {
		_, lostA := share(a)
		_, lostB := share(b)
		return cmp.Compare(lostB, lostA)
	})
	var drawn Split
	for i, group := range groups {
		size, _ := share(group)
		if i < missing {
			size++
		}
		random.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
		drawn.Test = append(drawn.Test, group[:size]...)
		drawn.Train = append(drawn.Train, group[size:]...)
	}
	slices.Sort(drawn.Train)
	slices.Sort(drawn.Test)
	return drawn, nil
}
