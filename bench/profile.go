package main

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

// profiles are the files to write profiles to; "" means none.
type profiles struct{ cpu, memory, trace string }

// register adds the flags.
func (p *profiles) register(fs *flag.FlagSet) {
	fs.StringVar(&p.cpu, "cpuprofile", "", "`file` to write a CPU profile to, for go tool pprof; none unless given")
	fs.StringVar(&p.memory, "memprofile", "", "`file` to write a profile of all allocations to, for go tool pprof; none unless given")
	fs.StringVar(&p.trace, "trace", "", "`file` to write an execution trace to, for go tool trace; none unless given")
}

// named returns flags that write to files of these names with a suffix.
func (p profiles) named(suffix string) []string {
	var flags []string
	for _, f := range []struct{ name, file string }{{"-cpuprofile", p.cpu}, {"-memprofile", p.memory}, {"-trace", p.trace}} {
		if f.file != "" {
			extension := filepath.Ext(f.file)
			flags = append(flags, f.name, strings.TrimSuffix(f.file, extension)+"-"+suffix+extension)
		}
	}
	return flags
}

// start begins what was asked for. stop writes it down.
func (p profiles) start() (stop func() error, err error) {
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
		{p.cpu, func(f *os.File) error { return pprof.StartCPUProfile(f) }, func(*os.File) error { pprof.StopCPUProfile(); return nil }},
		{p.trace, func(f *os.File) error { return trace.Start(f) }, func(*os.File) error { trace.Stop(); return nil }},
		{p.memory, func(*os.File) error { return nil }, func(f *os.File) error {
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

// during runs f while the profiles are taken.
func (p profiles) during(f func() error) error {
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
