package graph

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"
)

// Connectivity decides, for every layer with a receptive field, whether its
// locations share one set of weights. The zero value is a convolutional
// network.
type Connectivity struct {
	// Local makes layers locally connected: each location has weights of its
	// own. The other fields say which layers are excepted.
	Local bool
	// FirstConvolutional is how many layers, counted from the input in the
	// order in which they are built, stay convolutional.
	FirstConvolutional int
	// Convolutional1x1 keeps layers with 1x1 kernels convolutional.
	Convolutional1x1 bool
	// Frozen1x1 keeps the weights of layers with 1x1 kernels at their initial
	// values.
	Frozen1x1 bool
	// SharedStart starts all locations of a local layer at one kernel plus
	// noise, instead of independently:
	//
	//	w = σ/√(1+Deviation²) · (kernel + Deviation·noise)
	//
	// with a standard normal kernel and noise, so that the deviation σ of the
	// weights is that of independent ones (Pogodin et al. 2021, reference
	// implementation).
	SharedStart bool
	// Deviation is the size of that noise relative to the kernel; 0 starts
	// the network as a convolutional one.
	Deviation float64
}

// check returns an error for a field that is out of range.
func (c Connectivity) check() error {
	if c.FirstConvolutional < 0 {
		return errors.Errorf("graph: first %d layers convolutional: the number is negative", c.FirstConvolutional)
	}
	if !(c.Deviation >= 0 && c.Deviation <= 1e6) {
		return errors.Errorf("graph: deviation %v of the initial weights, want a number of at least 0", c.Deviation)
	}
	return nil
}

// local tells whether layer i, counted from 0 among those with a receptive
// field, is locally connected.
func (c Connectivity) local(i, kernel int) bool {
	return c.Local && i >= c.FirstConvolutional && !(kernel == 1 && c.Convolutional1x1)
}

// String describes the connectivity in a few words.
func (c Connectivity) String() string {
	words := []string{"convolutional"}
	if c.Local {
		words[0] = "locally connected"
		if c.FirstConvolutional > 0 {
			words = append(words, fmt.Sprintf("first %d convolutional", c.FirstConvolutional))
		}
		if c.Convolutional1x1 {
			words = append(words, "1x1 convolutional")
		}
		if c.SharedStart {
			words = append(words, fmt.Sprintf("shared start with deviation %g", c.Deviation))
		}
	}
	if c.Frozen1x1 {
		words = append(words, "1x1 frozen")
	}
	return strings.Join(words, ", ")
}
