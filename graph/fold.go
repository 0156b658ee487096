package graph

import (
	"fmt"
	"slices"
	"strings"
)

// A recurrent network is built unrolled, with a layer for each time. Folding makes one
// unit of the layers that do the same at different times; a unit reads what others
// answered at the same time or before. A network that is not recurrent has a unit for
// each layer.

// unit is a layer at all its times, the first time first.
type unit struct {
	layers []*Layer
	inputs []*link
}

// link is what a unit reads of another one.
type link struct {
	from, to *unit
	times    []int // of the reader, at which it reads
	delay    int   // how many time steps before that the other one answered
}

func (u *unit) first() *Layer { return u.layers[0] }

// fold returns the units of a network in the order of their first layers. Zeros,
// which stand for answers that do not exist yet, are left out.
func (n *Network) fold() []*unit {
	var units []*unit
	of := map[*Layer]*unit{}
	for _, l := range n.Layers {
		switch {
		case l.Kind == kindZeros:
			continue
		case l.Repeats != nil:
			of[l] = of[l.Repeats]
		default:
			same := func(u *unit) bool { return repeats(l, u.first(), of) }
			if i := slices.IndexFunc(units, same); i >= 0 {
				of[l] = units[i]
				break
			}
			of[l] = &unit{}
			units = append(units, of[l])
		}
		of[l].layers = append(of[l].layers, l)
	}
	return linked(units, of)
}

// unfold returns a unit for each layer.
func (n *Network) unfold() []*unit {
	var units []*unit
	of := map[*Layer]*unit{}
	for _, l := range n.Layers {
		of[l] = &unit{layers: []*Layer{l}}
		units = append(units, of[l])
	}
	return linked(units, of)
}

// repeats tells whether l does at a later time what m does: the same kind of layer
// without weights of a receptive field, that reads later answers of the same units.
func repeats(l, m *Layer, of map[*Layer]*unit) bool {
	if l.Field != nil || l.Kind != m.Kind || l.Output.Channels != m.Output.Channels || len(l.Inputs) != len(m.Inputs) || len(l.Inputs) == 0 {
		return false
	}
	later := false
	for i, in := range l.Inputs {
		same := of[in] != nil && of[in] == of[m.Inputs[i]]
		if i == 0 && !same {
			return false
		}
		later = later || same && in != m.Inputs[i]
	}
	return later
}

// linked adds the links between units.
func linked(units []*unit, of map[*Layer]*unit) []*unit {
	for _, u := range units {
		for _, l := range u.layers {
			for _, in := range l.Inputs {
				from := of[in]
				if from == nil {
					continue
				}
				i := slices.IndexFunc(u.inputs, func(k *link) bool { return k.from == from })
				if i < 0 {
					i = len(u.inputs)
					u.inputs = append(u.inputs, &link{from: from, to: u})
				}
				k := u.inputs[i]
				k.times = append(k.times, l.Time)
				if len(from.layers) > 1 { // a single answer holds at all times
					// An area that counts times of its own reads the last of the area before it.
					k.delay = max(l.Time-in.Time, 0)
				}
			}
		}
	}
	return units
}

// label says when a unit reads another one: how much later than it answers, or at which
// times, or "" if at all times at which it reads anything.
func (k *link) label() string {
	if k.delay == 1 {
		return "t + 1"
	} else if k.delay > 1 {
		return fmt.Sprintf("t + %d", k.delay)
	}
	reads := 0
	for _, l := range k.to.layers {
		if slices.ContainsFunc(l.Inputs, func(in *Layer) bool { return in.Kind != kindZeros }) {
			reads++
		}
	}
	first, last := k.times[0], k.times[len(k.times)-1]
	switch {
	case len(k.times) >= reads:
		return ""
	case first == last:
		return fmt.Sprintf("t = %d", first)
	}
	return fmt.Sprintf("t = %d to %d", first, last)
}

// stacks joins units that pass an answer on to each other alone: norms, rectification
// and pooling stand below the layer with weights, or the sum of branches, that they
// follow.
func (n *Network) stacks(units []*unit) [][]*unit {
	readers := map[*unit]int{}
	for _, u := range units {
		for _, k := range u.inputs {
			readers[k.from]++
		}
	}
	var bottom []*unit
	next := map[*unit]*unit{}
	for _, u := range units {
		if u.first().transforms() && len(u.inputs) == 1 {
			k := u.inputs[0]
			if readers[k.from] == 1 && k.label() == "" && n.area(u) == n.area(k.from) {
				next[k.from] = u
				continue
			}
		}
		bottom = append(bottom, u)
	}
	stacks := make([][]*unit, len(bottom))
	for i, u := range bottom {
		for ; u != nil; u = next[u] {
			stacks[i] = append(stacks[i], u)
		}
	}
	return stacks
}

// transforms tells whether a layer stands below the one that it reads, as norms,
// rectifications and max pooling do.
func (l *Layer) transforms() bool { return l.Field == nil && !l.boxed && len(l.Inputs) == 1 }

// area returns the index of the area of a unit, or -1.
func (n *Network) area(u *unit) int {
	return slices.IndexFunc(n.Areas, func(a Area) bool {
		return strings.HasPrefix(u.first().Name, a.Name+".") || slices.Contains(a.layers, u.first())
	})
}
