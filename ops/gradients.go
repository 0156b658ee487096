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
// sum overwrites what an operator owns. Operators of others than this package that lie
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
	grads := map[*gorgonia.Node]*gorgonia.Node{loss: one}
	for _, n := range slices.Backward(nodes) {
		if needed[n] && grads[n] != nil {
			if err := backwards(n, grads, needed); err != nil {
				return nil, err
			}
		}
	}
	result := make(gorgonia.Nodes, len(wrt))
	for i, n := range wrt {
		if result[i] = grads[n]; result[i] == nil {
			return nil, errors.Errorf("ops: gradients: the loss does not depend on %q through operators with gradients", n.Name())
		}
	}
	return result, nil
}

// backwards adds the gradients of an operator's inputs to grads.
func backwards(n *gorgonia.Node, grads map[*gorgonia.Node]*gorgonia.Node, needed map[*gorgonia.Node]bool) error {
	inputs, err := inputsOf(n)
	if err != nil {
		return errors.Wrap(err, "ops: gradients")
	}
	var parts gorgonia.Nodes
	var a accumulating
	var onto bool
	if o, ok := n.Op().(*operator); ok {
		if a, onto = o.definition.(accumulating); onto {
			parts, err = a.gradientOnto(grads[inputs[0]], inputs, n, grads[n])
		} else {
			parts, err = o.SymDiff(inputs, n, grads[n])
		}
	} else {
		parts, err = differentiate(n, inputs, grads[n])
		err = of(n, err)
	}
	if err != nil {
		return err
	}
	for i, in := range inputs {
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
