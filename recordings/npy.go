package recordings

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"github.com/x448/float16"

	"hypnos/ventral"
)

// array is the header of a file of NumPy.
type array struct {
	shape   []int
	fortran bool   // column-major: the first axis is the fastest, not the last
	kind    string // the type of its values without their byte order, such as f4 or U12
	order   binary.ByteOrder
	offset  int64 // of the values in the file
}

// maxHeader is the longest header that is read, in bytes; NumPy's own limit is
// 10,000.
const maxHeader = 1 << 16

// The three fields of a header, a Python dictionary (NEP 1, "Format
// Specification"). Python 2 wrote L behind numbers.
var (
	descrField   = regexp.MustCompile(`['"]descr['"] *: *(?:['"]([<>=|]?)([^'"]*)['"]|\[)`)
	fortranField = regexp.MustCompile(`['"]fortran_order['"] *: *(True|False)`)
	shapeField   = regexp.MustCompile(`['"]shape['"] *: *\(([0-9L, ]*)\)`)
)

// numbers are the types of values that can be read, by their names without byte order.
var numbers = map[string]struct {
	bytes int
	value func(order binary.ByteOrder, b []byte) float64
}{
	"b1": {1, func(_ binary.ByteOrder, b []byte) float64 { return float64(min(b[0], 1)) }},
	"i1": {1, func(_ binary.ByteOrder, b []byte) float64 { return float64(int8(b[0])) }},
	"u1": {1, func(_ binary.ByteOrder, b []byte) float64 { return float64(b[0]) }},
	"i2": {2, func(o binary.ByteOrder, b []byte) float64 { return float64(int16(o.Uint16(b))) }},
	"u2": {2, func(o binary.ByteOrder, b []byte) float64 { return float64(o.Uint16(b)) }},
	"i4": {4, func(o binary.ByteOrder, b []byte) float64 { return float64(int32(o.Uint32(b))) }},
	"u4": {4, func(o binary.ByteOrder, b []byte) float64 { return float64(o.Uint32(b)) }},
	"i8": {8, func(o binary.ByteOrder, b []byte) float64 { return float64(int64(o.Uint64(b))) }},
	"u8": {8, func(o binary.ByteOrder, b []byte) float64 { return float64(o.Uint64(b)) }},
	"f2": {2, func(o binary.ByteOrder, b []byte) float64 { return float64(float16.Frombits(o.Uint16(b)).Float32()) }},
	"f4": {4, func(o binary.ByteOrder, b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }},
	"f8": {8, func(o binary.ByteOrder, b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }},
}

// notNumbers says what values of other types are, by the first letter of the type.
var notNumbers = map[byte]string{
	'O': "Python objects, saved with pickle", 'c': "complex numbers", 'f': "long doubles", 'g': "long doubles",
	'S': "text", 'U': "text", 'a': "text", 'M': "times", 'm': "durations", 'V': "records",
}

// readHeader reads the header of an array, whatever its values are.
func readHeader(r io.Reader, size int64) (a array, err error) {
	start := make([]byte, 8, 12)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:6]) != "\x93NUMPY" {
		return a, errors.New("not an array that numpy.save wrote")
	}
	lengthBytes := 4 // of format 2.0 and 3.0
	switch start[6] {
	case 1:
		lengthBytes = 2
	case 2, 3:
	default:
		return a, errors.Errorf("version %d.%d of the format, want 1.0 to 3.0", start[6], start[7])
	}
	start = start[:8+lengthBytes]
	if _, err := io.ReadFull(r, start[8:]); err != nil {
		return a, errors.Wrap(err, "header")
	}
	length := int64(binary.LittleEndian.Uint16(start[8:]))
	if lengthBytes == 4 {
		length = int64(binary.LittleEndian.Uint32(start[8:]))
	}
	a.offset = int64(len(start)) + length
	if length > maxHeader || a.offset > size {
		return a, errors.Errorf("a header of %d bytes in a file of %d, want at most %d", length, size, maxHeader)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(r, header); err != nil {
		return a, errors.Wrap(err, "header")
	}
	descr, fortran, shape := descrField.FindSubmatch(header), fortranField.FindSubmatch(header), shapeField.FindSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return a, errors.Errorf("header %.100q, want descr, fortran_order and shape", header)
	}
	a.fortran = string(fortran[1]) == "True"
	a.kind, a.order = string(descr[2]), binary.LittleEndian
	if a.kind == "" {
		a.kind = "V" // a list of fields
	}
	if string(descr[1]) == ">" {
		a.order = binary.BigEndian
	}
	for _, field := range strings.FieldsFunc(string(shape[1]), func(c rune) bool { return c == ',' || c == ' ' || c == 'L' }) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return a, errors.Wrap(err, "shape")
		}
		a.shape = append(a.shape, n)
	}
	return a, nil
}

// hasNumbers reports whether values are of a type that can be read.
func (a array) hasNumbers() bool {
	_, ok := numbers[a.kind]
	return ok
}

// mayBeResponses reports whether an array has the type and the number of axes of
// responses.
func (a array) mayBeResponses() bool {
	return a.hasNumbers() && (len(a.shape) == 2 || len(a.shape) == 3)
}

// check returns an error unless an array in a file of size bytes has the type, the shape
// and the number of values of responses to so many stimuli.
func (a array) check(size int64, stimuli int) error {
	if !a.hasNumbers() {
		what := "of type " + a.kind
		if known := notNumbers[a.kind[0]]; known != "" {
			what = known
		}
		return errors.Errorf("values are %.40s, want numbers: save numpy.asarray(responses, float)", what)
	}
	if n := len(a.shape); n != 2 && n != 3 {
		return errors.Errorf("%d dimensions, shape %.100s, want 3, neuroids × stimuli × repetitions, or 2", n, fmt.Sprint(a.shape))
	}
	bytes := int64(numbers[a.kind].bytes)
	values, product := (size-a.offset)/bytes, int64(1)
	for _, n := range a.shape {
		if n == 0 || int64(n) > values/product { // before the product can overflow
			product = 0
			break
		}
		product *= int64(n)
	}
	if product == 0 || product*bytes != size-a.offset {
		return errors.Errorf("shape %v of values of %d bytes, but %d bytes of them", a.shape, bytes, size-a.offset)
	}
	if a.shape[1] != stimuli {
		advice := ""
		if k := slices.Index(a.shape, stimuli); k >= 0 {
			advice = fmt.Sprintf(", as axis %d has: want neuroids × stimuli × repetitions, see numpy.moveaxis(responses, %d, 1)", k, k)
		}
		return errors.Errorf("responses to %d stimuli in shape %v, but there are %d pictures%s", a.shape[1], a.shape, stimuli, advice)
	}
	return nil
}

// doubts notes axes that could be meant for others by their lengths.
func (a array) doubts() (notes []string) {
	for k, n := range a.shape {
		if k != 1 && n == a.shape[1] {
			notes = append(notes, fmt.Sprintf("in shape %v axis 1 was taken for the stimuli, and axis %d is as long: neuroids × stimuli × repetitions is right", a.shape, k))
		}
	}
	if len(a.shape) == 3 && a.shape[2] > a.shape[0] {
		notes = append(notes, fmt.Sprintf("shape %v was taken for %d neuroids and %d repetitions: neuroids × stimuli × repetitions is right", a.shape, a.shape[0], a.shape[2]))
	}
	return notes
}

// readNPY returns the responses to a number of stimuli in a NumPy file of size bytes:
// neuroids × stimuli × repetitions, or neuroids × stimuli without NaN. It takes the memory
// of the responses in float64 and no more.
func readNPY(r io.Reader, size int64, stimuli int) (*responses, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	a, err := readHeader(buffered, size)
	if err != nil {
		return nil, err
	}
	if err := a.check(size, stimuli); err != nil {
		return nil, err
	}
	neuroids, repetitions := a.shape[0], 1
	if len(a.shape) == 3 {
		repetitions = a.shape[2]
	}
	// The loops follow the file, from the slowest axis to the fastest; strides are those
	// of the result, stimuli × neuroids × repetitions.
	type axis struct{ count, stride int }
	slow, middle, fast := axis{neuroids, repetitions}, axis{stimuli, neuroids * repetitions}, axis{repetitions, 1}
	if a.fortran {
		slow, fast = fast, slow
	}
	values := make([]float64, stimuli*neuroids*repetitions)
	number := numbers[a.kind]
	row := make([]byte, fast.count*number.bytes)
	for i := range slow.count {
		for j := range middle.count {
			if _, err := io.ReadFull(buffered, row); err != nil {
				return nil, err
			}
			at := i*slow.stride + j*middle.stride
			for k := range fast.count {
				values[at+k*fast.stride] = number.value(a.order, row[k*number.bytes:])
			}
		}
	}
	if _, err := buffered.ReadByte(); err != nil && err != io.EOF {
		return nil, err // the checksum of an archive is wrong
	}
	if len(a.shape) == 2 {
		if i := slices.IndexFunc(values, math.IsNaN); i >= 0 {
			return nil, errors.Errorf("the response of neuroid %d to stimulus %d is NaN", i%neuroids, i/neuroids)
		}
	}
	of, err := ventral.NewRepetitions(stimuli, neuroids, repetitions, values)
	return &responses{of: of, notes: a.doubts()}, err
}
