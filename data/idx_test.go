package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// idxFile is an IDX file of this kind with these values.
func idxFile(kind uint32, values []byte, axes ...uint32) []byte {
	file := binary.BigEndian.AppendUint32(nil, kind)
	for _, n := range axes {
		file = binary.BigEndian.AppendUint32(file, n)
	}
	return append(file, values...)
}

func gzipped(t testing.TB, contents []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(contents); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// idxFiles are the four files of a small data set by name, and its images to
// train on and to test with, each with its label in front.
func idxFiles(train, test int) (files map[string][]byte, images [2][]string) {
	files = map[string][]byte{}
	random := rand.New(rand.NewPCG(3, 4))
	for i, n := range []int{train, test} {
		var pixels, labels []byte
		for k := range n {
			label := byte((7*k + i) % 10)
			image := make([]byte, 28*28)
			for j := range image {
				image[j] = byte(random.Uint32())
			}
			labels, pixels = append(labels, label), append(pixels, image...)
			images[i] = append(images[i], string(label)+string(image))
		}
		files[idxNames[i][0]] = idxFile(idxImages, pixels, uint32(n), 28, 28)
		files[idxNames[i][1]] = idxFile(idxLabels, labels, uint32(n))
	}
	return files, images
}

func writeFiles(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, contents := range files {
		if err := os.WriteFile(filepath.Join(dir, name), contents, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenIDX(t *testing.T) {
	files, images := idxFiles(23, 11)
	mixed := map[string][]byte{}
	packed := map[string][]byte{}
	for name, contents := range files {
		packed[name+".gz"] = gzipped(t, contents)
		if strings.Contains(name, "labels") {
			mixed[name] = contents
		} else {
			mixed[name+".gz"] = packed[name+".gz"]
		}
	}
	for name, class := range map[string]string{"mnist": "9", "fashion-mnist": "Ankle boot", "kmnist": "wo"} {
		for _, files := range []map[string][]byte{files, packed, mixed} {
			dir := t.TempDir()
			writeFiles(t, filepath.Join(dir, name), files)
			for _, place := range []string{dir, filepath.Join(dir, name)} {
				train, test, err := Open(name, place)
				if err != nil {
					t.Fatal(err)
				}
				if c, h, w := train.Size(); c != 1 || h != 28 || w != 28 {
					t.Errorf("size %d×%d×%d", c, h, w)
				}
				if !slices.Equal(pixelsOf(t, train), images[0]) || !slices.Equal(pixelsOf(t, test), images[1]) {
					t.Error("images differ from the files")
				}
				if n := train.Classes(); len(n) != 10 || n[9] != class || !slices.Equal(n, test.Classes()) {
					t.Errorf("classes %v", n)
				}
				_, err = train.Image(23, nil)
				wantError(t, err, "data: image 23 of a data set of 23 images")
			}
		}
	}
}

// The four files are called this and that, and are packed whatever they are called.
func TestIDXNames(t *testing.T) {
	files, images := idxFiles(3, 2)
	for _, names := range [][4]string{
		{"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
		{"train-images.idx3-ubyte.gz", "train-labels.idx1-ubyte.gz", "t10k-images.idx3-ubyte.gz", "t10k-labels.idx1-ubyte.GZ"},
		{"Train-Images-IDX3-ubyte", "TRAIN-LABELS-IDX1-UBYTE", "test-images-idx3-ubyte", "test-labels.idx1-ubyte.gz"},
		{"train_images_idx3_ubyte", "train-labels", "t10k-images.ubyte", "t10k_labels.idx"},
		{"train-images-idx3-ubyte/train-images.idx3-ubyte", "train-labels-idx1-ubyte.gz/train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
	} {
		for packed := range 16 {
			dir := t.TempDir()
			for i, name := range names {
				contents := files[idxNames[i/2][i%2]]
				if packed>>i&1 == 1 {
					contents = gzipped(t, contents)
				}
				folder, base := filepath.Split(name)
				writeFiles(t, filepath.Join(dir, folder), map[string][]byte{base: contents})
			}
			train, test, err := Open("mnist", dir)
			if err != nil {
				t.Fatalf("%s, packed as %b: %v", names, packed, err)
			}
			if !slices.Equal(pixelsOf(t, train), images[0]) || !slices.Equal(pixelsOf(t, test), images[1]) {
				t.Errorf("%s: images differ from the files", names)
			}
		}
	}
	for _, name := range []string{"train-images", "t10k-labels-idx1-ubyte.gz.part", "emnist-digits-train-images-idx3-ubyte", "train-images.zip", "train-idx3-ubyte", "images-idx3-ubyte", "train_labels.csv"} {
		if _, _, ok := idxPart(name); ok != (name == "train-images") {
			t.Errorf("%s: %v", name, ok)
		}
	}
}

// Of several files that are the same one, that which is not packed is read.
func TestIDXTwice(t *testing.T) {
	files, images := idxFiles(3, 2)
	dir := t.TempDir()
	writeFiles(t, dir, files)
	for name := range files {
		writeFiles(t, dir, map[string][]byte{name + ".gz": {1}})
		touch(t, filepath.Join(dir, strings.ReplaceAll(name, "-idx", ".idx"), name))
	}
	train, test, err := Open("mnist", dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pixelsOf(t, train), images[0]) || !slices.Equal(pixelsOf(t, test), images[1]) {
		t.Error("images differ from the files")
	}
}

// Files of the family look alike, so that a folder's name is all there is to go by.
func TestIDXRelatives(t *testing.T) {
	files, _ := idxFiles(3, 2)
	dir := t.TempDir()
	folder := filepath.Join(dir, "FashionMNIST", "raw")
	writeFiles(t, folder, files)
	for name, want := range map[string][]string{
		"fashion-mnist": nil,
		"mnist":         {"DIR is read as mnist, though it is called as fashion-mnist: their files look alike"},
		"kmnist":        {"DIR is read as kmnist, though it is called as fashion-mnist: their files look alike"},
	} {
		train, test, err := Open(name, folder)
		if err != nil {
			t.Fatal(err)
		}
		wantNotes(t, folder, []Dataset{train, test}, want...)
	}
	// What lies further up says nothing.
	folder = filepath.Join(dir, "fashion", "digits", "data")
	writeFiles(t, folder, files)
	train, test, err := Open("mnist", folder)
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, folder, []Dataset{train, test})
	for path, want := range map[string]string{
		"": "", "x": "", "mnist": "mnist", "MNIST/raw": "mnist", "my_mnist": "mnist", "FashionMNIST": "fashion-mnist", "fashion_mnist/raw": "fashion-mnist",
		"mnist/fashion": "fashion-mnist", "fashion/mnist": "mnist", "KMNIST/raw": "kmnist", "EMNIST": "another data set", "notMNIST/x": "another data set",
	} {
		if got := named(filepath.FromSlash(path)); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestIDXErrors(t *testing.T) {
	images, labels := idxNames[0][0], idxNames[1][1]
	for name, c := range map[string]struct {
		file   string
		change func([]byte) []byte // nil takes the file away
		want   string
	}{
		"no images":      {images, nil, "DIR lacks " + images + "; train -download"},
		"no labels":      {labels, nil, "DIR lacks " + labels},
		"empty":          {images, func([]byte) []byte { return nil }, "0 bytes, want a header of 16"},
		"header":         {labels, func(b []byte) []byte { return b[:7] }, "7 bytes, want a header of 8"},
		"labels":         {images, func([]byte) []byte { return idxFile(idxLabels, make([]byte, 100), 100) }, "begins with 0x801, want 0x803"},
		"images":         {labels, func([]byte) []byte { return idxFile(idxImages, make([]byte, 784), 1, 28, 28) }, "begins with 0x803, want 0x801"},
		"short":          {images, func(b []byte) []byte { return b[:len(b)-1] }, "18031 bytes after the header, want 18032 for 23 items of 784"},
		"long":           {labels, func(b []byte) []byte { return append(b, 0) }, "12 bytes after the header, want 11 for 11 items of 1"},
		"many":           {images, func(b []byte) []byte { return idxFile(idxImages, b, 1<<32-1, 28, 28) }, "for 4294967295 items"},
		"rows":           {images, func(b []byte) []byte { return idxFile(idxImages, b, 1, 1<<31, 28) }, "2147483648 rows, want 28"},
		"columns":        {images, func(b []byte) []byte { return idxFile(idxImages, b, 1, 28, 32) }, "32 columns, want 28"},
		"none":           {images, func([]byte) []byte { return idxFile(idxImages, nil, 0, 28, 28) }, "for 0 items"},
		"fewer labels":   {labels, func([]byte) []byte { return idxFile(idxLabels, make([]byte, 9), 9) }, "9 labels of 11 images"},
		"label":          {labels, func(b []byte) []byte { b[8+3] = 10; return b }, "label 10 of image 3, want 0 to 9"},
		"web page":       {images, func([]byte) []byte { return []byte("<!DOCTYPE html><html>") }, "begins with 0x3c21444f, want 0x803: this is a web page"},
		"Git LFS":        {labels, func([]byte) []byte { return []byte("version https://git-lfs.github.com/spec/v1\noid sha256:") }, "git lfs pull"},
		"cut gzip":       {images + ".gz", func(b []byte) []byte { b = gzipped(t, b); return b[:len(b)/2] }, "unexpected EOF"},
		"bad gzip":       {images + ".gz", func(b []byte) []byte { return append([]byte("\x1f\x8b"), b...) }, "gzip: invalid header"},
		"gzip of zeros":  {images + ".gz", func(b []byte) []byte { return gzipped(t, make([]byte, 5000)) }, "begins with 0x0"},
		"gzip of a bomb": {labels + ".gz", func(b []byte) []byte { return gzipped(t, idxFile(idxLabels, b, maxIDX)) }, "unpacks to 67108872 bytes, want at most 67108864"},
		"short gzip":     {images + ".gz", func(b []byte) []byte { return gzipped(t, b[:len(b)-1]) }, "18031 bytes after the header, want 18032 for 23 items of 784"},
		"long gzip":      {images + ".gz", func(b []byte) []byte { return gzipped(t, append(b, make([]byte, 5000)...)) }, "18033 bytes after the header, want 18032"},
		"gzip's header":  {images + ".gz", func(b []byte) []byte { return gzipped(t, b[:9]) }, "9 bytes, want a header of 16"},
		"gzip says more": {images + ".gz", func(b []byte) []byte { return gzipped(t, idxFile(idxImages, b, 80_000, 28, 28)) }, "want 62720000 for 80000 items"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files, _ := idxFiles(23, 11)
			plain := strings.TrimSuffix(c.file, ".gz")
			contents := files[plain]
			delete(files, plain)
			if c.change != nil {
				files[c.file] = c.change(contents)
			}
			writeFiles(t, dir, files)
			_, _, err := Open("mnist", dir)
			if c.change == nil {
				wantError(t, err, "data: mnist: "+strings.ReplaceAll(c.want, "DIR", dir))
				return
			}
			wantError(t, err, "data: mnist: ", filepath.Join(dir, c.file)+": ", c.want)
		})
	}
}

// FuzzParseIDX compares the parser with the format's definition.
func FuzzParseIDX(f *testing.F) {
	files, _ := idxFiles(2, 3)
	for _, name := range slices.Concat(idxNames[0][:], idxNames[1][:]) {
		f.Add(files[name])
		f.Add(files[name][:len(files[name])-1])
		f.Add(files[name][:5])
	}
	f.Add(idxFile(idxImages, make([]byte, 784), 1<<31, 28, 28))
	f.Fuzz(func(t *testing.T, contents []byte) {
		for _, kind := range []uint32{idxImages, idxLabels} {
			header, length := 8, 1
			if kind == idxImages {
				header, length = 16, 784
			}
			fine := len(contents) > header && binary.BigEndian.Uint32(contents) == kind &&
				uint64(binary.BigEndian.Uint32(contents[4:]))*uint64(length) == uint64(len(contents)-header)
			if fine && kind == idxImages {
				fine = bytes.Equal(contents[8:16], []byte{0, 0, 0, 28, 0, 0, 0, 28})
			}
			values, err := parseIDX(contents, kind)
			if fine != (err == nil) {
				t.Fatalf("%d bytes as %#x: %v", len(contents), kind, err)
			}
			if fine && !bytes.Equal(values, contents[header:]) {
				t.Error("values differ from the contents")
			}
		}
	})
}

// FuzzReadIDX: whatever bytes a gzip file has, they are read within bounded
// memory.
func FuzzReadIDX(f *testing.F) {
	files, _ := idxFiles(2, 3)
	f.Add(gzipped(f, files[idxNames[0][0]]))
	f.Add(gzipped(f, files[idxNames[0][1]]))
	f.Add(gzipped(f, make([]byte, 1<<20)))
	f.Add(gzipped(f, nil)[:9])
	path := filepath.Join(f.TempDir(), "file")
	f.Fuzz(func(t *testing.T, contents []byte) {
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		var values []byte
		var err error
		n := allocated(func() { values, err = readIDX(path, idxImages) })
		if err == nil && (len(values) == 0 || len(values)%784 != 0) {
			t.Errorf("%d bytes of images", len(values))
		}
		// The window and the tables of gzip take 50 KB.
		if most := min(maxIDX, deflation*len(contents)) + 2*len(contents) + 100_000; n > most {
			t.Errorf("%d bytes allocated for %d, want at most %d", n, len(contents), most)
		}
	})
}

// A header that says more than the file can have costs no memory, and one that
// tells the truth costs it once.
func TestIDXMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for name, c := range map[string]struct {
		contents []byte
		unpacked int
	}{
		"lies":  {idxFile(idxLabels, make([]byte, 100), 60_000_000), 108 * deflation},
		"bomb":  {idxFile(idxLabels, make([]byte, 4<<20), 4<<20), 4<<20 + 8},
		"zeros": {make([]byte, 4<<20), 0},
	} {
		packed := gzipped(t, c.contents)
		if err := os.WriteFile(path, packed, 0o644); err != nil {
			t.Fatal(err)
		}
		n := allocated(func() { readIDX(path, idxLabels) })
		if most := c.unpacked + len(packed) + 100_000; n > most {
			t.Errorf("%s: %d bytes allocated for %d, want at most %d", name, n, len(packed), most)
		}
	}
}
