package flags

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"

	"github.com/pkg/errors"
)

// Profiles are the files to write profiles of a program to.
type Profiles struct{ CPU, Memory, Trace string } // "" is none

// Register adds the flags.
func (p *Profiles) Register(fs *flag.FlagSet) {
	fs.StringVar(&p.CPU, "cpuprofile", "", "`file` to write a CPU profile to, for go tool pprof; none unless given")
	fs.StringVar(&p.Memory, "memprofile", "", "`file` to write a profile of all allocations to, for go tool pprof; none unless given")
	fs.StringVar(&p.Trace, "trace", "", "`file` to write an execution trace to, for go tool trace; none unless given")
}

// Named returns flags for another process of the program, which write to files of these
// names with a suffix.
func (p Profiles) Named(suffix string) []string {
	var flags []string
	for _, f := range []struct{ name, file string }{{"-cpuprofile", p.CPU}, {"-memprofile", p.Memory}, {"-trace", p.Trace}} {
		if f.file != "" {
			extension := filepath.Ext(f.file)
			flags = append(flags, f.name, strings.TrimSuffix(f.file, extension)+"-"+suffix+extension)
		}
	}
	return flags
}

// start begins the profiles; stop writes them.
func (p Profiles) start() (stop func() error, err error) {
	var stops []func() error
	stop = func() error {
		var first error
		for _, f := range stops {
			if err := f(); err != nil && first == nil {
				first = err
			}
		}
		return first
	}
	for _, f := range []struct {
		file  string
		begin func(*os.File) error
		end   func(*os.File) error
	}{
		{p.CPU, func(f *os.File) error { return pprof.StartCPUProfile(f) }, func(*os.File) error { pprof.StopCPUProfile(); return nil }},
		{p.Trace, func(f *os.File) error { return trace.Start(f) }, func(*os.File) error { trace.Stop(); return nil }},
		{p.Memory, func(*os.File) error { return nil }, func(f *os.File) error {
			runtime.GC() // up to date
			return pprof.Lookup("allocs").WriteTo(f, 0)
		}},
	} {
		if f.file == "" {
			continue
		}
		file, err := os.Create(f.file)
		if err == nil {
			if err = f.begin(file); err != nil {
				file.Close()
			}
		}
		if err != nil {
			stop()
			return nil, errors.Wrapf(err, "cannot write a profile to %q", f.file)
		}
		stops = append(stops, func() error {
			err := f.end(file)
			if e := file.Close(); err == nil {
				err = e
			}
			return errors.Wrapf(err, "profile %q", f.file)
		})
	}
	return stop, nil
}

// During runs f while the profiles are taken.
func (p Profiles) During(f func() error) error {
	stop, err := p.start()
	if err != nil {
		return err
	}
	err = f()
	if e := stop(); err == nil {
		err = e
	}
	return err
}
