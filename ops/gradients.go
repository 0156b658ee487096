package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Gradients adds to the graph the gradients of a scalar loss with respect to nodes that
// are no operator's result. It differs from gorgonia.Grad in two ways: where branches
// meet, a local layer adds its gradient to theirs in the pass that computes it, and no
// sum overwrites what an operator owns. Only operators of this package may lie between
// the nodes and the loss. A node that the loss does not depend on is an error.
func Gradients(loss *gorgonia.Node, wrt ...*gorgonia.Node) (gorgonia.Nodes, error) {
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
		needed[n] = slices.ContainsFunc(n.Op().(*operator).inputs, func(in *gorgonia.Node) bool { return needed[in] })
	}
	one, err := one(loss)
	if err != nil {
		return nil, err
	}
	grads := map[*gorgonia.Node]*gorgonia.Node{loss: one}
	for _, n := range slices.Backward(nodes) {
		if needed[n] {
			if err := backwards(n, grads, needed); err != nil {
				return nil, err
			}
		}
	}
	result := make(gorgonia.Nodes, len(wrt))
	for i, n := range wrt {
		if result[i] = grads[n]; result[i] == nil {
			return nil, errors.Errorf("ops: gradients: the loss does not depend on %q", n.Name())
		}
	}
	return result, nil
}

// backwards adds the gradients of an operator's inputs to grads.
func backwards(n *gorgonia.Node, grads map[*gorgonia.Node]*gorgonia.Node, needed map[*gorgonia.Node]bool) error {
	o := n.Op().(*operator)
	d, ok := o.definition.(differentiable)
	if !ok {
		return errors.Errorf("ops: %s has no gradient", name(o))
	}
	var parts gorgonia.Nodes
	var err error
	a, onto := o.definition.(accumulating)
	if onto {
		parts, err = a.gradientOnto(grads[o.inputs[0]], o.inputs, n, grads[n])
	} else {
		parts, err = d.gradient(o.inputs, n, grads[n])
	}
	if err != nil {
		return err
	}
	for i, in := range o.inputs {
		switch {
		case parts[i] == nil || !needed[in]:
		case grads[in] == nil || onto && i == 0:
			grads[in] = parts[i]
		default:
			if grads[in], err = sum(grads[in], parts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// upstream returns the results of operators that nodes depend on, the nodes included,
// in the order in which the operators were applied.
func upstream(nodes ...*gorgonia.Node) (gorgonia.Nodes, error) {
	seen := map[*gorgonia.Node]bool{}
	var found gorgonia.Nodes
	left := slices.Clone(nodes)
	for len(left) > 0 {
		n := left[len(left)-1]
		left = left[:len(left)-1]
		if n.Op() == nil || seen[n] {
			continue
		}
		o, ok := n.Op().(*operator)
		if !ok {
			return nil, errors.Errorf("node %q is computed by %v, which is no operator of this package", n.Name(), n.Op())
		}
		seen[n] = true
		found = append(found, n)
		left = append(left, o.inputs...)
	}
	slices.SortFunc(found, func(a, b *gorgonia.Node) int {
		return int(a.Op().(*operator).instance) - int(b.Op().(*operator).instance)
	})
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
