package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// modelOf is the model of an area's whole name.
func modelOf(area string) string {
	if i := strings.LastIndex(area, ": "); i >= 0 {
		return area[:i]
	}
	return area
}

// severalAlike says that areas are of more than one model.
func (b *Brain) severalAlike() bool {
	return slices.ContainsFunc(b.Pairs, func(p BrainPair) bool { return modelOf(p.A) != modelOf(p.B) })
}

// alikeFinding says which two areas are most alike, and which least: of different
// models or, if there is only one, of that.
func (b *Brain) alikeFinding() string {
	var pairs []BrainPair
	several := b.severalAlike()
	for _, p := range b.Pairs {
		if drawableScore(p.CKA) && (!several || modelOf(p.A) != modelOf(p.B)) {
			pairs = append(pairs, p)
		}
	}
	if pairs == nil {
		return ""
	}
	byCKA := func(x, y BrainPair) int { return cmp.Compare(x.CKA, y.CKA) }
	most, least := slices.MaxFunc(pairs, byCKA), slices.MinFunc(pairs, byCKA)
	named := func(p BrainPair) string {
		return fmt.Sprintf("%s and %s (%s)", printable(p.A), printable(p.B), rounded(p.CKA, 2))
	}
	areas := "areas of two models"
	if !several {
		areas = "areas of " + printable(modelOf(most.A))
	}
	if len(pairs) == 1 {
		return fmt.Sprintf("By CKA (1 is the same, 0 unrelated), the likeness of %s and %s is %s.", printable(most.A), printable(most.B), rounded(most.CKA, 2))
	}
	return fmt.Sprintf("By CKA (1 is the same, 0 unrelated), the %s that are most alike are %s, those least alike %s.", areas, named(most), named(least))
}

// alikeRows says of each area which area of another model is most like it or,
// if there is only one model, which other area.
func (b *Brain) alikeRows() [][]string {
	several := b.severalAlike()
	rows := [][]string{{"area", "most like it", "CKA", MeasureSpearman}}
	for _, name := range b.alikeNames() {
		best := BrainPair{CKA: math.Inf(-1)}
		for _, p := range b.Pairs {
			if p.B == name {
				p.A, p.B = p.B, p.A
			}
			if p.A == name && p.B != name && (!several || modelOf(p.B) != modelOf(name)) && p.CKA > best.CKA {
				best = p
			}
		}
		if best.A != "" {
			rows = append(rows, []string{printable(name), printable(best.B), shownScore(best.CKA), shownScore(best.RSA)})
		}
	}
	return rows
}

// alikeNames returns the names of the areas that were compared, each once.
func (b *Brain) alikeNames() []string {
	var names []string
	seen := map[string]bool{}
	for _, p := range b.Pairs {
		for _, name := range []string{p.A, p.B} {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}
