// Package experiment trains variants of a network and measures them: what to do is a
// value, a Spec, and what becomes of it is told to an Observer. It knows no command
// line and no screen; the commands of hypnos/bench are made of it, and programs call it
// as they do:
//
//	spec := experiment.Default()
//	spec.Variants = []string{"conv", "lc", "lc-sleep-10"}
//	variants, err := experiment.Run(ctx, spec, experiment.Observer{})
//
// With a folder for checkpoints a run that was stopped or killed goes on where it was,
// to the same bits. A checkpoint holds the Spec that it is of; Load opens it.
//
// Fields is the table of all settings by name: the flags of the commands are made of
// it, runs are told apart by it, and checkpoints of programs that kept flags as text are
// read by it.
package experiment
