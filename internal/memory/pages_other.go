//go:build !linux

package memory

// adviseHuge does nothing: the system chooses its pages itself.
func adviseHuge([]byte) error { return nil }
