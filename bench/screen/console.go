// Package screen shows a person what a program does: results on its output, and notes,
// lines and the progress of an experiment on its standard error.
package screen

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"hypnos/bench/experiment"
)

// Console is where a program writes: results to Out, and how it goes to Err.
type Console struct {
	Out, Err io.Writer
	Program  Program
}

// Note tells what a user should know and need not do anything about.
func (c Console) Note(line string) { fmt.Fprintf(c.Err, "note: %s\n", OneLine(line)) }

// Observer shows a piece of work on a screen of its own.
func (c Console) Observer() experiment.Observer { return New(c).Observer() }

// OneLine is a text as one line, in which a question mark stands for each line end and
// whatever else a terminal obeys: names of files, and what stands in files, may have
// some.
func OneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text)
}
