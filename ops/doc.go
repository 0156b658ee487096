// Package ops holds the gorgonia operators of hypnos: what the neurons of a
// network compute, and its gradients.
//
// A convolution is a locally connected layer whose locations share one set of
// weights, so that one operator, Local, serves both.
//
// # Axes, slowest first
//
//	activations           H W C N         batch innermost
//	weights of a layer    L O KH KW C/g   L = OH·OW locations, or 1 if shared
//	images, at the border N C H W         see BatchInnermost
//	logits, at the border N classes       see BatchOutermost
//
// A neuron's answers to the whole batch lie side by side, and the receptive
// field of a location is KH runs of KW·C·N contiguous numbers, so that no copy
// of patches exists. A vector, such as what is left after global pooling, is a map of
// 1×1.
//
// # Rules that all operators keep
//
// They work in float32 and float64, with gorgonia.Grad and the tape machine, and
// faster with Gradients and Machine, which run gorgonia's own operators and those of
// others among them, too. Each application of an operator owns the
// buffer of its result: the value of its node is valid until the operator runs
// again (on a Machine, only if it was asked for), and no two applications are
// ever merged into one node. Inputs are read only, except for the weights that
// Hebbian changes in place; on a Machine a result may take the place of an operator's
// result that nobody reads any more. Shapes are checked when the graph is built and
// again at each run; a mismatch is an error that names both sides. All values
// must be contiguous and row-major.
//
// # Goroutines
//
// A graph, with its nodes and the values bound to them, is for one goroutine at a time, as
// any of gorgonia's. A Machine says so when another goroutine runs it. Goroutines may build
// and run graphs of their own over the same weights, as long as nothing changes these:
// Hebbian and the training of BatchNorm do, in their graph.
package ops
