package checkpoint

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// PyTorch's own files, with a tensor of every type: see testdata/types.py.
func TestTypes(t *testing.T) {
	for _, file := range []string{"types.pth", "types_stream.pth"} {
		t.Run(file, func(t *testing.T) {
			f, err := Open(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			d := f.Dicts[0]
			if err := d.Verify(d.Names()); err != nil {
				t.Error(err)
			}
			if d.Path != "state_dict" || d.Module != "" {
				t.Errorf("a dict %q of module %q", d.Path, d.Module)
			}
			value := map[string]func(i int) float64{
				"uint8": func(i int) float64 { return float64((i + 254) % 256) },
				"bool":  func(i int) float64 { return min(math.Abs(float64(i-2)), 1) },
			}
			for _, name := range []string{"float64", "float32", "float16", "bfloat16"} {
				value[name] = func(i int) float64 { return (float64(i) - 2) / 4 }
			}
			for _, name := range []string{"int64", "int32", "int16", "int8"} {
				value[name] = func(i int) float64 { return float64(i) - 2 }
			}
			for name, v := range value {
				var want [24]float64
				for i := range want {
					want[i] = v(i)
				}
				wantTensor(t, d, "module."+name, fmt.Sprint([]int{24}, want))
			}
			// Axes 2 0 1 of 2 3 4 values, of which the slowest has steps of 3, of
			// the next 1 and of the fastest 0.25.
			var transposed []float64
			for c := range 4 {
				for a := range 2 {
					for b := range 3 {
						transposed = append(transposed, float64(c)/4-0.5+float64(3*a+b))
					}
				}
			}
			wantTensor(t, d, "module.transposed", fmt.Sprint([]int{4, 2, 3}, transposed))
			wantTensor(t, d, "module.part", "[1 2 2] [2.75 3 4.75 5]")
			wantTensor(t, d, "module.scalar", "[] [3.75]")
			wantTensor(t, d, "module.none", "[2 0 4] []")
			if got, _ := d.Shape("module.parameter"); !slices.Equal(got, []int{2, 3, 4}) {
				t.Errorf("shape %v", got)
			}
			if got := len(d.Names()); got != 15 {
				t.Errorf("%d tensors, want 15: %v", got, d.Names())
			}
		})
	}
}

func TestHalf(t *testing.T) {
	for bits := range 1 << 16 {
		sign, exponent, fraction := 1-2*float64(bits>>15), bits>>10&31, float64(bits&1023)
		want := sign * math.Ldexp(1024+fraction, exponent-25)
		switch {
		case exponent == 0:
			want = sign * math.Ldexp(fraction, -24)
		case exponent == 31 && fraction == 0:
			want = sign * math.Inf(1)
		case exponent == 31:
			want = math.NaN()
		}
		got := float64(decodeOne(halfKind, []byte{byte(bits), byte(bits >> 8)}))
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("%#x is %v, want %v", bits, got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	_, err := Open(path)
	wantError(t, err, "no such file")
	_, err = Open(dir)
	wantError(t, err, "is a folder, want a file of weights")
	for contents, want := range map[string]string{
		"": "the file is empty", "\x80": "a pickle that torch.save has not written", "\x80\x04K\x01.": "a pickle that torch.save has not written",
		"PK\x03\x04": "an archive without its end: the download or copy was cut off", "1234567{": "the file is text that begins with \"1234567{\"",
		strings.Repeat("\x00", 600): "begins with zeros alone", "GIF89a; ": "a picture", "\x1f\x8b\x08\x00": "compressed with gzip: unpack it first",
		"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n": "a pointer of Git LFS",
		"\n<!DOCTYPE html>\n<html><body>Sign in</body></html>":                "a web page",
		"Entry not found": `text that begins with "Entry not found"`, "\x89HDF\r\n\x1a\n\x00": "HDF5", "\x93NUMPY\x01\x00": "an array of NumPy",
		"\x08\x07\x12\x07pytorch\x1a\x06": "ONNX", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a": "neither a PyTorch checkpoint nor safetensors",
		"a.pth" + strings.Repeat("\x00", 252) + "ustar\x0000": "a tar archive: unpack it first",
	} {
		if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		wantError(t, err, "checkpoint: "+path+": ")
		wantError(t, err, want)
	}
	f, err := Open("testdata/types.pth")
	if err != nil {
		t.Fatal(err)
	}
	d := f.Dicts[0]
	wantError(t, d.Read("nothing", nil), `tensor "nothing": there is none of that name`)
	wantError(t, d.Read("module.part", make([]float32, 3)), `tensor "module.part" has 4 values, not 3`)
	if _, err := d.Shape("nothing"); err == nil || d.Has("nothing") || !d.Has("module.part") {
		t.Error("a tensor that is not there has a shape")
	}
	f.Close()
	wantError(t, d.Read("module.part", make([]float32, 4)), "file already closed")
}
