// Package graph builds networks out of named layers, compiles them for
// gorgonia, and runs them.
//
// A network is written once, as a function that adds layers to a Builder:
//
//	b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 32, Width: 32}})
//	x := b.Local("conv1", b.Input(), graph.Local{Channels: 16, Kernel: 3, Padding: 1})
//	x = b.ReLU("relu", b.BatchNorm("bn1", x))
//	x = b.GlobalAveragePool("pool", x)
//	net, err := b.Build(b.Linear("fc", x, 10))
//
// Every layer answers with a map H W C N; a vector is a map of 1×1. Builder.Op adds a
// layer of one's own.
//
// Whether a layer is convolutional or locally connected is not the
// architecture's business: it is a value that each layer carries, decided by
// the Connectivity of the Options. Errors are kept by the Builder and returned
// by Build, so that an architecture reads without them.
//
// A network owns the values of its parameters. Training and Inference are
// compiled forms of it over those same values.
package graph
