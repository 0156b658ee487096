package flags

import (
	"flag"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
)

// Model is the flags by which commands that look at a network name and size it.
type Model struct{ look.Model }

// Register adds the flags.
func (m *Model) Register(fs *flag.FlagSet) {
	m.Spec = experiment.Default()
	m.Spec.Variants = []string{"conv"}
	Register(fs, &m.Spec, append([]string{"variant", "width", "steps"}, Local...)...)
	Explain(fs, "variant", "conv or lc: convolutional or locally connected")
	fs.IntVar(&m.Classes, "classes", 0, "number of classes; 0 means as published")
	fs.IntVar(&m.Side, "image-size", 0, "height and width of the images, `pixels`; 0 means as published")
}

// RegisterWeights adds the flags of a command that looks at weights.
func (m *Model) RegisterWeights(fs *flag.FlagSet) {
	Register(fs, &m.Spec, "seed")
	Explain(fs, "seed", "source of initial weights, and of the noise of -deviation")
	fs.StringVar(&m.Spec.Initial, "weights", "", "`file` of weights, PyTorch's or safetensors, instead of initial ones; local layers start as copies of a convolution's, with -deviation times as much noise")
	RegisterVerbose(fs)
}

// RegisterPictures adds the flags of a command that shows pictures, so many at a time.
func (m *Model) RegisterPictures(fs *flag.FlagSet, batch int) {
	m.Spec.Batch = batch
	Register(fs, &m.Spec, "batch", "skip-bad-images", "background")
	Explain(fs, "batch", "pictures at a time")
	Explain(fs, "skip-bad-images", "count and list images that cannot be read, and leave them out instead of stopping; all are read once more, before")
}

// RegisterVerbose adds the flag of a command that reads weights.
func RegisterVerbose(fs *flag.FlagSet) {
	fs.Bool("v", false, "list all names and shapes of weights that do not fit the network")
}

// NeedWeights is an error if there is no file of weights.
func (m *Model) NeedWeights() error {
	if m.Spec.Initial == "" {
		return errors.New("-weights is missing: the file of a trained network, such as train -save writes or PyTorch")
	}
	return nil
}

// NeedEffects is an error if a flag that was given has no effect.
func (m *Model) NeedEffects(given map[string]bool, more ...Effect) error {
	if err := m.Spec.NeedEffects(given); err != nil {
		return err
	}
	seed := Effect{[]string{"seed"}, m.Spec.Initial == "" || m.Spec.Local.Deviation > 0, "all weights are those of the file"}
	return NeedEffects(given, append([]Effect{seed}, more...)...)
}
