package results

import (
	"time"

	"gonum.org/v1/gonum/mat"
)

// Brain is how like recordings of the brain the areas of models are, and how like each
// other. Its files for programs are
//
//	areas.csv        one row per region, measure, model, seed and area
//	best.csv         one row per region, measure, model and seed: the best area; and the given models
//	differences.csv  one row per region, measure and pair of models
//	models.csv       one row per pair of areas
//	brain.json       everything; decodes into a Brain
//
// A value that does not exist is NaN, which its files write as those of a Comparison do.
type Brain struct {
	Title   string `json:"title"`
	Summary string `json:"summary"` // what was compared, one paragraph
	Command string `json:"command"` // the command line that ran it
	Warning string `json:"warning"` // that something is missing, or ""
	Credit  string `json:"credit"`  // of the recording, or ""

	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"-"` // duration_seconds in JSON

	Settings []Setting `json:"settings"` // in the order in which they are shown
	Machine  []Setting `json:"machine"`  // see Machine
	Versions []Setting `json:"versions"` // see Versions

	// Names, in the order in which they are shown. Without recordings there are no
	// regions.
	Regions  []string `json:"regions"`
	Measures []string `json:"measures"` // MeasurePLS, …
	Models   []string `json:"models"`   // without their seeds

	Areas BrainScores `json:"areas"` // of every area with every region, on all stimuli
	Best  BrainScores `json:"best"`  // of the area chosen on one half of the stimuli, on the other half
	Given BrainScores `json:"given"` // of models known by their dissimilarities alone, on all stimuli; Area is ""

	Differences []BrainDifference `json:"differences"` // of the best areas of every two models

	Matrices   []BrainMatrix `json:"matrices"`   // to draw; brain.json has those of up to 1,000 stimuli
	Categories []string      `json:"categories"` // of their stimuli, in the order of these, or nil

	Pairs []BrainPair `json:"alike"` // model against model
}

// BrainScore is how like a region an area of a model is, by one measure.
type BrainScore struct {
	Region, Measure, Model string

	Seed uint64 // 0 for a model that has none
	Area string // "" for a model that is a single representation

	Value float64
	Error float64 // over splits (PLS, ridge), over resamples of the stimuli (RSA), jackknife (CKA)

	// Low and High are the noise ceiling: equal where it is one number, the
	// reliability of the responses, and bounds where it comes from the agreement
	// of subjects.
	Low, High    float64
	CeilingError float64

	P float64 // of a permutation test (RSA)

	// ExplainedVariance is Value²/c and SquaredRatio (Value/c)², of PLS and ridge
	// under the ceiling c.
	ExplainedVariance, SquaredRatio float64
}

// BrainDifference is how much closer to a region the best area of one model is
// than that of another, by one measure.
type BrainDifference struct {
	Region, Measure, A, B string

	Value float64 // the score of A less that of B, of means over seeds
	Error float64 // its standard error, over stimuli and over seeds; NaN where there is none
}

// BrainMatrix is the dissimilarities of every two stimuli.
type BrainMatrix struct {
	Name            string // "monkey IT", "lc, seed 1: layer2"
	Dissimilarities mat.Symmetric
}

// BrainPair is how alike areas of two models are.
type BrainPair struct {
	A, B string  // "lc, seed 1: layer2": an area's name follows the last ": "
	CKA  float64 // linear, unbiased
	RSA  float64 // Spearman's correlation of dissimilarities
}
