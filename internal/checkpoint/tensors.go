package checkpoint

import (
	"strings"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"

	"hypnos/internal/pickle"
)

// The pickles of a file may take maxCost bytes of memory, of which a tensor takes some 4
// KB. Strings longer than maxName, which no name is, are not kept.
const (
	maxCost = 64 << 20
	maxName = 4096
)

// maxRepeated is how many values a tensor may have that has more than its storage.
const maxRepeated = 1 << 24

// dtype is a type of values.
type dtype struct {
	name  string // as PyTorch calls it
	size  int    // bytes of a value
	kind  safetensors.DType
	known bool // whether values can be read, and kind is set
}

// dtypes are the types of values by the names of PyTorch's storages, without the word
// Storage.
var dtypes = map[string]dtype{
	"Double": {"float64", 8, safetensors.F64, true}, "Float": {"float32", 4, safetensors.F32, true},
	"Half": {"float16", 2, safetensors.F16, true}, "BFloat16": {"bfloat16", 2, safetensors.BF16, true},
	"Long": {"int64", 8, safetensors.I64, true}, "Int": {"int32", 4, safetensors.I32, true}, "Short": {"int16", 2, safetensors.I16, true},
	"Char": {"int8", 1, safetensors.I8, true}, "Byte": {"uint8", 1, safetensors.U8, true}, "Bool": {"bool", 1, safetensors.BOOL, true},
	"ComplexDouble": {name: "complex128", size: 16}, "ComplexFloat": {name: "complex64", size: 8},
	"QUInt8": {name: "quint8", size: 1}, "QInt8": {name: "qint8", size: 1}, "QInt32": {name: "qint32", size: 4},
	"QUInt4x2": {name: "quint4x2", size: 1}, "QUInt2x4": {name: "quint2x4", size: 1},
	"Untyped": {name: "bytes", size: 1},
}

// untyped are the types that have no storage of their own.
var untyped = map[string]dtype{
	"uint16": {"uint16", 2, safetensors.U16, true}, "uint32": {"uint32", 4, safetensors.U32, true}, "uint64": {"uint64", 8, safetensors.U64, true},
}

// storage is memory of PyTorch's that has the values of tensors.
type storage struct {
	key string // under which the file has it
	dtype
	count int // of values
}

// newStorage returns the storage of a persistent object, whose identity is ("storage",
// class, key, device, number of values) and, in the stream of pickles, a view, which has
// been None since PyTorch 0.4.
func newStorage(p *pickle.Persistent) (storage, error) {
	id, _ := p.ID.(pickle.Tuple)
	if len(id) < 5 || id[0] != "storage" {
		return storage{}, errors.New("values that stand in no storage")
	}
	class, _ := id[1].(pickle.Class)
	key, ok := asKey(id[2])
	count, ok2 := id[4].(int)
	name, isStorage := strings.CutSuffix(class.Name, "Storage")
	switch {
	case !isStorage || !strings.HasPrefix(class.Module, "torch") || !ok || !ok2 || count < 0:
		return storage{}, errors.New("values in a storage without class, key and count")
	case len(id) > 5 && id[5] != nil:
		return storage{}, errors.New("values in a view of a storage, which PyTorch has not written since 0.4: save the file anew")
	}
	t, ok := dtypes[strings.TrimPrefix(name, "_")]
	if !ok {
		return storage{}, errors.Errorf("values in %v, of which the type is not known", class)
	}
	return storage{key, t, count}, nil
}

// isTensor tells whether a value stands for a tensor.
func isTensor(value any) bool {
	o, ok := value.(*pickle.Object)
	if !ok {
		return false
	}
	class := o.Class()
	return strings.HasPrefix(class.Module, "torch") && strings.HasPrefix(class.Name, "_rebuild_")
}

// pickled is a tensor as a pickle describes it.
type pickled struct {
	storage
	offset        int // of the first value, in values
	shape, stride []int
}

// newPickled returns the tensor that a call makes, or one in other calls around it.
func newPickled(value any) (pickled, error) {
	for range 8 {
		o, ok := value.(*pickle.Object)
		if !ok {
			break
		}
		switch class := o.Class(); class.Name {
		case "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3":
			return rebuilt(o.Args, class.Name == "_rebuild_tensor_v3")
		case "_rebuild_parameter", "_rebuild_parameter_with_state": // of a tensor
			if len(o.Args) == 0 {
				return pickled{}, errors.New("a parameter without a tensor")
			}
			value = o.Args[0]
		case "_rebuild_from_type_v2": // of a function, a type, and the function's arguments
			if len(o.Args) < 3 {
				return pickled{}, errors.New("a tensor without its type")
			}
			args, _ := o.Args[2].(pickle.Tuple)
			value = &pickle.Object{Of: o.Args[0], Args: args}
		default:
			what := strings.TrimSuffix(strings.TrimPrefix(class.Name, "_rebuild_"), "_tensor")
			what = map[string]string{
				"qtensor": "quantised values", "sparse": "sparse values", "sparse_csr": "sparse values", "meta_tensor_no_storage": "no values (it is on the device meta)",
				"device_tensor_from_numpy": "values of numpy's (it was on another device)", "nested": "values of many lengths",
			}[what]
			if what == "" {
				what = "values that " + class.String() + " makes"
			}
			return pickled{}, errors.Errorf("has %s, want a plain tensor", what)
		}
	}
	return pickled{}, errors.New("no tensor is made of it")
}

// rebuilt returns the tensor that _rebuild_tensor_v2(storage, offset, shape, stride, …)
// makes, or v3, whose storage has no type: that comes last.
func rebuilt(args pickle.Tuple, v3 bool) (pickled, error) {
	if len(args) < 4 || v3 && len(args) < 7 {
		return pickled{}, errors.New("a tensor without storage, offset, shape and stride")
	}
	where, ok := args[0].(*pickle.Persistent)
	offset, ok2 := args[1].(int)
	shape, ok3 := pickle.Ints(args[2])
	stride, ok4 := pickle.Ints(args[3])
	if !ok || !ok2 || !ok3 || !ok4 || len(shape) != len(stride) {
		return pickled{}, errors.New("a tensor without storage, offset, shape and stride")
	}
	if last := args[len(args)-1]; len(args) > 6 && len(pickle.Entries(last)) > 0 { // conj or neg
		return pickled{}, errors.New("has values that are still to be negated or conjugated: want resolve_neg or resolve_conj of it")
	}
	s, err := newStorage(where)
	if err == nil && v3 {
		err = s.setType(args[6])
	}
	if err == nil && !s.known {
		err = errors.Errorf("has values of type %s, which are not read", s.name)
	}
	return pickled{s, offset, shape, stride}, err
}

// setType gives a storage of bytes the type of its values.
func (s *storage) setType(class any) error {
	name, _ := class.(pickle.Class)
	t, ok := untyped[name.Name]
	for _, other := range dtypes {
		if !ok && other.name == name.Name {
			t, ok = other, true
			break
		}
	}
	if !ok {
		return errors.Errorf("has values of type %.30q, which are not read", name.Name)
	}
	bytes := s.count * s.size
	s.dtype, s.count = t, bytes/t.size
	return nil
}

// locate returns the tensor, whose storage begins at byte base of the file. It is an
// error if values lie outside of the storage, or if they are more than it has, which is
// possible since strides of 0 repeat values, and more than maxRepeated.
func (p pickled) locate(base int64) (tensor, error) {
	n, err := count(p.shape, max(p.storage.count, maxRepeated))
	if err != nil {
		return tensor{}, err
	}
	last, inOrder, next := p.offset, true, 1
	for axis := len(p.shape) - 1; axis >= 0 && n > 0; axis-- {
		steps, stride := p.shape[axis]-1, p.stride[axis]
		if steps == 0 {
			continue
		}
		inOrder = inOrder && stride == next
		next *= p.shape[axis]
		if last < 0 || last >= p.count || stride < 0 || stride > (p.count-1-last)/steps {
			last = p.count
			break
		}
		last += steps * stride
	}
	if p.offset < 0 || n > 0 && last >= p.count {
		return tensor{}, errors.Errorf("from value %d with shape %v and strides %v, lies outside its storage of %d values",
			p.offset, p.shape, p.stride, p.count)
	}
	t := tensor{kind: p.kind, shape: p.shape, offset: base + int64(p.offset)*int64(p.size)}
	if !inOrder {
		t.stride = p.stride
	}
	return t, nil
}
