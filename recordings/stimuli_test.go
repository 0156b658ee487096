package recordings

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestParseStimuli(t *testing.T) {
	for name, c := range map[string]struct {
		contents          string
		files, categories []string
	}{
		"files alone": {"file\nb.png\na.png\n", []string{"b.png", "a.png"}, nil},
		"all":         {"index,file,category,face\n0,b.png,cat,1\n1,a/a.png,dog,0\n", []string{"b.png", "a/a.png"}, []string{"cat", "dog"}},
		"quoted":      {"\ufeffcategory,file\r\n\"cat, black\",\"a \"\"b\"\".png\"\r\n", []string{`a "b".png`}, []string{"cat, black"}},
		"others":      {"x,x,file\n1,,a.png\n\n1,,b.png", []string{"a.png", "b.png"}, nil},
	} {
		files, categories, err := parseStimuli([]byte(c.contents))
		if err != nil || !slices.Equal(files, c.files) || !slices.Equal(categories, c.categories) || (categories == nil) != (c.categories == nil) {
			t.Errorf("%s: files %q, categories %q, error %v", name, files, categories, err)
		}
	}
}

// badStimuli are files that do not name stimuli, and the errors.
var badStimuli = map[string]struct{ contents, want string }{
	"empty":          {"", "empty, want a header with a column file"},
	"header alone":   {"file,category\n", "no stimuli, only a header"},
	"no file":        {"name,category\na.png,cat\n", `the header ["name" "category"] has no column file`},
	"two files":      {"file,file\na.png,b.png\n", "two columns file"},
	"two categories": {"file,category,category\na.png,b,c\n", "two columns category"},
	"twice":          {"file\na.png\nb.png\na.png\n", "line 4: a.png stands in line 2 already"},
	"no category":    {"file,category\na.png,cat\nb.png,\n", "line 3: b.png has no category"},
	"fields":         {"file,category\na.png\n", "line 2: wrong number of fields"},
	"quote":          {"file\n\"a.png\n", `extraneous or missing " in quoted-field`},
	"no name":        {"x,file\n1,a.png\n2,\n", `line 3: file ""`},
	"outside":        {"file\n../a.png\n", `line 2: file "../a.png", want a name below images`},
	"absolute":       {"file\n/a.png\n", `line 2: file "/a.png"`},
	"folder":         {"file\n.\n", `line 2: file "."`},
	"bytes":          {"file\na\xff.png\n", `line 2: file "a\xff.png"`},
	"too long":       {strings.Repeat("a", maxStimuliFile+1), "16777217 bytes or more, want at most 16777216"},
}

func TestParseStimuliErrors(t *testing.T) {
	for name, c := range badStimuli {
		t.Run(name, func(t *testing.T) {
			_, _, err := parseStimuli([]byte(c.contents))
			wantError(t, err, c.want)
		})
	}
}

// FuzzStimuli: whatever a file holds, it names each file once, below the folder, or
// it is an error.
func FuzzStimuli(f *testing.F) {
	for name, c := range badStimuli {
		if name != "too long" {
			f.Add([]byte(c.contents))
		}
	}
	f.Add([]byte("index,file,category\n0,00.png,cat\n1,01.png,dog\n"))
	f.Fuzz(func(t *testing.T, contents []byte) {
		files, categories, err := parseStimuli(contents)
		if err != nil {
			return
		}
		sorted := slices.Compact(slices.Sorted(slices.Values(files)))
		if len(files) == 0 || len(files) > len(contents) || len(sorted) != len(files) || categories != nil && len(categories) != len(files) {
			t.Errorf("%d files, %d different ones, %d categories in %d bytes", len(files), len(sorted), len(categories), len(contents))
		}
		for _, file := range files {
			if !fs.ValidPath(file) {
				t.Errorf("file %q", file)
			}
		}
	})
}
