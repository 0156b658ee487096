package pickle

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func decode(pickle string, o Options) (any, error) {
	if o.Memory == 0 {
		o.Memory = 1 << 20
	}
	return NewDecoder(strings.NewReader(pickle), int64(len(pickle)), o).Decode()
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}

// python returns the values of the file that Python has written in a protocol: see
// testdata/values.py.
func python(t *testing.T, protocol int, key string) []any {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("testdata/protocol%d.pickle", protocol))
	if err != nil {
		t.Fatal(err)
	}
	value, err := decode(string(raw), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return Get(value, key).(*List).Items
}

func TestProtocols(t *testing.T) {
	bigInt := func(text string) *big.Int {
		n, _ := new(big.Int).SetString(text, 10)
		return n
	}
	for protocol := range 6 {
		// The oldest protocols write sets as calls.
		set, frozen := any(&List{[]any{3}}), any(&List{[]any{4}})
		if protocol < 4 {
			set = &Object{Of: Class{map[bool]string{true: "__builtin__", false: "builtins"}[protocol < 3], "set"}, Args: Tuple{&List{[]any{3}}}}
			frozen = &Object{Of: Class{set.(*Object).Of.(Class).Module, "frozenset"}, Args: Tuple{&List{[]any{4}}}}
		}
		shared := &List{[]any{"a"}}
		want := []any{
			nil, true, false, 0, -1, 255, 256, 65536, -(1 << 31), 1 << 31, math.MaxInt64, bigInt("9223372036854775808"), bigInt("-9223372036854775809"),
			1.5, -0.25, math.Inf(1), "", "aé€😀\\u0041\n'", Bytes{}, Bytes("a\x00\xff"), Bytes("ab"),
			Tuple(nil), Tuple{1}, Tuple{1, 2}, Tuple{1, 2, 3}, Tuple{1, 2, 3, 4}, &List{}, &Dict{}, &Dict{[]Entry{{"a", 1}, {2, "b"}}}, &Dict{[]Entry{{"a", 1}}},
			shared, shared, set, frozen, strings.Repeat("long", 100), Bytes(strings.Repeat("long", 100)),
		}
		got := python(t, protocol, "values")
		if len(got) != len(want) {
			t.Fatalf("protocol %d: %d values, want %d", protocol, len(got), len(want))
		}
		for i := range want {
			if fmt.Sprintf("%T %#v", got[i], got[i]) != fmt.Sprintf("%T %#v", want[i], want[i]) && !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("protocol %d: value %d is %#v, want %#v", protocol, i, got[i], want[i])
			}
		}
		if got[30] != got[31] {
			t.Errorf("protocol %d: a list that stands twice is not one", protocol)
		}
	}
}

func TestArrays(t *testing.T) {
	for protocol := range 6 {
		arrays := python(t, protocol, "arrays")
		for i, want := range []string{"u1 [2 3] [0 1 2 3 4 5]", "i8 [1 2] [1 0 0 0 0 0 0 0 254 255 255 255 255 255 255 255]", "i2 [3] [0 1 255 254 1 44]",
			"i4 [2] [1 0 0 0 3 0 0 0]", "column by column", "f4 [1] [0 0 192 63]", "i8 [] [7 0 0 0 0 0 0 0]", "u1 [0 3] []"} {
			a, err := AsArray(arrays[i])
			switch {
			case i == 4:
				wantError(t, err, want)
			case err != nil:
				t.Errorf("protocol %d: array %d: %v", protocol, i, err)
			case fmt.Sprint(a.Type, " ", a.Shape, " ", a.Data) != want:
				t.Errorf("protocol %d: array %d is %v, want %s", protocol, i, a, want)
			}
		}
		for i, want := range map[int]string{2: "[1 -2 300] true", 3: "[1 3] true", 5: "[] false", 0: "[] false"} {
			ints, ok := Ints(arrays[i])
			if got := fmt.Sprint(ints, ok); got != want {
				t.Errorf("protocol %d: array %d as whole numbers is %s, want %s", protocol, i, got, want)
			}
		}
		if ints, ok := Ints(&List{[]any{arrays[6], 8}}); fmt.Sprint(ints, ok) != "[7 8] true" {
			t.Errorf("protocol %d: %v, %v", protocol, ints, ok)
		}
	}
}

// As Python 2 writes: str in its own bytes, and escapes of protocol 0.
func TestPython2(t *testing.T) {
	for pickle, want := range map[string]any{
		`S'a\x00\xff\\\'\n\t"'` + "\n.": "a\x00\xff\\'\n\t\"",
		"U\x02\xff\x00.":                "\xff\x00",
		"T\x02\x00\x00\x00\xff\x00.":    "\xff\x00",
		"L0L\n.":                        0,
		"L-12\n.":                       -12,
		"\x80\x02\x8a\x00.":             0,
		"I01\n.":                        true,
		"F1e999\n.":                     math.Inf(1),
		"Va\xe9\\u20ac\n.":              "aé€",
		"N2\x86.":                       Tuple{nil, nil},
		"(N1K\x01.":                     1,
		"K\x01(0.":                      1,
		"K\x010K\x02.":                  2,
	} {
		if got, err := decode(pickle, Options{}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %#v, %v, want %#v", pickle, got, err, want)
		}
	}
	value, err := decode("(dp0\nS'labels'\n(lp1\nI3\naI4\nas.", Options{})
	if ints, ok := Ints(Get(value, "labels")); err != nil || fmt.Sprint(ints, ok) != "[3 4] true" {
		t.Errorf("%v, %v", value, err)
	}
}

// No call is made; what it was to be is said.
func TestObjects(t *testing.T) {
	object := &Object{Of: Class{"os", "system"}, Args: Tuple{"true"}}
	for pickle, want := range map[string]any{
		"cos\nsystem\nU\x04true\x85R.":                     object,
		"cos\nsystem\nU\x04true\x85\x81.":                  object,
		"cos\nsystem\nU\x04true\x85}\x92.":                 object,
		"U\x02osU\x06system\x93U\x04true\x85R.":            object,
		"(U\x04trueios\nsystem\n.":                         object,
		"(cos\nsystem\nU\x04trueo.":                        object,
		"ccopyreg\n__newobj__\n(cos\nsystem\nU\x04truetR.": object,
		"\x83\x07\x00.":                                    Class{"copyreg", "extension 7"},
		"Pid\n.":                                           &Persistent{"id"},
		"NQ.":                                              &Persistent{nil},
		"\x97\x98.":                                        &Object{Of: Class{"pickle", "PickleBuffer"}},
		"ca\nb\n)R)R.":                                     &Object{Of: &Object{Of: Class{"a", "b"}}},
		"ca\nb\n)RK\x01b(K\x02e(K\x03K\x04u(K\x05\x90.":    &Object{Of: Class{"a", "b"}, State: 1, Items: []any{2, 5}, Entries: []Entry{{3, 4}}},
		"ccollections\nOrderedDict\n]]K\x01aK\x02aa\x85R.": &Dict{[]Entry{{1, 2}}},
		"}Nb.": &Dict{},
	} {
		if got, err := decode(pickle, Options{}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %#v, %v, want %#v", pickle, got, err, want)
		}
	}
	d := NewDecoder(strings.NewReader("K\x01QP2\n.K\x03Q.rest"), 14, Options{Memory: 1 << 20})
	for range 2 {
		if _, err := d.Decode(); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.Persistent) != 3 || d.Persistent[2].ID != 3 || d.Offset() != 11 {
		t.Errorf("persistent objects %v before byte %d", d.Persistent, d.Offset())
	}
}

func TestErrors(t *testing.T) {
	for pickle, want := range map[string]string{
		"":                                      "pickle: byte 0: unexpected EOF",
		".":                                     "byte 0: nothing is on the stack",
		"N":                                     "byte 1: unexpected EOF",
		"\xff.":                                 "opcode 0xff, which no pickle has",
		"\x80\x06N.":                            "protocol 6, want at most 5",
		"K\x01K\x01a.":                          "an int cannot be appended to",
		"NK\x01K\x01s.":                         "None has no entries to set",
		"ca\nb\n(Nd.":                           "a key without a value",
		"t.":                                    "no mark is on the stack",
		"N(\x85.":                               "too little is on the stack",
		"N).R":                                  "", // the rest is another pickle
		"N)R.":                                  "None cannot be called",
		"ca\nb\nNR.":                            "a call with None, want a tuple",
		"(o.":                                   "a call of nothing",
		"NN\x93.":                               "a class whose name is no string",
		"h\x00.":                                "nothing was kept as number 0",
		"Sa\n.":                                 "a string without quotes",
		`S'\q'` + "\n.":                         `a string with the escape \q`,
		"Ix\n.":                                 `"x" is no whole number`,
		"Fx\n.":                                 "invalid syntax",
		"I1":                                    "unexpected EOF",
		"U\x03ab":                               "3 bytes: unexpected EOF",
		"X\xff\xff\xff\xff":                     "4294967295 bytes: unexpected EOF",
		"L" + strings.Repeat("1", 5000) + "\n.": "a name or number of 5001 bytes",
		"c_codecs\nencode\nX\x03\x00\x00\x00€U\x06latin1\x86R.": "'€' is no byte",
		"ccollections\nOrderedDict\n]Na\x85R.":                  "what are no pairs",
		strings.Repeat("N", 10_000) + ".":                       "more memory than its kind needs",
		strings.Repeat("(", 50_000) + ".":                       "more memory",
		"X\x00\x00\x10\x00" + strings.Repeat("a", 1<<20) + ".":  "more memory",
		"S'" + strings.Repeat("a", 1<<20) + "'\n.":              "more memory",
		"N" + strings.Repeat("\x94", 10_000) + ".":              "more memory",
	} {
		_, err := decode(pickle, Options{})
		if want != "" {
			wantError(t, err, want)
		} else if err != nil {
			t.Error(err)
		}
	}
}

// Strings that are too long are not kept, in any way in which they are written.
func TestKeep(t *testing.T) {
	for _, pickle := range []string{"U\x06abcdef", "X\x06\x00\x00\x00abcdef", "S'abcd'\n", "Vabcdef\n", "C\x06abcdef"} {
		got, err := decode(pickle+".", Options{Keep: 5})
		if _, ok := got.(Long); err != nil || !ok {
			t.Errorf("%q is %#v, %v", pickle, got, err)
		}
		if got, err := decode(pickle+".", Options{Keep: 7}); err != nil || got == nil || reflect.TypeOf(got) == reflect.TypeOf(Long(0)) {
			t.Errorf("%q is %#v, %v", pickle, got, err)
		}
	}
	_, err := decode("X\x06\x00\x00\x00abcd", Options{Keep: 5})
	wantError(t, err, "a string of 6 bytes: unexpected EOF")
	got, err := decode("c_codecs\nencode\nX\x07\x00\x00\x00abcdefgU\x06latin1\x86R.", Options{Keep: 6})
	if err != nil || got != Long(7) {
		t.Errorf("%#v, %v", got, err)
	}
}

// FuzzDecode decodes any bytes: what that allocates is bounded, and what comes out
// can be asked for arrays.
func FuzzDecode(f *testing.F) {
	for protocol := range 6 {
		raw, err := os.ReadFile(fmt.Sprintf("testdata/protocol%d.pickle", protocol))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte("(ca\nb\n)\x81}(U\x01aK\x01uboP1\n\x97\x82\x01S'\\x00'\n."))
	f.Fuzz(func(t *testing.T, raw []byte) {
		const memory = 1 << 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		value, err := NewDecoder(bytes.NewReader(raw), int64(len(raw)), Options{Memory: memory}).Decode()
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > memory+1<<18 {
			t.Fatalf("%d bytes allocated", n)
		}
		if err != nil {
			return
		}
		for _, e := range Entries(value) {
			if list, ok := e.Value.(*List); ok {
				for _, item := range list.Items {
					AsArray(item)
					Ints(item)
				}
			}
		}
	})
}
