package recordings

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
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
		descr := rapid.SampledFrom([]string{"<f4", ">f4", "=f4", "<f8", ">f8"}).Draw(t, "descr")
		contents := any(written)
		if strings.HasSuffix(descr, "4") {
			contents = as[float32](written)
		}
		shape := []int{neuroids, stimuli, repetitions}
		if flat {
			shape = shape[:2]
		}
		file := npyFile(byte(rapid.IntRange(1, 3).Draw(t, "version")), npyHeader(descr, fortran, shape...), contents)
		got, err := readNPY(bytes.NewReader(file), int64(len(file)), stimuli)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got.of) != fmt.Sprint(want) { // NaN is not NaN, but looks like it
			t.Errorf("read\n%v\nwant\n%v", got, want)
		}
	})
}

// as is values in another type.
func as[T int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64](values []float64) []T {
	all := make([]T, len(values))
	for i, v := range values {
		all[i] = T(v)
	}
	return all
}

// Whatever type numbers have, they are what they are, also the largest and the
// smallest.
func TestResponsesTypes(t *testing.T) {
	low := []float64{-128, 127, 0, 1, -1, 5}
	high := []float64{255, 0, 128, 1, 2, 127}
	wide := []float64{-32768, 32767, 300, -2, 0, 1}
	for descr, c := range map[string]struct {
		contents any
		want     []float64
	}{
		"|b1": {[]uint8{1, 0, 0, 1, 1, 0}, []float64{1, 0, 0, 1, 1, 0}},
		"|i1": {as[int8](low), low}, "|u1": {as[uint8](high), high},
		"<i2": {as[int16](wide), wide}, ">i2": {as[int16](wide), wide}, "<u2": {[]uint16{65535, 0, 1, 2, 3, 4}, []float64{65535, 0, 1, 2, 3, 4}},
		"<i4": {[]int32{math.MinInt32, math.MaxInt32, -1, 0, 1, 2}, []float64{math.MinInt32, math.MaxInt32, -1, 0, 1, 2}},
		">u4": {[]uint32{math.MaxUint32, 1, 2, 3, 4, 5}, []float64{math.MaxUint32, 1, 2, 3, 4, 5}},
		"<i8": {[]int64{math.MinInt64, 1 << 53, -1, 0, 1, 2}, []float64{math.MinInt64, 1 << 53, -1, 0, 1, 2}},
		">i8": {as[int64](wide), wide}, "<u8": {[]uint64{1 << 63, 1, 2, 3, 4, 5}, []float64{1 << 63, 1, 2, 3, 4, 5}},
		// 1, -2, the largest, the smallest, 1/3 rounded and 0.
		"<f2": {[]uint16{0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0}, []float64{1, -2, 65504, 1. / (1 << 24), 0.333251953125, 0}},
		">f2": {[]uint16{0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0}, []float64{1, -2, 65504, 1. / (1 << 24), 0.333251953125, 0}},
	} {
		file := npyFile(1, npyHeader(descr, false, 2, 3), c.contents)
		got, err := readNPY(bytes.NewReader(file), int64(len(file)), 3)
		if err != nil {
			t.Errorf("%s: %v", descr, err)
		} else if mean := got.of.Mean().T(); !mat.Equal(mean, mat.NewDense(2, 3, c.want)) {
			t.Errorf("%s: %v, want %v", descr, mat.Formatted(mean), c.want)
		}
	}
	// Other writers: L behind the numbers of Python 2, other quotes and spaces.
	for _, header := range []string{
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 3L), }", `{"descr": "<f8", "fortran_order": False, "shape": (2,3)}`,
		"{'fortran_order':False,'shape':(2,3),'descr':'<f8'}",
	} {
		file := npyFile(1, header, low)
		if got, err := readNPY(bytes.NewReader(file), int64(len(file)), 3); err != nil || !mat.Equal(got.of.Mean().T(), mat.NewDense(2, 3, low)) {
			t.Errorf("%s: %v", header, err)
		}
	}
}

// What only the order of axes tells is said.
func TestResponsesDoubts(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  string
	}{
		{[]int{3, 3}, "in shape [3 3] axis 1 was taken for the stimuli, and axis 0 is as long"},
		{[]int{5, 3, 3}, "and axis 2 is as long"},
		{[]int{2, 3, 4}, "shape [2 3 4] was taken for 2 neuroids and 4 repetitions"},
		{[]int{4, 3, 2}, ""}, {[]int{2, 3}, ""},
	} {
		values := make([]float64, 0, 60)
		for i := range cap(values) {
			values = append(values, float64(i*i%17))
		}
		n := 1
		for _, side := range c.shape {
			n *= side
		}
		file := npyFile(1, npyHeader("<f8", false, c.shape...), values[:n])
		got, err := readNPY(bytes.NewReader(file), int64(len(file)), 3)
		if err != nil {
			t.Fatal(err)
		}
		if notes := strings.Join(got.notes, "; "); !strings.Contains(notes, c.want) || (notes == "") != (c.want == "") {
			t.Errorf("%v: %q, want %q", c.shape, notes, c.want)
		}
	}
}

// A second writer: npyio's, of a matrix.
func TestResponsesOfAnother(t *testing.T) {
	matrix := mat.NewDense(5, 7, drawn(5, 7, 1, 0, 1))
	var file bytes.Buffer
	if err := npy.Write(&file, matrix); err != nil {
		t.Fatal(err)
	}
	r, err := readNPY(&file, int64(file.Len()), 7)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(r.of.Mean(), matrix.T()) {
		t.Errorf("read %v", mat.Formatted(r.of.Mean()))
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
		"cut in values":    {good[:len(good)-1], "shape [2 3] of values of 8 bytes, but 47 bytes"},
		"a value more":     {append(bytes.Clone(good), make([]byte, 8)...), "but 56 bytes"},
		"version":          {append([]byte("\x93NUMPY\x04\x00"), good[8:]...), "version 4.0 of the format"},
		"no header":        {claims("{}"), `header "{} `},
		"huge header":      {append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), good...), "a header of 4294967295 bytes"},
		"objects":          {claims(npyHeader("|O", false, 2, 3)), "values are Python objects, saved with pickle, want numbers: save numpy.asarray(responses, float)"},
		"long doubles":     {claims(npyHeader("<f16", false, 1, 3)), "values are long doubles, want numbers"},
		"complex":          {claims(npyHeader("<c16", false, 1, 3)), "values are complex numbers"},
		"strings":          {claims(npyHeader("<U2", false, 2, 3)), "values are text"},
		"times":            {claims(npyHeader("<M8[ns]", false, 2, 3)), "values are times"},
		"no type":          {claims(npyHeader("<x3", false, 2, 3)), "values are of type x3"},
		"stimuli first":    {claims(npyHeader("<f8", false, 3, 2)), "there are 3 pictures, as axis 0 has: want neuroids × stimuli × repetitions, see numpy.moveaxis(responses, 0, 1)"},
		"stimuli last":     {claims(npyHeader("<f8", false, 1, 2, 3)), "as axis 2 has"},
		"records":          {claims("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 3), }"), "values are records"},
		"no order":         {claims("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (2, 3), }"), "want descr, fortran_order and shape"},
		"one dimension":    {claims(npyHeader("<f8", false, 6)), "1 dimensions, shape [6], want 3, neuroids × stimuli × repetitions, or 2"},
		"four":             {claims(npyHeader("<f8", false, 1, 2, 3, 1)), "4 dimensions, shape [1 2 3 1]"},
		"a number":         {claims(npyHeader("<f8", false)), "0 dimensions, shape []"},
		"nothing":          {claims(npyHeader("<f8", false, 0, 3)), "shape [0 3]"},
		"negative":         {claims(npyHeader("<f8", false, -2, 3)), "want descr, fortran_order and shape"},
		"absurd":           {claims(npyHeader("<f8", false, 1<<40, 3)), "shape [1099511627776 3] of values of 8 bytes, but 48 bytes"},
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
		"constant mean":    {npyFile(1, npyHeader("<f8", false, 2, 3, 2), []float64{0, 2, 1, 1, 2, nan, 1, 1, 0, 2, 1, nan}), "neuroid 1 does not vary: its mean response to each of 3 stimuli is 1"},
		"one response":     {npyFile(1, npyHeader("<f8", false, 2, 3), []float64{0, 1, 2, 0, 3, 4}), "stimulus 0 has no dissimilarities: the mean response of each of 2 neuroids to it is 0"},
		"too large":        {npyFile(1, npyHeader("<f8", false, 3, 3), []float64{1e300, 1, 2, -1e300, 1, 5, 3, 2, 2}), "the mean response of neuroid 0 to stimulus 0 is 1e+300, want at most 1e+100"},
		"too small":        {npyFile(1, npyHeader("<f8", false, 2, 3), []float64{1e-200, 0, 2e-200, 1, 2, 3}), "neuroid 0 does not vary"},
		"too large to add": {npyFile(1, npyHeader("<f8", false, 2, 3, 2), []float64{1.7e308, 1.7e308, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9}), "neuroid 0 to stimulus 0 is +Inf, want at most 1e+100"},
	}
}

// regionOf reads responses to a number of stimuli, called 0.png, 1.png ….
func regionOf(name string, file []byte, stimuli int) (Region, error) {
	found, err := readResponses(name, bytes.NewReader(file), int64(len(file)), stimuli, numbered(stimuli))
	if err != nil {
		return Region{}, err
	}
	return newRegion(found.of)
}

// numbered reports what names a picture of 0.png, 1.png ….
func numbered(stimuli int) func(name string) bool {
	return func(name string) bool {
		i, err := strconv.Atoi(strings.TrimSuffix(name, ".png"))
		return err == nil && i >= 0 && i < stimuli
	}
}

func TestResponsesErrors(t *testing.T) {
	for name, c := range badArrays() {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			_, err := regionOf("responses.npy", c.file, 3)
			wantError(t, err, c.want)
			if n := allocated() - before; n > 1<<20 {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
	_, err := regionOf("responses.npy", nil, maxStimuli+1)
	wantError(t, err, "responses to 4001 stimuli, want at most 4000")

	// A file that became shorter.
	file := npyFile(1, npyHeader("<f8", false, 2, 3), drawn(2, 3, 1, 0, 1))
	_, err = readNPY(bytes.NewReader(file[:len(file)-3]), int64(len(file)), 3)
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

// FuzzResponses: whatever a file of any kind holds, it is responses of which every
// dissimilarity is a number, or an error, and no more of them than its bytes allow.
func FuzzResponses(f *testing.F) {
	for _, c := range badArrays() {
		f.Add("npy", c.file)
	}
	for name, c := range badArchives(f) {
		if name != "bomb" { // it is slow
			f.Add("npz", c.file)
		}
	}
	f.Add("npz", npzOf(f, true, entry{"x", npyFile(1, npyHeader("<f2", false, 2, 3), make([]uint16, 6)), 0}, entry{"files", words(true, "2.png", "0", "1.png"), 0}))
	for _, c := range badTables {
		f.Add("csv", []byte(c.contents))
	}
	f.Add("csv", []byte(",file,category,a,b\n0,2.png,x,1,2.5\n1,0.png,y,-3,4\n2,1.png,x,\"0,5\",6e-3\n"))
	f.Add("csv", []byte("sep=;\r1;-3;0,5\r2,5;4;0,006\r"))
	f.Add("npy", npyFile(1, npyHeader("<f8", false, 4, 3, 2), drawn(4, 3, 2, 0.3, 1)))
	f.Add("npy", npyFile(2, npyHeader(">f8", true, 2, 3), drawn(2, 3, 1, 0, 1)))
	f.Add("npy", npyFile(3, npyHeader("<f4", true, 2, 3, 1), make([]float32, 6)))
	f.Fuzz(func(t *testing.T, kind string, contents []byte) {
		region, err := regionOf("responses."+kind, contents, 3)
		if err != nil {
			return
		}
		stimuli, neuroids := region.Responses.Mean().Dims()
		if stimuli != 3 || kind == "npy" && neuroids*stimuli > len(contents) || neuroids*stimuli > valuesOfAny+valuesOfByte*len(contents) {
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
