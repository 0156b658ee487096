package recordings

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"hypnos/ventral"
)

// array of NumPy: a header as numpy.save writes it, and values as they are.
func npyFile(version byte, header string, values any) []byte {
	length := 2
	if version > 1 {
		length = 4
	}
	for (8+length+len(header)+1)%64 != 0 {
		header += " "
	}
	header += "\n"
	file := []byte{0x93, 'N', 'U', 'M', 'P', 'Y', version, 0}
	file = append(file, binary.LittleEndian.AppendUint32(nil, uint32(len(header)))[:length]...)
	file = append(file, header...)
	order := binary.ByteOrder(binary.LittleEndian)
	if strings.Contains(header, "'>") {
		order = binary.BigEndian
	}
	file, err := binary.Append(file, order, values)
	if err != nil {
		panic(err)
	}
	return file
}

// npyHeader is a header of a type, order and shape.
func npyHeader(descr string, fortran bool, shape ...int) string {
	order := "False"
	if fortran {
		order = "True"
	}
	joined := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	if len(shape) == 1 {
		joined += ","
	}
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr, order, joined)
}

// drawn is responses neuroids × stimuli × repetitions, of which some are absent.
func drawn(neuroids, stimuli, repetitions int, absent float64, seed uint64) []float64 {
	random := rand.New(rand.NewPCG(seed, 0))
	values := make([]float64, neuroids*stimuli*repetitions)
	for i := range values {
		values[i] = float64(float32(random.NormFloat64()))
		if i%repetitions > 0 && random.Float64() < absent {
			values[i] = math.NaN()
		}
	}
	return values
}

// transposed returns the value of every index (stimulus, neuroid, repetition).
func transposed(t *rapid.T, values []float64, neuroids, stimuli, repetitions int) *ventral.Repetitions {
	var all []float64
	for s := range stimuli {
		for n := range neuroids {
			all = append(all, values[(n*stimuli+s)*repetitions:][:repetitions]...)
		}
	}
	r, err := ventral.NewRepetitions(stimuli, neuroids, repetitions, all)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever type, byte order, order of axes and version of the format, what is
// read is what was written.
func TestResponses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6)
		neuroids, stimuli, repetitions := size.Draw(t, "neuroids"), size.Draw(t, "stimuli"), size.Draw(t, "repetitions")
		flat := rapid.Bool().Draw(t, "flat")
		if flat {
			repetitions = 1
		}
		values := drawn(neuroids, stimuli, repetitions, 0.3, rapid.Uint64().Draw(t, "seed"))
		want := transposed(t, values, neuroids, stimuli, repetitions)
		fortran := rapid.Bool().Draw(t, "fortran")
		written := values
		if fortran {
			written = nil
			for r := range repetitions {
				for s := range stimuli {
					for n := range neuroids {
						written = append(written, values[(n*stimuli+s)*repetitions+r])
					}
				}
			}
		}
		descr := rapid.SampledFrom([]string{"<f4", ">f4", "<f8", ">f8"}).Draw(t, "descr")
		contents := any(written)
		if strings.HasSuffix(descr, "4") {
			narrow := make([]float32, len(written))
			for i, v := range written {
				narrow[i] = float32(v)
			}
			contents = narrow
		}
		shape := []int{neuroids, stimuli, repetitions}
		if flat {
			shape = shape[:2]
		}
		file := npyFile(byte(rapid.IntRange(1, 3).Draw(t, "version")), npyHeader(descr, fortran, shape...), contents)
		got, err := readResponses(bytes.NewReader(file), int64(len(file)), stimuli)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) { // NaN is not NaN, but looks like it
			t.Errorf("read\n%v\nwant\n%v", got, want)
		}
	})
}

// A second writer: npyio's, of a matrix.
func TestResponsesOfAnother(t *testing.T) {
	matrix := mat.NewDense(5, 7, drawn(5, 7, 1, 0, 1))
	var file bytes.Buffer
	if err := npy.Write(&file, matrix); err != nil {
		t.Fatal(err)
	}
	r, err := readResponses(&file, int64(file.Len()), 7)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(r.Mean(), matrix.T()) {
		t.Errorf("read %v", mat.Formatted(r.Mean()))
	}
}

// badArrays are files that are not responses to 3 stimuli, and the errors.
func badArrays() map[string]struct {
	file []byte
	want string
} {
	nan, inf := math.NaN(), math.Inf(1)
	good := npyFile(1, npyHeader("<f8", false, 2, 3), drawn(2, 3, 1, 0, 1))
	claims := func(header string) []byte { return npyFile(1, header, make([]float64, 6)) }
	return map[string]struct {
		file []byte
		want string
	}{
		"empty":            {nil, "not an array that numpy.save wrote"},
		"text":             {[]byte("1,2,3\n4,5,6\n"), "not an array that numpy.save wrote"},
		"cut in magic":     {good[:7], "not an array"},
		"cut in length":    {good[:9], "header: unexpected EOF"},
		"cut in header":    {good[:40], "a header of 118 bytes in a file of 40"},
		"cut in values":    {good[:len(good)-1], "shape (2, 3) of values of 8 bytes, but 47 bytes"},
		"a value more":     {append(bytes.Clone(good), make([]byte, 8)...), "but 56 bytes"},
		"version":          {append([]byte("\x93NUMPY\x04\x00"), good[8:]...), "version 4.0 of the format"},
		"no header":        {claims("{}"), `header "{} `},
		"huge header":      {append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), good...), "a header of 4294967295 bytes"},
		"whole numbers":    {claims(npyHeader("<i8", false, 2, 3)), "values are of type <i8, want float32 (<f4) or float64 (<f8)"},
		"objects":          {claims(npyHeader("|O", false, 2, 3)), "type |O"},
		"records":          {claims("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 3), }"), "values are records"},
		"no order":         {claims("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (2, 3), }"), "want descr, fortran_order and shape"},
		"one dimension":    {claims(npyHeader("<f8", false, 6)), "1 dimensions (6,), want 3, neuroids × stimuli × repetitions, or 2"},
		"four":             {claims(npyHeader("<f8", false, 1, 2, 3, 1)), "4 dimensions (1, 2, 3, 1)"},
		"a number":         {claims(npyHeader("<f8", false)), "0 dimensions ()"},
		"nothing":          {claims(npyHeader("<f8", false, 0, 3)), "shape (0, 3)"},
		"negative":         {claims(npyHeader("<f8", false, -2, 3)), "want descr, fortran_order and shape"},
		"absurd":           {claims(npyHeader("<f8", false, 1<<40, 3)), "shape (1099511627776, 3) of values of 8 bytes, but 48 bytes"},
		"overflow":         {claims(npyHeader("<f8", false, 1<<33, 3, 1<<33)), "but 48 bytes"},
		"overflow to 6":    {claims(npyHeader("<f8", false, 6, 1<<32, 1<<32)), "but 48 bytes"},
		"no such number":   {claims("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 3), }"), "value out of range"},
		"stimuli":          {claims(npyHeader("<f8", false, 3, 2)), "responses to 2 stimuli in shape [3 2], but there are 3 pictures"},
		"NaN":              {npyFile(1, npyHeader("<f8", false, 2, 3), []float64{0, 1, 2, 3, nan, 5}), "the response of neuroid 1 to stimulus 1 is NaN"},
		"NaN by columns":   {npyFile(1, npyHeader("<f8", true, 2, 3), []float64{0, 1, 2, 3, nan, 5}), "the response of neuroid 0 to stimulus 2 is NaN"},
		"infinite":         {npyFile(1, npyHeader("<f8", false, 2, 3), []float64{0, 1, inf, 3, 4, 5}), "neuroid 0 to stimulus 2 is infinite"},
		"none":             {npyFile(1, npyHeader("<f8", false, 2, 3, 2), []float64{0, 1, 2, 3, 4, 5, 6, 7, nan, nan, 10, 11}), "no response of neuroid 1 to stimulus 1 in 2 repetitions"},
		"one neuroid":      {npyFile(1, npyHeader("<f8", false, 1, 3), []float64{0, 1, 2}), "1 neuroid, want 2 or more"},
		"constant":         {npyFile(1, npyHeader("<f8", false, 3, 3), []float64{0, 1, 2, 4, 4, 4, 3, 2, 2}), "neuroid 1 does not vary: its mean response to each of 3 stimuli is 4"},
		"constant mean":    {npyFile(1, npyHeader("<f8", false, 2, 3, 2), []float64{0, 2, 1, 1, 2, nan - 1, 1, 1, 0, 2, 1, nan}), "neuroid 1 does not vary: its mean response to each of 3 stimuli is 1"},
		"one response":     {npyFile(1, npyHeader("<f8", false, 2, 3), []float64{0, 1, 2, 0, 3, 4}), "stimulus 0 has no dissimilarities: the mean response of each of 2 neuroids to it is 0"},
		"too large":        {npyFile(1, npyHeader("<f8", false, 3, 3), []float64{1e300, 1, 2, -1e300, 1, 5, 3, 2, 2}), "the mean response of neuroid 0 to stimulus 0 is 1e+300, want at most 1e+100"},
		"too small":        {npyFile(1, npyHeader("<f8", false, 2, 3), []float64{1e-200, 0, 2e-200, 1, 2, 3}), "neuroid 0 does not vary"},
		"too large to add": {npyFile(1, npyHeader("<f8", false, 2, 3, 2), []float64{1.7e308, 1.7e308, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9}), "neuroid 0 to stimulus 0 is +Inf, want at most 1e+100"},
	}
}

func TestResponsesErrors(t *testing.T) {
	for name, c := range badArrays() {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			_, err := readRegion(bytes.NewReader(c.file), int64(len(c.file)), 3)
			wantError(t, err, c.want)
			if n := allocated() - before; n > 1<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
	_, err := readRegion(nil, 0, maxStimuli+1)
	wantError(t, err, "responses to 4001 stimuli, want at most 4000")

	// A file that became shorter.
	file := npyFile(1, npyHeader("<f8", false, 2, 3), drawn(2, 3, 1, 0, 1))
	_, err = readRegion(bytes.NewReader(file[:len(file)-3]), int64(len(file)), 3)
	wantError(t, err, "unexpected EOF")
}

// wantError checks that an error is one line with these parts.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", parts)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than a line: %q", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q", err, part)
		}
	}
}

// allocated returns all bytes that were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// FuzzResponses: whatever a file holds, it is responses of which every
// dissimilarity is a number, or an error, and no more of them than it has bytes.
func FuzzResponses(f *testing.F) {
	for _, c := range badArrays() {
		f.Add(c.file)
	}
	f.Add(npyFile(1, npyHeader("<f8", false, 4, 3, 2), drawn(4, 3, 2, 0.3, 1)))
	f.Add(npyFile(2, npyHeader(">f8", true, 2, 3), drawn(2, 3, 1, 0, 1)))
	f.Add(npyFile(3, npyHeader("<f4", true, 2, 3, 1), make([]float32, 6)))
	f.Fuzz(func(t *testing.T, contents []byte) {
		region, err := readRegion(bytes.NewReader(contents), int64(len(contents)), 3)
		if err != nil {
			return
		}
		stimuli, neuroids := region.Responses.Mean().Dims()
		if stimuli != 3 || neuroids*stimuli > len(contents)/4 {
			t.Errorf("%d stimuli × %d neuroids in %d bytes", stimuli, neuroids, len(contents))
		}
		for i := range 3 {
			for j := range 3 {
				if v := region.Dissimilarities.At(i, j); !(v >= 0 && v <= 2) {
					t.Errorf("dissimilarity %v of %d and %d", v, i, j)
				}
			}
		}
	})
}
