// Package brainreport writes a report on the brain, on its way out of package
// report.
package brainreport

import "hypnos/bench/report"

func Write(b *report.Brain, dir string) error { return b.Write(dir) }
func Text(b *report.Brain) string             { return b.Text() }
func Markdown(b *report.Brain) string         { return b.Markdown() }
