package recordings

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A table of responses to 3 pictures of 2 neuroids is the same whichever way it
// lies, if one way alone is possible.
func TestCSV(t *testing.T) {
	want := mat.NewDense(3, 2, []float64{1, 2.5, -3, 4, 0.5, 6e-3})
	order := []string{"2.png", "0.png", "1.png"}
	for name, c := range map[string]struct {
		contents string
		files    []string
		notes    string
	}{
		"stimuli × neuroids":     {"1,2.5\n-3,4\n0.5,6e-3\n", nil, ""},
		"neuroids × stimuli":     {"1,-3,0.5\n2.5,4,0.006\n", nil, ""},
		"semicolons":             {"1;2,5\n-3;4\n0,5;0,006\n", nil, ""},
		"tabs":                   {"1\t2.5\r\n-3\t4\r\n0.5\t6e-3\r\n", nil, ""},
		"column file":            {"a,file,b\n1,2.png,2.5\n-3,0.png,4\n0.5,1.png,6e-3\n", order, ""},
		"column file, others":    {",stimulus_id,file,category,a,b\n0,7,2.png,x,1,2.5\n1,8,0.png,y,-3,4\n2,9,1.png,x,0.5,6e-3\n", order, `columns that are not read: "stimulus_id", "category"`},
		"pandas, stimuli":        {",0,1\n2.png,1,2.5\n0.png,-3,4\n1.png,0.5,6e-3\n", order, ""},
		"pandas, neuroids":       {",2.png,0.png,1.png\n0,1,-3,0.5\n1,2.5,4,6e-3\n", order, ""},
		"pandas, no names":       {",a,b\n0,1,2.5\n1,-3,4\n2,0.5,6e-3\n", nil, ""},
		"neuroids by name":       {"neuroid,2.png,0.png,1.png\nn7,1,-3,0.5\nn9,2.5,4,6e-3\n", order, ""},
		"regions":                {"neuroid,region,2.png,0.png,1.png\nn7,IT,1,-3,0.5\nn9,V4,2.5,4,6e-3\n", order, `columns that are not read: "region"`},
		"repetition":             {"file,repetition,a,b\n2.png,0,1,2.5\n0.png,0,-3,4\n1.png,0,0.5,6e-3\n", order, `columns that are not read: "repetition"`},
		"pictures' numbers":      {"2,1,2.5\n0,-3,4\n1,0.5,6e-3\n", []string{"2", "0", "1"}, ""},
		"such numbers above":     {"2,0,1\n1,-3,0.5\n2.5,4,0.006\n", []string{"2", "0", "1"}, ""},
		"other numbers":          {"id,a,b\n17,1,2.5\n20,-3,4\n21,0.5,6e-3\n", nil, ""},
		"numbers in disorder":    {"id,a,b\n17,1,2.5\n21,-3,4\n20,0.5,6e-3\n", nil, "stimuli are not in the order of their numbers"},
		"R":                      {"\"a\"\t\"b\"\n\"2.png\"\t1\t2.5\n\"0.png\"\t-3\t4\n\"1.png\"\t0.5\t6e-3\n", order, ""},
		"names without a header": {"2.png,1,2.5\n0.png,-3,4\n1.png,0.5,6e-3\n", order, ""},
		"other names":            {",a,b\nx.tif,1,2.5\ny.tif,-3,4\nz.tif,0.5,6e-3\n", nil, `no picture is called as the stimuli are, such as "x.tif"`},
		"other names above":      {",x.tif,y.tif,z.tif\na,1,-3,0.5\nb,2.5,4,6e-3\n", nil, `such as "x.tif"`},
		"numbers above":          {"0,1,2\n1,-3,0.5\n2.5,4,0.006\n", nil, ""},
		"names above":            {"unit a,unit b\n1,2.5\n-3,4\n0.5,6e-3\n\n", nil, ""},
	} {
		got, err := readResponses("responses.csv", bytes.NewReader([]byte(c.contents)), int64(len(c.contents)), 3, numbered(3))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !mat.Equal(got.of.Mean(), want) {
			t.Errorf("%s: responses %v", name, mat.Formatted(got.of.Mean()))
		}
		if !slices.Equal(got.files, c.files) || (got.files == nil) != (c.files == nil) {
			t.Errorf("%s: files %q, want %q", name, got.files, c.files)
		}
		if notes := strings.Join(got.notes, "; "); !strings.Contains(notes, c.notes) || (notes == "") != (c.notes == "") {
			t.Errorf("%s: notes %q, want %q", name, notes, c.notes)
		}
	}
}

// badTables are tables that are not responses to 3 stimuli, and the errors.
var badTables = map[string]struct{ contents, want string }{
	"empty":        {"", "empty"},
	"header alone": {"file,a,b\n", "no numbers, only a header"},
	"square":       {"1,2,4\n4,5,6.5\n7,8,9\n", "3 rows and 3 columns: which are the stimuli? A column file"},
	"no axis":      {"1,2\n3,4\n", "2 rows and 2 columns of numbers, but there are 3 pictures"},
	"fewer named":  {"file,a,b\n2.png,1,2\n0.png,3,4\n", "responses to 2 stimuli, but there are 3 pictures"},
	"both named":   {"x,0.png,1.png,2.png\n0.png,1,2,3\n1.png,4,5,7\n2.png,1,1,1\n", "pictures are named both before rows and above columns"},
	"text":         {"file,a,b\n2.png,1,x\n0.png,3,4\n1.png,5,6\n", `line 2, column 3: "x" is no number`},
	"thousands":    {"file,a,b\n2.png,1,\"1,234\"\n0.png,3,4\n1.png,5,6\n", `line 2, column 3: "1,234" is no number`},
	"header":       {"file,a\n2.png,1,2,3\n0.png,3,4,3\n", "line 2 has 4 fields, the first 2"},
	"fields":       {"1,2\n3,4,5\n6,7\n", "line 2 has 3 fields, the first 2"},
	"absent":       {"1,2\n3,NA\n5,6\n", "the response of neuroid 1 to stimulus 1 is absent"},
	"empty field":  {"1,2\n3,4\n5,\n", "the response of neuroid 1 to stimulus 2 is absent"},
	"infinite":     {"1,2\n3,inf\n5,6\n", "neuroid 1 to stimulus 1 is infinite"},
	"names alone":  {"file\n0.png\n1.png\n2.png\n", "no numbers between commas, semicolons or tabs"},
	"spaces":       {"1.0e+00 2.0e+00\n3.0e+00 4.0e+00\n5.0e+00 6.0e+00\n", "no numbers between commas, semicolons or tabs"},
	"two files":    {"file,file,a\n0.png,1.png,1\n", "two columns file"},
	"one neuroid":  {"1\n3\n5\n", "1 neuroid, want 2 or more"},
}

func TestCSVErrors(t *testing.T) {
	for name, c := range badTables {
		t.Run(name, func(t *testing.T) {
			_, err := regionOf("responses.csv", []byte(c.contents), 3)
			wantError(t, err, c.want)
		})
	}
	_, err := readResponses("responses.TSV", bytes.NewReader(nil), maxResponsesTable+1, 3, nil)
	wantError(t, err, "134217729 bytes, want at most 134217728: save responses.npy")
	before := allocated()
	_, err = regionOf("responses.csv", bytes.Repeat([]byte("1,"), maxFields), 3)
	wantError(t, err, "line 1 has more than 1048576 fields")
	if n := allocated() - before; n > 16*maxFields { // parsed they would take 48 and more each
		t.Errorf("%d bytes allocated before fields were counted", n)
	}
	_, err = regionOf("responses.csv", bytes.Repeat([]byte("1\n"), maxFields+1), 3)
	wantError(t, err, "line 1048577: more than 1048576 rows")
	_, err = regionOf("responses.csv", []byte("0,1,2,4\n1,0,4,5\n2,4,0,6\n4,5,6,0\n"), 4)
	wantError(t, err, "4 rows and 4 columns: which are the stimuli?")
	_, err = regionOf("responses.csv", []byte("file,a,b,c,d\n0.png,0,1,2,3\n1.png,1,0,4,5\n2.png,2,4,0,6\n3.png,3,5,6,0\n"), 4)
	wantError(t, err, "a symmetric matrix of 4 stimuli, as dissimilarities are")
}
