package graph

import (
	"archive/zip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"hypnos/internal/checkpoint"
)

// dict is a dict of a checkpoint of PyTorch: of dicts, of parameters of a network,
// and of pickles of other things.
type dict []struct {
	key   string
	value any
}

// stateDict is the state dict of a network, with a prefix.
func stateDict(net *Network, prefix string) dict {
	var d dict
	for s := range net.stored() {
		d = append(d, struct {
			key   string
			value any
		}{prefix + s.Name, s})
	}
	return d
}

// with is a dict with another entry.
func (d dict) with(key string, value any) dict {
	return append(slices.Clone(d), dict{{key, value}}...)
}

// pytorch writes a checkpoint as torch.save does.
func pytorch(t *testing.T, d dict) (path string) {
	t.Helper()
	var storages []string
	pickle := "\x80\x02" + pickled(d, &storages) + "."
	var out strings.Builder
	w := zip.NewWriter(&out)
	add := func(name, contents string) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name})
		if err == nil {
			_, err = f.Write([]byte(contents))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("a/data.pkl", pickle)
	for i, contents := range storages {
		add("a/data/"+strconv.Itoa(i), contents)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "net.pth")
	if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func pickled(value any, storages *[]string) string {
	text := func(s string) string { return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s }
	numbers := func(values ...int) string {
		s := "("
		for _, v := range values {
			s += "J" + string(binary.LittleEndian.AppendUint32(nil, uint32(v)))
		}
		return s
	}
	switch v := value.(type) {
	case dict:
		s := "}("
		for _, e := range v {
			s += text(e.key) + pickled(e.value, storages)
		}
		return s + "u"
	case stored:
		var raw []byte
		for piece := range v.values() {
			raw, _ = binary.Append(raw, binary.LittleEndian, piece)
		}
		shape := v.shape(v.each)
		strides := make([]int, len(shape))
		for axis, next := len(shape)-1, 1; axis >= 0; axis-- {
			strides[axis] = next
			next *= shape[axis]
		}
		id := "(" + text("storage") + "ctorch\nFloatStorage\n" + text(strconv.Itoa(len(*storages))) + text("cpu") + numbers(len(raw) / 4)[1:] + "tQ"
		*storages = append(*storages, string(raw))
		return "ctorch._utils\n_rebuild_tensor_v2\n(" + id + "K\x00" + numbers(shape...) + "t" + numbers(strides...) + "t\x89NtR"
	}
	return value.(string)
}

// Wherever the names and shapes of a network are in a file, under whatever one
// prefix, and whatever is beside them, the network is found, and what is to be
// known of it is said.
func TestLoadFinds(t *testing.T) {
	net, other := newTiny(t, Connectivity{}, 1), newTiny(t, Connectivity{}, 2)
	plain := stateDict(net, "")
	first := plain[0].value
	within := stateDict(net, "") // of layers of which some are wrapped
	for i, e := range within {
		if layer, rest, _ := strings.Cut(e.key, "."); layer == "conv1" {
			within[i].key = "conv1.module." + rest
		}
	}
	const complexTensor = "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nComplexFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQK\x00K\x01\x85K\x01\x85\x89NtR"
	for what, c := range map[string]struct {
		file dict
		note string // after the name of the file; none if it is empty
	}{
		"bare":                {plain, ""},
		"module":              {stateDict(net, "module."), `names are read without "module."`},
		"several":             {stateDict(net, "_orig_mod.module.model."), `names are read without "_orig_mod.module.model."`},
		"others":              {stateDict(net, "my.backbone."), `names are read without "my.backbone."`},
		"within":              {within, `names are read without "module" in them`},
		"within and before":   {dict{{"state_dict", slices.Concat(within, dict{})}}, `names are read without "module" in them`},
		"a dict":              {dict{{"net", plain}, {"acc", "K\x01"}}, ""},
		"deep":                {dict{{"epoch", "K\x01"}, {"state", dict{{"model", stateDict(net, "model.")}}}}, `names are read without "model."`},
		"with its optimiser":  {dict{{"model", plain}, {"optimizer", dict{{"state", dict{{"x", first}}}}}}, ""},
		"a counter":           {stateDict(net, "module.").with("n_averaged", first), `names are read without "module."; passed over is what is not of the network: n_averaged`},
		"a bare counter":      {plain.with("step", first), "passed over is what is not of the network: step"},
		"a loss":              {plain.with("criterion.weight", first).with("ce_loss.weight", first), "passed over is what is not of the network, 2 tensors: ce_loss.weight, criterion.weight"},
		"a teacher":           {stateDict(net, "student.").with("teacher.conv1.weight", first).with("teacher.a", first).with("teacher.b", first).with("x.a", first), `names are read without "student."; passed over is what is not of the network, 4 tensors: teacher.a, teacher.b, teacher.conv1.weight, …`},
		"complex":             {plain.with("spectrum", complexTensor), "passed over is what is not of the network: spectrum"},
		"a profiler's counts": {plain.with("total_ops", first).with("conv1.total_params", first), "passed over is what is not of the network, 2 tensors: conv1.total_params, total_ops"},
		"counts":              {plain.with("bn1.num_batches_tracked", first), ""},
		"beside":              {slices.Concat(plain, stateDict(other, "optimiser.first.")), ""},
		"ema in it":           {slices.Concat(stateDict(other, "ema."), stateDict(net, "model.")), `names are read without "model."; the network is read from "model", and is there too as ema`},
		"ema bare":            {slices.Concat(stateDict(other, "ema_model."), plain), `the network is read from the names without a prefix, and is there too as ema_model`},
		"ema beside":          {dict{{"model_ema", stateDict(other, "")}, {"model", plain}}, `the network is read from "model", and is there too as model_ema`},
		"ema alone":           {dict{{"model_ema", stateDict(net, "module.")}, {"model", stateDict(other, "x.")[:3]}}, `names are read without "module."`},
		"one of two shapes":   {dict{{"teacher", dict{}}, {"a", stateDict(newTiny(t, Connectivity{}, 3), "").with("fc.bias2", first)[1:]}, {"b", plain}}, ""},
		"a whole module":      {dict{{"model", "cmy\nNet\n)\x81" + pickled(dict{{"_modules", dict{}}, {"_parameters", plain[:0]}}, new([]string)) + "b"}, {"net", plain}}, ""},
	} {
		loaded := newTiny(t, Connectivity{}, 9)
		var notes []string
		path := pytorch(t, c.file)
		if err := loaded.Load(path, LoadOptions{Note: func(line string) { notes = append(notes, line) }}); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if !slices.Equal(contents(loaded), contents(net)) {
			t.Errorf("%s: other values", what)
		}
		var want []string
		if c.note != "" {
			want = []string{"weights " + path + ": " + c.note}
		}
		if !slices.Equal(notes, want) {
			t.Errorf("%s: notes %q, want %q", what, notes, want)
		}
	}
}

// What may be of another network is refused, in one line of humane length that names
// some of it; all of it is listed.
func TestLoadRefuses(t *testing.T) {
	net, other := newTiny(t, Connectivity{}, 1), newTiny(t, Connectivity{}, 2)
	plain := stateDict(net, "")
	first := plain[0].value
	const quantised = "ctorch._utils\n_rebuild_qtensor\n)R"
	for want, file := range map[string]dict{
		`1 not of the network (layer9.0.conv1.weight 4×2×3×3)`:                                     plain.with("layer9.0.conv1.weight", first),
		`under "module" in it: 1 not of the network (module.aux.fc.weight 4×2×3×3)`:                stateDict(net, "module.").with("module.aux.fc.weight", first),
		`1 not of the network (conv1.scale 4×2×3×3)`:                                               plain.with("conv1.scale", first),
		`1 not of the network (later.x of a type that is not read)`:                                plain.with("later.x", quantised),
		`1 unreadable (tensor "conv1.weight": has quantised values, want a plain`:                  plain[1:].with("conv1.weight", quantised),
		`the network is there more than once, under "a" and "b": save the one that you mean alone`: {{"a", plain}, {"b", stateDict(other, "")}},
		`more than once, under "ema" and "swa"`:                                                    {{"ema", plain}, {"swa", stateDict(other, "")}},
		`1 missing (conv1.weight 4×2×3×3 or`:                                                       {{"model", plain[1:]}, {"x", plain[:1]}},
		`not of the network ("\x1b[31m.a" 4×2×3×3)`:                                                plain.with("\x1b[31m.a", first),
	} {
		loaded := newTiny(t, Connectivity{}, 9)
		before := contents(loaded)
		path := pytorch(t, file)
		err := loaded.Load(path, LoadOptions{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
			continue
		}
		if n := len(err.Error()) - len(path); n > 400 {
			t.Errorf("an error of %d bytes: %v", n, err)
		}
		if !slices.Equal(contents(loaded), before) {
			t.Error("the network has changed")
		}
	}
	path := pytorch(t, stateDict(net, "other_").with("x.y", first))
	var mismatch *MismatchError
	if err := net.Load(path, LoadOptions{}); !errors.As(err, &mismatch) || len(err.Error())-len(path) > 300 {
		t.Fatalf("error %v", err)
	}
	lines := mismatch.Lines()
	if len(lines) != 2*len(plain)+1 || lines[0] != "missing: conv1.weight 4×2×3×3 or 6×5×4×2×3×3" || lines[len(lines)-1] != "not of the network: x.y 4×2×3×3" {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}

// Where no dict fits, what is wrong is said of the one that comes closest.
func TestLoadNamesTheClosest(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	plain := stateDict(net, "")
	for _, file := range []dict{
		{{"far", plain[:3]}, {"near", plain[1:]}},
		{{"near", plain[1:]}, {"far", plain[:3]}},
	} {
		err := newTiny(t, Connectivity{}, 9).Load(pytorch(t, file), LoadOptions{})
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || !slices.Equal(mismatch.Lines(), []string{"missing: conv1.weight 4×2×3×3 or 6×5×4×2×3×3"}) {
			t.Errorf("%s first: error %v", file[0].key, err)
		}
	}
}

// The same tensors under two names, as a loss that keeps its network has, are one
// network.
func TestLoadAliases(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	plain := stateDict(net, "")
	again := pickled(plain, new([]string)) // of the same storages
	loaded := newTiny(t, Connectivity{}, 9)
	load(t, loaded, pytorch(t, dict{{"a", plain}, {"b", again}}), LoadOptions{Note: func(line string) { t.Errorf("note %s", line) }})
	if !slices.Equal(contents(loaded), contents(net)) {
		t.Error("other values")
	}
}

// Of a checkpoint in parts all are read, and of a part alone it is said.
func TestLoadParts(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	dir := t.TempDir()
	var tensors []checkpoint.Tensor
	for s := range net.stored() {
		tensors = append(tensors, checkpoint.Tensor{Name: s.Name, Shape: s.shape(s.each), Values: s.values()})
	}
	index := `{"weight_map":{"bn1.bias":"two-00002-of-00002.safetensors"`
	for i, part := range [][]checkpoint.Tensor{tensors[:5], tensors[5:]} {
		name := []string{"one-00001-of-00002.safetensors", "two-00002-of-00002.safetensors"}[i]
		if err := checkpoint.Write(filepath.Join(dir, name), nil, part); err != nil {
			t.Fatal(err)
		}
		for _, x := range part {
			index += `,"` + x.Name + `":"` + name + `"`
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), []byte(index+"}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	loaded := newTiny(t, Connectivity{}, 9)
	load(t, loaded, dir, LoadOptions{})
	if !slices.Equal(contents(loaded), contents(net)) {
		t.Error("other values")
	}
	err := loaded.Load(filepath.Join(dir, "one-00001-of-00002.safetensors"), LoadOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), "; the file is one part of several: give their index, .index.json, or their folder") {
		t.Errorf("error %v", err)
	}
}
