package recordings

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"
)

// utf16Of is a text in UTF-16 with a byte order mark.
func utf16Of(text string, bigEndian bool) string {
	var bytes []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		if bigEndian {
			unit = unit>>8 | unit<<8
		}
		bytes = append(bytes, byte(unit), byte(unit>>8))
	}
	return string(bytes)
}

func TestParseStimuli(t *testing.T) {
	two, kinds := []string{"b.png", "a.png"}, []string{"cat", "dog"}
	for name, c := range map[string]struct {
		contents          string
		files, categories []string
		notes             string
	}{
		"files alone":       {"file\nb.png\na.png\n", two, nil, ""},
		"all":               {"index,file,category,face\n0,b.png,cat,1\n1,a/a.png,dog,0\n", []string{"b.png", "a/a.png"}, kinds, ""},
		"quoted":            {"\ufeffcategory,file\r\n\"cat, black\",\"a \"\"b\"\".png\"\r\n", []string{`a "b".png`}, []string{"cat, black"}, ""},
		"others":            {"x,x,file\n1,,a.png\n\n1,,b.png", []string{"a.png", "b.png"}, nil, `only the column file is read: none is called category, but "x", "x"`},
		"commas in names":   {"file\nb.png, the second\na.png, the first\n", []string{"b.png, the second", "a.png, the first"}, nil, ""},
		"no last line end":  {"file,category\nb.png,cat\na.png,dog", two, kinds, ""},
		"empty rows":        {"\n\nfile,category\n\nb.png,cat\n,\n ,  \na.png,dog\n,\n\n", two, kinds, ""},
		"CR":                {"file,category\rb.png,cat\ra.png,dog\r", two, kinds, ""},
		"CR CR LF":          {"file,category\r\r\nb.png,cat\r\r\na.png,dog\r\r\n", two, kinds, ""},
		"spaces":            {" file , category \n b.png , cat \n\ta.png,dog\u00a0\n", two, kinds, ""},
		"space and quote":   {"file, category\n\"b.png\", \"cat\"\n\"a.png\", \"dog\"\n", two, kinds, ""},
		"semicolons":        {"file;category\nb.png;cat\na.png;dog\n", two, kinds, ""},
		"semicolon, comma":  {"file;category, coarse;category\nb.png;1,2;cat\na.png;1,3;dog\n", two, kinds, ""},
		"tabs":              {"file\tcategory\nb.png\tcat\na.png\tdog\n", two, kinds, ""},
		"tabs, empty field": {"x\tfile\tcategory\n\tb.png\tcat\n\ta.png\tdog\n", two, kinds, ""},
		"bars":              {"file | category\nb.png | cat\na.png | dog\n", two, kinds, ""},
		"sep":               {"sep=;\r\nfile;category\r\nb.png;cat\r\na.png;dog\r\n", two, kinds, ""},
		"sep, quoted":       {"\"SEP=\t\"\nfile\tcategory\nb.png\tcat\na.png\tdog\n", two, kinds, ""},
		"empty columns":     {"file,category,,\nb.png,cat,,\na.png,dog,,\n", two, kinds, ""},
		"short rows":        {"file,category,x\nb.png,cat\na.png,dog,1\n", two, kinds, ""},
		"capitals":          {"File,CATEGORY\nb.png,cat\na.png,dog\n", two, kinds, ""},
		"file name":         {"File Name,categories\nb.png,cat\na.png,dog\n", two, kinds, ""},
		"image_file_name":   {"image_file_name\nb.png\na.png\n", two, nil, ""},
		"file before path":  {"path,file\nx,b.png\ny,a.png\n", two, nil, `but "path"`},
		"UTF-16":            {utf16Of("file\tcategory\r\nb.png\tcat\r\nä.png\tdog\r\n", false), []string{"b.png", "ä.png"}, kinds, ""},
		"UTF-16, big":       {utf16Of("file,category\nb.png,cat\nä.png,dog\n", true), []string{"b.png", "ä.png"}, kinds, ""},
		"Windows-1252":      {"file,category\nb.png,cat\n\xe4.png,dog\n", []string{"b.png", "ä.png"}, kinds, "not in UTF-8, read as Windows-1252"},
		"no categories":     {"file,category\nb.png,\na.png, \n", two, nil, "the column category is empty"},
		"misspelt":          {"file,catgory\nb.png,cat\na.png,dog\n", two, nil, `but "catgory"`},
		"sorted rows":       {",file\n1,b.png\n0,a.png\n", two, nil, "rows are not in the order of their numbers"},
		"numbers and words": {"number,file\n1,b.png\none,a.png\n", two, nil, ""},
		"gaps":              {"index,file\n1,b.png\n7,a.png\n", two, nil, ""},
	} {
		s, err := parseStimuli([]byte(c.contents))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(s.files, c.files) || !slices.Equal(s.categories, c.categories) || (s.categories == nil) != (c.categories == nil) {
			t.Errorf("%s: files %q, categories %q", name, s.files, s.categories)
		}
		if notes := strings.Join(s.notes, "; "); !strings.Contains(notes, c.notes) || (notes == "") != (c.notes == "") {
			t.Errorf("%s: notes %q, want %q", name, notes, c.notes)
		}
	}
}

// badStimuli are files that do not name stimuli, and the errors.
var badStimuli = map[string]struct{ contents, want string }{
	"empty":          {"", "empty, want a header with a column file"},
	"empty rows":     {"\n,,\n\n", "empty, want a header with a column file"},
	"header alone":   {"file,category\n", "no stimuli, only a header"},
	"no header":      {"a.png\nb.png\n", `the header ["a.png"] has no column file`},
	"no file":        {"name,category\na.png,cat\n", `the header ["name" "category"] has no column file`},
	"two files":      {"file,file\na.png,b.png\n", "two columns file"},
	"two names":      {"path,image\na.png,b.png\n", "has columns path and image: call that of the pictures file"},
	"two categories": {"file,category,category\na.png,b,c\n", "two columns category"},
	"no category":    {"file,category\na.png,cat\nb.png,\n", "line 3: b.png has no category"},
	"line of sep":    {"sep=;\nfile;category\na.png;cat\nb.png;\n", "line 4: b.png has no category"},
	"line of CR":     {"file,category\ra.png,cat\r\rb.png,\r", "line 4: b.png has no category"},
	"fields":         {"file,x\na.png,cat,,1\n", `line 2 has 4 fields, the header ["file" "x"] has 2`},
	"quote":          {"file\n\"a.png\n", `extraneous or missing " in quoted-field`},
	"no name":        {"x,file\n1,a.png\n2,\n", "line 3 names no file"},
	"a workbook":     {"PK\x03\x04\x14\x00\x06\x00", "not text: save it as CSV in UTF-8"},
	"too long":       {strings.Repeat("a", maxStimuliFile+1), "16777217 bytes or more, want at most 16777216"},
}

func TestParseStimuliErrors(t *testing.T) {
	for name, c := range badStimuli {
		t.Run(name, func(t *testing.T) {
			_, err := parseStimuli([]byte(c.contents))
			wantError(t, err, c.want)
		})
	}
}

// named are pictures of these names.
func named(names ...string) *lookup {
	system := fstest.MapFS{}
	for _, name := range names {
		system[name] = new(fstest.MapFile)
	}
	return &lookup{system: system, root: "images", names: names}
}

// Pictures are found by the names that people write, if one alone can be meant.
func TestLookup(t *testing.T) {
	pictures := named("a.png", "b/a.png", "b/C.JPG", "d.png", "D.png", "caf\u00e9.png", "e/1.png", "f/1.png", "g.png", "g.jpg", `h\i.png`, "001.png")
	pictures.system.(fstest.MapFS)["odd"] = new(fstest.MapFile)
	for name, want := range map[string]string{
		"a.png": "a.png", "b/a.png": "b/a.png", "./a.png": "a.png", "images/a.png": "a.png", `b\a.png`: "b/a.png", "images/b/a.png": "b/a.png",
		"/home/someone/session/images/d.png": "d.png", `C:\images\b\C.JPG`: "b/C.JPG",
		"c.jpg": "b/C.JPG", "B/c.jpg": "b/C.JPG", "C": "b/C.JPG", "d.png": "d.png", "D.png": "D.png", "cafe\u0301.png": "caf\u00e9.png", "CAFE\u0301": "caf\u00e9.png",
		"e/1": "e/1.png", "g.jpg": "g.jpg", `h\i.png`: `h\i.png`, "001": "001.png", "odd": "odd",
	} {
		if got, err := pictures.find(name); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", name, got, want, err)
		}
	}
	for name, want := range map[string]string{
		"1.png": "1.png is more than one picture in images", "g": "g is more than one", "d.PNG": "d.PNG is more than one", "x/1.png": "is no picture",
		"z.png": "z.png is no picture in images", "a.jpg": "is no picture", "1": "is more than one", "01": "is no picture", "../a.png": "is no picture", ".": "is no picture", "b": "is no picture",
		"": "is no picture",
	} {
		_, err := pictures.find(name)
		wantError(t, err, want)
	}
	for _, twice := range []string{"b/c.jpg", "C", "b/C.JPG"} {
		_, err := pictures.findAll([]string{"a.png", "b/C.JPG", twice}, func(i int) string { return fmt.Sprint("row ", i) })
		wantError(t, err, "row 2: "+twice+" stands in row 1 already")
	}
}

// FuzzStimuli: whatever a file holds, it names each picture once, or it is an error.
func FuzzStimuli(f *testing.F) {
	for name, c := range badStimuli {
		if name != "too long" {
			f.Add([]byte(c.contents))
		}
	}
	f.Add([]byte("index,file,category\n0,00.png,cat\n1,01.png,dog\n"))
	f.Add([]byte("sep=;\r\nfile;category\r\nimages\\00;cat\r\nB/02.PNG;dog\r\n"))
	f.Add([]byte(utf16Of("file\tcategory\r\n00.png\tcat\r\n", false)))
	pictures := named("00.png", "01.png", "a/02.png", "b/02.png")
	f.Fuzz(func(t *testing.T, contents []byte) {
		s, err := parseStimuli(contents)
		if err != nil {
			return
		}
		if len(s.files) == 0 || len(s.files) > len(contents) || len(s.lines) != len(s.files) || s.categories != nil && len(s.categories) != len(s.files) {
			t.Errorf("%d files in %d lines, %d categories in %d bytes", len(s.files), len(s.lines), len(s.categories), len(contents))
		}
		found, err := pictures.findAll(s.files, func(i int) string { return fmt.Sprint("line ", s.lines[i]) })
		if err != nil {
			return
		}
		sorted := slices.Compact(slices.Sorted(slices.Values(found)))
		if len(sorted) != len(s.files) {
			t.Errorf("%q are %q", s.files, found)
		}
		for _, name := range found {
			if !slices.Contains(pictures.names, name) {
				t.Errorf("found %q", name)
			}
		}
	})
}
