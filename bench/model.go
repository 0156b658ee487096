package main

import (
	"flag"
	"image/color"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/graph"
	"hypnos/zoo"
)

// modelFlags name and size a network, for the commands that look at one.
type modelFlags struct {
	spec          experiment.Spec // Variants, Width, Steps, Local, Seed, Initial; of commands that show pictures also Data and Batch
	classes, side int
	input         graph.Size // of the images, where a data set says it; the zero value means as side does
}

// register adds the flags.
func (f *modelFlags) register(fs *flag.FlagSet) {
	f.spec = experiment.Default()
	f.spec.Variants = []string{"conv"}
	register(fs, &f.spec, append([]string{"variant", "width", "steps"}, localFlags...)...)
	explain(fs, "variant", "conv or lc: convolutional or locally connected")
	fs.IntVar(&f.classes, "classes", 0, "number of classes; 0 means as published")
	fs.IntVar(&f.side, "image-size", 0, "height and width of the images, `pixels`; 0 means as published")
}

// registerWeights adds the flags of a command that looks at weights.
func (f *modelFlags) registerWeights(fs *flag.FlagSet) {
	register(fs, &f.spec, "seed")
	explain(fs, "seed", "source of initial weights, and of the noise of -deviation")
	fs.StringVar(&f.spec.Initial, "weights", "", "`file` of weights, PyTorch's or safetensors, instead of initial ones; local layers start as copies of a convolution's, with -deviation times as much noise")
	registerVerbose(fs)
}

// registerPictures adds the flags of a command that shows pictures, so many at a time.
func (f *modelFlags) registerPictures(fs *flag.FlagSet, batch int) {
	f.spec.Batch = batch
	register(fs, &f.spec, "batch", "skip-bad-images", "background")
	explain(fs, "batch", "pictures at a time")
	explain(fs, "skip-bad-images", "count and list images that cannot be read, and leave them out instead of stopping; all are read once more, before")
}

// checkBatch is an error if no pictures would be shown at a time.
func (f modelFlags) checkBatch() error {
	if f.spec.Batch < 1 {
		return errors.Errorf("-batch %d, want at least 1", f.spec.Batch)
	}
	return nil
}

// background is the colour behind transparent pictures, or nil. Its flag has been
// checked.
func (f modelFlags) background() color.Color {
	c, _ := experiment.ParseColour(f.spec.Data.Background)
	return c
}

// needEffects is an error if a flag that was given has no effect.
func (f modelFlags) needEffects(given map[string]bool, more ...effect) error {
	if err := f.spec.NeedEffects(given); err != nil {
		return err
	}
	return needEffects(given, append([]effect{{[]string{"seed"}, f.spec.Initial == "" || f.spec.Local.Deviation > 0, "all weights are those of the file"}}, more...)...)
}

// registerVerbose adds the flag of a command that reads weights.
func registerVerbose(fs *flag.FlagSet) {
	fs.Bool("v", false, "list all names and shapes of weights that do not fit the network")
}

// weighted builds the network of that name with the weights of the file, or
// initial ones without it. Notes on the file are told.
func (f modelFlags) weighted(model string, note func(lines ...string)) (*graph.Network, error) {
	file := f.spec.Initial
	net, err := f.network(model, file != "")
	if err != nil || file == "" {
		return net, err
	}
	return net, net.Load(file, graph.LoadOptions{
		Deviation: max(f.spec.Local.Deviation, 0), Seed: f.spec.Seed, Note: func(line string) { note(line) },
	})
}

// needWeights is an error if there is no file of weights.
func (f modelFlags) needWeights() error {
	if f.spec.Initial == "" {
		return errors.New("-weights is missing: the file of a trained network, such as bench train -save writes or PyTorch")
	}
	return nil
}

// network builds the network of that name; a blank one has zeros for weights.
func (f modelFlags) network(model string, blank bool) (*graph.Network, error) {
	e, err := zoo.Find(model)
	if err != nil {
		return nil, err
	}
	v, err := experiment.ParseVariant(f.spec.Variants[0])
	if err != nil || v.Name != "conv" && v.Name != "lc" {
		return nil, errors.Errorf("-variant %q, want conv or lc", f.spec.Variants[0])
	}
	for _, size := range []struct {
		flag  string
		value int
	}{{"width", f.spec.Width}, {"classes", f.classes}, {"image-size", f.side}, {"steps", f.spec.Steps}} {
		if size.value < 0 {
			return nil, errors.Errorf("-%s %d, want at least 0", size.flag, size.value)
		}
	}
	switch {
	case f.input != graph.Size{}:
		e.Input = f.input
	case f.side > 0:
		e.Input.Height, e.Input.Width = f.side, f.side
	}
	f.spec.Model = model
	return f.spec.Network(v, e.Input, f.classes, f.spec.Seed, blank)
}

// flagsAnywhere parses the flags after arguments that are none, where package
// flag stops, and returns these arguments.
func flagsAnywhere(fs *flag.FlagSet, args []string) ([]string, error) {
	usage := fs.Usage
	fs.Usage = func() {} // whoever is told of -h shows it
	defer func() { fs.Usage = usage }()
	var others []string
	for len(args) > 0 {
		others = append(others, args[0])
		if err := fs.Parse(args[1:]); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError{err}
		}
		args = fs.Args()
	}
	return others, nil
}

// oneModel parses flags anywhere around the name of a model, which it returns.
func oneModel(fs *flag.FlagSet, args []string) (string, error) {
	model, others, err := modelFirst(fs, args)
	if err != nil {
		return "", err
	}
	return model, noArguments(others)
}

// modelFirst parses flags anywhere around the name of a model and what follows
// it, and returns these.
func modelFirst(fs *flag.FlagSet, args []string) (model string, others []string, err error) {
	args, err = flagsAnywhere(fs, args)
	switch {
	case err != nil:
		return "", nil, err
	case len(args) == 0:
		return "", nil, usageError{errors.Errorf("no model is named, want one of %s", strings.Join(zoo.Names(), ", "))}
	}
	return args[0], args[1:], nil
}
