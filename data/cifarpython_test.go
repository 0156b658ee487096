package data

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A pythonWriter writes batches of the Python version as some Python does.
type pythonWriter struct {
	key    func(s string) string
	array  func(dtype string, shape []int, raw []byte) string
	labels func(w pythonWriter, values []byte) string
}

func unicodeOf(s string) string { return "X" + little4(len(s)) + s }

func little4(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

func tupleOf(values []int) string {
	s := "("
	for _, v := range values {
		s += "J" + little4(v)
	}
	return s + "t"
}

func dtypeOf(name string) string {
	return "cnumpy\ndtype\n(" + unicodeOf(name) + "K\x00K\x01tR(K\x03" + unicodeOf("<") + "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
}

// reconstruct is an array as numpy pickles it, with its values in this form.
func reconstruct(dtype string, shape []int, values string) string {
	return "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85" + unicodeOf("b") + "tR(K\x01" + tupleOf(shape) + dtypeOf(dtype) + "\x89" + values + "tb"
}

func listOf(_ pythonWriter, values []byte) string {
	s := "]("
	for _, v := range values {
		s += "K" + string([]byte{v})
	}
	return s + "e"
}

func arrayOf(w pythonWriter, values []byte) string {
	var raw []byte
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	return w.array("i8", []int{len(values)}, raw)
}

var pythonWriters = map[string]pythonWriter{
	"Python 2": {
		func(s string) string { return "U" + string([]byte{byte(len(s))}) + s },
		func(dtype string, shape []int, raw []byte) string {
			return reconstruct(dtype, shape, "T"+little4(len(raw))+string(raw))
		}, listOf,
	},
	"Python 3, protocol 2": {
		unicodeOf,
		func(dtype string, shape []int, raw []byte) string {
			var text []rune
			for _, b := range raw {
				text = append(text, rune(b))
			}
			return reconstruct(dtype, shape, "c_codecs\nencode\n"+unicodeOf(string(text))+unicodeOf("latin1")+"\x86R")
		}, listOf,
	},
	"bytes for keys, an array of labels": {
		func(s string) string { return "C" + string([]byte{byte(len(s))}) + s },
		func(dtype string, shape []int, raw []byte) string {
			return reconstruct(dtype, shape, "B"+little4(len(raw))+string(raw))
		}, arrayOf,
	},
	"protocol 5": {
		unicodeOf,
		func(dtype string, shape []int, raw []byte) string {
			if len(shape) == 2 {
				shape = []int{shape[0], 3, 32, 32}
			}
			return unicodeOf("numpy._core.numeric") + unicodeOf("_frombuffer") + "\x93(\x96" + little4(len(raw)) + little4(0) + string(raw) + dtypeOf(dtype) + tupleOf(shape) + unicodeOf("C") + "tR"
		}, arrayOf,
	},
}

// batch writes records of the binary version as a batch.
func (w pythonWriter) batch(f cifar, contents []byte) string {
	labels := make([][]byte, len(f.labels))
	var pixels []byte
	for record := range slices.Chunk(contents, f.record()) {
		for i := range labels {
			labels[i] = append(labels[i], record[i])
		}
		pixels = append(pixels, record[len(labels):]...)
	}
	s := "\x80\x02}(" + w.key("batch_label") + w.key("a batch") + w.key("data") + w.array("u1", []int{len(pixels) / cifarPixels, cifarPixels}, pixels)
	for i, key := range f.keys {
		s += w.key(key) + w.labels(w, labels[i])
	}
	return s + w.key("filenames") + "](" + w.key("a.png") + "eu."
}

// The Python version has the images of the binary one, whatever Python wrote it. Where
// both are, the binary one is read.
func TestOpenCIFARPython(t *testing.T) {
	for name, f := range map[string]cifar{"cifar10": cifar10, "cifar100": cifar100, "cifar100-coarse": cifar100.coarse()} {
		binaryDir := t.TempDir()
		binaryFolder, _, _ := writeCIFAR(t, f, binaryDir, 3)
		wantTrain, wantTest, err := Open(name, binaryDir)
		if err != nil {
			t.Fatal(err)
		}
		for who, w := range pythonWriters {
			dir := t.TempDir()
			folder := filepath.Join(dir, f.versions[1].folder)
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			files := slices.Concat(f.versions[1].train, f.versions[1].test)
			for i, file := range files {
				contents, err := os.ReadFile(filepath.Join(binaryFolder, f.versions[0].files()[i]))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, file), []byte(w.batch(f, contents)), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, place := range []string{dir, folder} {
				train, test, err := Open(name, place)
				if err != nil {
					t.Fatalf("%s, %s: %v", name, who, err)
				}
				if !slices.Equal(pixelsOf(t, train), pixelsOf(t, wantTrain)) || !slices.Equal(pixelsOf(t, test), pixelsOf(t, wantTest)) {
					t.Errorf("%s, %s: other images than those of the binary version", name, who)
				}
				if !slices.Equal(train.Classes(), wantTrain.Classes()) {
					t.Errorf("%s, %s: classes %v", name, who, train.Classes())
				}
			}
			other, otherTrain, _ := writeCIFAR(t, f, dir, 2)
			train, _, err := Open(name, dir)
			if err != nil || train.Len() != len(otherTrain)/f.record() {
				t.Errorf("%s, %s: not the binary version, %v", name, who, err)
			}
			if err := os.RemoveAll(other); err != nil {
				t.Fatal(err)
			}
			last := filepath.Join(folder, files[len(files)-1])
			if err := os.Remove(last); err != nil {
				t.Fatal(err)
			}
			_, _, err = Open(name, dir)
			wantError(t, err, folder+" lacks "+files[len(files)-1])
		}
	}
}

func TestBadCIFARPython(t *testing.T) {
	w := pythonWriters["protocol 5"]
	row := make([]byte, cifarPixels)
	whole := func(entries string) string { return "\x80\x02}(" + entries + "u." }
	data := unicodeOf("data") + pythonWriters["Python 2"].array("u1", []int{1, cifarPixels}, row)
	both := func(coarse, fine string) string {
		return whole(data + unicodeOf("coarse_labels") + coarse + unicodeOf("fine_labels") + fine)
	}
	good := w.batch(cifar100, append([]byte{19, 99}, row...))
	for want, contents := range map[string]string{
		"pickle: byte 0: unexpected EOF":                          "",
		"pickle: byte 2: opcode 0xff":                             "\x80\x02\xff",
		"more memory than its kind needs":                         "\x80\x02" + strings.Repeat("N", 1_000_000),
		"unexpected EOF":                                          good[:len(good)-1],
		`key "data": None, want an array of numpy`:                whole(""),
		`key "data": a list, want an array of numpy`:              whole(unicodeOf("data") + "]"),
		`key "data": an array of type i8 and shape [1 3072]`:      whole(unicodeOf("data") + pythonWriters["Python 2"].array("i8", []int{1, cifarPixels}, make([]byte, 8*cifarPixels))),
		`key "data": an array of type u1 and shape [1 32 32 3]`:   whole(unicodeOf("data") + pythonWriters["Python 2"].array("u1", []int{1, 32, 32, 3}, row)),
		`key "data": an array of type u1 and shape [0 3072]`:      whole(unicodeOf("data") + pythonWriters["Python 2"].array("u1", []int{0, cifarPixels}, nil)),
		`key "data": an array of numpy of shape [2 3072]`:         whole(unicodeOf("data") + pythonWriters["Python 2"].array("u1", []int{2, cifarPixels}, row)),
		`key "fine_labels": missing, or no list of whole numbers`: whole(data),
		`key "fine_labels": 2 labels of 1 images`:                 both("](K\x01e", "](K\x01K\x02e"),
		`key "fine_labels": label 100 of image 0, want 0 to 99`:   both("](K\x01e", "](K\x64e"),
		`key "coarse_labels": label 20 of image 0, want 0 to 19`:  both("](K\x14e", "](K\x01e"),
		`key "coarse_labels": label -1 of image 0`:                both("](J\xff\xff\xff\xffe", "](K\x01e"),
	} {
		_, err := cifar100.fromPython([]byte(contents))
		wantError(t, err, want)
	}
	if out, err := cifar100.fromPython([]byte(whole(data + unicodeOf("fine_labels") + "](K\x07e"))); err != nil || out[0] != 0 || out[1] != 7 {
		t.Errorf("labels without the coarse ones: %v", err)
	}
}

// FuzzCIFARPython reads any bytes: they are refused, or become records that are
// whole, and not more of them than the bytes can hold.
func FuzzCIFARPython(f *testing.F) {
	for _, who := range []string{"Python 2", "protocol 5"} {
		f.Add([]byte(pythonWriters[who].batch(cifar100, nil)))
		f.Add([]byte(pythonWriters[who].batch(cifar100, append([]byte{19, 99}, make([]byte, cifarPixels)...))))
	}
	f.Fuzz(func(t *testing.T, contents []byte) {
		out, err := cifar100.fromPython(contents)
		if err != nil {
			return
		}
		if err := cifar100.check(out); err != nil {
			t.Fatal(err)
		}
		if len(out) > 2*len(contents) {
			t.Fatalf("%d bytes out of %d", len(out), len(contents))
		}
	})
}
