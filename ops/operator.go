package ops

import (
	"fmt"
	"hash"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// definition is what distinguishes one operator from another. Its String is
// its name with its whole configuration.
type definition interface {
	fmt.Stringer
	// ranks returns the number of axes of each input and of the result; a
	// scalar has none.
	ranks() (inputs []int, result int)
	// shape returns the shape of the result.
	shape(inputs []tensor.Shape) (tensor.Shape, error)
	// run32 and run64 fill the result, of the shape that shape returned.
	run32(result []float32, inputs [][]float32, shapes []tensor.Shape)
	run64(result []float64, inputs [][]float64, shapes []tensor.Shape)
}

// differentiable is a definition with gradients.
type differentiable interface {
	definition
	// wrt tells for which inputs gradient returns a node.
	wrt() []bool
	// gradient returns, per input, the gradient of the loss with respect to it.
	gradient(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error)
}

// accumulating is a definition that can add gradients of its inputs to what other branches
// of a network contributed to them, in the same pass over memory.
type accumulating interface {
	differentiable
	// onto tells which inputs these are, and whether the sum is in the place of what was
	// contributed.
	onto() []accumulation
	// gradientOnto is gradient, except that those of these inputs include what was
	// contributed to them, where it is not nil.
	gradientOnto(contributed gorgonia.Nodes, inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error)
}

// accumulation is how a gradient is added to what others contributed.
type accumulation int

const (
	apart   accumulation = iota // not in the same pass
	beside                      // in memory of its own
	inPlace                     // in the memory of what was contributed
)

// changing is a definition that changes its first input, and has it as its result: run32
// and run64 get it as both result and inputs[0].
type changing interface{ changes() }

// overwriting is a definition whose result may take the place of an input of its shape that
// nobody reads any more: it writes no number before it has read what it needs of the same
// place. overwrites lists these inputs.
type overwriting interface{ overwrites() []int }

// instances counts operators: gorgonia merges nodes of equal hash, and an
// operator that owns a buffer must not be merged with another.
var instances atomic.Uint64

// operator makes a gorgonia.SDOp of a definition. It owns its result.
type operator struct {
	definition
	instance uint64
	inputs   gorgonia.Nodes // that it was applied to
	inUse    atomic.Bool    // a machine runs
	machine  *Machine       // whose memory the result is in

	// What the last run got and made. The next one mostly has the same shapes.
	shapes []tensor.Shape // of the inputs
	shape  tensor.Shape   // of the result
	result gorgonia.Value
	buffer any // []float32 or []float64: the elements of result
	data   any // [][]float32 or [][]float64: the elements of the inputs
}

// apply adds an operator to the graph of its inputs.
func apply(d definition, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	ranks, _ := d.ranks()
	for i, rank := range ranks {
		if inputs[i] == nil {
			return nil, errors.Errorf("ops: %s: input %d is nil", name(d), i)
		}
		if inputs[i].Dims() != rank {
			return nil, errors.Errorf("ops: %s: input %d has shape %v, want %d axes", name(d), i, inputs[i].Shape(), rank)
		}
	}
	if _, err := d.shape(shapesOf(inputs)); err != nil {
		return nil, err
	}
	node, err := gorgonia.ApplyOp(&operator{definition: d, instance: instances.Add(1), inputs: inputs}, inputs...)
	return node, errors.Wrapf(err, "ops: %s", name(d))
}

func shapesOf(nodes gorgonia.Nodes) []tensor.Shape {
	shapes := make([]tensor.Shape, len(nodes))
	for i, n := range nodes {
		shapes[i] = n.Shape()
	}
	return shapes
}

// Arity returns the number of inputs.
func (o *operator) Arity() int {
	inputs, _ := o.ranks()
	return len(inputs)
}

// Type returns the type: tensors of one element type, or scalars of it.
func (o *operator) Type() hm.Type {
	inputs, result := o.ranks()
	types := make([]hm.Type, 0, len(inputs)+1)
	for _, rank := range append(inputs[:len(inputs):len(inputs)], result) {
		element := hm.TypeVariable('a')
		if rank == 0 {
			types = append(types, element)
		} else {
			types = append(types, gorgonia.TensorType{Dims: rank, Of: element})
		}
	}
	return hm.NewFnType(types...)
}

// InferShape returns the shape of the result.
func (o *operator) InferShape(inputs ...gorgonia.DimSizer) (tensor.Shape, error) {
	shapes, err := gorgonia.DimSizersToShapes(inputs)
	if err != nil {
		return nil, err
	}
	return o.definition.shape(shapes)
}

// Do computes the result into the operator's own buffer.
func (o *operator) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	if f, ok := o.definition.(*foreign); ok {
		result, err := f.do(o, inputs)
		return result, of(f.node, err)
	}
	if len(inputs) != o.Arity() {
		return nil, errors.Errorf("ops: %s: %d inputs, want %d", name(o), len(inputs), o.Arity())
	}
	if err := o.accept(inputs); err != nil {
		return nil, err
	}
	switch t := inputs[0].Dtype(); t {
	case tensor.Float32:
		return run(o, inputs, o.run32)
	case tensor.Float64:
		return run(o, inputs, o.run64)
	default:
		return nil, errors.Errorf("ops: %s: element type %v, want float32 or float64", name(o), t)
	}
}

// accept checks the inputs. If their shapes are new it works out that of the result.
func (o *operator) accept(inputs []gorgonia.Value) error {
	known := o.shapes != nil
	for i, v := range inputs {
		if dense, ok := v.(*tensor.Dense); ok && dense.RequiresIterator() {
			return errors.Errorf("ops: %s: input %d is a view, want a contiguous tensor", name(o), i)
		}
		known = known && slices.Equal(o.shapes[i], v.Shape())
	}
	if known {
		return nil
	}
	shapes := make([]tensor.Shape, len(inputs))
	for i, v := range inputs {
		shapes[i] = v.Shape().Clone()
	}
	shape, err := o.definition.shape(shapes)
	if err != nil {
		return err
	}
	if !slices.Equal(shape, o.shape) {
		o.buffer = nil
	}
	o.shapes, o.shape = shapes, shape
	return nil
}

func run[T kernel.Float](o *operator, inputs []gorgonia.Value, compute func([]T, [][]T, []tensor.Shape)) (gorgonia.Value, error) {
	data, err := inputData[T](o, inputs)
	if err != nil {
		return nil, err
	}
	if _, ok := o.definition.(changing); ok {
		compute(data[0], data, o.shapes)
		o.result = inputs[0]
		return o.result, nil
	}
	buffer, ok := o.buffer.([]T)
	if !ok {
		buffer = make([]T, o.shape.TotalSize())
		own(o, buffer)
	}
	compute(buffer, data, o.shapes)
	if o.shape.IsScalar() {
		setScalar(o.result, buffer[0])
	}
	return o.result, nil
}

// inputData returns the elements of the inputs, in a list that the operator owns.
func inputData[T kernel.Float](o *operator, inputs []gorgonia.Value) ([][]T, error) {
	data, ok := o.data.([][]T)
	if !ok {
		data = make([][]T, len(inputs))
		o.data = data
	}
	for i, v := range inputs {
		if data[i], ok = elements[T](v); !ok {
			return nil, errors.Errorf("ops: %s: input %d is %v, want %v", name(o), i, v.Dtype(), reflect.TypeFor[T]())
		}
	}
	return data, nil
}

// own makes buffer, of as many elements as o.shape, hold o's results from now on.
func own[T kernel.Float](o *operator, buffer []T) {
	o.buffer = buffer
	switch any(buffer).(type) {
	case []float32:
		o.result = gorgonia.NewF32(0)
	case []float64:
		o.result = gorgonia.NewF64(0)
	}
	if !o.shape.IsScalar() {
		o.result = tensor.New(tensor.WithShape(o.shape...), tensor.WithBacking(buffer))
	}
}

// elements returns the numbers of a value, in place where it is a tensor.
func elements[T kernel.Float](v gorgonia.Value) ([]T, bool) {
	var numbers any
	switch v := v.(type) {
	case *gorgonia.F32:
		numbers = []float32{float32(*v)}
	case *gorgonia.F64:
		numbers = []float64{float64(*v)}
	case *tensor.Dense:
		switch v.Dtype() {
		case tensor.Float32:
			numbers = v.Float32s()
		case tensor.Float64:
			numbers = v.Float64s()
		}
	}
	data, ok := numbers.([]T)
	return data, ok
}

// setScalar changes a scalar in place.
func setScalar[T kernel.Float](v gorgonia.Value, x T) {
	switch v := v.(type) {
	case *gorgonia.F32:
		*v = gorgonia.F32(x)
	case *gorgonia.F64:
		*v = gorgonia.F64(x)
	}
}

// DiffWRT tells for which inputs the operator has a gradient.
func (o *operator) DiffWRT(inputs int) []bool {
	if d, ok := o.definition.(differentiable); ok {
		return d.wrt()
	}
	return make([]bool, inputs)
}

// SymDiff adds the gradients to the graph.
func (o *operator) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	d, ok := o.definition.(differentiable)
	if !ok {
		return nil, errors.Errorf("ops: %s has no gradient", name(o))
	}
	return d.gradient(inputs, output, grad)
}

// ReturnsPtr is true: the result is the operator's own buffer, not a copy.
func (o *operator) ReturnsPtr() bool { return true }

// CallsExtern is false: hypnos is Go and assembly.
func (o *operator) CallsExtern() bool { return false }

// OverwritesInput is 0 where the result is the first input, changed, and
// otherwise -1: inputs are read only.
func (o *operator) OverwritesInput() int {
	if _, ok := o.definition.(changing); ok {
		return 0
	}
	return -1
}

// WriteHash writes the definition and the instance.
func (o *operator) WriteHash(h hash.Hash) { fmt.Fprintf(h, "hypnos %v #%d", o, o.instance) }

// Hashcode returns the 32-bit hash by which gorgonia finds nodes.
func (o *operator) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// name is the name of an operator without its configuration, for errors that do not
// depend on that.
func name(d fmt.Stringer) string {
	name, _, _ := strings.Cut(d.String(), "{")
	return name
}

// same checks that two shapes are equal.
func same(d definition, what1 string, shape1 tensor.Shape, what2 string, shape2 tensor.Shape) error {
	if !slices.Equal(shape1, shape2) {
		return errors.Errorf("ops: %s: %s has shape %v, %s %v", name(d), what1, shape1, what2, shape2)
	}
	return nil
}
