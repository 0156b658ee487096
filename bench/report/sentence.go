package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finding says in plain words what came out: how large the gap between conv and lc
// is, and what each of the other variants wins back of it or costs besides. It is
// empty where one of the two is not compared.
func (r *Report) finding(results []result) string {
	if !r.hasGap() {
		return ""
	}
	l := r.lead()
	var said []string
	if r.Short {
		said = append(said, "Too short to judge the method: the networks have only begun to learn, and what follows may turn round.")
	}
	switch {
	case math.IsNaN(l.points.value):
		said = append(said, "How large the gap between the locally connected and the convolutional network is, and what wins it back, can be said when every run of both is complete.")
	case !l.clear():
		said = append(said, "The locally connected network is "+r.apart(l.points.negative(), "the convolutional one")+": there is no gap to win back.")
		for _, v := range results {
			switch {
			case !v.closesGap():
			case v.finished():
				said = append(said, capitalised(v)+" is "+r.apart(v.ahead(l.lc, l.top1), Plain)+".")
			default:
				said = append(said, capitalised(v)+" is not finished.")
			}
		}
	default:
		said = append(said, fmt.Sprintf("The locally connected network loses %s of %s top-1 to the convolutional one.", inPoints(l.points.value), r.headline().images))
		for i, v := range inOrder(results) {
			said = append(said, r.wonBack(v, l.points.value, i == 0))
		}
	}
	return strings.Join(said, " ")
}

// apart says by how much something is ahead of something else, or behind, and
// whether that may be chance.
func (r *Report) apart(e estimate, other string) string {
	side := " ahead of "
	if e.value < 0 {
		side, e = " behind ", e.negative()
	}
	text := inPoints(e.value) + side + other
	if e.known() {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", tenths(e.low), tenths(e.high))
		if e.low <= 0 {
			text += ", which cannot be told from chance with " + r.evidence()
		}
	}
	return text
}

// inOrder returns the variants that are to close the gap: those that win some of it
// back, those that lose, and those of which there is no telling.
func inOrder(results []result) []result {
	results = slices.DeleteFunc(slices.Clone(results), func(v result) bool { return !v.closesGap() })
	place := func(v result) int {
		switch {
		case v.share.low > 0 || !v.share.known() && v.share.value >= 0:
			return 0
		case v.share.high < 0 || !v.share.known() && v.share.value < 0:
			return 1
		case v.share.known():
			return 2
		}
		return 3
	}
	slices.SortStableFunc(results, func(a, b result) int { return cmp.Compare(place(a), place(b)) })
	return results
}

// wonBack says what a variant wins back of a lead of so many points, in a sentence
// that may be the first of several.
func (r *Report) wonBack(v result, lead float64, first bool) string {
	method, s := capitalised(v), v.share
	of := "of the gap"
	if first {
		of = "of them"
	}
	// The bounds, after what they are if that was not said before.
	within := func(s estimate) string {
		switch {
		case !s.known():
			return ""
		case first:
			return fmt.Sprintf(" (95 %% interval %s to %s %%)", whole(s.low), whole(s.high))
		}
		return fmt.Sprintf(" (%s to %s %%)", whole(s.low), whole(s.high))
	}
	switch {
	case math.IsNaN(s.value):
		return method + " is not finished."
	case s.known() && s.low <= 0 && s.high >= 0:
		return fmt.Sprintf("What %s wins back cannot be told from chance with %s: %s %% %s%s.", v.method(), r.evidence(), whole(s.value), of, within(s))
	case s.value < 0:
		loss := s.negative()
		return fmt.Sprintf("%s costs a further %s, %s %% of the gap%s.", method, inPoints(loss.value*lead), whole(loss.value), within(loss))
	case s.value > 1:
		return fmt.Sprintf("%s wins back all of the gap and more, %s %%%s.", method, whole(s.value), within(s))
	}
	return fmt.Sprintf("%s wins back %s %% %s%s.", method, whole(s.value), of, within(s))
}

// method is what a variant does to close the gap, in the middle of a sentence.
func (v *Variant) method() string {
	if v.Method == "" {
		return printable(v.Name)
	}
	return printable(v.Method)
}

// capitalised is method at the beginning of a sentence. Names stay as they are.
func capitalised(v result) string {
	text := v.method()
	if v.Method == "" {
		return text
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

// negative is the estimate of the number with the other sign.
func (e estimate) negative() estimate { return estimate{-e.value, -e.high, -e.low} }

// evidence is what the results rest on: 2,000 images and 1 seed.
func (r *Report) evidence() string {
	text := counted(r.seeds(), "seed")
	if n := r.images(); n > 0 {
		text = counted(n, "image") + " and " + text
	}
	return text
}

// seeds returns how many seeds most variants were trained with, to the end.
func (r *Report) seeds() int {
	most := 0
	for i := range r.Variants {
		most = max(most, r.Variants[i].complete())
	}
	return most
}

// note says what the table's intervals are, and of what.
func (r *Report) note(results []result) string {
	images, seeds := r.images(), r.seeds()
	var spread, share, unsure bool
	for _, v := range results {
		spread = spread || !math.IsNaN(v.top1Error)
		share = share || v.share.known()
		unsure = unsure || !v.share.known() && !math.IsNaN(v.share.value)
	}
	const noInterval = "A share of the gap has no interval where the program that trained the networks did not note which images were right."
	switch {
	case !spread && unsure:
		return noInterval
	case !spread:
		return ""
	}
	over := fmt.Sprintf("%s %s images", grouped(images), r.headline().images)
	switch {
	case images == 0:
		over = counted(seeds, "seed")
	case seeds > 1:
		over += " and " + counted(seeds, "seed")
	}
	text := "± after top-1 is the standard error over " + over
	if share {
		text += "; the share of the gap between lc and conv that is won back has its 95 % interval, by bootstrap over the same"
	}
	text += "."
	if seeds == 1 && images > 0 {
		text += " With one seed there is no telling how far another would differ."
	}
	if unsure {
		text += " " + noInterval
	}
	return text
}

// counted is a count of things: 1 seed, 2,000 images.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

// inPoints shows a difference of fractions in percentage points.
func inPoints(difference float64) string { return tenths(difference) + " points" }

// tenths shows a fraction in tenths of a percent, whole in percent.
func tenths(x float64) string { return signed(shown("%.1f", 100*x)) }
func whole(x float64) string  { return signed(shown("%.0f", 100*x)) }

// signed writes the minus as people do, and none before 0.
func signed(number string) string {
	if strings.Trim(number, "-0.") == "" {
		return strings.TrimPrefix(number, "-")
	}
	return strings.Replace(number, "-", "−", 1)
}
