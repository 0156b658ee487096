package graph

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
)

// WriteSummary writes a table with a row for each layer: name, kind, output shape
// (C H W), parameters, multiply-adds per image, and the memory of its activations in
// training on batches of that many images: none where it is computed in one pass with
// the next layer. A layer that repeats another one has that one's name in place of
// parameters. Below are the totals, and the memory of such a training with AdamW and
// evaluation of as many images. It sets none aside: a Blank network of any size is
// summarised in an instant.
func (n *Network) WriteSummary(w io.Writer, batch int) error {
	training, err := n.planTraining(batch)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "layer\tkind\toutput\tparameters\tmultiply-adds\tactivations of %d\n", batch)
	for _, l := range n.Layers {
		fmt.Fprintf(t, "%s\t%s\t%v\t%s\t%d\t%s\n", l.Name, l.Kind, l.Output, l.parameterCell(), l.MultiplyAdds, bytes(training.answers(l)))
	}
	m := training.Memory()
	if m.Evaluation, err = n.evaluationMemory(batch); err != nil {
		return err
	}
	fmt.Fprintf(t, "total\t%v\t\t%d\t%d\t%s\n", n.Options.Connectivity, n.ParameterCount(), n.MultiplyAdds(), bytes(m.Activations))
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nmemory for training on batches of %d with AdamW: %s\n"+
		"  weights %s, gradients %s, moments of AdamW %s, activations and their gradients %s, evaluation %s\n",
		batch, bytes(m.total()), bytes(m.Weights), bytes(m.Gradients), bytes(m.Optimiser), bytes(m.Activations), bytes(m.Evaluation))
	return err
}

// String is C×H×W.
func (s Size) String() string { return fmt.Sprintf("%d×%d×%d", s.Channels, s.Height, s.Width) }

// parameterCell says in the summary how many parameters a layer has.
func (l *Layer) parameterCell() string {
	if l.Repeats != nil {
		return "as " + l.Repeats.Name
	}
	count, frozen := 0, ""
	for _, p := range l.Parameters {
		count += p.Count()
		if p.Frozen {
			frozen = ", frozen"
		}
	}
	return strconv.Itoa(count) + frozen
}

// answers returns how many bytes a layer's answers to a batch take, 0 where they are
// not kept.
func (t *Training) answers(l *Layer) int {
	node := t.layers[l]
	if node == nil {
		return 0
	}
	return 4 * node.Shape().TotalSize()
}
