package peers

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/peers/pytorch"
	"hypnos/bench/peers/scikitlearn"
	"hypnos/bench/setting"
)

// Launch is how a program is started.
type Launch struct {
	Name        string   // as users know it
	Command     []string // program and arguments
	Environment []string // NAME=VALUE; nil means that of this process
}

// Peer is a program that others wrote, to be compared with.
type Peer struct {
	Name string
	// Can tells whether it can do a task; largest is the largest batch that
	// will be asked for.
	Can func(t Task, largest int) bool
	// Prepare returns how to start it, the likeliest first, and what to do
	// when it is needed no more.
	Prepare func(ctx context.Context, o Options) (launches []Launch, done func(), err error)
}

// Options are what a user may say about peers.
type Options struct {
	// Python is the interpreter that has torch or scikit-learn; "" means python3,
	// or Debian's where that has none.
	Python string
	// Environment are settings NAME=VALUE for peers; one without a value is
	// taken away.
	Environment []string
	// Gorgonia is the command that serves package bench/peers/gorgonia.
	Gorgonia []string
}

// Known are the peers, by the names that users give them.
var Known = []Peer{
	{"pytorch", func(t Task, _ int) bool { return t.Name != "fit" }, preparePython("pytorch", pytorch.Script, pytorch.Environment)},
	{"gorgonia", canGorgonia, prepareGorgonia},
	{"scikit-learn", func(t Task, _ int) bool { return t.Name == "fit" }, preparePython("scikit-learn", scikitlearn.Script, nil)},
}

// Parse returns the peers of a list of names; an empty list is none. An
// unknown name, or one that stands twice, is an error.
func Parse(list string) ([]Peer, error) {
	if list == "" {
		return nil, nil
	}
	var peers []Peer
	names := setting.Names(list)
	for _, name := range names {
		i := slices.IndexFunc(Known, func(p Peer) bool { return p.Name == name })
		if i < 0 {
			return nil, errors.Errorf("unknown peer %q, want pytorch, gorgonia or scikit-learn", name)
		}
		peers = append(peers, Known[i])
	}
	return peers, setting.Distinct("peer %q", names)
}

// ParseEnvironment reads settings NAME=VALUE between commas; "" is none.
func ParseEnvironment(list string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	settings := strings.Split(list, ",")
	for _, s := range settings {
		if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
			return nil, errors.Errorf("-peer-env %q, want NAME=VALUE", s)
		}
	}
	return settings, nil
}

// preparePython returns the Prepare of a script in Python, with the settings of the
// environment in which it is fastest.
func preparePython(name, script string, settings []string) func(context.Context, Options) ([]Launch, func(), error) {
	return func(_ context.Context, o Options) ([]Launch, func(), error) {
		interpreters := []string{o.Python}
		if o.Python == "" {
			interpreters = []string{"python3", "/usr/bin/python3"}
		}
		var launches []Launch
		for _, python := range interpreters {
			launches = append(launches, Launch{
				Name: name, Command: []string{python, "-c", script},
				Environment: environment(os.Environ(), settings, o.Environment),
			})
		}
		return launches, func() {}, nil
	}
}

// canGorgonia: gorgonia has no local layers, and takes so long for a
// convolutional network that it is measured once.
func canGorgonia(t Task, largest int) bool {
	return t.Name == "train" && t.Variant == "conv" && t.Batch == largest
}

// prepareGorgonia starts the program that asks, which gorgonia is a part of.
func prepareGorgonia(_ context.Context, o Options) ([]Launch, func(), error) {
	if o.Gorgonia == nil {
		return nil, nil, errors.New("gorgonia: no command is known that serves it")
	}
	return []Launch{{Name: "gorgonia", Command: o.Gorgonia, Environment: environment(os.Environ(), nil, o.Environment)}}, func() {}, nil
}

// environment returns the variables of a process that has those of this one, the defaults
// where this one has none, and the changes, of which NAME= takes a variable away.
func environment(own, defaults, changes []string) []string {
	names := func(variable string) func(string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return func(v string) bool { return strings.HasPrefix(v, name+"=") }
	}
	result := slices.Clone(own)
	for _, variable := range defaults {
		if !slices.ContainsFunc(own, names(variable)) {
			result = append(result, variable)
		}
	}
	for _, variable := range changes {
		result = slices.DeleteFunc(result, names(variable))
		if _, value, _ := strings.Cut(variable, "="); value != "" {
			result = append(result, variable)
		}
	}
	return result
}
