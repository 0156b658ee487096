// Package train trains a network: optimisers and learning rate schedules as
// PyTorch defines them, and the loop that joins them to batches and to hooks
// such as the sleep phase.
//
// Only an Optimiser has a state, which is for one goroutine at a time.
package train
