package data

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// writeCIFAR writes a small data set of n images a file into dir, and returns
// its folder and the contents of the training files and the test file.
func writeCIFAR(t *testing.T, f cifar, dir string, n int) (folder string, train, test []byte) {
	t.Helper()
	folder = filepath.Join(dir, f.versions[0].folder)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	images := noise(6*n, 100, 3, 32, 32).files
	for i, name := range slices.Concat(f.versions[0].train, f.versions[0].test) {
		var contents []byte
		for k, image := range images[i*n : (i+1)*n] {
			for _, classes := range f.labels {
				contents = append(contents, byte((7*i+3*k)%len(classes)))
			}
			contents = append(contents, image[1:]...)
		}
		if i < len(f.versions[0].train) {
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

func writeCIFAR10(t *testing.T, dir string, n int) (folder string, train, test []byte) {
	t.Helper()
	return writeCIFAR(t, cifar10, dir, n)
}

// The same files are the data set of fine and of coarse labels.
func TestOpenCIFAR100(t *testing.T) {
	dir := t.TempDir()
	folder, wantTrain, wantTest := writeCIFAR(t, cifar100, dir, 40)
	for label, name := range []string{"cifar100-coarse", "cifar100"} {
		want := func(contents []byte) string {
			var all []byte
			for record := range slices.Chunk(contents, 3074) {
				all = append(append(all, record[label]), record[2:]...)
			}
			return string(all)
		}
		for _, place := range []string{dir, folder} {
			train, test, err := Open(name, place)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(pixelsOf(t, train), "") != want(wantTrain) || strings.Join(pixelsOf(t, test), "") != want(wantTest) {
				t.Errorf("%s: images differ from the files", name)
			}
			classes := [][]string{cifar100Coarse, cifar100Fine}[label]
			if !slices.Equal(train.Classes(), classes) || !slices.Equal(test.Classes(), classes) {
				t.Errorf("%s: classes %v", name, train.Classes())
			}
		}
		// Either label is checked whichever counts.
		for at, c := range map[int]struct {
			label byte
			want  string
		}{3074: {20, "byte 3074: label 20, want 0 to 19"}, 3075: {100, "byte 3075: label 100, want 0 to 99"}} {
			broken := bytes.Clone(wantTest)
			broken[at] = c.label
			path := filepath.Join(folder, "test.bin")
			if err := os.WriteFile(path, broken, 0o644); err != nil {
				t.Fatal(err)
			}
			_, _, err := Open(name, dir)
			wantError(t, err, "data: "+name+": "+path+": "+c.want)
			if err := os.WriteFile(path, wantTest, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !slices.IsSorted(cifar100Fine) || !slices.IsSorted(cifar100Coarse) || len(cifar100Fine) != 100 || len(cifar100Coarse) != 20 {
		t.Error("classes are not 100 and 20 in alphabetical order, as the data set has them")
	}
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
	for _, file := range slices.Concat(cifar10.versions[0].train, cifar10.versions[0].test) {
		dir := t.TempDir()
		folder, _, _ := writeCIFAR10(t, dir, 1)
		if err := os.Remove(filepath.Join(folder, file)); err != nil {
			t.Fatal(err)
		}
		for _, place := range []string{dir, folder} {
			_, _, err := Open("cifar10", place)
			wantError(t, err, "data: cifar10: "+folder+" lacks "+file+"; train -download fetches it")
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v is not fs.ErrNotExist", err)
			}
		}
	}
	dir := filepath.Join(t.TempDir(), "nowhere")
	_, _, err := Open("cifar10", dir)
	wantError(t, err, "data: cifar10: no folder "+dir)
}

// Notes say where the files are, and a version without whole files does not keep
// another from being read.
func TestCIFAR10Notes(t *testing.T) {
	dir := t.TempDir()
	folder, _, _ := writeCIFAR10(t, dir, 1)
	touchAll(t, dir, "cifar-10-batches-py/data_batch_1", "x/")
	train, test, err := Open("cifar10", dir)
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, dir, []Dataset{train, test})
	if train, test, err = Open("cifar10", filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
	wantNotes(t, filepath.Dir(dir), []Dataset{train, test}, "DIR: the data set is read from DIR"+strings.TrimPrefix(folder, filepath.Dir(dir)))
	page := []byte("<html>404")
	writeFiles(t, folder, map[string][]byte{"test_batch.bin": page})
	_, _, err = Open("cifar10", dir)
	wantError(t, err, "test_batch.bin: byte 0: a record of 3073 bytes", "this is a web page")
}

func TestCIFAR10Memory(t *testing.T) {
	dir := t.TempDir()
	_, train, test := writeCIFAR10(t, dir, 500)
	got := allocated(func() {
		if _, _, err := cifar10.open(dir); err != nil {
			t.Fatal(err)
		}
	})
	// Allocation rounds each of the six files up to whole pages of 8 KB.
	size := len(train) + len(test)
	if got > size+100_000 {
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

// FuzzCheckCIFAR100 is FuzzCheckCIFAR10 for records of two labels.
func FuzzCheckCIFAR100(f *testing.F) {
	good := slices.Concat([]byte{19, 99}, make([]byte, 3072), []byte{0, 5}, make([]byte, 3072))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(good[:1])
	bad := bytes.Clone(good)
	bad[0] = 20
	f.Add(bad)
	f.Fuzz(func(t *testing.T, contents []byte) {
		fine := len(contents) > 0 && len(contents)%3074 == 0
		for i, b := range contents {
			fine = fine && (i%3074 != 0 || b < 20) && (i%3074 != 1 || b < 100)
		}
		err := cifar100.check(contents)
		if fine != (err == nil) {
			t.Fatalf("%d bytes: %v", len(contents), err)
		}
		if err != nil {
			wantError(t, err, "byte ")
			return
		}
		set := cifar100.records()
		set.files = [][]byte{contents}
		for i, image := range pixelsOf(t, set) {
			record := contents[i*3074 : (i+1)*3074]
			if image[0] != record[1] || image[1:] != string(record[2:]) {
				t.Errorf("image %d differs from the contents", i)
			}
		}
	})
}
