package ops

import (
	"cmp"
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gradients adds to the graph the gradients of a scalar loss with respect to nodes that
// are no operator's result. It differs from gorgonia.Grad in two ways: where branches
// meet, a local layer adds its gradient to theirs in the pass that computes it, and no
// sum overwrites what others read. Operators of others than this package that lie
// between the nodes and the loss must be SDOps; no gradient passes an input that their
// DiffWRT leaves out. It is an error if none reaches one of the nodes.
func Gradients(loss *gorgonia.Node, wrt ...*gorgonia.Node) (gorgonia.Nodes, error) {
	if loss == nil || slices.Contains(wrt, nil) {
		return nil, errors.Errorf("ops: gradients: the loss, or one of %d nodes, is nil", len(wrt))
	}
	if !loss.IsScalar() {
		return nil, errors.Errorf("ops: gradients: the loss has shape %v, want a scalar", loss.Shape())
	}
	nodes, err := upstream(loss)
	if err != nil {
		return nil, errors.Wrap(err, "ops: gradients")
	}
	needed := map[*gorgonia.Node]bool{}
	for _, n := range wrt {
		needed[n] = true
	}
	for _, n := range nodes {
		inputs, err := inputsOf(n)
		if err != nil {
			return nil, errors.Wrap(err, "ops: gradients")
		}
		if !slices.ContainsFunc(inputs, func(in *gorgonia.Node) bool { return needed[in] }) {
			continue
		}
		passes, err := passes(n, inputs)
		if err != nil {
			return nil, of(n, err)
		}
		for i, in := range inputs {
			needed[n] = needed[n] || passes[i] && needed[in]
		}
	}
	one, err := one(loss)
	if err != nil {
		return nil, err
	}
	b := backpropagation{needed, map[*gorgonia.Node]*gorgonia.Node{loss: one}, map[*gorgonia.Node]bool{}}
	for _, n := range slices.Backward(nodes) {
		if needed[n] && b.grads[n] != nil {
			if err := b.through(n); err != nil {
				return nil, err
			}
		}
	}
	result := make(gorgonia.Nodes, len(wrt))
	for i, n := range wrt {
		if result[i] = b.grads[n]; result[i] == nil {
			return nil, errors.Errorf("ops: gradients: the loss does not depend on %q through operators with gradients", n.Name())
		}
	}
	return result, nil
}

// backpropagation is what is known of gradients on the way from the loss to the nodes.
type backpropagation struct {
	needed map[*gorgonia.Node]bool           // by what was asked for
	grads  map[*gorgonia.Node]*gorgonia.Node // so far
	// own are the leaves whose gradient so far nobody else has: it may be added to in place.
	own map[*gorgonia.Node]bool
}

// through adds the gradients of an operator's inputs.
func (b backpropagation) through(n *gorgonia.Node) error {
	inputs, err := inputsOf(n)
	if err != nil {
		return errors.Wrap(err, "ops: gradients")
	}
	parts, how, err := b.parts(n, inputs)
	if err != nil {
		return err
	}
	for i, in := range inputs {
		switch {
		case parts[i] == nil || !b.needed[in]:
		case b.grads[in] == nil || how[i] != apart:
			b.grads[in] = parts[i]
			b.own[in] = how[i] == inPlace && leaf(in)
		default:
			if b.grads[in], err = sum(b.grads[in], parts[i]); err != nil {
				return err
			}
			b.own[in] = false
		}
	}
	return nil
}

// parts returns the gradients of an operator's inputs, and how they are added to those so
// far: unless apart, they include them.
func (b backpropagation) parts(n *gorgonia.Node, inputs gorgonia.Nodes) (parts gorgonia.Nodes, how []accumulation, err error) {
	how = make([]accumulation, len(inputs))
	o, known := n.Op().(*operator)
	if !known {
		parts, err = differentiate(n, inputs, b.grads[n])
		return parts, how, of(n, err)
	}
	a, ok := o.definition.(accumulating)
	if !ok {
		parts, err = o.SymDiff(inputs, n, b.grads[n])
		return parts, how, err
	}
	copy(how, a.onto())
	contributed := make(gorgonia.Nodes, len(inputs))
	for i, in := range inputs {
		if how[i] == inPlace && b.grads[in] != nil && !b.own[in] {
			how[i] = apart
		}
		if how[i] != apart {
			contributed[i] = b.grads[in]
		}
	}
	parts, err = a.gradientOnto(contributed, inputs, n, b.grads[n])
	return parts, how, err
}

// upstream returns the results of operators that nodes depend on, the nodes included,
// in the order in which the operators were applied, by which a graph counts its nodes.
func upstream(nodes ...*gorgonia.Node) (gorgonia.Nodes, error) {
	seen := map[*gorgonia.Node]bool{}
	var found gorgonia.Nodes
	left := slices.Clone(nodes)
	for len(left) > 0 {
		n := left[len(left)-1]
		left = left[:len(left)-1]
		if n == nil {
			return nil, errors.Errorf("one of %d nodes is nil", len(nodes))
		}
		if leaf(n) || seen[n] {
			continue
		}
		inputs, err := inputsOf(n)
		if err != nil {
			return nil, err
		}
		seen[n] = true
		found = append(found, n)
		left = append(left, inputs...)
	}
	slices.SortFunc(found, func(a, b *gorgonia.Node) int { return cmp.Compare(a.ID(), b.ID()) })
	return found, nil
}

// one adds the gradient of a scalar with respect to itself.
func one(n *gorgonia.Node) (*gorgonia.Node, error) {
	var v gorgonia.Value
	switch t := n.Dtype(); t {
	case tensor.Float32:
		v = gorgonia.NewF32(1)
	case tensor.Float64:
		v = gorgonia.NewF64(1)
	default:
		return nil, errors.Errorf("ops: gradients: element type %v, want float32 or float64", t)
	}
	return gorgonia.NewScalar(n.Graph(), n.Dtype(), gorgonia.WithName("one"), gorgonia.WithValue(v)), nil
}
