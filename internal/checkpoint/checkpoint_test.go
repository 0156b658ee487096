package checkpoint

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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
			if err := f.Verify(); err != nil {
				t.Error(err)
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
				wantTensor(t, f, name, fmt.Sprint([]int{24}, want))
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
			wantTensor(t, f, "transposed", fmt.Sprint([]int{4, 2, 3}, transposed))
			wantTensor(t, f, "part", "[1 2 2] [2.75 3 4.75 5]")
			wantTensor(t, f, "scalar", "[] [3.75]")
			wantTensor(t, f, "none", "[2 0 4] []")
			if got := f.Shape("parameter"); !slices.Equal(got, []int{2, 3, 4}) {
				t.Errorf("shape %v", got)
			}
			if got := len(f.Names()); got != 15 {
				t.Errorf("%d tensors, want 15: %v", got, f.Names())
			}
		})
	}
}

// A network trained with DataParallel has the names and values of a bare one.
func TestModulePrefix(t *testing.T) {
	bare, err := Open("testdata/resnet8w4_conv.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	wrapped, err := Open("testdata/resnet8w4_conv_dataparallel.pth")
	if err != nil {
		t.Fatal(err)
	}
	defer wrapped.Close()
	if !slices.Equal(bare.Names(), wrapped.Names()) {
		t.Fatalf("names %v, want %v", wrapped.Names(), bare.Names())
	}
	for _, name := range bare.Names() {
		values := make([]float32, product(bare.Shape(name)))
		if err := bare.Read(name, values); err != nil {
			t.Fatal(err)
		}
		wantTensor(t, wrapped, name, fmt.Sprint(bare.Shape(name), values))
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
	wantError(t, err, "not a regular file")
	for _, contents := range []string{"", "\x80", "PK\x03\x04", "1234567{", "0000000000000", "GIF89a; "} {
		if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		wantError(t, err, "checkpoint: "+path+": ")
	}
	f, err := Open("testdata/types.pth")
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, f.Read("nothing", nil), `no tensor is called "nothing"`)
	wantError(t, f.Read("part", make([]float32, 3)), `tensor "part" has 4 values, not 3`)
	if f.Shape("nothing") != nil || f.Has("nothing") || !f.Has("part") {
		t.Error("a tensor that is not there has a shape")
	}
	f.Close()
	wantError(t, f.Read("part", make([]float32, 4)), "file already closed")
}
