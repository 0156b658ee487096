package checkpoint

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// checkOpen opens any bytes: either they are refused, or all tensors that they
// are said to hold, and that have a shape, can be read.
func checkOpen(t *testing.T, raw []byte) {
	f, err := openBytes(raw)
	if err != nil {
		return
	}
	for _, d := range f.Dicts {
		for _, name := range d.Names() {
			shape, err := d.Shape(name)
			n := product(shape)
			if err != nil || n > len(raw) && n <= maxRepeated {
				continue // the latter is slow
			}
			if n < 0 || n > maxRepeated {
				t.Fatalf("tensor %q has %d values in %d bytes", name, n, len(raw))
			}
			if err := d.Read(name, make([]float32, n)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// FuzzOpenPyTorch opens files in PyTorch's two formats.
func FuzzOpenPyTorch(f *testing.F) {
	for _, name := range []string{"resnet8w4_conv.pth", "types.pth", "types_stream.pth", "beside.pth", "beside_stream.pth", "module.pth", "module_stream.pth"} {
		raw, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(archive(whole(dictOf(text("w"), six))))
	f.Add(stream(whole(dictOf(text("w"), six)), "]("+text("0")+"e", 6))
	f.Fuzz(checkOpen)
}

// FuzzOpenPickle opens archives with any pickle, which are too well guarded by
// their checksums for FuzzOpenPyTorch.
func FuzzOpenPickle(f *testing.F) {
	f.Add([]byte(whole(dictOf(text("w"), six))))
	f.Add([]byte(whole(dictOf(text("model"), dictOf(text("module.w"), six), "K\x01", "N"))))
	f.Add([]byte(whole("ccollections\nOrderedDict\n)R(" + text("w") + six + "u}" + text("_metadata") + "}sb")))
	f.Add([]byte(whole("\x95\x00\x00\x00\x00\x00\x00\x00\x00" + text("torch") + "\x94" + text("FloatStorage") + "\x94\x93\x94h\x00h\x02")))
	f.Add([]byte(whole(modules(3))))
	f.Add([]byte(whole(dictOf(text("w"), tensor3Of("uint16", 24, tuple(12))))))
	f.Add([]byte(whole("ccollections\nOrderedDict\n](](Vw\n" + six + "ee\x85R")))
	f.Add([]byte(whole("(cargparse\nNamespace\n)\x81}" + text("a") + "(ios\nsystem\nsb\x8f(C\x01b\x90" + dictOf(text("w"), six) + "t")))
	f.Fuzz(func(t *testing.T, pickle []byte) { checkOpen(t, archive(string(pickle))) })
}

// FuzzOpenSafetensors opens safetensors. Those that are accepted can be written,
// and say the same when they are opened again.
func FuzzOpenSafetensors(f *testing.F) {
	f.Add(file("{}", 0))
	f.Add(file(`{"__metadata__":{"a":"b"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"v":{"dtype":"BF16","shape":[],"data_offsets":[24,26]}}`, 26))
	f.Add(file(`{"w":{"dtype":"I64","shape":[4294967296,0,2],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkOpen(t, raw)
		file, err := openBytes(raw)
		if err != nil || raw[8] != '{' {
			return
		}
		var tensors []Tensor
		for _, name := range file.Dicts[0].Names() {
			shape, err := file.Dicts[0].Shape(name)
			if err != nil || !utf8.ValidString(name) {
				return
			}
			tensors = append(tensors, Tensor{Name: name, Shape: shape})
		}
		head, err := header(file.Metadata, tensors)
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, x := range tensors {
			size += 4 * product(x.Shape)
		}
		again, err := openBytes(append(bytes.Clone(head), make([]byte, size)...))
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Dicts[0].Names()) != len(tensors) || len(again.Metadata) != len(file.Metadata) {
			t.Fatalf("tensors %q, want %q; metadata %q, want %q", again.Dicts[0].Names(), file.Dicts[0].Names(), again.Metadata, file.Metadata)
		}
	})
}

// FuzzOpenParts opens any index: it is refused, or all its tensors are those of the
// file beside it.
func FuzzOpenParts(f *testing.F) {
	f.Add([]byte(`{"metadata":{},"weight_map":{"a":"part"}}`))
	f.Add([]byte(`{"weight_map":{"a":"../part","b":"/dev/zero","c":""}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "part"), "a", "b")
		index := filepath.Join(dir, "model"+indexEnding)
		if err := os.WriteFile(index, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := Open(index)
		if err != nil {
			return
		}
		defer file.Close()
		for _, name := range file.Dicts[0].Names() {
			if name != "a" && name != "b" {
				t.Fatalf("tensor %q", name)
			}
			if err := file.Dicts[0].Read(name, make([]float32, 1)); err != nil {
				t.Fatal(err)
			}
		}
	})
}
