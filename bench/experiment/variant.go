package experiment

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/bench/setting"
	"hypnos/graph"
	"hypnos/weightshare"
)

// Variant is a way to connect and train a network.
type Variant struct {
	Name        string
	Description string // where it sleeps, %s stands for how
	Method      string // what it does to close the gap between lc and conv; none of these two
	Local       bool
	Repetitions int // of each image in its batch, each with another translation
	Sleep       weightshare.Schedule
}

// Sleeps tells whether it ever does.
func (v Variant) Sleeps() bool { return v.Sleep != weightshare.Schedule{} }

// Kinds are the variants that there are. K, M and E stand for numbers.
var Kinds = []struct{ Name, Description string }{
	{"conv", "convolutional: all locations of a layer share one set of weights"},
	{"lc", "locally connected: every location has weights of its own"},
	{"lc-translate-K", "locally connected; each image K times in its batch, each time with another translation"},
	{"lc-sleep-M", "locally connected; a sleep in which pools share weights (see -sleep) every M steps"},
	{"lc-sleep-epochs-E", "the same every E epochs"},
	{"lc-sleep-end", "the same once, after the last step"},
}

var numbered = regexp.MustCompile(`^lc-(translate|sleep|sleep-epochs)-([1-9][0-9]{0,8})$`)

// ParseVariant returns the variant of that name.
func ParseVariant(name string) (Variant, error) {
	switch name {
	case "conv":
		return Variant{Name: name, Description: Kinds[0].Description, Repetitions: 1}, nil
	case "lc":
		return Variant{Name: name, Description: Kinds[1].Description, Local: true, Repetitions: 1}, nil
	case "lc-sleep-end":
		return Variant{
			Name: name, Description: "locally connected; weights shared %s within their pools after the last step",
			Method: "a sleep after the last step",
			Local:  true, Repetitions: 1, Sleep: weightshare.Schedule{AtEnd: true},
		}, nil
	}
	m := numbered.FindStringSubmatch(name)
	if m == nil {
		var known []string
		for _, k := range Kinds {
			known = append(known, k.Name)
		}
		return Variant{}, errors.Errorf("unknown variant %q, want one of %s", name, strings.Join(known, ", "))
	}
	number, err := strconv.Atoi(m[2])
	if err != nil {
		return Variant{}, errors.Wrapf(err, "variant %q", name)
	}
	v := Variant{Name: name, Local: true, Repetitions: 1}
	switch m[1] {
	case "translate":
		v.Repetitions = number
		v.Description = fmt.Sprintf("locally connected; each image %d times in its batch, each time with another translation", number)
		v.Method = fmt.Sprintf("showing each image in %s at a time", plural(number, "translation"))
	case "sleep":
		v.Sleep.Steps = number
		v.Description = "locally connected; weights shared %s within their pools every " + plural(number, "step")
		v.Method = "a sleep after every " + plural(number, "step")
	case "sleep-epochs":
		v.Sleep.Epochs = number
		v.Description = "locally connected; weights shared %s within their pools every " + plural(number, "epoch")
		v.Method = "a sleep after every " + plural(number, "epoch")
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

// ParseVariants returns the variants of these names. One that stands twice is an
// error.
func ParseVariants(names ...string) ([]Variant, error) {
	var variants []Variant
	for _, name := range names {
		v, err := ParseVariant(name)
		if err != nil {
			return nil, err
		}
		variants = append(variants, v)
	}
	return variants, setting.Distinct("variant %q", names)
}

// Start names the network that a variant starts with: all local ones of a seed start
// alike.
func (v Variant) Start() string {
	if v.Local {
		return "untrained lc"
	}
	return "untrained conv"
}

// connectivity returns the connectivity of a variant's network. The exceptions
// that flags make for local networks leave a convolutional one as it is.
func (v Variant) connectivity(exceptions graph.Connectivity) graph.Connectivity {
	if !v.Local {
		return graph.Connectivity{}
	}
	exceptions.Local = true
	return exceptions
}

// learningRate is the variant's default: for ResNet-8 of width 8, batch 64,
// AdamW and one cycle, the best of those that `bench search` tried on a
// validation split of the embedded images (see bench/README.md).
func (v Variant) learningRate() float64 {
	switch {
	case !v.Local:
		return 0.08
	case v.Sleep.Steps == 1:
		return 0.02
	case v.Sleeps(): // of lc-sleep-10
		return 0.005
	case v.Repetitions > 1: // of an earlier search, at 20 epochs
		return 0.0025
	default:
		return 0.01
	}
}
