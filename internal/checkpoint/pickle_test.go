package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// Pieces of pickles, as torch.save writes them.

func text(s string) string { return "X" + little4(len(s)) + s }

func little4(n int) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

func tuple(values ...int) string {
	s := "("
	for _, v := range values {
		s += "J" + little4(v)
	}
	return s + "t"
}

func storageOf(class, key string, count int) string {
	return "(" + text("storage") + "ctorch\n" + class + "\n" + text(key) + text("cpu") + "J" + little4(count) + "tQ"
}

func tensorOf(storage string, offset int, shape, stride string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + "J" + little4(offset) + shape + stride + "\x89ccollections\nOrderedDict\n)RtR"
}

// tensor3Of is a tensor of a type that has no storage of its own, of the storage "0".
func tensor3Of(dtype string, bytes int, shape string) string {
	storage := "(" + text("storage") + "ctorch.storage\nUntypedStorage\n" + text("0") + text("cpu") + "J" + little4(bytes) + "tQ"
	return "ctorch._utils\n_rebuild_tensor_v3\n(" + storage + "K\x00" + shape + tuple(1) + "\x89Nctorch\n" + dtype + "\ntR"
}

func dictOf(keysAndValues ...string) string {
	return "}(" + strings.Join(keysAndValues, "") + "u"
}

func whole(object string) string { return "\x80\x02" + object + "." }

// six is a tensor 2 3 of the storage "0", which has six values.
var six = tensorOf(storageOf("FloatStorage", "0", 6), 0, tuple(2, 3), tuple(3, 1))

// archive puts a pickle in an archive with the storages "0", with the bytes of the
// float32 0 to 5, and "none", with no bytes.
func archive(pickle string, entries ...string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	add := func(name string, method uint16, contents string) {
		size := uint64(len(contents))
		f, _ := w.CreateRaw(&zip.FileHeader{
			Name: name, Method: method, CompressedSize64: size, UncompressedSize64: size, CRC32: crc32.ChecksumIEEE([]byte(contents)),
		})
		io.WriteString(f, contents)
	}
	add("a/data.pkl", zip.Store, pickle)
	add("a/data/0", zip.Store, values(6))
	add("a/data/none", zip.Store, "")
	add("a/data/packed", zip.Deflate, values(6)) // if only by its own account
	for _, name := range entries {
		add(name, zip.Store, "big")
	}
	w.Close()
	return out.Bytes()
}

// values are the bytes of float32 0, 1, … n-1.
func values(n int) string {
	var raw []byte
	for i := range n {
		raw, _ = binary.Append(raw, binary.LittleEndian, float32(i))
	}
	return string(raw)
}

// stream is the older format around a pickle.
func stream(pickle, keys string, counts ...int) []byte {
	s := "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + whole("M\xe9\x03") + whole(dictOf(text("little_endian"), "\x88")) + pickle + whole(keys)
	for _, n := range counts {
		s += little4(n) + little4(0) + values(n)
	}
	return []byte(s)
}

func openBytes(raw []byte) (*File, error) {
	return open(bytes.NewReader(raw), int64(len(raw)))
}

// openWhole opens bytes, and looks at each of the tensors.
func openWhole(raw []byte) (*File, error) {
	f, err := openBytes(raw)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Dicts {
		for _, name := range d.Names() {
			if _, err := d.Shape(name); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// wantTensor compares a tensor with its values, written by fmt.
func wantTensor(t *testing.T, d *Dict, name, want string) {
	t.Helper()
	shape, err := d.Shape(name)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, product(shape))
	if err := d.Read(name, got); err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprint(shape, got); s != want {
		t.Errorf("tensor %q is %s, want %s", name, s, want)
	}
}

func TestPickles(t *testing.T) {
	part := tensorOf(storageOf("FloatStorage", "0", 6), 1, tuple(2, 2), tuple(1, 3))
	for what, pickle := range map[string]string{
		"bare":            dictOf(text("w"), six, text("part"), part),
		"ordered":         "ccollections\nOrderedDict\n)R(" + text("w") + six + text("part") + part + "u}" + text("_metadata") + "}sb",
		"state_dict":      dictOf(text("epoch"), "K\x01", text("state_dict"), dictOf(text("w"), six, text("part"), part)),
		"model":           dictOf(text("model"), dictOf(text("w"), six, text("part"), part), "K\x01", "N"),
		"model_state":     dictOf(text("model_state_dict"), dictOf(text("w"), six, text("part"), part)),
		"module":          dictOf(text("w"), six, text("part"), part, text("note"), text("x")),
		"a framed one":    "\x95" + little4(3) + little4(0) + dictOf(text("w"), six, text("part"), part),
		"a shared string": dictOf(text("w")+"q\x05", six, text("part"), part, "K\x01", "h\x05"),
	} {
		for format, raw := range map[string][]byte{
			"zip":    archive(whole(pickle)),
			"stream": stream(whole(pickle), "]("+text("0")+"e", 6),
		} {
			t.Run(what+" "+format, func(t *testing.T) {
				f, err := openBytes(raw)
				if err != nil {
					t.Fatal(err)
				}
				d := f.Dicts[0]
				if err := d.Verify(d.Names()); err != nil {
					t.Error(err)
				}
				if names := fmt.Sprint(d.Names()); names != "[w part]" {
					t.Errorf("names %s", names)
				}
				wantTensor(t, d, "w", "[2 3] [0 1 2 3 4 5]")
				wantTensor(t, d, "part", "[2 2] [1 4 2 5]")
			})
		}
	}
}

// What cannot be read is refused, whatever it would do.
func TestBadPickles(t *testing.T) {
	float := func(count, offset int, shape, stride string) string {
		return whole(dictOf(text("w"), tensorOf(storageOf("FloatStorage", "0", count), offset, shape, stride)))
	}
	long := strings.Repeat("x", 1<<20)
	for want, pickle := range map[string]string{
		"no tensors in an object of os.system":                           whole("cos\nsystem\n(" + text("true") + "tR"),
		"no tensors in an object of a.?[31mb":                            whole("ca\n\x1b[31mb\n)R"),
		"no tensors in an object of builtins.eval":                       whole(text("builtins") + text("eval") + "\x93)R"),
		"byte 2: opcode 0xff, which no pickle has":                       whole("\xff"),
		"None cannot be called":                                          whole("N)R"),
		"nothing is on the stack":                                        "\x80\x02.",
		"protocol 6, want at most 5":                                     "\x80\x06N.",
		"a key without a value":                                          whole("}(Nu"),
		"unexpected EOF":                                                 "\x80\x02}",
		"a string of 2147483647 bytes":                                   "\x80\x02X" + little4(1<<31-1),
		"a string of 18446744073709551615 bytes":                         "\x80\x02\x8d" + strings.Repeat("\xff", 8),
		"the pickle takes more memory":                                   "\x80\x02" + strings.Repeat("N", 600_000),
		"byte 2: unexpected EOF":                                         "\x80\x02c" + long,
		"a name or number of 1048577 bytes":                              "\x80\x02c" + long + "\n",
		"no tensors in the file, which is not a dict":                    whole("]"),
		`no tensors in the dict with the keys "epoch", "x"`:              whole(dictOf(text("epoch"), "N", "K\x01", "N", text("x"), dictOf(text("w"), "N"))),
		"but arrays of numpy: want torch.from_numpy of each":             whole(dictOf(text("w"), "cnumpy.core.multiarray\n_reconstruct\n)R")),
		`two tensors are called "w"`:                                     whole(dictOf(text("w"), six, text("w"), six)),
		"values that stand in no storage":                                whole(dictOf(text("w"), tensorOf("("+text("module")+"tQ", 0, tuple(6), tuple(1)))),
		"values in a view of a storage":                                  whole(dictOf(text("w"), tensorOf("("+text("storage")+"ctorch\nFloatStorage\n"+text("0")+text("cpu")+"K\x06("+text("view")+"K\x00K\x01ttQ", 0, tuple(6), tuple(1)))),
		"values in a storage without class":                              whole(dictOf(text("w"), tensorOf(storageOf("FloatStorage2", "0", 6), 0, tuple(6), tuple(1)))),
		"values in torch.OtherStorage, of which the type":                whole(dictOf(text("w"), tensorOf(storageOf("OtherStorage", "0", 6), 0, tuple(6), tuple(1)))),
		"has values of type complex64, which are not read":               whole(dictOf(text("w"), tensorOf(storageOf("ComplexFloatStorage", "0", 3), 0, tuple(3), tuple(1)))),
		`has values of type "float8_e4m3fn", which are not read`:         whole(dictOf(text("w"), tensor3Of("float8_e4m3fn", 24, tuple(24)))),
		"has quantised values":                                           whole(dictOf(text("w"), "ctorch._utils\n_rebuild_qtensor\n)R")),
		"has values that torch._utils._rebuild_other makes":              whole(dictOf(text("w"), "ctorch._utils\n_rebuild_other\n)R")),
		"has values that are still to be negated":                        whole(dictOf(text("w"), six[:len(six)-2]+dictOf(text("neg"), "\x88")+"tR")),
		"a tensor without storage":                                       whole(dictOf(text("w"), "ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))tR")),
		"a parameter without a tensor":                                   whole(dictOf(text("w"), "ctorch._utils\n_rebuild_parameter\n)R")),
		"a tensor without its type":                                      whole(dictOf(text("w"), "ctorch._tensor\n_rebuild_from_type_v2\n)R")),
		"no tensor is made of it":                                        whole(dictOf(text("w"), "ctorch._utils\n_rebuild_parameter\nN\x85R")),
		"a shape of [2147483647], but at most":                           float(6, 0, tuple(1<<31-1), tuple(0)),
		"from value 0 with shape [7] and strides [1], lies":              float(6, 0, tuple(7), tuple(1)),
		"a shape of [2 -3], but":                                         float(6, 0, tuple(2, -3), tuple(3, 1)),
		"a shape of [2147483647 2147483647 2147483647], but":             float(6, 0, tuple(1<<31-1, 1<<31-1, 1<<31-1), tuple(0, 0, 0)),
		"a shape of 65 axes":                                             float(6, 0, tuple(make([]int, 65)...), tuple(make([]int, 65)...)),
		"from value 1 with shape [2 3] and strides [3 1], lies":          float(6, 1, tuple(2, 3), tuple(3, 1)),
		"from value -1 with":                                             float(6, -1, tuple(2), tuple(1)),
		"from value 6 with shape [] and":                                 float(6, 6, ")", ")"),
		"with shape [2 2] and strides [2147483647 1], lies":              float(6, 0, tuple(2, 2), tuple(1<<31-1, 1)),
		"with shape [2] and strides [-1], lies":                          float(6, 5, tuple(2), tuple(-1)),
		`the archive has no storage "9"`:                                 whole(dictOf(text("w"), tensorOf(storageOf("FloatStorage", "9", 6), 0, tuple(6), tuple(1)))),
		`storage "0" has 24 bytes for 5 values of type float32`:          float(5, 0, tuple(5), tuple(1)),
		`storage "0" has 24 bytes for 2147483647 values of type float32`: float(1<<31-1, 0, tuple(1<<30), tuple(1)),
		`"none" has 0 bytes for 4611686018427387904 values`: whole(dictOf(text("w"),
			tensorOf("("+text("storage")+"ctorch\nFloatStorage\n"+text("none")+text("cpu")+"\x8a\x08"+little4(0)+little4(1<<30)+"tQ", 0, tuple(1<<30), tuple(1)))),
		"the archive is compressed": whole(dictOf(text("w"), tensorOf(storageOf("FloatStorage", "packed", 6), 0, tuple(6), tuple(1)))),
	} {
		_, err := openWhole(archive(pickle))
		wantError(t, err, want)
	}
}

func TestBadArchives(t *testing.T) {
	good := whole(dictOf(text("w"), six))
	for want, raw := range map[string][]byte{
		"want little":                               archive(good, "a/byteorder"),
		"a TorchScript program":                     archive(good, "a/constants.pkl"),
		"with 2 entries NAME/data.pkl":              archive(good, "b/data.pkl"),
		`two entries of the archive are called "x"`: archive(good, "x", "x"),
		"an archive without its end":                archive(good)[:400],
	} {
		_, err := openWhole(raw)
		wantError(t, err, want)
	}
	many := make([]string, maxDirectory/60)
	for i := range many {
		many[i] = fmt.Sprintf("%016d", i)
	}
	_, err := openWhole(archive(good, many...))
	wantError(t, err, "the directory of the archive is larger")

	raw := archive(good)
	raw[bytes.Index(raw, []byte(values(6)))]++
	f, err := openBytes(raw)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, f.Dicts[0].Verify([]string{"w"}), `entry "a/data/0": zip: checksum error`)
}

func TestBadStreams(t *testing.T) {
	good, keys := whole(dictOf(text("w"), six)), "]("+text("0")+"e"
	fine := stream(good, keys, 6)
	if _, err := openWhole(fine); err != nil {
		t.Fatal(err)
	}
	for n := range fine {
		if _, err := openWhole(fine[:n]); err == nil {
			t.Errorf("%d of %d bytes are no error", n, len(fine))
		}
	}
	for want, raw := range map[string][]byte{
		"a pickle that torch.save has not written": []byte(whole("K\x01")),
		"not version 1001":                         bytes.Replace(fine, []byte("M\xe9\x03"), []byte("M\xe8\x03"), 1),
		"values are big-endian":                    bytes.Replace(fine, []byte("\x88"), []byte("\x89"), 1),
		"no list of the keys":                      stream(good, "N", 6),
		`storage "1" is of no tensor`:              stream(good, "]("+text("1")+"e", 6),
		`storage "" is of no tensor`:               stream(good, "](Ne", 6),
		`storage "0" comes twice`:                  stream(good, "]("+text("0")+text("0")+"e", 6, 6),
		`tensor "w": no storage "0"`:               stream(good, "]", 6),
		`storage "0" has 5 values of type float32`: stream(good, keys, 5),
	} {
		_, err := openWhole(raw)
		wantError(t, err, want)
	}
}
