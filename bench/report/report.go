// Package report reports results to people: a comparison of networks, as a finding in
// plain words, a table and a folder of files, and a Study. Package results computes what
// it says, and package plotting draws its figures. It knows nothing of networks.
//
// The files of a comparison are those that package results writes, and
//
//	report.html       everything, for people; needs no other file and no internet
//	gap.svg           the variants between lc and conv, as SVG and PNG
//	test_top1.svg …   one figure for each measure that has something to show, likewise
//	brain.svg …       how like the brain the networks are, if that was measured
//
// Fractions, such as top-1, are shown in percent. People see a dash where a value
// does not exist or is undefined.
package report

import (
	"hypnos/bench/plotting"
	"hypnos/bench/results"
)

// comparison is a comparison with the outcomes of its variants, computed once for all
// parts of a report.
type comparison struct {
	*results.Comparison
	outcomes []results.Outcome
}

func newComparison(c *results.Comparison) comparison { return comparison{c, c.Outcomes()} }

// Write writes all the files of the report to the folder, which it creates if
// necessary. Each file is replaced as a whole (except on Windows, which cannot)
// and files of an earlier report never mix with those of this one. The error
// names the file; the numbers are written before the pictures, so that a
// picture that fails costs no results.
func Write(of *results.Comparison, dir string) error {
	c := newComparison(of)
	whole := *of
	whole.Finding = c.finding()
	if err := whole.WriteFiles(dir); err != nil {
		return err
	}
	figures := c.figures()
	for _, drawn := range figures {
		for _, figure := range drawn {
			if err := figure.Write(dir); err != nil {
				return err
			}
		}
	}
	return c.writePage(dir, figures)
}

// The parts of the page that have figures.
const (
	answer   = "answer"   // with the table
	learning = "learning" // curves
	likeness = "likeness" // to the brain
	weights  = "weights"  // of local layers
)

// drawings lists the functions that draw figures, in the order of the page, and the part
// of the page in which their figures stand. A figure may be empty.
var drawings = []struct {
	part string
	draw func(comparison) []plotting.Figure
}{
	{answer, comparison.gapFigure},
	{learning, func(c comparison) []plotting.Figure { return sheetFigures(c.curves(false)) }},
	{likeness, comparison.brainFigure},
	{weights, func(c comparison) []plotting.Figure { return sheetFigures(c.curves(true)) }},
	{weights, func(c comparison) []plotting.Figure { return sheetFigures(c.layerCurves()) }},
}

// figures returns the figures of each of drawings.
func (c comparison) figures() [][]plotting.Figure {
	all := make([][]plotting.Figure, len(drawings))
	for i, d := range drawings {
		all[i] = d.draw(c)
	}
	return all
}

// sheetFigures returns the sheets as figures.
func sheetFigures(sheets []plotting.Sheet) []plotting.Figure {
	var all []plotting.Figure
	for _, s := range sheets {
		all = append(all, s.Figure())
	}
	return all
}
