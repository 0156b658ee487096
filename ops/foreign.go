package ops

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// foreign is an operator that is not of this package, gorgonia's own or a user's, as a
// Machine runs it. Its result is copied to a buffer of the machine's: it may be a new
// value, a view, or one of its inputs, whose memory the machine uses again.
type foreign struct {
	definition // nil: its methods are never called
	op         gorgonia.Op
	node       *gorgonia.Node // its result
	// spares says that the input that the operator may overwrite is one that others need.
	spares bool
}

// String is how the operator calls itself.
func (f *foreign) String() string { return f.op.String() }

// inputsOf returns what the operator of a node was applied to, and none for a node that
// only has a value.
func inputsOf(n *gorgonia.Node) (gorgonia.Nodes, error) {
	if leaf(n) {
		return nil, nil
	}
	if o, ok := n.Op().(*operator); ok {
		return o.inputs, nil
	}
	g := n.Graph()
	if g == nil || g.Node(n.ID()) != n {
		return nil, errors.Errorf("node %q, of %v, is not one of its graph", n.Name(), n.Op())
	}
	var inputs gorgonia.Nodes
	for children := g.From(n.ID()); children.Next(); {
		inputs = append(inputs, children.Node().(*gorgonia.Node))
	}
	return inputs, nil
}

// leaf tells whether a node has a value that no operator computes: one that was bound to
// it, or a constant.
func leaf(n *gorgonia.Node) bool {
	_, constant := n.Op().(interface{ Value() gorgonia.Value })
	return n.Op() == nil || constant && n.Op().Arity() == 0
}

// do runs the operator for o, which has the buffer.
func (f *foreign) do(o *operator, inputs []gorgonia.Value) (gorgonia.Value, error) {
	if i := f.op.OverwritesInput(); f.spares && i >= 0 && i < len(inputs) {
		var err error
		if inputs[i], err = gorgonia.CloneValue(inputs[i]); err != nil {
			return nil, errors.Wrapf(err, "ops: %v: input %d", f, i)
		}
	}
	var result gorgonia.Value
	err := guard(f, func() (err error) {
		result, err = f.op.Do(inputs...)
		return err
	})
	if err != nil {
		return nil, err
	}
	dense, ok := result.(*tensor.Dense)
	if result == nil || ok && dense == nil {
		return nil, errors.Errorf("ops: %v has no result", f)
	}
	if ok && dense.RequiresIterator() {
		result = dense.Materialize()
	}
	switch buffer := o.buffer.(type) {
	case []float32:
		err = keep(o, buffer, result)
	case []float64:
		err = keep(o, buffer, result)
	default: // whole numbers or truth values
		o.result = result
	}
	return o.result, err
}

// keep copies the result of a foreign operator to the buffer of o.
func keep[T kernel.Float](o *operator, buffer []T, result gorgonia.Value) error {
	if dense, ok := result.(*tensor.Dense); ok && dense.DataOrder().IsColMajor() {
		return errors.Errorf("ops: %v: its result is column-major, want row-major", o)
	}
	data, ok := elements[T](result)
	if !ok {
		return errors.Errorf("ops: %v: its result is %v, want %v", o, result.Dtype(), reflect.TypeFor[T]())
	}
	if len(data) != len(buffer) {
		return errors.Errorf("ops: %v: its result has shape %v, want %v as inferred", o, result.Shape(), o.shape)
	}
	copy(buffer, data)
	if o.shape.IsScalar() {
		setScalar(o.result, buffer[0])
	}
	return nil
}

// passes tells for which inputs of an operator a gradient passes it. One that has none at
// all passes it, to be an error where it is differentiated.
func passes(n *gorgonia.Node, inputs gorgonia.Nodes) (wrt []bool, err error) {
	op, ok := n.Op().(gorgonia.SDOp)
	if _, own := n.Op().(*operator); own || !ok {
		return slices.Repeat([]bool{true}, len(inputs)), nil
	}
	err = guard(op, func() error {
		wrt = op.DiffWRT(len(inputs))
		return nil
	})
	if err == nil && len(wrt) != len(inputs) {
		err = errors.Errorf("ops: %v: DiffWRT tells of %d inputs, want %d", op, len(wrt), len(inputs))
	}
	return wrt, err
}

// differentiate returns the gradients that a foreign operator has with respect to its
// inputs, nil where it has none.
func differentiate(n *gorgonia.Node, inputs gorgonia.Nodes, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	op, ok := n.Op().(gorgonia.SDOp)
	if !ok {
		return nil, errors.Errorf("ops: %v has no gradient", n.Op())
	}
	wrt, err := passes(n, inputs)
	if err != nil {
		return nil, err
	}
	var parts gorgonia.Nodes
	err = guard(op, func() (err error) {
		parts, err = op.SymDiff(inputs, n, grad)
		return err
	})
	if err != nil {
		return nil, errors.WithMessage(err, "gradient")
	}
	for len(parts) > len(inputs) && parts[len(parts)-1] == nil { // gorgonia's BatchNormOp has two too many
		parts = parts[:len(parts)-1]
	}
	if len(parts) != len(inputs) {
		return nil, errors.Errorf("ops: %v: %d gradients, want %d", op, len(parts), len(inputs))
	}
	for i, in := range inputs {
		switch part := parts[i]; {
		case part == nil:
		case !wrt[i]:
			parts[i] = nil
		case part.Graph() != n.Graph():
			return nil, errors.Errorf("ops: %v: the gradient of input %d is of another graph", op, i)
		case part.Dtype() != in.Dtype():
			return nil, errors.Errorf("ops: %v: the gradient of input %d is %v, the input %v", op, i, part.Dtype(), in.Dtype())
		case slices.Equal(part.Shape(), in.Shape()):
		case part.Shape().TotalSize() == in.Shape().TotalSize(): // gorgonia's repeatOp loses axes of 1
			if parts[i], err = apply(reshape{part.Dims(), in.Shape()}, part); err != nil {
				return nil, err
			}
		default:
			return nil, errors.Errorf("ops: %v: the gradient of input %d has shape %v, the input %v", op, i, part.Shape(), in.Shape())
		}
	}
	return parts, nil
}

// reshape gives numbers another shape, of as many.
type reshape struct {
	axes int // of the input
	to   tensor.Shape
}

func (d reshape) String() string                               { return fmt.Sprintf("reshape of %d axes to %v", d.axes, d.to) }
func (d reshape) ranks() ([]int, int)                          { return []int{d.axes}, d.to.Dims() }
func (d reshape) shape(_ []tensor.Shape) (tensor.Shape, error) { return d.to, nil }

func (reshape) run32(y []float32, in [][]float32, _ []tensor.Shape) { copy(y, in[0]) }
func (reshape) run64(y []float64, in [][]float64, _ []tensor.Shape) { copy(y, in[0]) }

// guard calls what is not of this package, and returns as an error what it panics with.
func guard(op fmt.Stringer, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("ops: %v: %v", op, r)
		}
	}()
	return errors.Wrapf(f(), "ops: %v", op)
}

// OperatorError is an error of an operator that is not of this package.
type OperatorError struct {
	Node *gorgonia.Node // its result
	Err  error
}

// Error is that of Err.
func (e *OperatorError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *OperatorError) Unwrap() error { return e.Err }

// of says of which node's operator an error is, if there is one.
func of(n *gorgonia.Node, err error) error {
	if err == nil {
		return nil
	}
	return &OperatorError{n, err}
}
