package brainreport

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"hypnos/bench/format"
	"hypnos/bench/plotting"
	"hypnos/bench/results"
)

// pairFinding says which two areas are most alike and which two least: areas of different
// models or, if there is only one model, of that.
func (b brain) pairFinding() string {
	pairs := slices.DeleteFunc(slices.Clone(b.DistinctPairs()), func(p results.BrainPair) bool { return !plotting.Drawable(p.CKA, false) })
	if len(pairs) == 0 {
		return ""
	}
	byCKA := func(x, y results.BrainPair) int { return cmp.Compare(x.CKA, y.CKA) }
	most, least := slices.MaxFunc(pairs, byCKA), slices.MinFunc(pairs, byCKA)
	named := func(p results.BrainPair) string {
		return fmt.Sprintf("%s and %s (%s)", format.Printable(p.A), format.Printable(p.B), format.Decimals(p.CKA, 2))
	}
	areas := "areas of two models"
	if most.OneModel() {
		areas = "areas of " + format.Printable(results.ModelOf(most.A))
	}
	if len(pairs) == 1 {
		return fmt.Sprintf("By CKA (1 is the same, 0 unrelated), the likeness of %s and %s is %s.", format.Printable(most.A), format.Printable(most.B), format.Decimals(most.CKA, 2))
	}
	return fmt.Sprintf("By CKA (1 is the same, 0 unrelated), the %s that are most alike are %s, those least alike %s.", areas, named(most), named(least))
}

// closestRows returns headings, and for each area a row with the area of another model
// that is most like it or, if there is only one model, with another area of that.
func (b brain) closestRows() [][]string {
	rows := [][]string{{"area", "most like it", "CKA", results.MeasureSpearman}}
	pairs := b.DistinctPairs()
	for _, name := range b.PairedAreas() {
		best := results.BrainPair{CKA: math.Inf(-1)}
		for _, p := range pairs {
			if p.B == name {
				p.A, p.B = p.B, p.A
			}
			if p.A == name && p.B != name && p.CKA > best.CKA {
				best = p
			}
		}
		if best.A != "" {
			rows = append(rows, []string{format.Printable(name), format.Printable(best.B), format.Decimals(best.CKA, 3), format.Decimals(best.RSA, 3)})
		}
	}
	return rows
}

// pairsFigure returns a figure of model against model: the CKA of every two areas.
func (b brain) pairsFigure() plotting.Figure {
	names := b.PairedAreas()
	m := plotting.LabelledMatrix{
		Name: "models", Title: "Model against model", Labels: names,
		Caption: "CKA (linear, unbiased) of the features of every two areas; a value below 0 has the colour of 0, one that is not there is grey; of models with several seeds, those of the first",
		Scale:   plotting.Scale{Title: "CKA", Ticks: [3]string{"0", "0.5", "1"}},
	}
	n := len(names)
	if n < 2 {
		return m.Figure()
	}
	at := map[string]int{}
	for i, name := range names {
		at[name] = i
	}
	cka := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			cka.SetSym(i, j, math.NaN())
		}
		cka.SetSym(i, i, 1)
	}
	for _, p := range b.Pairs {
		cka.SetSym(at[p.A], at[p.B], p.CKA)
	}
	m.Values = cka
	return m.Figure()
}
