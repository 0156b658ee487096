// Package results names the types of a comparison and of a report on the brain,
// on their way out of package report.
package results

import "hypnos/bench/report"

type (
	Comparison      = report.Report
	Setting         = report.Setting
	Variant         = report.Variant
	Run             = report.Run
	Epoch           = report.Epoch
	Evaluation      = report.Evaluation
	Layer           = report.Layer
	Right           = report.Right
	Brain           = report.Brain
	BrainScore      = report.BrainScore
	BrainDifference = report.BrainDifference
	BrainMatrix     = report.BrainMatrix
	BrainPair       = report.BrainPair
)

const (
	MeasurePLS      = report.MeasurePLS
	MeasureRidge    = report.MeasureRidge
	MeasureSpearman = report.MeasureSpearman
	MeasurePearson  = report.MeasurePearson
	MeasureCKA      = report.MeasureCKA
)

func NoEvaluation() Evaluation { return report.NoEvaluation() }
func Machine() []Setting       { return report.Machine() }
func Versions() []Setting      { return report.Versions() }
