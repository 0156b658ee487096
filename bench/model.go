package main

import (
	"flag"
	"strings"

	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/zoo"
)

// localFlags are the flags of local networks: which layers are excepted, and how
// weights start.
type localFlags struct {
	exceptions graph.Connectivity
	deviation  float64
}

// register adds the flags.
func (f *localFlags) register(fs *flag.FlagSet) {
	fs.IntVar(&f.exceptions.FirstConvolutional, "first-conv", 0, "keep the first `n` layers of local networks convolutional")
	fs.BoolVar(&f.exceptions.Convolutional1x1, "conv-1x1", false, "keep the 1x1 layers of local networks convolutional")
	fs.BoolVar(&f.exceptions.Frozen1x1, "freeze-1x1", false, "freeze the 1x1 layers of local networks at their initial weights")
	fs.Float64Var(&f.deviation, "deviation", -1, "start local weights at a shared kernel plus `eps` times as much noise; negative means independently")
}

// connectivity is what the flags come to, for the variants that are local.
func (f localFlags) connectivity() graph.Connectivity {
	c := f.exceptions
	if !(f.deviation < 0) { // NaN is an error of the network's
		c.SharedStart, c.Deviation = true, f.deviation
	}
	return c
}

// modelFlags name and size a network, for the commands that look at one.
type modelFlags struct {
	variant, weights            string
	width, classes, side, steps int
	seed                        uint64
	local                       localFlags
	input                       graph.Size // of the images, where a data set says it; the zero value means as side does
}

// register adds the flags.
func (f *modelFlags) register(fs *flag.FlagSet) {
	fs.StringVar(&f.variant, "variant", "conv", "conv or lc: convolutional or locally connected")
	fs.IntVar(&f.width, "width", 0, "channels of the network's first stage or area; 0 means as published")
	fs.IntVar(&f.classes, "classes", 0, "number of classes; 0 means as published")
	fs.IntVar(&f.side, "image-size", 0, "height and width of the images, `pixels`; 0 means as published")
	fs.IntVar(&f.steps, "steps", 0, "time steps of cornet-r and cornet-rt; 0 means as published")
	f.local.register(fs)
}

// registerWeights adds the flags of a command that looks at weights.
func (f *modelFlags) registerWeights(fs *flag.FlagSet) {
	fs.Uint64Var(&f.seed, "seed", 1, "source of initial weights, and of the noise of -deviation")
	fs.StringVar(&f.weights, "weights", "", "`file` of weights, PyTorch's or safetensors, instead of initial ones; local layers start as copies of a convolution's, with -deviation times as much noise")
	registerVerbose(fs)
}

// registerVerbose adds the flag of a command that reads weights.
func registerVerbose(fs *flag.FlagSet) {
	fs.Bool("v", false, "list all names and shapes of weights that do not fit the network")
}

// weighted builds the network of that name with the weights of the file, or
// initial ones without it. Notes on the file are told.
func (f modelFlags) weighted(model string, note func(lines ...string)) (*graph.Network, error) {
	net, err := f.network(model, f.weights != "")
	if err != nil || f.weights == "" {
		return net, err
	}
	return net, net.Load(f.weights, graph.LoadOptions{
		Deviation: max(f.local.deviation, 0), Seed: f.seed, Note: func(line string) { note(line) },
	})
}

// needWeights is an error if there is no file of weights.
func (f modelFlags) needWeights() error {
	if f.weights == "" {
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
	v, err := parseVariant(f.variant)
	if err != nil || v.name != "conv" && v.name != "lc" {
		return nil, errors.Errorf("-variant %q, want conv or lc", f.variant)
	}
	for _, size := range []struct {
		flag  string
		value int
	}{{"width", f.width}, {"classes", f.classes}, {"image-size", f.side}, {"steps", f.steps}} {
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
	return zoo.New(model, zoo.Config{
		Classes: f.classes, Input: e.Input, Width: f.width, Steps: f.steps,
		Connectivity: v.connectivity(f.local.connectivity()), Seed: f.seed, Blank: blank,
	})
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
