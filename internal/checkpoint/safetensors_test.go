package checkpoint

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

const halfKind = safetensors.F16

// file is safetensors of this header and so many bytes.
func file(header string, bytes int) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(raw, header...), make([]byte, bytes)...)
}

func TestBadSafetensors(t *testing.T) {
	tensor := func(name, kind, shape string, from, to int) string {
		return fmt.Sprintf(`"%s":{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, name, kind, shape, from, to)
	}
	huge := file("{}", 0)
	binary.LittleEndian.PutUint64(huge, 1<<63)
	for want, raw := range map[string][]byte{
		"a header of 9223372036854775808 bytes":                                                         huge,
		"a header of 2097153 bytes":                                                                     file("{}"+strings.Repeat(" ", maxHeader-1), 0),
		"a header of 2 bytes in a file of 9":                                                            file("{}", 0)[:9],
		"header: the JSON object has no end":                                                            file("{ ", 0),
		`two tensors are called "a"`:                                                                    file("{"+tensor("a", "U8", "[0]", 0, 0)+","+tensor(`\u0061`, "U8", "[0]", 0, 0)+"}", 0),
		`tensor "b" is at bytes 3 to 8 of 8, want it to start at 4`:                                     file("{"+tensor("a", "U8", "[4]", 0, 4)+","+tensor("b", "U8", "[5]", 3, 8)+"}", 8),
		`tensor "b" is at bytes 5 to 8 of 8, want it to start at 4`:                                     file("{"+tensor("a", "U8", "[4]", 0, 4)+","+tensor("b", "U8", "[3]", 5, 8)+"}", 8),
		"the tensors have 4 bytes, but the file ends after 3 of them: the download or copy was cut off": file("{"+tensor("a", "U8", "[4]", 0, 4)+"}", 3),
		"the tensors have 4 bytes, the file has 5":                                                      file("{"+tensor("a", "U8", "[4]", 0, 4)+"}", 5),
		`tensor "a" has 4 bytes for [4] values of type F32`:                                             file("{"+tensor("a", "F32", "[4]", 0, 4)+"}", 4),
		"a shape of [4294967296 4294967296], but at most 4":                                             file("{"+tensor("a", "U8", "[4294967296,4294967296]", 0, 4)+"}", 4),
		`tensor "a": want a dtype, a shape`:                                                             file("{"+tensor("a", "U8", "[18446744073709551615]", 0, 4)+"}", 4),
		`tensor "a": has values of type "C64", which are not read`:                                      file("{"+tensor("a", "C64", "[1]", 0, 8)+"}", 8),
		`tensor "a": want a dtype`:                                                                      file(`{"a":null}`, 0),
		"neither a PyTorch checkpoint nor safetensors":                                                  file("[]", 1),
		"a shape of [-1], but at most 4 values":                                                         file("{"+tensor("a", "U8", "[-1]", 0, 4)+"}", 4),
		`header: tensor "a": want`:                                                                      file("{"+tensor("a", "U8", "[1.5]", 0, 4)+"}", 4),
		`tensor "a": want a dtype, a shape and`:                                                         file(`{"a":`+strings.Repeat("[", 20000), 0),
	} {
		_, err := openWhole(raw)
		wantError(t, err, want)
	}
}

// Types that nothing needs do not keep the others from being read, nor do notes that
// are no text.
func TestSafetensorsOfOthers(t *testing.T) {
	f, err := openBytes(file(`{"__metadata__":{"epoch":3,"format":"pt"},"b":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]},`+
		`"c":{"dtype":"F4","shape":[3,3],"data_offsets":[2,7]},"w":{"dtype":"U8","shape":[2],"data_offsets":[7,9]}}`, 9))
	if err != nil {
		t.Fatal(err)
	}
	d := f.Dicts[0]
	if got := fmt.Sprint(d.Names(), f.Metadata); got != "[b c w] map[format:pt]" {
		t.Errorf("names and notes %s", got)
	}
	wantTensor(t, d, "w", "[2] [0 0]")
	wantError(t, d.Read("b", make([]float32, 2)), `tensor "b": has values of type "F8_E4M3", which are not read`)
}

// pieces yields values in pieces of so many.
func pieces(values []float32, n int) iter.Seq[[]float32] { return slices.Chunk(values, n) }

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	bits := []uint32{0, 1 << 31, 1, 0x7f800000, 0x7fc00001, 0xffa12345, 0x3f800000, 42}
	values := make([]float32, 40_000)
	for i := range values {
		values[i] = math.Float32frombits(bits[i%len(bits)])
	}
	notes := map[string]string{"epoch": "3", "<ü>": "\"\n"}
	err := Write(path, notes, []Tensor{
		{"z", []int{40_000}, pieces(values, 40_000)},
		{"ä \"", []int{2, 0}, pieces(nil, 1)},
		{"a", []int{5, 4}, pieces(values[3:23], 7)},
		{"", nil, pieces(values[5:6], 1)},
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := f.Dicts[0]
	if err := d.Verify(d.Names()); err != nil {
		t.Error(err)
	}
	if got, want := fmt.Sprint(f.Metadata), fmt.Sprint(notes); got != want {
		t.Errorf("metadata %v, want %v", got, want)
	}
	for name, want := range map[string][]float32{"z": values, "ä \"": {}, "a": values[3:23], "": values[5:6]} {
		got := make([]float32, len(want))
		if err := d.Read(name, got); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("value %d of %q is %#x, want %#x", i, name, math.Float32bits(got[i]), math.Float32bits(want[i]))
			}
		}
	}
	var shapes [3][]int
	for i, name := range []string{"a", "", "ä \""} {
		shapes[i], _ = d.Shape(name)
	}
	if got := fmt.Sprint(shapes[0], shapes[1], shapes[2]); got != "[5 4] [] [2 0]" {
		t.Errorf("shapes %s", got)
	}
}

// A file that cannot be completed leaves the one before, and nothing else.
func TestWriteErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := pieces([]float32{1}, 1)
	for want, tensors := range map[string][]Tensor{
		`tensor "a": 1 values, want 2 for the shape [2]`:        {{"a", []int{2}, one}},
		`tensor "a": 3 values, want 2`:                          {{"a", []int{2}, pieces(make([]float32, 3), 3)}},
		`cannot be called "a"`:                                  {{"a", nil, one}, {"a", nil, one}},
		`cannot be called "__metadata__"`:                       {{"__metadata__", nil, one}},
		`cannot be called "\xff"`:                               {{"\xff", nil, one}},
		"a shape of [-1]":                                       {{"a", []int{-1}, one}},
		"a shape of [4611686018427387904 2], but at most":       {{"a", []int{1 << 62, 2}, one}},
		fmt.Sprintf("a header of %d bytes, want", maxHeader+56): {{strings.Repeat("x", maxHeader), nil, one}},
	} {
		wantError(t, Write(path, nil, tensors), want)
	}
	wantError(t, Write(filepath.Join(dir, "none", "file"), nil, nil), "no such file")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("files %v, %v", left, err)
	}
	if raw, err := os.ReadFile(path); string(raw) != "before" {
		t.Errorf("the file has %q, %v", raw, err)
	}
}
