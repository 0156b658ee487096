package report

import (
	"slices"
	"strings"
	"testing"

	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

// correct returns the answers of a network that is right about the first n of a thousand
// images and about no other.
func correct(n int) results.Right {
	r := make(results.Right, 1000)
	for i := range n {
		r[i] = true
	}
	return r
}

// judged returns a comparison of conv, lc and a sleep after every step, which are right
// about so many of a thousand images.
func judged(conv, lc, sleep int) *results.Comparison {
	r := &results.Comparison{Variants: []results.Variant{
		resultstest.Answered("conv", correct(conv)), resultstest.Answered("lc", correct(lc)), resultstest.Answered("lc-sleep-1", correct(sleep)),
	}}
	r.Variants[2].Method = "a sleep after every step"
	return r
}

func TestFinding(t *testing.T) {
	two := judged(700, 600, 670)
	two.Variants = append(two.Variants, resultstest.Answered("lc-sleep-10", correct(640)), resultstest.Answered("lc-translate-4", correct(550)))
	two.Variants[4].Method = "showing each image in 4 translations at a time"
	// Those that win come first, then those that lose.
	two.Variants = slices.Insert(two.Variants, 2, resultstest.Answered("lc-sleep-end", correct(601)), two.Variants[4])
	two.Variants = two.Variants[:6]
	short := judged(700, 600, 670)
	short.Short = true
	validation := judged(700, 600, 670)
	validation.Mode = "validation"
	for i := range validation.Variants {
		e := &validation.Variants[i].Runs[0].Epochs[0]
		e.Validation, e.Test = e.Test, results.NoEvaluation()
	}
	old := judged(700, 600, 670)
	for i := range old.Variants {
		old.Variants[i].Runs[0].Right = nil
	}
	unfinished := judged(700, 600, 670)
	unfinished.Variants[2].Runs[0].Complete = false
	interrupted := judged(700, 600, 670)
	interrupted.Variants[1].Runs = append(interrupted.Variants[1].Runs, results.Run{Seed: 2})
	alone := judged(700, 600, 670)
	alone.Variants = alone.Variants[1:]

	const loses = "The locally connected network loses 10.0 points of test top-1 to the convolutional one."
	for name, c := range map[string]struct {
		report *results.Comparison
		want   string
	}{
		"wins":        {judged(700, 600, 670), loses + " A sleep after every step wins back 70 % of them (95 % interval 61 to 79 %)."},
		"wins more":   {judged(700, 600, 720), loses + " A sleep after every step wins back all of the gap and more, 120 % (95 % interval 111 to 131 %)."},
		"loses":       {judged(700, 600, 580), loses + " A sleep after every step costs a further 2.0 points, 20 % of the gap (95 % interval 12 to 31 %)."},
		"cannot tell": {judged(700, 600, 601), loses + " What a sleep after every step wins back cannot be told from chance with 1,000 images and 1 seed: 1 % of them (95 % interval 0 to 3 %)."},
		"nothing":     {judged(700, 600, 600), loses + " What a sleep after every step wins back cannot be told from chance with 1,000 images and 1 seed: 0 % of them (95 % interval 0 to 0 %)."},
		"several":     {two, loses + " A sleep after every step wins back 70 % of them (95 % interval 61 to 79 %). lc-sleep-10 wins back 40 % of the gap (30 to 50 %). Showing each image in 4 translations at a time costs a further 5.0 points, 50 % of the gap (35 to 70 %). What lc-sleep-end wins back cannot be told from chance with 1,000 images and 1 seed: 1 % of the gap (0 to 3 %)."},
		"no gap":      {judged(602, 601, 670), "The locally connected network is 0.1 points behind the convolutional one (95 % interval 0.0 to 0.3), which cannot be told from chance with 1,000 images and 1 seed: there is no gap to win back. A sleep after every step is 6.9 points ahead of lc (95 % interval 5.4 to 8.5)."},
		"ahead":       {judged(600, 700, 670), "The locally connected network is 10.0 points ahead of the convolutional one (95 % interval 8.2 to 11.9): there is no gap to win back. A sleep after every step is 3.0 points behind lc (95 % interval 2.0 to 4.1)."},
		"short":       {short, "Too short to judge the method: the networks have only begun to learn, and what follows may turn round. " + loses + " A sleep after every step wins back 70 % of them (95 % interval 61 to 79 %)."},
		"validation":  {validation, strings.Replace(loses, "test", "validation", 1) + " A sleep after every step wins back 70 % of them (95 % interval 61 to 79 %)."},
		"old":         {old, loses + " A sleep after every step wins back 70 % of them."},
		"unfinished":  {unfinished, loses + " A sleep after every step is not finished."},
		"interrupted": {interrupted, "How large the gap between the locally connected and the convolutional network is, and what wins it back, can be said when every run of both is complete."},
		"no conv":     {alone, ""},
		"nobody":      {&results.Comparison{}, ""},
	} {
		if got := newComparison(c.report).finding(); got != c.want {
			t.Errorf("%s: it says\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// The note says what the intervals are over, and what they do not know.
func TestNote(t *testing.T) {
	two := judged(700, 600, 670)
	for i := range two.Variants {
		second := two.Variants[i].Runs[0]
		second.Seed = 2
		two.Variants[i].Runs = append(two.Variants[i].Runs, second)
	}
	old := judged(700, 600, 670)
	for i := range old.Variants {
		old.Variants[i].Runs[0].Right = nil
	}
	for name, c := range map[string]struct {
		report *results.Comparison
		want   string
	}{
		"one seed":  {judged(700, 600, 670), "± after top-1 is the standard error over 1,000 test images; the share of the gap between lc and conv that is won back has its 95 % interval, by bootstrap over the same. With one seed there is no telling how far another would differ."},
		"two seeds": {two, "± after top-1 is the standard error over 1,000 test images and 2 seeds; the share of the gap between lc and conv that is won back has its 95 % interval, by bootstrap over the same."},
		"old":       {old, "A share of the gap has no interval where the program that trained the networks did not note which images were right."},
		"no seed":   {&results.Comparison{}, ""},
	} {
		if got := newComparison(c.report).note(); got != c.want {
			t.Errorf("%s: it says\n%s\nwant\n%s", name, got, c.want)
		}
	}
}
