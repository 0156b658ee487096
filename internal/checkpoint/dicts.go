package checkpoint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/pickle"
)

const (
	maxDepth = 5      // how deep tensors are looked for in dicts in dicts
	maxKey   = 64     // bytes of a key under which they are looked for
	maxParts = 20_000 // modules and tensors in a module that was pickled whole
	maxState = 1000   // attributes of a module
)

// place is a value in a checkpoint that may be, or have, dicts of tensors.
type place struct {
	in    *place // the place that has it, nil at the top
	depth int
	key   string
	value any
}

// path joins the keys that lead to a place.
func (p *place) path() string {
	if p.in == nil {
		return ""
	}
	if above := p.in.path(); above != "" {
		return above + "." + p.key
	}
	return p.key
}

// findDicts returns the dicts of tensors in a checkpoint, and the tensors of each module
// that was pickled whole. It goes from the top down, and takes nothing twice. It does not
// look for dicts in modules.
func findDicts(root any) ([]*Dict, error) {
	var dicts []*Dict
	seen := map[any]bool{identity(root): true}
	queue := []*place{{value: root}}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		d := &Dict{values: map[string]any{}}
		if m, ok := p.value.(*pickle.Object); ok && isModule(m) {
			d.Module = m.Class().String()
			if err := d.addModule("", m, new(int)); err != nil {
				return nil, err
			}
		} else {
			for _, e := range pickle.Entries(p.value) {
				if name, ok := asKey(e.Key); ok && isTensor(e.Value) {
					if err := d.add(name, e.Value); err != nil {
						return nil, err
					}
				}
			}
			if p.depth < maxDepth {
				queue = p.addInner(queue, seen)
			}
		}
		if len(d.names) > 0 {
			d.Path = p.path()
			dicts = append(dicts, d)
		}
	}
	if dicts == nil {
		return nil, errors.Errorf("there are no tensors in %s", describe(root))
	}
	return dicts, nil
}

// addInner adds to a queue the containers in a place that were not seen yet, under their
// keys or, in a list, under their numbers. Keys longer than people choose are passed over.
func (p *place) addInner(queue []*place, seen map[any]bool) []*place {
	add := func(key string, value any) {
		if id := identity(value); id != nil && !seen[id] {
			seen[id] = true
			queue = append(queue, &place{p, p.depth + 1, key, value})
		}
	}
	var items []any
	switch v := p.value.(type) {
	case *pickle.List:
		items = v.Items
	case pickle.Tuple:
		items = v
	}
	for i, item := range items {
		add(strconv.Itoa(i), item)
	}
	for _, e := range pickle.Entries(p.value) {
		if key, ok := asKey(e.Key); ok && len(key) <= maxKey {
			add(key, e.Value)
		}
	}
	return queue
}

// identity returns a value that only this container has, even if others have the same
// contents. It is nil for a value that is no container.
func identity(value any) any {
	switch v := value.(type) {
	case *pickle.Dict, *pickle.List:
		return v
	case *pickle.Object:
		if !isTensor(v) {
			return v
		}
	case pickle.Tuple:
		if len(v) > 0 {
			return &v[0]
		}
	}
	return nil
}

// asKey returns a key that is a string, or bytes, as Python 2 writes strings, of at most
// maxKey.
func asKey(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case pickle.Bytes:
		return string(v[:min(len(v), maxKey)]), len(v) <= maxKey
	}
	return "", false
}

// isModule tells whether an object is a module of PyTorch that was pickled whole.
func isModule(o *pickle.Object) bool {
	return len(pickle.Entries(o.State)) <= maxState && pickle.Get(o.State, "_modules") != nil && pickle.Get(o.State, "_parameters") != nil
}

// addModule adds the parameters and buffers of a module and of the modules in it,
// under the names that its state dict would give them.
func (d *Dict) addModule(prefix string, m *pickle.Object, parts *int) error {
	for _, group := range []string{"_parameters", "_buffers", "_modules"} {
		entries := pickle.Entries(pickle.Get(m.State, group))
		if *parts += 1 + len(entries); *parts > maxParts || strings.Count(prefix, ".") > 16 {
			return errors.New("a module that contains itself, or too many others")
		}
		for _, e := range entries {
			name, ok := asKey(e.Key)
			o, isObject := e.Value.(*pickle.Object)
			if !ok || !isObject || len(name) > maxKey {
				continue
			}
			var err error
			switch {
			case group == "_modules" && isModule(o):
				err = d.addModule(prefix+name+".", o, parts)
			case group != "_modules" && isTensor(o):
				err = d.add(prefix+name, o)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// describe says, for an error, what a checkpoint without tensors is.
func describe(root any) string {
	entries := pickle.Entries(root)
	if len(entries) == 0 {
		if o, ok := root.(*pickle.Object); ok {
			return "an object of " + o.Class().String()
		}
		return "the file, which is not a dict of them"
	}
	if o, ok := entries[0].Value.(*pickle.Object); ok && strings.HasPrefix(o.Class().Module, "numpy") {
		return "the file, but arrays of numpy: want torch.from_numpy of each"
	}
	var keys []string
	for _, e := range entries[:min(len(entries), 6)] {
		if key, ok := asKey(e.Key); ok {
			keys = append(keys, fmt.Sprintf("%.40q", key))
		}
	}
	return "the dict with the keys " + strings.Join(keys, ", ")
}
