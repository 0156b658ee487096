package results

import (
	"slices"
	"strings"
)

// OneModel tells whether both areas of the pair are of one model.
func (p BrainPair) OneModel() bool { return ModelOf(p.A) == ModelOf(p.B) }

// ModelOf returns the model in an area's whole name: what goes before the last ": ", or
// all of it.
func ModelOf(area string) string {
	if i := strings.LastIndex(area, ": "); i >= 0 {
		return area[:i]
	}
	return area
}

// DistinctPairs returns the pairs whose areas are of two models or, if all areas are of one
// model, all pairs.
func (b *Brain) DistinctPairs() []BrainPair {
	pairs := slices.DeleteFunc(slices.Clone(b.Pairs), BrainPair.OneModel)
	if len(pairs) == 0 {
		return b.Pairs
	}
	return pairs
}

// PairedAreas returns the names of the areas that were compared with each other,
// each once.
func (b *Brain) PairedAreas() []string {
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
