package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"hypnos/bench/experiment"
)

// bar shows how far a command is: as a progress bar on a terminal, and
// elsewhere as a line of its own wherever there is something to say.
type bar struct {
	w        io.Writer
	terminal bool
	bar      *progressbar.ProgressBar
}

// newBar starts a bar of so many steps; -1 means unknown.
func newBar(w io.Writer, steps int, what string) *bar {
	f, ok := w.(*os.File)
	b := &bar{w: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
	shown := io.Discard
	if b.terminal {
		shown = w
	}
	b.bar = progressbar.NewOptions(steps,
		progressbar.OptionSetWriter(shown), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowElapsedTimeOnFinish(), progressbar.OptionClearOnFinish())
	return b
}

// describe says what is being done now.
func (b *bar) describe(what string) { b.bar.Describe(what) }

// step counts one step.
func (b *bar) step() { b.steps(1) }

// steps counts several steps.
func (b *bar) steps(n int) { b.bar.Add(n) }

// bytes shows how many of total bytes are done; total may be unknown, -1.
func (b *bar) bytes(done, total int64) {
	if total > 0 && b.bar.GetMax64() != total {
		b.bar.ChangeMax64(total)
	}
	b.bar.Set64(done)
}

// line prints a line, above the bar where there is one.
func (b *bar) line(format string, args ...any) {
	if b.terminal {
		b.bar.Clear()
	}
	fmt.Fprintln(b.w, oneLine(fmt.Sprintf(format, args...)))
	if b.terminal {
		b.bar.RenderBlank()
	}
}

// note prints what console.note does, above the bar.
func (b *bar) note(lines ...string) {
	for _, line := range lines {
		b.line("note: %s", line)
	}
}

// finish takes the bar away.
func (b *bar) finish() {
	if b.terminal {
		b.bar.Clear()
	}
	b.bar.Exit()
}

// screen shows a person how an experiment goes: one bar at a time, and lines.
type screen struct {
	console
	bar *bar // nil between pieces of work
}

// begin shows a bar.
func (s *screen) begin(what string, steps int) { s.bar = newBar(s.err, steps, what) }

// end takes the bar away, if there is one.
func (s *screen) end() {
	if s.bar != nil {
		s.bar.finish()
		s.bar = nil
	}
}

// line prints a line, above the bar if there is one.
func (s *screen) line(text string) {
	if s.bar != nil {
		s.bar.line("%s", text)
		return
	}
	fmt.Fprintln(s.err, text)
}

// observer hears an experiment for the screen.
func (s *screen) observer() experiment.Observer {
	with := func(f func(b *bar)) {
		if s.bar != nil {
			f(s.bar)
		}
	}
	return experiment.Observer{
		Note: func(line string) { s.line("note: " + line) }, Line: s.line,
		Begin: s.begin, End: s.end,
		Describe: func(what string) { with(func(b *bar) { b.describe(what) }) },
		Steps:    func(n int) { with(func(b *bar) { b.steps(n) }) },
		Bytes:    func(done, total int64) { with(func(b *bar) { b.bytes(done, total) }) },
	}
}

// observer hears a piece of work for a screen of its own.
func (c console) observer() experiment.Observer { return (&screen{console: c}).observer() }
