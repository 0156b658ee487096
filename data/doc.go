// Package data brings labelled images to a network: it reads data sets, splits and
// normalises them, and makes the endless stream of shuffled and transformed batches that
// training takes.
//
// Images of a data set are bytes, axes C H W, in memory or in files that are read when an
// image is asked for. Data sets have names ([List], [Open], [Transforms], [Download]). A
// [Transform] makes all images one size. [NewLoader] turns a data set into training
// batches and [InOrder] into one evaluation pass; both yield [hypnos/graph.Batch],
// float32 images with axes N C H W.
//
// Everything random is a function of a seed that the caller gives. There is no global
// state.
package data
