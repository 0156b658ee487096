package pickle

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Array is an array of NumPy.
type Array struct {
	Type  string // of the values, as NumPy calls it: u1, i8, f4, …
	Shape []int
	Data  []byte // the values, row-major

	order binary.ByteOrder
}

// AsArray returns the array that a value stands for, in any of the ways in which NumPy
// pickles one; a single number has no axes. It is an error if the value is no array, or
// one of values that are not whole numbers or floats, are not as many as the shape has,
// or are not row-major.
func AsArray(value any) (*Array, error) {
	p, err := arrayParts(value)
	if err != nil {
		return nil, err
	}
	a := &Array{order: binary.LittleEndian}
	var ok bool
	if a.Shape, ok = Ints(p.shape); !ok {
		return nil, errors.New("an array of numpy without a shape")
	}
	switch values := p.values.(type) {
	case Bytes:
		a.Data = values
	case string: // Python 2
		a.Data = []byte(values)
	default:
		return nil, errors.Errorf("an array of numpy of which the values are %s", kind(p.values))
	}
	if err := a.setType(p.dtype); err != nil {
		return nil, err
	}
	n := int(a.Type[1] - '0')
	for _, length := range a.Shape {
		if length < 0 || length > 0 && n > len(a.Data)/length {
			n = len(a.Data) + 1
			break
		}
		n *= length
	}
	if n != len(a.Data) {
		return nil, errors.Errorf("an array of numpy of shape %v and type %s with %d bytes", a.Shape[:min(len(a.Shape), 8)], a.Type, len(a.Data))
	}
	if !p.rowMajor && len(a.Shape) > 1 {
		return nil, errors.New("an array of numpy column by column, want it row by row: numpy.ascontiguousarray")
	}
	return a, nil
}

// pickledArray is what a pickle says of an array.
type pickledArray struct {
	shape, values any
	dtype         *Object // nil if it says nothing
	rowMajor      bool
}

// arrayParts returns what the call of NumPy that makes an array says of it.
func arrayParts(value any) (p pickledArray, err error) {
	o, ok := value.(*Object)
	if !ok || !strings.HasPrefix(o.Class().Module, "numpy") {
		return p, errors.Errorf("%s, want an array of numpy", kind(value))
	}
	switch o.Class().Name {
	case "_reconstruct": // then its state: version, shape, type, whether column-major, values
		state, _ := o.State.(Tuple)
		if len(state) != 5 {
			return p, errors.New("an array of numpy without its state")
		}
		p = pickledArray{shape: state[1], values: state[4], rowMajor: state[3] == false || state[3] == 0}
		p.dtype, _ = state[2].(*Object)
	case "_frombuffer": // of values, type, shape, and the order C or F
		if len(o.Args) != 4 {
			return p, errors.New("an array of numpy without its values")
		}
		p = pickledArray{shape: o.Args[2], values: o.Args[0], rowMajor: o.Args[3] == "C"}
		p.dtype, _ = o.Args[1].(*Object)
	case "scalar": // of type and value
		if len(o.Args) != 2 {
			return p, errors.New("a number of numpy without its value")
		}
		p = pickledArray{shape: Tuple{}, values: o.Args[1], rowMajor: true}
		p.dtype, _ = o.Args[0].(*Object)
	default:
		return p, errors.Errorf("%s, want an array of numpy", kind(value))
	}
	return p, nil
}

// setType sets the type and the byte order from a dtype, which has the one as its name
// and the other in its state. It is an error if the type is not one of numbers.
func (a *Array) setType(dtype *Object) error {
	if dtype != nil && len(dtype.Args) > 0 {
		switch name := dtype.Args[0].(type) {
		case string:
			a.Type = name
		case Bytes:
			a.Type = string(name)
		}
		if state, ok := dtype.State.(Tuple); ok && len(state) > 1 && (state[1] == ">" || isBytes(state[1], ">")) {
			a.order = binary.BigEndian
		}
	}
	if !slices.Contains([]string{"u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "b1", "f2", "f4", "f8"}, a.Type) {
		return errors.Errorf("an array of numpy of type %.20q, want numbers", a.Type)
	}
	return nil
}

func isBytes(value any, want string) bool {
	b, ok := value.(Bytes)
	return ok && string(b) == want
}

// Ints returns the whole numbers in a tuple, a list, or a NumPy array with one axis, and
// whether the value is one of these. The numbers may be NumPy's too.
func Ints(value any) ([]int, bool) {
	var items []any
	switch v := value.(type) {
	case Tuple:
		items = v
	case *List:
		items = v.Items
	case *Object:
		if len(v.Args) == 1 && v.Class() == (Class{"torch", "Size"}) {
			return Ints(v.Args[0])
		}
		a, err := AsArray(v)
		if err != nil || len(a.Shape) != 1 {
			return nil, false
		}
		return a.ints()
	default:
		return nil, false
	}
	values := make([]int, len(items))
	for i, item := range items {
		switch v := item.(type) {
		case int:
			values[i] = v
		case *Object:
			a, err := AsArray(v)
			if err != nil || len(a.Shape) > 0 {
				return nil, false
			}
			number, ok := a.ints()
			if !ok {
				return nil, false
			}
			values[i] = number[0]
		default:
			return nil, false
		}
	}
	return values, true
}

// ints returns the values, if they are whole numbers.
func (a *Array) ints() ([]int, bool) {
	if a.Type[0] != 'i' && a.Type[0] != 'u' {
		return nil, false
	}
	size := int(a.Type[1] - '0')
	values := make([]int, len(a.Data)/size)
	for i := range values {
		var eight [8]byte
		raw := a.Data[i*size:][:size]
		if a.order == binary.LittleEndian {
			copy(eight[:], raw)
		} else {
			for j, b := range raw {
				eight[size-1-j] = b
			}
		}
		v := int64(binary.LittleEndian.Uint64(eight[:]))
		if shift := 64 - 8*size; a.Type[0] == 'i' {
			v = v << shift >> shift
		}
		values[i] = int(v)
	}
	return values, true
}
