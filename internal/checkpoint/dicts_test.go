package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Objects of all kinds beside the weights, in PyTorch's own files, keep none of these
// from being read: see testdata/beside.py.
func TestBeside(t *testing.T) {
	for _, file := range []string{"beside.pth", "beside_stream.pth"} {
		f, err := Open(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var d *Dict
		for _, d = range f.Dicts {
		}
		if d.Path != "nested.0.deep.0.state" || len(f.Dicts) != 2 {
			t.Fatalf("%s: %d dicts, the last at %q", file, len(f.Dicts), d.Path)
		}
		if got := fmt.Sprint(d.Names()); got != "[w repeated alias grown marked]" {
			t.Errorf("%s: names %s", file, got)
		}
		wantTensor(t, d, "w", "[2 3] [0 1 2 3 4 5]")
		wantTensor(t, d, "repeated", "[2 2] [0 0 0 0]")
		wantTensor(t, d, "grown", "[2 3] [0 1 2 3 4 5]")
		wantTensor(t, d, "marked", "[3] [3 4 5]")
		if !d.Same("w", d, "alias") || d.Same("w", d, "grown") || d.Same("w", d, "repeated") || d.Same("w", d, "none") {
			t.Errorf("%s: the same tensors are not told from others", file)
		}
		for name, want := range map[string]string{
			"complex tensor": "values of type complex64", "quantised": "quantised values", "sparse": "sparse values", "meta": "no values",
		} {
			_, err := f.Dicts[0].Shape(name)
			wantError(t, err, want)
		}
	}
}

// A module that was pickled whole has the names of its state dict.
func TestModule(t *testing.T) {
	for _, file := range []string{"module.pth", "module_stream.pth"} {
		f, err := Open(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := f.Dicts[0]
		if len(f.Dicts) != 1 || d.Module != "torch.nn.parallel.data_parallel.DataParallel" {
			t.Errorf("%s: %d dicts, module %q", file, len(f.Dicts), d.Module)
		}
		want := "[conv.weight conv.bias bn.weight bn.bias bn.running_mean bn.running_var bn.num_batches_tracked]"
		if got := strings.ReplaceAll(fmt.Sprint(d.Names()), "module.", ""); got != want {
			t.Errorf("%s: names %s", file, got)
		}
		wantTensor(t, d, "module.conv.weight", "[2 1 1 1] [0 1]")
		wantTensor(t, d, "module.bn.bias", "[2] [30 31]")
		wantTensor(t, d, "module.bn.running_var", "[2] [1 1]")
	}
}

// Dicts of all kinds, and tensors as newer and older PyTorch write them.
func TestKinds(t *testing.T) {
	w := text("w") + six
	typed := "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\ncmy\nTensor\n" + six[len("ctorch._utils\n_rebuild_tensor_v2\n"):len(six)-1] + "NtR"
	for what, c := range map[string]struct{ pickle, path string }{
		"of Python 2":     {"ccollections\nOrderedDict\n](](" + w + "ee\x85R", ""},
		"a class of dict": {"cmy\nDict\n)\x81(" + w + "u}" + text("note") + "Nsb", ""},
		"protocol 0":      {"ccopy_reg\n_reconstructor\n(cmy\nDict\nc__builtin__\ndict\n(dVw\n" + six + "stR", ""},
		"a default":       {"ccollections\ndefaultdict\nc__builtin__\nint\n\x85R(" + w + "u", ""},
		"bytes for keys":  {dictOf("C\x05model", dictOf("C\x01w", six)), "model"},
		"in a list":       {"](N" + dictOf(w) + "e", "1"},
		"in a tuple":      {"(N(" + dictOf(w) + "tt", "1.0"},
		"in an extension": {"\x82\x07)R(" + text("net") + dictOf(w) + "u", "net"},
		"a subclass":      {dictOf(text("w"), typed), ""},
		"a parameter":     {dictOf(text("w"), "ctorch._utils\n_rebuild_parameter_with_state\n("+six+"\x88)NtR"), ""},
		"an object":       {dictOf(text("x"), "cos\nsystem\n("+text("true")+"tR}"+text("a")+"Nsb(K\x01e("+text("a")+"Nu", text("w"), six), ""},
	} {
		f, err := openBytes(archive(whole(c.pickle)))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if d := f.Dicts[0]; d.Path != c.path || len(d.Names()) != 1 {
			t.Errorf("%s: names %v at %q", what, d.Names(), d.Path)
		} else {
			wantTensor(t, d, "w", "[2 3] [0 1 2 3 4 5]")
		}
	}
	f, err := openBytes(archive(whole(dictOf(text("w"), tensor3Of("uint16", 24, tuple(12))))))
	if err != nil {
		t.Fatal(err)
	}
	wantTensor(t, f.Dicts[0], "w", "[12] [0 0 0 16256 0 16384 0 16448 0 16512 0 16544]")
}

// write writes tensors of one value, which is their number.
func write(t *testing.T, path string, names ...string) {
	t.Helper()
	var tensors []Tensor
	for i, name := range names {
		tensors = append(tensors, Tensor{name, []int{1}, pieces([]float32{float32(i)}, 1)})
	}
	if err := Write(path, nil, tensors); err != nil {
		t.Fatal(err)
	}
}

func TestParts(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "model-00001-of-00002.safetensors"), "a", "b", "more")
	write(t, filepath.Join(dir, "model-00002-of-00002.safetensors"), "c")
	index := filepath.Join(dir, "model.safetensors.index.json")
	list := func(c string) {
		t.Helper()
		contents := `{"metadata":{"total_size":16},"weight_map":{"b":"model-00001-of-00002.safetensors","a":"model-00001-of-00002.safetensors","c":` + c + `}}`
		if err := os.WriteFile(index, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list(`"model-00002-of-00002.safetensors"`)
	for _, path := range []string{index, dir} {
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		d := f.Dicts[0]
		if got := fmt.Sprint(len(f.Dicts), d.Names()); got != "1 [a b c]" {
			t.Errorf("names %s", got)
		}
		if err := d.Verify(d.Names()); err != nil {
			t.Error(err)
		}
		wantTensor(t, d, "b", "[1] [1]")
		wantTensor(t, d, "c", "[1] [0]")
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		wantError(t, d.Read("c", make([]float32, 1)), "file already closed")
	}
	for c, want := range map[string]string{
		`"model-00003-of-00003.safetensors"`: `index.json: the file "model-00003-of-00003.safetensors" is missing`,
		`"model-00001-of-00002.safetensors"`: `file "model-00001-of-00002.safetensors" has no tensor "c"`,
		`"../model.safetensors"`:             `file "../model.safetensors" is not in the folder`,
		`"/dev/null"`:                        `file "/dev/null" is not in the folder`,
		`".."`:                               `file ".." is not in the folder`,
		`""`:                                 `file "" is not in the folder`,
		`"C:\\model"`:                        `file "C:\\model" is not in the folder`,
		`"model.safetensors.index.json"`:     "text that begins with",
		`3`:                                  "cannot unmarshal number",
		`"` + strings.Repeat(" ", maxHeader) + `"`: "more than 2097152 bytes",
	} {
		list(c)
		_, err := Open(index)
		wantError(t, err, want)
	}
	if err := os.WriteFile(index, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(index)
	wantError(t, err, "no weight_map")
}
