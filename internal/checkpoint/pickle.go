package checkpoint

import (
	"bytes"
	"io"

	"github.com/nlpodyssey/gopickle/pickle"
	"github.com/nlpodyssey/gopickle/types"
	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
)

// maxError is the length at which the library's errors are cut off.
const maxError = 300

// unpickler interprets the pickles of a stream, one after another. It makes
// nothing but numbers, strings, tuples, lists, dicts, storages and tensors that
// say where their values are.
type unpickler struct {
	*scanner
	storages map[string]*storage // by key
}

func newUnpickler(r io.Reader) *unpickler { return &unpickler{newScanner(r), map[string]*storage{}} }

// next returns the object of the next pickle.
func (u *unpickler) next() (object any, err error) {
	raw, err := u.scan()
	if err != nil {
		return nil, err
	}
	// The library indexes and asserts without checking in places.
	defer func() {
		if p := recover(); p != nil {
			object, err = nil, errors.Errorf("broken pickle: %v", p)
		}
		if err != nil && len(err.Error()) > maxError {
			err = errors.New(err.Error()[:maxError] + "…")
		}
	}()
	library := pickle.NewUnpickler(bytes.NewReader(raw))
	library.FindClass, library.PersistentLoad = findClass, u.newStorage
	return library.Load()
}

// storageKinds are the types of storages, as PyTorch calls them.
var storageKinds = map[string]safetensors.DType{
	"DoubleStorage": safetensors.F64, "FloatStorage": safetensors.F32,
	"HalfStorage": safetensors.F16, "BFloat16Storage": safetensors.BF16,
	"LongStorage": safetensors.I64, "IntStorage": safetensors.I32, "ShortStorage": safetensors.I16,
	"CharStorage": safetensors.I8, "ByteStorage": safetensors.U8, "BoolStorage": safetensors.BOOL,
}

// function is one that a pickle may call.
type function func(args []any) (any, error)

// Call implements types.Callable.
func (f function) Call(args ...any) (any, error) { return f(args) }

// findClass returns what a pickle may name besides collections.OrderedDict.
func findClass(module, name string) (any, error) {
	switch module + "." + name {
	case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
		return function(newPickled), nil
	case "torch._utils._rebuild_parameter":
		return function(func(args []any) (any, error) {
			if len(args) == 0 {
				return nil, errors.New("a parameter without a tensor")
			}
			return args[0], nil
		}), nil
	}
	if kind, ok := storageKinds[name]; ok && module == "torch" {
		return kind, nil
	}
	return nil, errors.Errorf("the pickle wants %q, which no state dict needs: save the state dict alone", module+"."+name)
}

// A storage is where a pickle says that values are.
type storage struct {
	key   string
	kind  safetensors.DType
	count int // of values
}

// newStorage returns the storage that a persistent identity names:
// ("storage", class, key, device, count of values, and in the stream of pickles
// a view, which has been None since PyTorch 0.4).
func (u *unpickler) newStorage(id any) (any, error) {
	if t, ok := id.(*types.Tuple); ok && t.Len() >= 5 && t.Get(0) == "storage" {
		kind, ok := t.Get(1).(safetensors.DType)
		key, ok2 := t.Get(2).(string)
		count, ok3 := t.Get(4).(int)
		if ok && ok2 && ok3 && count >= 0 && (t.Len() == 5 || t.Get(5) == nil) {
			s := &storage{key, kind, count}
			if other := u.storages[key]; other != nil && *other != *s {
				return nil, errors.Errorf("storage %.40q has %d values of type %v and also %d of type %v", key, other.count, other.kind, count, kind)
			}
			u.storages[key] = s
			return s, nil
		}
	}
	return nil, errors.New("a persistent object that is not a whole storage")
}

// pickled is a tensor as a pickle describes it.
type pickled struct {
	storage       *storage
	offset        int // of the first value
	shape, stride []int
}

// newPickled returns the tensor of _rebuild_tensor_v2(storage, offset, shape,
// stride, …).
func newPickled(args []any) (any, error) {
	if len(args) >= 4 {
		s, ok := args[0].(*storage)
		offset, ok2 := args[1].(int)
		shape, ok3 := integers(args[2])
		stride, ok4 := integers(args[3])
		if ok && ok2 && ok3 && ok4 && len(shape) == len(stride) {
			return &pickled{s, offset, shape, stride}, nil
		}
	}
	return nil, errors.New("a tensor without storage, offset, shape and stride")
}

func integers(tuple any) ([]int, bool) {
	t, ok := tuple.(*types.Tuple)
	if !ok {
		return nil, false
	}
	values := make([]int, t.Len())
	for i := range values {
		if values[i], ok = t.Get(i).(int); !ok {
			return nil, false
		}
	}
	return values, true
}

// locate returns the tensor whose storage starts at byte base of the file. It
// is an error if values lie outside the storage, or are more than it has.
func (p *pickled) locate(name string, base int64) (tensor, error) {
	n, err := count(p.shape, p.storage.count)
	if err != nil {
		return tensor{}, errors.Wrapf(err, "tensor %q", name)
	}
	last, inOrder, next := p.offset, true, 1
	for axis := len(p.shape) - 1; axis >= 0 && n > 0; axis-- {
		steps, stride := p.shape[axis]-1, p.stride[axis]
		if steps == 0 {
			continue
		}
		inOrder = inOrder && stride == next
		next *= p.shape[axis]
		if last < 0 || last >= p.storage.count || stride < 0 || stride > (p.storage.count-1-last)/steps {
			last = p.storage.count
			break
		}
		last += steps * stride
	}
	if p.offset < 0 || n > 0 && last >= p.storage.count {
		return tensor{}, errors.Errorf("tensor %q, from value %d with shape %v and strides %v, lies outside its storage of %d values",
			name, p.offset, p.shape, p.stride, p.storage.count)
	}
	t := tensor{name: name, kind: p.storage.kind, shape: p.shape, offset: base + int64(p.offset)*int64(p.storage.kind.Size())}
	if !inOrder {
		t.stride = p.stride
	}
	return t, nil
}
