// Package report writes down a comparison of networks: a table for the
// terminal, tables for programs (CSV and JSON), figures (SVG and PNG) and one
// self-contained HTML page. It takes plain values and knows nothing of networks.
//
// The files of a report:
//
//	report.html       everything, for people; needs no other file and no network
//	results.csv       one row per variant; gap_won_back is the share of the gap between lc and conv
//	epochs.csv        one row per variant, seed and epoch
//	layers.csv        one row per variant, seed, epoch and local layer
//	history.npz       epochs.csv as arrays for NumPy
//	results.json      everything, for programs; decodes into a Report
//	gap.svg           the variants between lc and conv, as SVG and PNG
//	test_top1.svg …   one figure per measure that has points and says something, likewise
//	brain.svg …       how like the brain the networks are, if that was measured
//
// Fractions, such as top-1, are stored as 0..1 and shown in percent. NaN stands
// for a value that does not exist or is undefined: people see a dash, CSV files
// say NaN. Infinities are +Inf and -Inf in CSV. JSON has no such numbers, so
// there the three are the strings "NaN", "+Inf" and "-Inf".
//
// Two reports of equal runs have identical CSV files, apart from the columns
// whose names contain "seconds".
package report

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"
)

// Baseline is the name of the variant that the others are compared with, and Plain
// that of the one that loses to it: the gap between them is what the others are to
// close.
const (
	Baseline = "conv"
	Plain    = "lc"
)

// Report is a comparison of variants of one network.
type Report struct {
	Title   string `json:"title"`
	Summary string `json:"summary"` // what was compared, one paragraph
	Command string `json:"command"` // the command line that ran it

	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"-"` // duration_seconds in JSON

	// Interrupted says that the comparison was stopped before its end.
	Interrupted bool `json:"interrupted"`

	// Short says that the networks were trained too briefly to judge by.
	Short bool `json:"short,omitempty"`

	// Mode says of which images the results are: test, which an empty one is
	// also, or validation.
	Mode string `json:"mode,omitempty"`

	// LearningRateChoice says how the learning rates were chosen.
	LearningRateChoice string `json:"learning_rate_choice"`

	Settings []Setting `json:"settings"` // in the order in which they are shown
	Machine  []Setting `json:"machine"`  // see Machine
	Versions []Setting `json:"versions"` // see Versions
	Variants []Variant `json:"variants"` // in the order in which they are shown
}

// Setting is a name and its value, as text.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Variant is one of the networks compared, with its runs.
type Variant struct {
	Name        string `json:"name"`
	Description string `json:"description"` // what it is, one line
	// Method is what it does to close the gap between lc and conv, as the subject of
	// a sentence: a sleep after every step. Where it is empty the name stands for it.
	Method       string  `json:"method,omitempty"`
	Parameters   int     `json:"parameters"`    // how many numbers are trained
	LearningRate float64 `json:"learning_rate"` // at the start
	// Local says that the network has locally connected layers, and so a
	// signal-to-noise ratio of its weights.
	Local bool `json:"local"`
	// Runs are all the runs that were planned, one per seed. One that was not
	// reached has no epochs.
	Runs []Run `json:"runs"`
}

// Run is the training of a variant from one seed.
type Run struct {
	Seed uint64 `json:"seed"`
	// Complete says that the run reached its end. Its last epoch is its result.
	Complete bool    `json:"complete"`
	Epochs   []Epoch `json:"epochs"` // those that finished, in order

	// Right says about which images the network was right in the last evaluation of
	// those that the report's Mode names; nil in runs of programs that did not keep
	// it.
	Right Right `json:"right,omitempty"`

	// Brain is how like the brain the trained network's best area is, at most one
	// score for each region and measure, and Untrained that of the same network
	// before training. Where they are nil nothing is said of it.
	Brain     []BrainScore `json:"brain,omitempty"`
	Untrained []BrainScore `json:"untrained,omitempty"`
}

// Epoch holds what was measured at the end of an epoch. A measure that was not
// taken is NaN.
type Epoch struct {
	Epoch int // epochs finished so far
	Step  int // optimiser steps so far

	LearningRate float64 // of the last step
	TrainLoss    float64 // mean cross-entropy over the epoch, in training mode, nats
	TrainTop1    float64 // fraction, likewise

	// How well the network answers after the epoch, on which images: those to
	// test with, those held back from training, and those of training, as they
	// are.
	Test, Validation, TrainEval Evaluation

	SNR     float64 // signal-to-noise ratio of the local weights, median over layers
	PoolSNR float64 // that of the weights of pools, likewise
	Spread  float64 // of weights around the fixed point after the last sleep so far, likewise
	Cosine  float64 // of pools' means to what they were before that sleep, likewise
	Seconds float64 // wall-clock time of the epoch

	Layers []Layer // the local layers that learn, in the network's order
}

// Evaluation holds means over images. One that was not made is NoEvaluation.
type Evaluation struct {
	Loss       float64 // cross-entropy, nats
	Top1, Top5 float64 // fractions
}

// NoEvaluation is an evaluation that was not made.
func NoEvaluation() Evaluation { return Evaluation{math.NaN(), math.NaN(), math.NaN()} }

// Layer holds what was measured of the weights of one local layer at the end of
// an epoch: see the fields of Epoch of the same names.
type Layer struct {
	Name                         string
	SNR, PoolSNR, Spread, Cosine float64
}

// Prepare creates the folder, with its parents, and proves that files can be
// written there, so that a mistake is found before the training and not after
// it. It leaves nothing behind in the folder. The error is one line that names
// the folder.
func Prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "report: cannot create folder %q", dir)
	}
	trial, err := os.CreateTemp(dir, ".trial-*")
	if err != nil {
		return errors.Wrapf(err, "report: cannot write to folder %q", dir)
	}
	_, err = trial.WriteString("trial\n")
	if e := trial.Close(); err == nil {
		err = e
	}
	if e := os.Remove(trial.Name()); err == nil {
		err = e
	}
	return errors.Wrapf(err, "report: cannot write to folder %q", dir)
}

// Write writes all the files of the report to the folder, which it creates if
// necessary. Each file is replaced as a whole (except on Windows, which cannot)
// and files of an earlier report never mix with those of this one. The error
// names the file; the numbers are written before the pictures, so that a
// picture that fails costs no results.
func (r *Report) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "report: cannot create folder %q", dir)
	}
	save, results := saver(dir), r.results()
	content, err := r.encodeJSON(results)
	if err := save("results.json", content, err); err != nil {
		return err
	}
	content, err = encodeCSV(r.resultRecords(results))
	if err := save("results.csv", content, err); err != nil {
		return err
	}
	content, err = encodeCSV(r.epochRecords())
	if err := save("epochs.csv", content, err); err != nil {
		return err
	}
	content, err = encodeCSV(r.layerRecords())
	if err := save("layers.csv", content, err); err != nil {
		return err
	}
	if err := r.writeHistory(filepath.Join(dir, "history.npz")); err != nil {
		return errors.Wrap(err, "report: history.npz")
	}

	figures := reportFigures{
		gap: r.gapFigure(results), curves: drawings(r.curves()), weights: drawings(r.weightCurves()), brain: r.brainFigure(),
	}
	for _, f := range figures.all() {
		if err := f.write(dir, save); err != nil {
			return err
		}
	}

	var page bytes.Buffer
	err = r.writeHTML(&page, figures, results)
	return save("report.html", page.Bytes(), err)
}

// Write writes the report: see Report.Write.
func Write(r *Report, dir string) error { return r.Write(dir) }

// WriteTable writes the table: see Report.WriteTable.
func WriteTable(w io.Writer, r *Report) error { return r.WriteTable(w) }

// WriteMarkdown writes the table in Markdown: see Report.WriteMarkdown.
func WriteMarkdown(w io.Writer, r *Report) error { return r.WriteMarkdown(w) }

// reportFigures are the figures by where they stand on the page.
type reportFigures struct {
	gap             drawing
	curves, weights []drawing
	brain           drawing
}

func (f reportFigures) all() []drawing {
	return slices.Concat([]drawing{f.gap}, f.curves, f.weights, []drawing{f.brain})
}

// saver returns what writes a file of the folder, unless its content is an error.
func saver(dir string) func(name string, content []byte, err error) error {
	return func(name string, content []byte, err error) error {
		if err == nil {
			err = maybe.WriteFile(filepath.Join(dir, name), content, 0o644)
		}
		return errors.Wrapf(err, "report: %s", name)
	}
}

// removeAll removes the named files of the folder, if they exist.
func removeAll(dir string, names ...string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			return errors.Wrapf(err, "report: %s of an earlier report", name)
		}
	}
	return nil
}
