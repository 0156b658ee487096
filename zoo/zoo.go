// Package zoo holds named networks. An architecture is written once and never
// asks whether its layers are convolutional or local: that is a value of its
// Config.
package zoo

import (
	"strings"

	"github.com/pkg/errors"

	"hypnos/graph"
)

// Config sizes a network of the zoo and says how it is connected.
type Config struct {
	Classes      int                // 0 means as published
	Input        graph.Size         // of the images; the zero value means as published
	Width        int                // channels of the first stage or area; 0 means as published
	Steps        int                // time steps of CORnet-R and -RT; 0 means as published; others must have 0
	Connectivity graph.Connectivity // the zero value is convolutional
	Seed         uint64             // of the initial weights
	// ZeroLastNorm starts the last norm of each block of a ResNet at a scale of
	// zero (Goyal et al. 2017, section 5.1). Others have no such blocks.
	ZeroLastNorm bool
	// Blank leaves all parameters zero: see graph.Options.
	Blank bool
	// MemoryLimit is how many bytes the network may take, as in graph.Options; 0 means
	// what the machine has, less than 0 no limit.
	MemoryLimit int
}

// architecture adds the layers of a network, from its images to its logits. In the
// Config nothing is left at 0 that has a default.
type architecture interface {
	add(b *graph.Builder, c Config) *graph.Layer
}

// New builds the network of that name. An unknown name is an error that lists
// the known ones.
func New(name string, c Config) (*graph.Network, error) {
	e, err := Find(name)
	if err != nil {
		return nil, err
	}
	net, err := e.build(c)
	return net, errors.Wrapf(err, "zoo: %s", name)
}

// Find returns the entry of that name. An unknown name is an error that lists
// the known ones.
func Find(name string) (Entry, error) {
	for _, e := range entries {
		if e.Name == name {
			return e, nil
		}
	}
	return Entry{}, errors.Errorf("zoo: unknown model %q, want one of %s", name, strings.Join(Names(), ", "))
}

// List returns the networks of the zoo.
func List() []Entry { return append([]Entry(nil), entries...) }

// Names returns their names.
func Names() []string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name
	}
	return names
}

// build fills in the entry's defaults and builds the network.
func (e Entry) build(c Config) (*graph.Network, error) {
	if c.Classes == 0 {
		c.Classes = e.Classes
	}
	if c.Input == (graph.Size{}) {
		c.Input = e.Input
	}
	if c.Width == 0 {
		c.Width = e.Width
	}
	if c.Classes < 1 || c.Width < 1 {
		return nil, errors.Errorf("%d classes and width %d, want at least 1 of each", c.Classes, c.Width)
	}
	if e.Steps == 0 && c.Steps != 0 {
		return nil, errors.Errorf("%d time steps, but the network has none to count", c.Steps)
	}
	if c.Steps == 0 {
		c.Steps = e.Steps
	}
	if r, ok := e.architecture.(cornetR); ok {
		if err := r.checkSteps(c.Steps); err != nil {
			return nil, err
		}
	}
	if _, ok := e.architecture.(resNet); c.ZeroLastNorm && !ok {
		return nil, errors.New("a last norm that starts at zero, but the network is no ResNet")
	}
	b := graph.NewBuilder(graph.Options{Input: c.Input, Connectivity: c.Connectivity, Seed: c.Seed, Blank: c.Blank, MemoryLimit: c.MemoryLimit})
	return b.Build(e.architecture.add(b, c))
}
