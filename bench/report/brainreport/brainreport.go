// Package brainreport writes a report on how like the brain networks are: findings
// in plain words, tables and a folder of files.
//
// The files are those that package results writes of a Brain, and
//
//	report.html            everything, for people; needs no other file and no internet
//	best.svg …             the best areas by all measures
//	best_REGION.svg …      the best areas by the measure that the findings are of
//	areas_REGION.svg …     all areas
//	dissimilarities.svg …  the matrices of dissimilarities
//	models.svg …           model against model
//
// Each figure is there as SVG and as PNG, if it has something to show. REGION is the
// region's name with "_" in place of all but letters and digits. People see a dash where a
// value does not exist.
package brainreport

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/plotting"
	"hypnos/bench/results"
)

// brain is the results that every part of a report is about.
type brain struct{ *results.Brain }

// Write writes all the files of the report to the folder, which it creates if
// necessary, each as a whole, and removes the figures of an earlier report that
// this one does not have. The error names the file; the numbers are written
// before the pictures, so that a picture that fails costs no results.
func Write(of *results.Brain, dir string) error {
	b := brain{of}
	if err := b.WriteFiles(dir); err != nil {
		return err
	}
	for _, prefix := range []string{"areas_", "best_"} {
		if err := removeFigures(dir, prefix); err != nil {
			return err
		}
	}
	parts := b.parts()
	for _, p := range parts {
		for _, f := range p.figures {
			if err := f.Write(dir); err != nil {
				return err
			}
		}
	}
	return b.writePage(dir, parts)
}

// part is a part of the page, with figures, tables or both.
type part struct {
	title   string // of a part that is folded
	first   bool   // it is not folded, and at the top of the page
	figures []plotting.Figure
	tables  []pageTable
}

// parts returns all parts in the order of the page, which leaves out those that have
// nothing to show.
func (b brain) parts() []part {
	regions := len(b.Regions) > 0
	pairs := part{title: "Model against model", first: !regions, figures: []plotting.Figure{b.pairsFigure()}}
	if regions {
		pairs.tables = tablesOf(b.closestTable())
	}
	return []part{
		{first: regions, figures: b.ofRegions(b.headlineFigure)},
		{title: "Which models differ", tables: b.tablesOfRegions(b.differenceTable)},
		{title: "Best areas by all measures", figures: []plotting.Figure{b.bestFigure()}, tables: b.tablesOfRegions(b.ratioTable)},
		{title: "All areas", figures: b.ofRegions(b.areasFigure)},
		{title: "Dissimilarities of the stimuli", figures: []plotting.Figure{b.matrixFigure()}},
		pairs,
		{title: "All numbers", tables: b.numbers()},
	}
}

// ofRegions returns the figure of each region. It makes sure that their names differ:
// regions whose names differ only in other characters than letters and digits would have
// figures of the same name.
func (b brain) ofRegions(figure func(region string) plotting.Figure) []plotting.Figure {
	var all []plotting.Figure
	for _, region := range b.Regions {
		f := figure(region)
		for slices.ContainsFunc(all, func(other plotting.Figure) bool { return other.Name == f.Name }) {
			f.Name += "_"
		}
		all = append(all, f)
	}
	return all
}

// removeFigures removes the figures of the folder whose names start with the
// prefix.
func removeFigures(dir, prefix string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return errors.Wrap(err, "report: figures of an earlier report")
	}
	for _, f := range files {
		if ext := filepath.Ext(f.Name()); strings.HasPrefix(f.Name(), prefix) && (ext == ".svg" || ext == ".png") {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil && !os.IsNotExist(err) {
				return errors.Wrapf(err, "report: %s of an earlier report", f.Name())
			}
		}
	}
	return nil
}
