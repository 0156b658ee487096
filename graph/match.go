package graph

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/checkpoint"
)

// match says where in a file the parameters and moments of a network are, and which
// are not there.
type match struct {
	dict   *checkpoint.Dict
	prefix string            // of the names there
	plain  map[string]string // the names there, by the same names without wrappers
	names  map[*Parameter]string
	faults MismatchError
	notes  []string
}

// complete tells whether all that the network has is there.
func (m *match) complete() bool {
	return len(m.faults.Missing)+len(m.faults.Misshapen)+len(m.faults.Unread) == 0
}

// wrappers are the words that PyTorch puts into names of layers that it compiles,
// copies to several devices, splits over them, or computes twice.
var wrappers = []string{"_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}

// match finds the dict and the prefix that have the names and shapes of the
// network.
func (n *Network) match(path string, f *checkpoint.File) (*match, error) {
	var fit []*match
	var best *match
	for _, wrapped := range []bool{false, true} {
		for _, d := range f.Dicts {
			for _, m := range n.matches(d, wrapped) {
				if m.complete() {
					fit = append(fit, m)
				} else if best == nil || m.distance() < best.distance() {
					best = m
				}
			}
		}
		if fit != nil {
			break
		}
	}
	if fit == nil {
		if best == nil {
			best = n.under(f.Dicts[0], plainNames(f.Dicts[0], false), "")
		}
		best.surplus(n, nil)
		return nil, best.mismatch(path)
	}
	m, others, err := choose(fit)
	if err != nil {
		return nil, errors.Wrapf(err, "graph: the weights in %s", path)
	}
	passed := m.surplus(n, fit)
	if len(m.faults.Unknown) > 0 {
		return nil, m.mismatch(path)
	}
	m.note(others, passed)
	return m, nil
}

// matches returns a match for each prefix under which a dict has all names of the
// network; if there is none, one for the prefix under which it has the most of them, if
// any.
func (n *Network) matches(d *checkpoint.Dict, wrapped bool) []*match {
	plain := plainNames(d, wrapped)
	wanted, longest, total := map[string]bool{}, 0, 0
	for s := range n.stored() {
		wanted[s.Name], wanted[s.Name+"s"] = true, s.filters()
		longest = max(longest, len(s.Name)+1)
		total++
	}
	counts := map[string]int{"": 0}
	for name := range plain {
		if strings.HasPrefix(name, Beside) {
			continue
		}
		for at := max(0, len(name)-longest); at < len(name); at++ {
			if (at == 0 || name[at-1] == '.') && wanted[name[at:]] {
				counts[name[:at]]++
			}
		}
	}
	most := slices.Max(slices.Collect(maps.Values(counts)))
	if most == 0 {
		return nil
	}
	var all []*match
	for _, prefix := range slices.Sorted(maps.Keys(counts)) {
		if c := counts[prefix]; c >= total || c == most && all == nil {
			all = append(all, n.under(d, plain, prefix))
		}
	}
	return all
}

// plainNames returns the names of a dict, by the same names without wrappers if they are
// wrapped; nil if two would then be the same.
func plainNames(d *checkpoint.Dict, wrapped bool) map[string]string {
	plain := map[string]string{}
	for _, name := range d.Names() {
		short := name
		if wrapped {
			short = unwrapped(name)
		}
		if _, ok := plain[short]; ok {
			return nil
		}
		plain[short] = name
	}
	return plain
}

// unwrapped takes wrappers out of a name.
func unwrapped(name string) string {
	parts := strings.Split(name, ".")
	return strings.Join(slices.DeleteFunc(parts, func(part string) bool { return slices.Contains(wrappers, part) }), ".")
}

// under matches the network with the names that have this prefix.
func (n *Network) under(d *checkpoint.Dict, plain map[string]string, prefix string) *match {
	m := &match{dict: d, prefix: prefix, plain: plain, names: map[*Parameter]string{}}
	for s := range n.stored() {
		name, ok := plain[prefix+s.Name]
		if !ok && s.filters() {
			name, ok = plain[prefix+s.Name+"s"]
		}
		want := dimensions(s.shape(false))
		if s.places != nil {
			want += " or " + dimensions(s.shape(true))
		}
		if !ok {
			m.faults.Missing = append(m.faults.Missing, s.Name+" "+want)
			continue
		}
		m.names[s.Parameter] = name
		switch shape, err := d.Shape(name); {
		case err != nil:
			m.faults.Unread = append(m.faults.Unread, cut(strings.TrimPrefix(err.Error(), "checkpoint: "), 200))
		case !slices.Equal(shape, s.kernel) && (s.places == nil || !slices.Equal(shape, s.shape(true))):
			m.faults.Misshapen = append(m.faults.Misshapen, fmt.Sprintf("%s %s, want %s", s.Name, dimensions(shape), want))
		}
	}
	return m
}

// distance is how far a match is from a complete one.
func (m *match) distance() int {
	return 2*len(m.faults.Missing) + len(m.faults.Misshapen) + len(m.faults.Unread)
}

// place is where in the file the tensors are.
func (m *match) place() string {
	return strings.Trim(m.dict.Path+"."+strings.TrimSuffix(m.prefix, "."), ".")
}

// copies are the words that say in a name that a network was made from another.
var copies = []string{"ema", "swa", "average", "averaged", "avg", "shadow", "momentum", "teacher", "target", "best", "init", "initial", "old", "previous", "prev", "optimizer", "optim"}

// isCopy tells whether the name of a place has such a word.
func isCopy(place string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(strings.ToLower(place), func(r rune) bool { return r == '.' || r == '_' }),
		func(word string) bool { return slices.Contains(copies, word) })
}

// choose returns the match that is meant, and the others that are of other tensors. It
// is an error if several may be meant.
func choose(fit []*match) (chosen *match, others []*match, err error) {
	for _, m := range fit {
		switch {
		case chosen == nil:
			chosen = m
		case m.same(chosen):
		case isCopy(chosen.place()) && !isCopy(m.place()):
			chosen, others = m, append(others, chosen)
		default:
			others = append(others, m)
		}
	}
	for _, m := range others {
		if isCopy(m.place()) == isCopy(chosen.place()) {
			return nil, nil, errors.Errorf("the network is there more than once, under %q and %q: save the one that you mean alone",
				shown(chosen.place()), shown(m.place()))
		}
	}
	return chosen, others, nil
}

// same tells whether two matches are of the same tensors.
func (m *match) same(other *match) bool {
	for p, name := range m.names {
		if !m.dict.Same(name, other.dict, other.names[p]) {
			return false
		}
	}
	return true
}

// surplus finds the tensors of the dict that belong neither to the network nor to
// another match. Those that may be of layers that the network lacks become faults; the
// others are returned.
func (m *match) surplus(n *Network, fit []*match) (passed []string) {
	known := map[string]bool{}
	for _, other := range append(fit, m) {
		if other.dict == m.dict {
			for _, name := range other.names {
				known[name] = true
			}
		}
	}
	layers := map[string]bool{}
	for s := range n.stored() {
		first, _, _ := strings.Cut(s.Name, ".")
		layers[first] = true
	}
	for _, name := range slices.Sorted(maps.Keys(m.plain)) {
		inFile := m.plain[name]
		rest, under := strings.CutPrefix(name, m.prefix)
		first, _, dotted := strings.Cut(rest, ".")
		switch {
		case known[inFile], strings.HasSuffix(name, "num_batches_tracked"), strings.HasPrefix(name, Beside):
		case !under, isCount(name), !layers[first] && (!dotted || isCopy(first) || isLoss(first)):
			passed = append(passed, inFile)
		default:
			what := "of a type that is not read"
			if shape, err := m.dict.Shape(inFile); err == nil {
				what = dimensions(shape)
			}
			m.faults.Unknown = append(m.faults.Unknown, shown(inFile)+" "+what)
		}
	}
	return passed
}

// isCount tells whether a tensor is a count that a profiler (thop) leaves in each
// layer.
func isCount(name string) bool {
	last := name[strings.LastIndex(name, ".")+1:]
	return last == "total_ops" || last == "total_params"
}

// isLoss tells whether a part of a name says that a tensor is of the loss or a metric.
func isLoss(part string) bool {
	part = strings.ToLower(part)
	return slices.ContainsFunc([]string{"loss", "criterion", "metric", "accuracy", "class_weight"}, func(word string) bool { return strings.Contains(part, word) })
}

// part matches the names of files that hold a part of a checkpoint.
var part = regexp.MustCompile(`-[0-9]{5}-of-[0-9]{5}\.`)

// mismatch is the error of what does not fit.
func (m *match) mismatch(path string) error {
	e := m.faults
	e.Path = path
	if place := m.place(); place != "" {
		e.where = fmt.Sprintf(" under %q in it", shown(place))
	}
	if len(e.Missing) > 0 && part.MatchString(filepath.Base(path)) {
		e.hint = "; the file is one part of several: give their index, .index.json, or their folder"
	}
	if m.dict.Module != "" {
		e.hint += fmt.Sprintf("; it is a whole pickled model, %s: save its state_dict() instead", shown(m.dict.Module))
	}
	return &e
}

// note keeps what a user may want to know of how the file was read.
func (m *match) note(others []*match, passed []string) {
	add := func(format string, args ...any) { m.notes = append(m.notes, fmt.Sprintf(format, args...)) }
	if m.dict.Module != "" {
		add("it is a whole pickled model, %s, of which the tensors alone are read", shown(m.dict.Module))
	}
	if m.prefix != "" {
		add("names are read without %q", shown(m.prefix))
	}
	if inner := slices.DeleteFunc(slices.Clone(wrappers), func(w string) bool { return !m.inside(w) }); len(inner) > 0 {
		add("names are read without %q in them", strings.Join(inner, `" and "`))
	}
	if len(others) > 0 {
		places := make([]string, len(others))
		for i, other := range others {
			places[i] = other.place()
		}
		from := "the names without a prefix"
		if place := m.place(); place != "" {
			from = fmt.Sprintf("%q", shown(place))
		}
		add("the network is read from %s, and is there too as %s", from, few(places))
	}
	if len(passed) > 0 {
		number := ""
		if len(passed) > 1 {
			number = fmt.Sprintf(", %d tensors", len(passed))
		}
		add("passed over is what is not of the network%s: %s", number, few(passed))
	}
}

// inside tells whether this wrapper was taken out of a name.
func (m *match) inside(wrapper string) bool {
	for short, name := range m.plain {
		if short != name && slices.Contains(strings.Split(name, "."), wrapper) {
			return true
		}
	}
	return false
}
