package checkpoint

import (
	"fmt"
	"strings"

	"github.com/nlpodyssey/gopickle/types"
	"github.com/pkg/errors"
)

// wrappers are the keys under which checkpoints keep a state dict.
var wrappers = []string{"state_dict", "model_state_dict", "model"}

// named is a tensor of a state dict.
type named struct {
	name string
	*pickled
}

// stateDict returns the tensors of a state dict, in order. Values that are not
// tensors are left out.
func stateDict(object any) ([]named, error) {
	dict, ok := entries(object)
	if !ok {
		return nil, errors.New("the checkpoint is not a dict")
	}
	inner := unwrap(dict)
	var tensors []named
	for _, e := range inner {
		if p, ok := e.Value.(*pickled); ok {
			tensors = append(tensors, named{e.Key.(string), p})
		}
	}
	if len(tensors) == 0 {
		var keys []string
		for _, e := range dict[:min(len(dict), 20)] {
			keys = append(keys, fmt.Sprintf("%.40q", e.Key))
		}
		return nil, errors.Errorf("no tensors in the dict with the keys %s, nor under one of %s", strings.Join(keys, ", "), strings.Join(wrappers, ", "))
	}
	return tensors, nil
}

// unwrap returns the dict under the first wrapper that there is, or dict.
func unwrap(dict []types.DictEntry) []types.DictEntry {
	for _, wrapper := range wrappers {
		for _, e := range dict {
			if inner, ok := entries(e.Value); ok && e.Key == wrapper {
				return inner
			}
		}
	}
	return dict
}

// entries returns the entries of a dict whose keys are strings, in order.
func entries(dict any) ([]types.DictEntry, bool) {
	var all []types.DictEntry
	add := func(key, value any) {
		if _, ok := key.(string); ok {
			all = append(all, types.DictEntry{Key: key, Value: value})
		}
	}
	switch d := dict.(type) {
	case *types.Dict:
		for _, e := range *d {
			add(e.Key, e.Value)
		}
	case *types.OrderedDict:
		for e := d.List.Front(); e != nil; e = e.Next() {
			entry := e.Value.(*types.OrderedDictEntry)
			add(entry.Key, entry.Value)
		}
	default:
		return nil, false
	}
	return all, true
}
