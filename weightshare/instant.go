package weightshare

import (
	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/internal/kernel"
)

// Share sets the weights of every neuron of a local layer, in the whole
// network, to the mean over its pool: instant sharing, what a sleep phase tends
// to. Neurons that see padding are included, as in the reference; biases and
// frozen weights are left as they are.
func Share(net *graph.Network) {
	for _, l := range net.LocalLayers() {
		f := l.Field
		if f.Weight.Frozen {
			continue
		}
		kernel.Pools{
			OH: f.Output.Height, OW: f.Output.Width, Period: f.Kernel, Size: len(f.Weight.Data) / f.Weight.Shape[0],
		}.Share(f.Weight.Data)
	}
}

// Instant returns a hook for the training loop that shares the weights of net
// instantly after every so many steps. A network without local layers that
// learn has nothing to share, which is an error.
func Instant(net *graph.Network, every int) (func(step int) error, error) {
	if every < 1 {
		return nil, errors.Errorf("weightshare: sharing every %d steps, want at least 1", every)
	}
	if !canSleep(net) {
		return nil, errors.New("weightshare: the network has no locally connected layers whose weights could be shared")
	}
	return func(step int) error {
		if step%every == 0 {
			Share(net)
		}
		return nil
	}, nil
}

func canSleep(net *graph.Network) bool {
	for _, l := range net.LocalLayers() {
		if !l.Field.Weight.Frozen {
			return true
		}
	}
	return false
}
