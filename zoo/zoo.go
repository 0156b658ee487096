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
	Classes      int                // 0 means 10
	Input        graph.Size         // of the images; the zero value means the entry's own
	Width        int                // channels of the first stage; 0 means the entry's own
	Connectivity graph.Connectivity // the zero value is convolutional
	Seed         uint64             // of the initial weights
}

// Entry is a named network.
type Entry struct {
	Name  string
	Paper string     // where it comes from
	Input graph.Size // that it was published for
	Width int        // that it was published with

	blocks int // residual blocks a stage
}

// The CIFAR ResNets of He et al. have 6n+2 layers, n blocks in each of three
// stages.
var entries = []Entry{
	cifarResNet("resnet8", 1),
	cifarResNet("resnet14", 2),
	cifarResNet("resnet20", 3),
	cifarResNet("resnet32", 5),
	cifarResNet("resnet44", 7),
	cifarResNet("resnet56", 9),
	cifarResNet("resnet110", 18),
}

func cifarResNet(name string, blocks int) Entry {
	return Entry{
		Name: name, Paper: "He et al. 2015, Deep Residual Learning, section 4.2",
		Input: graph.Size{Channels: 3, Height: 32, Width: 32}, Width: 16, blocks: blocks,
	}
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

// New builds the network of that name. An unknown name is an error that lists
// the known ones.
func New(name string, c Config) (*graph.Network, error) {
	for _, e := range entries {
		if e.Name == name {
			net, err := e.build(c)
			return net, errors.Wrapf(err, "zoo: %s", name)
		}
	}
	return nil, errors.Errorf("zoo: unknown model %q, want one of %s", name, strings.Join(Names(), ", "))
}

// build fills in the entry's defaults and builds the network.
func (e Entry) build(c Config) (*graph.Network, error) {
	if c.Classes == 0 {
		c.Classes = 10
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
	b := graph.NewBuilder(graph.Options{Input: c.Input, Connectivity: c.Connectivity, Seed: c.Seed})
	return b.Build(resNet(b, e.blocks, c.Width, c.Classes))
}
