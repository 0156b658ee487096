// Package results holds the results of runs in plain values: a comparison of networks
// with its runs, epochs and layers (Comparison), and how like the brain networks are
// (Brain). It computes what follows from them, such as the share of the gap between lc and
// conv that a variant wins back, and writes files for programs. It knows nothing of
// networks, and leaves words and figures to package report. A checkpoint stores a Run in
// JSON.
//
// The files of a Comparison:
//
//	results.csv   one row per variant; gap_won_back is the share of the gap between lc and conv
//	epochs.csv    one row per variant, seed and epoch
//	layers.csv    one row per variant, seed, epoch and local layer
//	history.npz   epochs.csv as arrays for NumPy
//	results.json  everything; decodes into a Comparison
//
// Fractions, such as top-1, are stored as 0..1. NaN stands for a value that does
// not exist or is undefined; CSV files say NaN. Infinities are +Inf and -Inf in
// CSV. JSON has no such numbers, so there the three are the strings "NaN", "+Inf"
// and "-Inf".
//
// Two comparisons of equal runs have identical CSV files, apart from the columns
// whose names contain "seconds".
package results

import (
	"math"
	"time"
)

// Baseline is the name of the convolutional variant, which the others are compared with,
// and Plain that of the locally connected one. The gap between them is what the other
// variants are meant to close.
const (
	Baseline = "conv"
	Plain    = "lc"
)

// Comparison is a comparison of variants of one network: what was run, and what was
// measured.
type Comparison struct {
	Title   string `json:"title"`
	Summary string `json:"summary"` // what was compared, one paragraph
	Command string `json:"command"` // the command line that ran it

	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"-"` // duration_seconds in JSON

	// Interrupted says that the comparison was stopped before its end.
	Interrupted bool `json:"interrupted"`

	// Short says that the networks were trained too briefly to judge by.
	Short bool `json:"short,omitempty"`

	// Mode says which images the results are of: test, for which "" stands too, or
	// validation.
	Mode string `json:"mode,omitempty"`

	// LearningRateChoice says how the learning rates were chosen.
	LearningRateChoice string `json:"learning_rate_choice"`

	Settings []Setting `json:"settings"` // in the order in which they are shown
	Machine  []Setting `json:"machine"`  // see Machine
	Versions []Setting `json:"versions"` // see Versions
	Variants []Variant `json:"variants"` // in the order in which they are shown

	// Finding says in plain words what came out, as package report writes it into
	// results.json for programs; nothing is computed from it.
	Finding string `json:"-"` // finding in JSON
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
	// a sentence: a sleep after every step. If it is "", sentences have the name.
	Method       string  `json:"method,omitempty"`
	Parameters   int     `json:"parameters"`    // how many numbers are trained
	LearningRate float64 `json:"learning_rate"` // at the start
	// Local says that the network has locally connected layers, and so a
	// signal-to-noise ratio of its weights.
	Local bool `json:"local"`
	// Runs are all the runs that were planned, one for each seed. A run that was not
	// started has no epochs.
	Runs []Run `json:"runs"`
}

// Run is the training of a variant from one seed.
type Run struct {
	Seed uint64 `json:"seed"`
	// Complete says that the run reached its end. Its last epoch is its result.
	Complete bool    `json:"complete"`
	Epochs   []Epoch `json:"epochs"` // those that finished, in order

	// Right says which images the network was right about, in the last evaluation on
	// the images of the comparison's Mode; nil if the program that ran it did not keep
	// that.
	Right Right `json:"right,omitempty"`

	// Brain is how like the brain the best area of the trained network is, at most one
	// score for each region and measure, and Untrained that of the same network before
	// training. nil if it was not measured.
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

	// Evaluations of the network after the epoch: on the test images, on those held
	// back from training, and on the training images without augmentation.
	Test, Validation, TrainEval Evaluation

	SNR     float64 // signal-to-noise ratio of the local weights, median over layers
	PoolSNR float64 // that of the weights of pools, likewise
	Spread  float64 // share of the pools' distance to their fixed point that the last sleep left, likewise
	Cosine  float64 // of the mean weights of pools to those before that sleep, likewise
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
