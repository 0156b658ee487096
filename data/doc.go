// Package data brings labelled images to a network: it reads data sets,
// splits and normalises them, and makes the endless stream of shuffled and
// transformed batches that training takes.
//
// A data set holds bytes, axes C H W per image, in memory or in files that are
// read when an image is asked for, and is named in one registry ([List], [Open],
// [Transforms], [Download]). A [Transform] makes images of one size of them.
// [NewLoader] turns a data set into training batches and [InOrder] into one
// evaluation pass; both yield [hypnos/graph.Batch], float32 images with axes N C
// H W.
//
// Everything random here is a function of a seed that the caller gives. There
// is no global state.
package data
