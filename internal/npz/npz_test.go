package npz

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sbinet/npyio/npz"
)

// What is written, side by side and piece by piece, is what npyio reads.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.npz")
	z, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Discard()
	matrix, err := z.Add("matrix", "<f4", 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	integers, seeds, numbers := []int64{-1, math.MaxInt64, 3}, []uint64{math.MaxUint64}, []float64{0.1, math.Inf(-1)}
	for _, err := range []error{
		AddVector(z, "integers", integers), AddVector(z, "seeds", seeds), AddVector(z, "numbers", numbers),
		AddVector(z, "nothing", []float64{}), z.AddStrings("names", []string{"V1", "", "größer"}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	values := []float32{1, 2, 3, 4, 5, 6}
	for _, v := range values {
		if err := binary.Write(matrix, binary.LittleEndian, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file is there before it is complete: %v", err)
	}
	if err := z.Finish(); err != nil {
		t.Fatal(err)
	}
	z.Discard()
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("the folder has %v, %v", left, err)
	}
	r, err := npz.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if want := []string{"integers.npy", "matrix.npy", "names.npy", "nothing.npy", "numbers.npy", "seeds.npy"}; !slices.Equal(slices.Sorted(slices.Values(r.Keys())), want) {
		t.Errorf("arrays %q, want %q", r.Keys(), want)
	}
	if shape := r.Header("matrix.npy").Descr.Shape; !slices.Equal(shape, []int{3, 2}) {
		t.Errorf("shape %v", shape)
	}
	wantArray(t, r, "matrix.npy", values)
	wantArray(t, r, "integers.npy", integers)
	wantArray(t, r, "seeds.npy", seeds)
	wantArray(t, r, "numbers.npy", numbers)
	wantArray(t, r, "nothing.npy", []float64{})
	// npyio takes characters for UTF-8; what they are is tested in bench.
	if d := r.Header("names.npy").Descr; d.Type != "<U6" || !slices.Equal(d.Shape, []int{3}) {
		t.Errorf("names are %+v", d)
	}
}

func wantArray[T comparable](t *testing.T, r *npz.Reader, name string, want []T) {
	t.Helper()
	var got []T
	if err := r.Read(name, &got); err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: %v, want %v; %v", name, got, want, err)
	}
}
