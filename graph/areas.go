package graph

import (
	"strings"

	"github.com/pkg/errors"
)

// Find returns the output layer of the area of that name, or else the layer of that
// name. An unknown name is an error that lists the areas.
func (n *Network) Find(name string) (*Layer, error) {
	for _, a := range n.Areas {
		if a.Name == name {
			return a.Output, nil
		}
	}
	for _, l := range n.Layers {
		if l.Name == name {
			return l, nil
		}
	}
	if len(n.Areas) == 0 {
		return nil, errors.Errorf("graph: no layer is called %q, and the network has no areas", name)
	}
	return nil, errors.Errorf("graph: no area or layer is called %q; the areas are %s", name, strings.Join(n.AreaNames(), ", "))
}

// AreaNames returns the names of the areas.
func (n *Network) AreaNames() []string {
	names := make([]string, len(n.Areas))
	for i, a := range n.Areas {
		names[i] = a.Name
	}
	return names
}
