package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"hypnos/bench/format"
	"hypnos/bench/results"
)

// finding says in plain words what came out: how large the gap between conv and lc is,
// and how much of it each of the other variants wins back, or adds to it. It is "" if conv
// or lc is not compared.
func (c comparison) finding() string {
	if !c.HasGap() {
		return ""
	}
	g := c.Gap()
	var sentences []string
	if c.Short {
		sentences = append(sentences, "Too short to judge the method: the networks have only begun to learn, and what follows may turn round.")
	}
	switch {
	case math.IsNaN(g.Lead.Value):
		sentences = append(sentences, "How large the gap between the locally connected and the convolutional network is, and what wins it back, can be said when every run of both is complete.")
	case !g.Clear():
		sentences = append(sentences, "The locally connected network is "+c.apart(g.Lead.Negative(), "the convolutional one")+": there is no gap to win back.")
		for _, v := range c.outcomes {
			switch {
			case !v.ClosesGap():
			case v.Finished():
				sentences = append(sentences, capitalised(v)+" is "+c.apart(g.Ahead(v.Variant), results.Plain)+".")
			default:
				sentences = append(sentences, capitalised(v)+" is not finished.")
			}
		}
	default:
		sentences = append(sentences, fmt.Sprintf("The locally connected network loses %s of %s top-1 to the convolutional one.", inPoints(g.Lead.Value), c.Headline().Images))
		for i, v := range byEffect(c.outcomes) {
			sentences = append(sentences, c.wonBack(v, g.Lead.Value, i == 0))
		}
	}
	return strings.Join(sentences, " ")
}

// apart says by how much a network, whose lead e is, is ahead of another or behind it, and
// whether that may be chance.
func (c comparison) apart(e results.Estimate, other string) string {
	side := " ahead of "
	if e.Value < 0 {
		side, e = " behind ", e.Negative()
	}
	text := inPoints(e.Value) + side + other
	if e.Known() {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", tenths(e.Low), tenths(e.High))
		if e.Low <= 0 {
			text += ", which cannot be told from chance with " + c.evidence()
		}
	}
	return text
}

// byEffect returns the variants that are meant to close the gap: first those that win some
// of it back, then those that widen it, then those that may do either, and last those that
// are not finished.
func byEffect(outcomes []results.Outcome) []results.Outcome {
	outcomes = slices.DeleteFunc(slices.Clone(outcomes), func(v results.Outcome) bool { return !v.ClosesGap() })
	place := func(v results.Outcome) int {
		switch {
		case v.Share.Low > 0 || !v.Share.Known() && v.Share.Value >= 0:
			return 0
		case v.Share.High < 0 || !v.Share.Known() && v.Share.Value < 0:
			return 1
		case v.Share.Known():
			return 2
		}
		return 3
	}
	slices.SortStableFunc(outcomes, func(a, b results.Outcome) int { return cmp.Compare(place(a), place(b)) })
	return outcomes
}

// wonBack says in a sentence what a variant wins back of the lead of conv over lc. The
// first sentence of several explains its numbers.
func (c comparison) wonBack(v results.Outcome, lead float64, first bool) string {
	subject, s := capitalised(v), v.Share
	of := "of the gap"
	if first {
		of = "of them"
	}
	// The bounds of the interval, in the first sentence with what they are.
	within := func(s results.Estimate) string {
		switch {
		case !s.Known():
			return ""
		case first:
			return fmt.Sprintf(" (95 %% interval %s to %s %%)", whole(s.Low), whole(s.High))
		}
		return fmt.Sprintf(" (%s to %s %%)", whole(s.Low), whole(s.High))
	}
	switch {
	case math.IsNaN(s.Value):
		return subject + " is not finished."
	case s.Known() && s.Low <= 0 && s.High >= 0:
		return fmt.Sprintf("What %s wins back cannot be told from chance with %s: %s %% %s%s.", method(v.Variant), c.evidence(), whole(s.Value), of, within(s))
	case s.Value < 0:
		loss := s.Negative()
		return fmt.Sprintf("%s costs a further %s, %s %% of the gap%s.", subject, inPoints(loss.Value*lead), whole(loss.Value), within(loss))
	case s.Value > 1:
		return fmt.Sprintf("%s wins back all of the gap and more, %s %%%s.", subject, whole(s.Value), within(s))
	}
	return fmt.Sprintf("%s wins back %s %% %s%s.", subject, whole(s.Value), of, within(s))
}

// method says, for the middle of a sentence, what a variant does to close the gap.
func method(v *results.Variant) string {
	if v.Method == "" {
		return format.Printable(v.Name)
	}
	return format.Printable(v.Method)
}

// capitalised is method at the beginning of a sentence. Names stay as they are.
func capitalised(v results.Outcome) string {
	text := method(v.Variant)
	if v.Method == "" {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// evidence says what the results rest on: 2,000 images and 1 seed.
func (c comparison) evidence() string {
	text := format.Counted(c.Seeds(), "seed")
	if n := c.Images(); n > 0 {
		text = format.Counted(n, "image") + " and " + text
	}
	return text
}

// note says what the errors and intervals in the table are, and over what.
func (c comparison) note() string {
	images, seeds := c.Images(), c.Seeds()
	var hasError, hasInterval, lacksInterval bool
	for _, v := range c.outcomes {
		hasError = hasError || !math.IsNaN(v.Top1Error)
		hasInterval = hasInterval || v.Share.Known()
		lacksInterval = lacksInterval || !v.Share.Known() && !math.IsNaN(v.Share.Value)
	}
	const noInterval = "A share of the gap has no interval where the program that trained the networks did not note which images were right."
	switch {
	case !hasError && lacksInterval:
		return noInterval
	case !hasError:
		return ""
	}
	over := fmt.Sprintf("%s %s images", format.Grouped(images), c.Headline().Images)
	switch {
	case images == 0:
		over = format.Counted(seeds, "seed")
	case seeds > 1:
		over += " and " + format.Counted(seeds, "seed")
	}
	text := "± after top-1 is the standard error over " + over
	if hasInterval {
		text += "; the share of the gap between lc and conv that is won back has its 95 % interval, by bootstrap over the same"
	}
	text += "."
	if seeds == 1 && images > 0 {
		text += " With one seed there is no telling how far another would differ."
	}
	if lacksInterval {
		text += " " + noInterval
	}
	return text
}

// inPoints shows a difference of fractions in percentage points.
func inPoints(difference float64) string { return tenths(difference) + " points" }

// tenths shows a fraction in percent with one decimal, whole with none.
func tenths(x float64) string { return format.Minus(format.Number("%.1f", 100*x)) }
func whole(x float64) string  { return format.Minus(format.Number("%.0f", 100*x)) }
