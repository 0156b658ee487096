package recordings

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/ventral"
)

// array is the header of a file of NumPy that holds responses.
type array struct {
	shape   []int
	fortran bool // the first axis is the fastest, not the last
	bytes   int  // of a value: 4 or 8
	order   binary.ByteOrder
	offset  int64 // of the values in the file
}

// maxHeader is the longest header that is read, in bytes; NumPy's own limit is
// 10,000.
const maxHeader = 1 << 16

// The three fields of a header, a Python dictionary (NEP 1, "Format
// Specification").
var (
	descrField   = regexp.MustCompile(`'descr': *(?:'([^']*)'|\[)`)
	fortranField = regexp.MustCompile(`'fortran_order': *(True|False)`)
	shapeField   = regexp.MustCompile(`'shape': *\(([0-9, ]*)\)`)
)

// readHeader reads the header of an array and checks it against the size of the
// file.
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
	switch descr := string(descr[1]); descr {
	case "<f4":
		a.bytes, a.order = 4, binary.LittleEndian
	case ">f4":
		a.bytes, a.order = 4, binary.BigEndian
	case "<f8":
		a.bytes, a.order = 8, binary.LittleEndian
	case ">f8":
		a.bytes, a.order = 8, binary.BigEndian
	case "":
		return a, errors.New("values are records, want float32 or float64")
	default:
		return a, errors.Errorf("values are of type %.20s, want float32 (<f4) or float64 (<f8)", descr)
	}
	for _, field := range strings.FieldsFunc(string(shape[1]), func(c rune) bool { return c == ',' || c == ' ' }) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return a, errors.Wrap(err, "shape")
		}
		a.shape = append(a.shape, n)
	}
	if n := len(a.shape); n != 2 && n != 3 {
		return a, errors.Errorf("%d dimensions (%.100s), want 3, neuroids × stimuli × repetitions, or 2", n, shape[1])
	}
	values, product := (size-a.offset)/int64(a.bytes), int64(1)
	for _, n := range a.shape {
		if n == 0 || int64(n) > values/product { // before the product can overflow
			product = 0
			break
		}
		product *= int64(n)
	}
	if product == 0 || product*int64(a.bytes) != size-a.offset {
		return a, errors.Errorf("shape (%.100s) of values of %d bytes, but %d bytes of them", shape[1], a.bytes, size-a.offset)
	}
	return a, nil
}

// readResponses returns the responses to a number of stimuli in a file of NumPy
// of a size in bytes: neuroids × stimuli × repetitions, or neuroids × stimuli, of
// which none may be NaN. It needs the memory of the responses in float64 and no
// more.
func readResponses(r io.Reader, size int64, stimuli int) (*ventral.Repetitions, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	a, err := readHeader(buffered, size)
	if err != nil {
		return nil, err
	}
	if a.shape[1] != stimuli {
		return nil, errors.Errorf("responses to %d stimuli in shape %v, but there are %d pictures", a.shape[1], a.shape, stimuli)
	}
	neuroids, repetitions := a.shape[0], 1
	if len(a.shape) == 3 {
		repetitions = a.shape[2]
	}
	// In the file from the slowest axis to the fastest, in memory stimuli ×
	// neuroids × repetitions.
	type axis struct{ count, stride int }
	slow, middle, fast := axis{neuroids, repetitions}, axis{stimuli, neuroids * repetitions}, axis{repetitions, 1}
	if a.fortran {
		slow, fast = fast, slow
	}
	values := make([]float64, stimuli*neuroids*repetitions)
	row := make([]byte, fast.count*a.bytes)
	for i := range slow.count {
		for j := range middle.count {
			if _, err := io.ReadFull(buffered, row); err != nil {
				return nil, err
			}
			at := i*slow.stride + j*middle.stride
			for k := range fast.count {
				values[at+k*fast.stride] = a.value(row[k*a.bytes:])
			}
		}
	}
	if i := slices.IndexFunc(values, math.IsNaN); i >= 0 && len(a.shape) == 2 {
		return nil, errors.Errorf("the response of neuroid %d to stimulus %d is NaN", i%neuroids, i/neuroids)
	}
	return ventral.NewRepetitions(stimuli, neuroids, repetitions, values)
}

// value returns the value that bytes begin with.
func (a array) value(b []byte) float64 {
	if a.bytes == 4 {
		return float64(math.Float32frombits(a.order.Uint32(b)))
	}
	return math.Float64frombits(a.order.Uint64(b))
}
