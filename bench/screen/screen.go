package screen

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"hypnos/bench/experiment"
)

// Screen shows how work goes: lines and, where the console is a terminal, one progress
// bar at a time below them.
type Screen struct {
	Console
	terminal bool
	bar      *progressbar.ProgressBar // nil between pieces of work
}

// New returns a screen without a bar.
func New(c Console) *Screen {
	f, ok := c.Err.(*os.File)
	return &Screen{Console: c, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

// Begin shows a bar of so many steps, -1 if nobody knows.
func (s *Screen) Begin(what string, steps int) {
	shown := io.Discard
	if s.terminal {
		shown = s.Err
	}
	s.bar = progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(shown), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowElapsedTimeOnFinish(), progressbar.OptionClearOnFinish())
}

// End takes the bar away, if there is one.
func (s *Screen) End() {
	if s.bar == nil {
		return
	}
	if s.terminal {
		s.bar.Clear()
	}
	s.bar.Exit()
	s.bar = nil
}

// Line prints a line, above the bar if there is one.
func (s *Screen) Line(text string) {
	above := s.terminal && s.bar != nil
	if above {
		s.bar.Clear()
	}
	fmt.Fprintln(s.Err, OneLine(text))
	if above {
		s.bar.RenderBlank()
	}
}

// Note prints what Console.Note does, above the bar if there is one.
func (s *Screen) Note(line string) { s.Line("note: " + line) }

// Describe says what the steps are spent on now.
func (s *Screen) Describe(what string) {
	if s.bar != nil {
		s.bar.Describe(what)
	}
}

// Steps counts steps that are done.
func (s *Screen) Steps(n int) {
	if s.bar != nil {
		s.bar.Add(n)
	}
}

// Bytes shows how many bytes of a total are done, which may be unknown, -1.
func (s *Screen) Bytes(done, total int64) {
	if s.bar == nil {
		return
	}
	if total > 0 && s.bar.GetMax64() != total {
		s.bar.ChangeMax64(total)
	}
	s.bar.Set64(done)
}

// Observer shows on the screen what it hears.
func (s *Screen) Observer() experiment.Observer {
	return experiment.Observer{
		Note: s.Note, Line: s.Line, Begin: s.Begin, End: s.End,
		Describe: s.Describe, Steps: s.Steps, Bytes: s.Bytes,
	}
}
