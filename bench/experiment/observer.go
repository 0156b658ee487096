package experiment

import (
	"fmt"
	"hypnos/bench/results"
)

// Observer hears how an experiment goes. A function that is nil hears nothing; none is
// called by two goroutines at once.
type Observer struct {
	// Note hears what a user should know and need not do anything about.
	Note func(line string)
	// Line hears in words of what is done: an epoch, an image that is skipped.
	Line func(line string)
	// Begin hears of a piece of work of so many steps, -1 if nobody knows, and End that
	// it is over. Pieces follow each other.
	Begin func(what string, steps int)
	End   func()
	// Describe hears what the steps are spent on now, and Steps of each that is done.
	Describe func(what string)
	Steps    func(n int)
	// Bytes hears how many bytes of a file that is fetched are there; total may be -1.
	Bytes func(done, total int64)
	// Run hears of each run that has ended, with all results so far. An error stops the
	// experiment.
	Run func(so []results.Variant) error
}

// Heard is an observer none of whose functions is nil.
func (o Observer) Heard() Observer {
	quiet := func(string) {}
	for _, f := range []*func(string){&o.Note, &o.Line, &o.Describe} {
		if *f == nil {
			*f = quiet
		}
	}
	if o.Begin == nil {
		o.Begin = func(string, int) {}
	}
	if o.End == nil {
		o.End = func() {}
	}
	if o.Steps == nil {
		o.Steps = func(int) {}
	}
	if o.Bytes == nil {
		o.Bytes = func(int64, int64) {}
	}
	if o.Run == nil {
		o.Run = func([]results.Variant) error { return nil }
	}
	return o
}

func (o Observer) line(format string, args ...any) { o.Line(fmt.Sprintf(format, args...)) }
