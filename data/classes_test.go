package data

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestReadClasses(t *testing.T) {
	want := []string{"tench", "great white shark", "7 up"}
	for name, contents := range map[string]string{
		"lines":            "tench\ngreat white shark\n7 up\n",
		"carriage returns": "tench\r\ngreat white shark\r\n7 up\r\n\r\n",
		"old Macintosh":    "tench\rgreat white shark\r7 up",
		"spaces":           "  tench \n great white shark\t\n7 up\n\n\n",
		"mark":             "\ufefftench\ngreat white shark\n7 up\n",
		"UTF-16":           "\xff\xfet\x00e\x00n\x00c\x00h\x00\n\x00g\x00r\x00e\x00a\x00t\x00 \x00w\x00h\x00i\x00t\x00e\x00 \x00s\x00h\x00a\x00r\x00k\x00\n\x007\x00 \x00u\x00p\x00",
		"colons":           "0: tench\n1: great white shark\n2: 7 up\n",
		"commas":           "0, tench\n1, great white shark\n2, 7 up\n",
		"numbers":          "0 tench\n1 great white shark\n2 7 up\n",
		"another order":    "2\t7 up\n0\ttench\n1\tgreat white shark\n",
		"table":            "index,name\n0,tench\n1,\"great white shark\"\n2,7 up\n",
		"JSON list":        `["tench", "great white shark", "7 up"]`,
		"JSON dict":        `{"1": "great white shark", "0": "tench", "2": "7 up"}`,
		"two names":        `{"0": ["n01440764", "tench"], "1": ["n01484850", "great white shark"], "2": ["x", "7 up"]}`,
		"list of two":      `[["n01440764", "tench"], ["n01484850", "great white shark"], ["x", "7 up"]]`,
		"name to index":    `{"7 up": 2, "great white shark": 1, "tench": 0}`,
		"configuration":    `{"model_type": "resnet", "id2label": {"0": "tench", "1": "great white shark", "2": "7 up"}, "label2id": {"tench": "0", "great white shark": "1", "7 up": "2"}}`,
		"deeper":           `{"meta": 1, "classes": {"class_to_idx": {"tench": 0, "great white shark": 1, "7 up": 2}}}`,
		"Python dict":      "{0: 'tench',\n 1: 'great white shark',\n 2: \"7 up\"}",
		"Python list":      "['tench', 'great white shark', '7 up',]",
		"YAML":             "# data\npath: ../x\nnc: 3\nnames:\n  0: tench\n  1: great white shark\n  2: 7 up\n",
		"YAML names":       "names:\n  - tench\n  - great white shark\n  - 7 up\n",
		"YAML list":        "- tench\n- great white shark\n- 7 up\n",
	} {
		path := filepath.Join(t.TempDir(), "names")
		if err := os.WriteFile(path, []byte(contents), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadClasses(path); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, c := range map[string]struct {
		contents string
		want     []string
	}{
		"digits":        {"0\n1\n2\n", []string{"0", "1", "2"}},
		"WordNet":       {"n01440764 tench, Tinca tinca\nn01443537 goldfish\n", []string{"n01440764 tench, Tinca tinca", "n01443537 goldfish"}},
		"coins":         {"1 euro\n2 euro\n5 euro\n", []string{"1 euro", "2 euro", "5 euro"}},
		"quotes":        {`{0: "jack-o'-lantern", 1: 'a "b"'}`, []string{"jack-o'-lantern", `a "b"`}},
		"same names":    {"crane\ncrane\n", []string{"crane", "crane"}},
		"ImageFolder's": {`{"0": 0, "1": 1, "10": 2, "2": 3}`, []string{"0", "1", "10", "2"}},
		"numbers first": {`{"10": 0, "a": 1}`, []string{"10", "a"}},
		"of 11 numbers": {`{"0": 0, "1": 1, "10": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10}`, []string{"0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"}},
		"as Python":     {"{0: 2, 1: 0, 2: 1}", []string{"2", "0", "1"}},
		"Windows-1252":  {"caf\xe9\nb\n", []string{"café", "b"}},
		"numbers alone": {`{"0": 5, "1": 7}`, []string{"5", "7"}},
	} {
		if got, err := parseClasses([]byte(c.contents)); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// badClasses are files that do not name classes, and the errors.
var badClasses = map[string]struct{ contents, want string }{
	"empty":        {"", "no class is named"},
	"blank":        {"\ufeff \r\n\n", "no class is named"},
	"from one":     {"1: a\n2: b\n", "index 2 of 2 classes, want 0 to 1"},
	"twice":        {`{"0": "a", "1": "b", "01": "c"}`, `two classes of index 1: "b" and "c"`},
	"gap":          {`{0: "a", 2: "b"}`, "index 2 of 2 classes"},
	"negative":     {`{0: "a", -1: "b"}`, "index -1 of 2 classes"},
	"cut":          {`["a", "b"`, "line 1: did not find expected ',' or ']'"},
	"mixed":        {`{"0": "a", "b": 1}`, `line 1: "b": "1", want the index of a class and its name`},
	"other":        {`{"epochs": 3, "name": "x"}`, `"name": "x", want the index`},
	"no list":      {"names:\n---\n", `"names": "", want the index of a class`},
	"nested":       {`[{"a": 1}]`, "line 1: want the name of a class"},
	"empty name":   {"a\n\nb\n", "class 1 has no name"},
	"empty dict":   {"{}", "no class is named"},
	"empty list":   {"[]", "no class is named"},
	"alias":        {"[&a [x, y], *a]", "line 1: want the name of a class"},
	"endless":      {strings.Repeat("[", 20_000), "exceeded max depth"},
	"too long":     {strings.Repeat("a", maxClassesFile+1), "more than 4194304 bytes"},
	"binary bytes": {"\x00\x01\x02{", "not a text file"},
}

func TestReadClassesErrors(t *testing.T) {
	for name, c := range badClasses {
		_, err := parseClasses([]byte(c.contents))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := ReadClasses(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("no file: %v", err)
	}
}

// Reading takes memory in proportion to the file, whatever it says.
func TestClassesMemory(t *testing.T) {
	for _, contents := range []string{
		"[" + strings.Repeat("a,", 1<<15) + "]", "{" + strings.Repeat("a: 1,", 1<<14) + "}",
		"[&a [x,x,x,x,x,x,x,x], &b [*a,*a,*a,*a,*a,*a,*a,*a], &c [*b,*b,*b,*b,*b,*b,*b,*b], [*c,*c,*c,*c,*c,*c,*c,*c]]",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		parseClasses([]byte(contents))
		runtime.ReadMemStats(&after)
		if n, most := after.TotalAlloc-before.TotalAlloc, uint64(1000*len(contents)+1<<20); n > most {
			t.Errorf("%.20s…: %d bytes allocated for %d, want at most %d", contents, n, len(contents), most)
		}
	}
}

// FuzzParseClasses: whatever a file holds, it names classes or it is an error.
func FuzzParseClasses(f *testing.F) {
	for name, c := range badClasses {
		if name != "too long" && name != "endless" {
			f.Add([]byte(c.contents))
		}
	}
	f.Add([]byte("names:\n  0: a\n  1: b\n"))
	f.Add([]byte(`{"0": ["n01440764", "tench"]}`))
	f.Add([]byte("0, a\n1, b\n"))
	f.Fuzz(func(t *testing.T, contents []byte) {
		names, err := parseClasses(contents)
		if err == nil && (len(names) == 0 || len(names) > len(contents)+1 || slices.Contains(names, "")) {
			t.Errorf("%d names in %d bytes", len(names), len(contents))
		}
	})
}
