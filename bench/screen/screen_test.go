package screen

import (
	"bytes"
	"io"
	"testing"
)

// Away from a terminal, a screen shows nothing but its lines, with a bar and without.
func TestAwayFromATerminal(t *testing.T) {
	var w bytes.Buffer
	s := New(Console{Out: io.Discard, Err: &w})
	o := s.Observer()
	o.Line("before")
	o.Describe("nothing")
	o.Steps(1)
	o.Bytes(1, -1)
	o.Begin("work", 10)
	o.Describe("the first")
	o.Steps(1)
	o.Line("1 of 10")
	o.Bytes(5, 100)
	o.Note("two\nlines and a \x1b[31mcolour")
	o.End()
	o.End()
	o.Begin("unknown", -1)
	o.Bytes(1, -1)
	o.End()
	if want := "before\n1 of 10\nnote: two?lines and a ?[31mcolour\n"; w.String() != want {
		t.Errorf("wrote %q, want %q", w.String(), want)
	}
}
