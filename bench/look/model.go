package look

import (
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/setting"
	"hypnos/graph"
	"hypnos/zoo"
)

// Model says how a network of the zoo is built, whichever it is, and how it is shown
// pictures. Its errors name settings as experiment.Fields does, with a dash.
type Model struct {
	// Spec has one variant, conv or lc, and Width, Steps, Local, Seed and Initial;
	// for pictures also Batch, Data.Background and Data.SkipBad. The rest has no effect.
	Spec    experiment.Spec
	Classes int        // 0 means as published
	Side    int        // of the images, pixels; 0 means as published
	Input   graph.Size // of the images, where a data set says it; the zero value means as Side says
}

// Network builds the network of that name; a blank one has zeros for weights.
func (m Model) Network(name string, blank bool) (*graph.Network, error) {
	e, err := zoo.Find(name)
	if err != nil {
		return nil, err
	}
	variant := strings.Join(m.Spec.Variants, ",")
	v, err := experiment.ParseVariant(variant)
	if err != nil || v.Name != "conv" && v.Name != "lc" {
		return nil, errors.Errorf("-variant %q, want conv or lc", variant)
	}
	for _, size := range []struct {
		setting string
		value   int
	}{{"width", m.Spec.Width}, {"classes", m.Classes}, {"image-size", m.Side}, {"steps", m.Spec.Steps}} {
		if size.value < 0 {
			return nil, errors.Errorf("-%s %d, want at least 0", size.setting, size.value)
		}
	}
	switch {
	case m.Input != graph.Size{}:
		e.Input = m.Input
	case m.Side > 0:
		e.Input.Height, e.Input.Width = m.Side, m.Side
	}
	m.Spec.Model = name
	return m.Spec.Network(v, e.Input, m.Classes, m.Spec.Seed, blank)
}

// Weighted builds the network of that name with the weights of the file Spec.Initial or,
// without one, initial ones. Note, unless it is nil, hears what is to be known of the file.
func (m Model) Weighted(name string, note func(line string)) (*graph.Network, error) {
	file := m.Spec.Initial
	net, err := m.Network(name, file != "")
	if err != nil || file == "" {
		return net, err
	}
	return net, net.Load(file, graph.LoadOptions{Deviation: max(m.Spec.Local.Deviation, 0), Seed: m.Spec.Seed, Note: note})
}

// CheckBatch is an error if no pictures would be shown at a time.
func (m Model) CheckBatch() error {
	if m.Spec.Batch < 1 {
		return errors.Errorf("-batch %d, want at least 1", m.Spec.Batch)
	}
	return nil
}

// Layers are the areas and layers of a network that a list names; "" and auto name all
// areas.
func Layers(net *graph.Network, areas string) ([]string, error) {
	if areas == "" || areas == "auto" {
		return net.AreaNames(), nil
	}
	names := setting.Names(areas)
	for _, name := range names {
		if _, err := net.Find(name); err != nil {
			return nil, err
		}
	}
	return names, setting.Distinct("-areas: %q", names)
}
