// Package train trains a network: optimisers and learning rate schedules as
// PyTorch defines them, and the loop that joins them to batches and to hooks
// such as the sleep phase.
package train
