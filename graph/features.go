package graph

import (
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/kernel"
)

// Features are what an area or a layer answers to images.
type Features struct {
	Name string // of the area or layer
	Size Size
	Data []float32 // N C H W; N C of a layer without a map
}

// Features returns what areas, or layers, answer to images N C H W, with norms
// that use their running moments. Names are those of the network's areas or of
// its layers. An unknown name is an error that lists the areas.
func (n *Network) Features(images []float32, names ...string) ([]Features, error) {
	layers := make([]*Layer, len(names))
	for i, name := range names {
		var err error
		if layers[i], err = n.Find(name); err != nil {
			return nil, err
		}
	}
	activations, err := n.Activations(images, layers...)
	if err != nil {
		return nil, err
	}
	features := make([]Features, len(names))
	for i, l := range layers {
		s := l.Output
		data := make([]float32, len(activations[i]))
		kernel.BatchOutermost(data, activations[i], len(data)/(s.Channels*s.Height*s.Width), s.Channels, s.Height, s.Width)
		features[i] = Features{names[i], s, data}
	}
	return features, nil
}

// Find returns the layer that speaks for the area of that name, or the layer of
// that name. An unknown name is an error that lists the areas.
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
