package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/graph"
	"hypnos/weightshare"
)

// variant is a way to connect and train a network.
type variant struct {
	name        string
	description string
	method      string // what it does to close the gap between lc and conv; none of these two
	local       bool
	repetitions int // of each image in its batch, each with another translation
	sleep       weightshare.Schedule
}

// sleeps tells whether it ever does.
func (v variant) sleeps() bool { return v.sleep != weightshare.Schedule{} }

// kinds are the variants that the commands know. K and M stand for numbers.
var kinds = []struct{ name, description string }{
	{"conv", "convolutional: all locations of a layer share one set of weights"},
	{"lc", "locally connected: every location has weights of its own"},
	{"lc-translate-K", "locally connected; each image K times in its batch, each time with another translation"},
	{"lc-sleep-M", "locally connected; a sleep in which pools share weights (see -sleep) every M steps"},
	{"lc-sleep-epochs-E", "the same every E epochs"},
	{"lc-sleep-end", "the same once, after the last step"},
}

var numbered = regexp.MustCompile(`^lc-(translate|sleep|sleep-epochs)-([1-9][0-9]{0,8})$`)

// parseVariant returns the variant of that name.
func parseVariant(name string) (variant, error) {
	switch name {
	case "conv":
		return variant{name: name, description: kinds[0].description, repetitions: 1}, nil
	case "lc":
		return variant{name: name, description: kinds[1].description, local: true, repetitions: 1}, nil
	case "lc-sleep-end":
		return variant{
			name: name, description: "locally connected; weights shared %s within their pools after the last step",
			method: "a sleep after the last step",
			local:  true, repetitions: 1, sleep: weightshare.Schedule{AtEnd: true},
		}, nil
	}
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		var known []string
		for _, k := range kinds {
			known = append(known, k.name)
		}
		return variant{}, errors.Errorf("unknown variant %q, want one of %s", name, strings.Join(known, ", "))
	}
	number, err := strconv.Atoi(m[2])
	if err != nil {
		return variant{}, errors.Wrapf(err, "variant %q", name)
	}
	v := variant{name: name, local: true, repetitions: 1}
	switch m[1] {
	case "translate":
		v.repetitions = number
		v.description = fmt.Sprintf("locally connected; each image %d times in its batch, each time with another translation", number)
		v.method = fmt.Sprintf("showing each image in %s at a time", plural(number, "translation"))
	case "sleep":
		v.sleep.Steps = number
		v.description = "locally connected; weights shared %s within their pools every " + plural(number, "step")
		v.method = "a sleep after every " + plural(number, "step")
	case "sleep-epochs":
		v.sleep.Epochs = number
		v.description = "locally connected; weights shared %s within their pools every " + plural(number, "epoch")
		v.method = "a sleep after every " + plural(number, "epoch")
	}
	return v, nil
}

// plural counts things, one of them without its number: every step, 10 steps.
func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// parseVariants returns the variants of a list of names. A name that stands
// twice is an error.
func parseVariants(list string) ([]variant, error) {
	var variants []variant
	seen := map[string]bool{}
	for _, name := range strings.Split(list, ",") {
		v, err := parseVariant(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		if seen[v.name] {
			return nil, errors.Errorf("variant %q stands twice in %q", v.name, list)
		}
		seen[v.name] = true
		variants = append(variants, v)
	}
	return variants, nil
}

// connectivity returns the connectivity of a variant's network. The exceptions
// that flags make for local networks leave a convolutional one as it is.
func (v variant) connectivity(exceptions graph.Connectivity) graph.Connectivity {
	if !v.local {
		return graph.Connectivity{}
	}
	exceptions.Local = true
	return exceptions
}

// learningRate is the variant's default: for ResNet-8 of width 8, batch 64,
// AdamW and one cycle, the best of those that `bench search` tried on a
// validation split of the embedded images (see bench/README.md).
func (v variant) learningRate() float64 {
	switch {
	case !v.local:
		return 0.08
	case v.sleep.Steps == 1:
		return 0.02
	case v.sleeps(): // of lc-sleep-10
		return 0.005
	case v.repetitions > 1: // of an earlier search, at 20 epochs
		return 0.0025
	default:
		return 0.01
	}
}
