// Package plotting names what draws figures, on its way out of package report.
package plotting

import "hypnos/bench/report"

type (
	Curve   = report.Curve
	Point   = report.Point
	Level   = report.Level
	Panel   = report.Panel
	Sheet   = report.Sheet
	Picture = report.Picture
)
