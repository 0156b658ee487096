package data

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// writeCIFAR10 writes a small data set of n images a file into dir, and returns
// its folder and the contents of the training files and the test file.
func writeCIFAR10(t *testing.T, dir string, n int) (folder string, train, test []byte) {
	t.Helper()
	folder = filepath.Join(dir, cifar10.folder)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	files := noise(6*n, 10, 3, 32, 32).files
	for i, name := range slices.Concat(cifar10.train, cifar10.test) {
		contents := bytes.Join(files[i*n:(i+1)*n], nil)
		if i < len(cifar10.train) {
			train = append(train, contents...)
		} else {
			test = contents
		}
		if err := os.WriteFile(filepath.Join(folder, name), contents, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder, train, test
}

func TestOpenCIFAR10(t *testing.T) {
	dir := t.TempDir()
	folder, wantTrain, wantTest := writeCIFAR10(t, dir, 3)
	for _, place := range []string{dir, folder} {
		train, test, err := Open("cifar10", place)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(pixelsOf(t, train), ""); got != string(wantTrain) {
			t.Error("training images differ from the files")
		}
		if got := strings.Join(pixelsOf(t, test), ""); got != string(wantTest) {
			t.Error("test images differ from the file")
		}
		if !slices.Equal(train.Classes(), cifar10Classes) || !slices.Equal(test.Classes(), cifar10Classes) {
			t.Error("classes are not those of CIFAR-10")
		}
	}
}

func TestCIFAR10Errors(t *testing.T) {
	record := cifar10.record()
	for name, c := range map[string]struct {
		change func([]byte) []byte
		want   string
	}{
		"truncated":       {func(b []byte) []byte { return b[:len(b)-1] }, "byte 6146: a record of 3073 bytes begins here, but the file ends after 3072 of them"},
		"one byte longer": {func(b []byte) []byte { return append(b, 0) }, "byte 9219: a record of 3073 bytes begins here, but the file ends after 1 of them"},
		"one byte alone":  {func(b []byte) []byte { return b[:1] }, "byte 0: a record of 3073 bytes begins here, but the file ends after 1 of them"},
		"label":           {func(b []byte) []byte { b[record] = 10; return b }, "byte 3073: label 10, want 0 to 9"},
		"last label":      {func(b []byte) []byte { b[2*record] = 255; return b }, "byte 6146: label 255, want 0 to 9"},
		"empty":           {func([]byte) []byte { return nil }, "byte 0: the file is empty, want records of 3073 bytes"},
	} {
		for _, file := range []string{"data_batch_4.bin", "test_batch.bin"} {
			t.Run(name+"/"+file, func(t *testing.T) {
				dir := t.TempDir()
				folder, _, _ := writeCIFAR10(t, dir, 3)
				path := filepath.Join(folder, file)
				contents, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, c.change(contents), 0o644); err != nil {
					t.Fatal(err)
				}
				_, _, err = Open("cifar10", dir)
				wantError(t, err, "data: cifar10: "+path+": "+c.want)
			})
		}
	}
}

func TestCIFAR10Missing(t *testing.T) {
	for _, file := range slices.Concat(cifar10.train, cifar10.test) {
		dir := t.TempDir()
		folder, _, _ := writeCIFAR10(t, dir, 1)
		if err := os.Remove(filepath.Join(folder, file)); err != nil {
			t.Fatal(err)
		}
		for _, place := range []string{dir, folder} {
			_, _, err := Open("cifar10", place)
			wantError(t, err, "data: cifar10: ", filepath.Join(folder, file))
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v is not fs.ErrNotExist", err)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, _, err := Open("cifar10", dir)
	wantError(t, err, filepath.Join(dir, cifar10.folder, "data_batch_1.bin"))
}

func TestCIFAR10Memory(t *testing.T) {
	dir := t.TempDir()
	_, train, test := writeCIFAR10(t, dir, 500)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, _, err := cifar10.open(dir); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	// Allocation rounds each of the six files up to whole pages of 8 KB.
	size := uint64(len(train) + len(test))
	if got := after.TotalAlloc - before.TotalAlloc; got > size+100_000 {
		t.Errorf("%d bytes allocated for files of %d", got, size)
	}
}

// FuzzCheckCIFAR10 compares the check with the format's definition: any bytes
// are either whole records, which read back as they are, or refused.
func FuzzCheckCIFAR10(f *testing.F) {
	good := bytes.Join(noise(2, 10, 3, 32, 32).files, nil)
	f.Add([]byte{})
	f.Add([]byte{0})
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), 9))
	bad := bytes.Clone(good)
	bad[cifar10.record()] = 10
	f.Add(bad)
	f.Add(bad[:cifar10.record()+1])
	f.Fuzz(func(t *testing.T, contents []byte) {
		fine := len(contents) > 0 && len(contents)%cifar10.record() == 0
		for i, b := range contents {
			fine = fine && (i%cifar10.record() != 0 || b <= 9)
		}
		err := cifar10.check(contents)
		if fine != (err == nil) {
			t.Fatalf("%d bytes: %v", len(contents), err)
		}
		if err != nil {
			wantError(t, err, "byte ")
			return
		}
		set := cifar10.records()
		set.files = [][]byte{contents}
		if got := strings.Join(pixelsOf(t, set), ""); got != string(contents) {
			t.Error("images differ from the contents")
		}
	})
}
