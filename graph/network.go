package graph

import "slices"

// Network is a network: its layers and the values of its parameters.
//
// Goroutines may share it. Each compiles the network for itself: Training, Inference and
// Observation have memory of their own and the parameters in common. Any number of
// Inferences and Observations may run at the same time. What changes parameters or running
// moments (a training step, an optimiser's, a sleep, Load, Change) runs alone: it is an
// error if the network is in use by another goroutine. Whoever reads or writes Data by
// hand has to see to that.
type Network struct {
	Options Options
	// Layers are in the order in which they were built: each after its inputs.
	Layers []*Layer
	// Areas are its named parts, in the order in which they were named.
	Areas []Area

	logits     *Layer
	parameters map[string]*Parameter
	use        use
}

// Answering returns the layers that the logits depend on, in their order. In a
// recurrent network the last states of early areas may not be among them: nothing reads
// them.
func (n *Network) Answering() []*Layer {
	used := map[*Layer]bool{n.logits: true}
	var answering []*Layer
	for _, l := range slices.Backward(n.Layers) {
		if used[l] {
			answering = append(answering, l)
			for _, in := range l.Inputs {
				used[in] = true
			}
		}
	}
	slices.Reverse(answering)
	return answering
}

// Classes returns the number of logits.
func (n *Network) Classes() int { return n.logits.Output.Channels }

// Parameters returns what the network learns, in the order of its layers.
func (n *Network) Parameters() []*Parameter {
	var all []*Parameter
	for _, l := range n.Layers {
		all = append(all, l.Parameters...)
	}
	return all
}

// Moments returns the running moments of the norms, in the order of the layers.
func (n *Network) Moments() []*Parameter {
	var all []*Parameter
	for _, l := range n.Layers {
		all = append(all, l.Moments...)
	}
	return all
}

// Parameter returns the parameter or the running moment of that name, or nil.
func (n *Network) Parameter(name string) *Parameter { return n.parameters[name] }

// LocalLayers returns the layers whose locations have weights of their own. A layer that
// repeats another one is not among them.
func (n *Network) LocalLayers() []*Layer {
	var local []*Layer
	for _, l := range n.Layers {
		if l.Field != nil && !l.Field.Shared && l.Repeats == nil {
			local = append(local, l)
		}
	}
	return local
}

// ParameterCount returns how many numbers the parameters hold.
func (n *Network) ParameterCount() int {
	count := 0
	for _, p := range n.Parameters() {
		count += p.Count()
	}
	return count
}

// MultiplyAdds returns how many multiplications with weights one image takes.
func (n *Network) MultiplyAdds() int {
	count := 0.0 // each may be the largest int
	for _, l := range n.Layers {
		count += float64(l.MultiplyAdds)
	}
	return whole(count)
}
