// Package kernel holds the inner loops of hypnos: what the operators of
// package ops compute, over plain slices.
//
// Activations are laid out H W C N (batch innermost), the weights of a layer
// L O KH KW C/g, with L = OH·OW locations for a locally connected layer and
// L = 1 for a convolution. Every function is generic over float32, which
// networks run in, and float64, in which gradients are checked; where a faster
// float32 loop exists for the processor at hand, the portable one stays as its
// description and its test.
//
// Work is spread over GOMAXPROCS goroutines so that each number is computed by
// one of them, in one order: results do not depend on how many there are.
//
// The package trusts its callers: shapes are checked once, in package ops.
package kernel

// Float is the element type of a tensor.
type Float interface{ float32 | float64 }
