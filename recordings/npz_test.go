package recordings

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// words is an array of text: U, or S where it is wide.
func words(wide bool, values ...string) []byte {
	longest := 0
	for _, v := range values {
		longest = max(longest, len([]rune(v)))
	}
	if !wide {
		contents := []byte{}
		for _, v := range values {
			contents = append(contents, v+strings.Repeat("\x00", longest-len(v))...)
		}
		return npyFile(1, npyHeader(fmt.Sprintf("|S%d", longest), false, len(values)), contents)
	}
	contents := []int32{}
	for _, v := range values {
		characters := make([]rune, longest)
		copy(characters, []rune(v))
		contents = append(contents, characters...)
	}
	return npyFile(1, npyHeader(fmt.Sprintf("<U%d", longest), false, len(values)), contents)
}

// npzOf writes an archive of arrays.
func npzOf(t testing.TB, compressed bool, arrays ...entry) []byte {
	t.Helper()
	var file bytes.Buffer
	w := zip.NewWriter(&file)
	for _, a := range arrays {
		method := zip.Store
		if compressed {
			method = zip.Deflate
		}
		entry := must(w.CreateHeader(&zip.FileHeader{Name: a.name + ".npy", Method: method}))
		entry.Write(a.contents)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// An archive's responses are those of the same array alone, and an array of names
// says of which pictures they are.
func TestNPZ(t *testing.T) {
	values := drawn(4, 3, 2, 0.3, 1)
	array := npyFile(1, npyHeader("<f8", false, 4, 3, 2), values)
	want := must(readNPY(bytes.NewReader(array), int64(len(array)), 3))
	labels := npyFile(1, npyHeader("<i8", false, 3), []int64{1, 2, 3})
	others := npyFile(1, npyHeader("<f8", false, 2, 3), drawn(2, 3, 1, 0, 2))
	picture := npyFile(1, npyHeader("|u1", false, 3, 1, 1, 3), make([]uint8, 9))
	for name, c := range map[string]struct {
		arrays []entry
		files  []string
		notes  string
	}{
		"responses":     {[]entry{{"responses", array, 0}, {"other", others, 0}}, nil, ""},
		"capital":       {[]entry{{"other", others, 0}, {"Responses", array, 0}}, nil, ""},
		"the only one":  {[]entry{{"labels", labels, 0}, {"arr_0", array, 0}, {"pixels", picture, 0}}, nil, ""},
		"stimuli":       {[]entry{{"responses", array, 0}, {"stimuli", words(true, "c", "größer.png", ""), 0}}, []string{"c", "größer.png", ""}, ""},
		"bytes":         {[]entry{{"Image_File_Names", words(false, "c.png", "a", "bb.png"), 0}, {"rates", array, 0}}, []string{"c.png", "a", "bb.png"}, ""},
		"other words":   {[]entry{{"responses", array, 0}, {"labels", words(true, "c", "b", "a"), 0}}, nil, `the array "labels" is not read`},
		"other numbers": {[]entry{{"responses", array, 0}, {"stimuli", labels, 0}}, nil, `the array "stimuli" is not read: its values are not names`},
		"of neuroids":   {[]entry{{"responses", array, 0}, {"neuroids", words(true, "a", "b", "c", "d"), 0}}, nil, ""},
	} {
		for _, compressed := range []bool{false, true} {
			file := npzOf(t, compressed, c.arrays...)
			got, err := readResponses("responses.npz", bytes.NewReader(file), int64(len(file)), 3, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if !mat.Equal(got.of.Mean(), want.of.Mean()) || got.of.Count() != 2 {
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
}

// badArchives are archives that are not responses to 3 stimuli, and the errors.
func badArchives(t testing.TB) map[string]struct {
	file []byte
	want string
} {
	array := npyFile(1, npyHeader("<f8", false, 2, 3), drawn(2, 3, 1, 0, 1))
	objects := npyFile(1, npyHeader("|O", false, 3), make([]byte, 30))
	damaged := npzOf(t, false, entry{"responses", array, 0})
	damaged[bytes.Index(damaged, array)+len(array)-3] ^= 1
	zeros := npyFile(1, npyHeader("|u1", false, 4<<20, 3), make([]uint8, 12<<20))
	claims := bytes.Clone(array)
	copy(claims[bytes.Index(claims, []byte("(2, 3)")):], "(9, 3)")
	many := []entry{}
	for i := range 9 {
		many = append(many, entry{fmt.Sprint("array", i), array, 0})
	}
	return map[string]struct {
		file []byte
		want string
	}{
		"no archive":  {array, "not an archive that numpy.savez wrote: zip: not a valid zip file"},
		"empty":       {npzOf(t, false), "no arrays"},
		"several":     {npzOf(t, false, many...), `no array is called responses, and 9 can be: it holds "array0" of shape [2 3], "array1"`},
		"none":        {npzOf(t, true, entry{"names", words(true, "a"), 0}), `no array is called responses, and 0 can be: it holds "names" of shape [1]`},
		"no array":    {npzOf(t, true, entry{"responses", []byte("text"), 0}), "responses.npy: not an array that numpy.save wrote"},
		"objects":     {npzOf(t, true, entry{"responses", objects, 0}), `the array "responses": values are Python objects, saved with pickle`},
		"claims":      {npzOf(t, true, entry{"responses", claims, 0}), `the array "responses": shape [9 3] of values of 8 bytes, but 48 bytes`},
		"damaged":     {damaged, `the array "responses": zip: checksum error`},
		"bomb":        {npzOf(t, true, entry{"responses", zeros, 0}), "to 12583040 values, want at most "},
		"two names":   {npzOf(t, false, entry{"responses", array, 0}, entry{"files", words(true, "a", "b", "c"), 0}, entry{"paths", words(true, "a", "b", "c"), 0}), `the arrays "files" and "paths" both name pictures`},
		"fewer names": {npzOf(t, false, entry{"responses", array, 0}, entry{"files", words(true, "a", "b"), 0}), `the array "files": shape [2], want [3], a name for each stimulus`},
		"pickled":     {npzOf(t, false, entry{"responses", array, 0}, entry{"files", objects, 0}), `the array "files": Python objects, saved with pickle: save numpy.asarray(names, str)`},
		"long names":  {npzOf(t, false, entry{"responses", array, 0}, entry{"files", npyFile(1, npyHeader("<U99999999", false, 3), make([]byte, 12)), 0}), `the array "files": 3 names of type U99999999 in `},
		"no length":   {npzOf(t, false, entry{"responses", array, 0}, entry{"files", npyFile(1, npyHeader("<U", false, 3), make([]byte, 12)), 0}), `the array "files": 3 names of type U in `},
	}
}

func TestNPZErrors(t *testing.T) {
	for name, c := range badArchives(t) {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			_, err := regionOf("responses.npz", c.file, 3)
			wantError(t, err, c.want)
			if n := allocated() - before; n > 2<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
	// Counts of which most are 0 take a byte for three of them.
	counts := make([]int64, 300*100*20)
	for i := range counts {
		if rand.Float64() < 0.05 {
			counts[i] = 1 + int64(rand.IntN(3))
		}
	}
	file := npzOf(t, true, entry{"responses", npyFile(1, npyHeader("<i8", false, 300, 100, 20), counts), 0})
	if _, err := regionOf("responses.npz", file, 100); err != nil || len(file) > len(counts)/2 {
		t.Errorf("%d counts in %d bytes: %v", len(counts), len(file), err)
	}
}
