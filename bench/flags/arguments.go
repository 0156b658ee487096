package flags

import (
	"flag"
	"strings"

	"github.com/pkg/errors"

	"hypnos/zoo"
)

// usageError is a mistake in the flags themselves.
type usageError struct{ error }

// Usage says that an error is a mistake in the flags themselves.
func Usage(err error) error { return usageError{err} }

// IsUsage tells whether an error is one of Usage.
func IsUsage(err error) bool { return errors.As(err, &usageError{}) }

// NoArguments refuses arguments that are no flags.
func NoArguments(args []string) error {
	if len(args) > 0 {
		return Usage(errors.Errorf("unexpected argument %q", args[0]))
	}
	return nil
}

// flagsAnywhere parses the flags between and after arguments that are none, where
// package flag stops, and returns these arguments.
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
			return nil, Usage(err)
		}
		args = fs.Args()
	}
	return others, nil
}

// OneModel parses flags that stand anywhere around the name of a model, which it
// returns.
func OneModel(fs *flag.FlagSet, args []string) (string, error) {
	model, others, err := ModelFirst(fs, args)
	if err != nil {
		return "", err
	}
	return model, NoArguments(others)
}

// ModelFirst parses flags that stand anywhere around the name of a model and the
// arguments after it, and returns these.
func ModelFirst(fs *flag.FlagSet, args []string) (model string, others []string, err error) {
	args, err = flagsAnywhere(fs, args)
	switch {
	case err != nil:
		return "", nil, err
	case len(args) == 0:
		return "", nil, Usage(errors.Errorf("no model is named, want one of %s", strings.Join(zoo.Names(), ", ")))
	}
	return args[0], args[1:], nil
}
